//! Why a request failed, in words that an operator can act on.

use serde::Deserialize;

use crate::api::{feeds::Feed, types::DisplaySession};

/// A failed request.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The server did not answer at all.
    #[error("cannot reach {server}: {reason}")]
    Unreachable {
        /// Its address.
        server: String,
        /// What the network said.
        reason: String,
    },
    /// The server said no.
    #[error("{0}")]
    Refused(Problem),
    /// The answer is not what this console expects.
    #[error(
        "the answer to {path} is not understood ({reason}); console and server may be of different versions"
    )]
    NotUnderstood {
        /// What was asked for.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of this machine could not be used.
    #[error("cannot read {path}: {reason}")]
    File {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
}

impl Failure {
    /// The server was not reached, or something before it failed on its behalf: worth another try.
    pub fn is_connection(&self) -> bool {
        match self {
            Failure::Unreachable { .. } => true,
            Failure::Refused(problem) => matches!(problem.status, 502..=504),
            Failure::NotUnderstood { .. } | Failure::File { .. } => false,
        }
    }

    /// What is there now, when somebody else changed it meanwhile.
    pub fn newer(&self) -> Option<&Current> {
        match self {
            Failure::Refused(problem) if problem.status == 412 => problem.current.as_ref(),
            _ => None,
        }
    }

    /// What is wrong with the input, part by part; empty when that was not what is wrong.
    pub fn input_errors(&self) -> &[InputError] {
        match self {
            Failure::Refused(problem) => &problem.errors,
            _ => &[],
        }
    }

    /// It is not there, or no longer.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Failure::Refused(problem) if problem.status == 404)
    }

    /// The login is over.
    pub fn is_unauthorized(&self) -> bool {
        matches!(self, Failure::Refused(problem) if problem.status == 401)
    }
}

/// A problem document as RFC 9457 describes it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Problem {
    /// The HTTP status.
    #[serde(default)]
    pub status: u16,
    /// What kind of problem it is.
    #[serde(default)]
    pub title: String,
    /// What went wrong this time.
    #[serde(default)]
    pub detail: Option<String>,
    /// What is wrong with the input, part by part.
    #[serde(default)]
    pub errors: Vec<InputError>,
    /// What is there now, when the request was about something older.
    #[serde(default)]
    pub current: Option<Current>,
}

/// What was changed by somebody else, as it is now.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Current {
    /// A feed; it is told from a display session by what only feeds have.
    Feed(Box<Feed>),
    /// A display session.
    Session(Box<DisplaySession>),
}

/// One wrong part of the input.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct InputError {
    /// Which part, as a JSON pointer.
    #[serde(default)]
    pub pointer: String,
    /// What is wrong with it.
    #[serde(default)]
    pub detail: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.errors.is_empty() {
            let errors: Vec<String> = self.errors.iter().map(ToString::to_string).collect();
            return f.write_str(&errors.join(" · "));
        }
        let what = self
            .detail
            .as_deref()
            .filter(|detail| !detail.is_empty())
            .unwrap_or(&self.title);
        match what {
            "" => write!(f, "the server refused with status {}", self.status),
            what => f.write_str(what),
        }
    }
}

/// A number alone is a line of a file.
impl std::fmt::Display for InputError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let detail = &self.detail;
        match self.pointer.trim_start_matches(['#', '/']) {
            "" => f.write_str(detail),
            line if line.parse::<u64>().is_ok() => write!(f, "line {line}: {detail}"),
            part => write!(f, "{part}: {detail}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expect: &str) {
        let problem: Problem = serde_json::from_str(json).expect("the sample is a problem");
        assert_eq!(Failure::Refused(problem).to_string(), expect);
    }

    #[test]
    fn a_problem_reads_as_one_line() {
        check(
            r#"{"type":"about:blank","title":"Unauthorized","status":401,"detail":"email or password is wrong"}"#,
            "email or password is wrong",
        );
        check(r#"{"title":"Conflict","status":409}"#, "Conflict");
        check(r#"{"status":500}"#, "the server refused with status 500");
        check(
            r#"{"title":"Bad input","status":422,"errors":[{"pointer":"/name","detail":"too long"},{"pointer":"/mode","detail":"unknown"}]}"#,
            "name: too long · mode: unknown",
        );
        check(
            r#"{"status":422,"detail":"the request has values that cannot be accepted","errors":[{"pointer":"/1","detail":"no column is named \"bib\""}]}"#,
            "line 1: no column is named \"bib\"",
        );
        check(
            r#"{"status":422,"errors":[{"pointer":"","detail":"at least one participant is expected"}]}"#,
            "at least one participant is expected",
        );
    }
}
