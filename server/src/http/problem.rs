//! What an answer says when something is wrong: RFC 9457 `application/problem+json`.

use std::time::Duration;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tracing::error;
use utoipa::ToSchema;

/// A refused or failed request. The status tells which kind; there are no further types of problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says it all.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: &'static str,
    /// The status in words.
    #[schema(value_type = String)]
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong with this very request.
    detail: String,
    /// Where the input is wrong, if that is what is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<InputError>,
    /// What is there now, when the request was about something older.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    current: Option<Box<serde_json::Value>>,
    #[serde(skip)]
    retry_after_seconds: Option<u64>,
}

/// Something wrong with a part of the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct InputError {
    /// A JSON pointer into the body; for a query parameter `/` and its name.
    pub pointer: String,
    /// What is wrong with it and what would be accepted.
    pub detail: String,
}

impl InputError {
    /// Something wrong at `pointer`.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }
}

impl Problem {
    /// A problem of this status.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Problem"),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            current: None,
            retry_after_seconds: None,
        }
    }

    /// There is no such thing, or it is another partner's: the two are not told apart.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no such {what}"))
    }

    /// Whether it says that something is not there.
    pub fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND.as_u16()
    }

    /// Nobody is logged in.
    pub fn unauthorized(detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// Whoever is logged in may not do this.
    pub fn forbidden(detail: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// The input was understood but cannot be accepted.
    pub fn invalid(errors: Vec<InputError>) -> Self {
        Self {
            errors,
            ..Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "the request has values that cannot be accepted",
            )
        }
    }

    /// The request was about an older state; `current` is what is there now.
    pub fn stale(what: &str, current: &impl Serialize) -> Self {
        let detail = format!("the {what} was changed since it was read");
        match serde_json::to_value(current) {
            Ok(current) => Self {
                current: Some(Box::new(current)),
                ..Self::new(StatusCode::PRECONDITION_FAILED, detail)
            },
            Err(error) => Self::internal(&error),
        }
    }

    /// Too much was asked; there is a point in asking again after `wait`.
    pub fn too_many(detail: &str, wait: Duration) -> Self {
        Self {
            retry_after_seconds: Some(wait.as_secs() + 1),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail)
        }
    }

    /// The server failed. The cause is logged and kept from the asker.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        error!("cannot answer a request: {cause:#}");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the server failed to answer",
        )
    }
}

impl From<sqlx::Error> for Problem {
    /// A database that is away for a moment is not the asker's fault, and asking again helps; anything else is a defect.
    fn from(error: sqlx::Error) -> Self {
        if !crate::store::is_away(&error) {
            return Self::internal(&error);
        }
        tracing::error!(%error, "cannot answer a request: the database is away");
        let detail = "the database does not answer; try again in a moment";
        Self {
            retry_after_seconds: Some(1),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
