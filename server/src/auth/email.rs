//! The e-mail addresses by which people are known.

use serde::Deserialize;

use super::is_hidden;

/// An e-mail address as far as it can be told without sending anything there: in lower case, at most 254 bytes, with a name and
/// a host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Email(String);

/// The longest address that mail can be sent to, in bytes.
const LONGEST: usize = 254;

/// A text that is no e-mail address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an e-mail address of at most {LONGEST} characters is accepted, like ann@example.org")]
pub struct NotAnEmail;

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Email {
    /// The address in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Email {
    type Error = NotAnEmail;

    fn try_from(typed: String) -> Result<Self, NotAnEmail> {
        typed.as_str().try_into()
    }
}

impl TryFrom<&str> for Email {
    type Error = NotAnEmail;

    fn try_from(typed: &str) -> Result<Self, NotAnEmail> {
        let text = typed.trim().to_lowercase();
        let has_both = text
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
        let is_seen = text.chars().all(|c| !c.is_whitespace() && !is_hidden(c));
        (has_both && is_seen && text.len() <= LONGEST)
            .then_some(Self(text))
            .ok_or(NotAnEmail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_one_in_any_case() {
        let email = Email::try_from(" Ann@Example.ORG ").expect("an address");
        assert_eq!(email.as_str(), "ann@example.org");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.org", "a".repeat(LONGEST));
        for text in [
            "",
            "ann",
            "@host",
            "ann@",
            "a b@c",
            "a\0@c",
            "\u{202e}a@c",
            &long,
        ] {
            assert_eq!(Email::try_from(text), Err(NotAnEmail), "{text:?}");
        }
    }
}
