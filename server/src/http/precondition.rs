//! Lost writes: a change may name the state that it builds on.

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};

use super::problem::Problem;

/// The revision that a change builds on, from `If-Match`; none when the asker does not mind which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub Option<i64>);

/// An answer whose `ETag` is the revision of what it tells.
pub struct Tagged<T>(pub i64, pub T);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let mut tags = parts.headers.get_all(header::IF_MATCH).iter();
        match (tags.next(), tags.next()) {
            (None, _) => Ok(Self(None)),
            (Some(tag), None) => parse(tag),
            _ => Err(bad("there is more than one If-Match")),
        }
    }
}

fn parse(tag: &HeaderValue) -> Result<IfMatch, Problem> {
    let text = tag.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(IfMatch(None));
    }
    text.strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .map(|revision| IfMatch(Some(revision)))
        .ok_or_else(|| bad("If-Match is no ETag of this server"))
}

fn bad(what: &str) -> Problem {
    let detail = format!("{what}; one like \"7\" with its quotes, or *, is accepted");
    Problem::new(StatusCode::BAD_REQUEST, detail)
}

impl<T: IntoResponse> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let Self(revision, answer) = self;
        let mut response = answer.into_response();
        if let Ok(tag) = format!("\"{revision}\"").try_into() {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_a_quoted_number() {
        let parsed = |text: &str| parse(&HeaderValue::from_str(text).expect("a header"));
        assert_eq!(parsed("\"7\"").ok(), Some(IfMatch(Some(7))));
        assert_eq!(parsed(" * ").ok(), Some(IfMatch(None)));
        for text in [
            "7",
            "W/\"7\"",
            "\"\"",
            "\"-1\"",
            "\"7",
            "\"99999999999999999999\"",
            "\"1\", \"2\"",
        ] {
            assert!(parsed(text).is_err(), "{text}");
        }
    }
}
