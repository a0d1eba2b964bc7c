//! What program asks, as it calls itself.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};

use super::app::App;

/// The longest name kept.
const LONGEST: usize = 120;

/// The name of the program that asks, from `User-Agent`: visible ASCII, cut, and empty when it does not tell. People recognise a
/// place where they signed in by it; nothing is decided by it.
pub struct Client(pub String);

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _app: &Arc<App>) -> Result<Self, Infallible> {
        let name = parts.headers.get(header::USER_AGENT);
        let name = name.and_then(|value| value.to_str().ok());
        Ok(Self(
            name.unwrap_or_default().chars().take(LONGEST).collect(),
        ))
    }
}
