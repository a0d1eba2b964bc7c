//! Headers that every answer has, for browsers: nothing is guessed, framed, kept or told to other sites.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::app::App;

/// What the page of a display may do: load from here, and nothing from anywhere else. Its icon is empty and lies in the page.
pub const DISPLAY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; \
     connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);

/// What a page without a script may do; one of them has a form.
pub const PLAIN_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; \
     form-action 'self'",
);

/// What an answer that is no page may do, should a browser take it for one.
const NO_PAGE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);

/// Browsers that came over TLS keep to it for thirty days: long enough to last from race to race, and short enough that an
/// operator who gives TLS up does not lock them out for a season.
const ONLY_TLS: HeaderValue = HeaderValue::from_static("max-age=2592000");

/// What every answer says, whatever else it says.
const ALWAYS: [(HeaderName, HeaderValue); 5] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    // A display's id is in its address.
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    // A display fills the screen and keeps it awake, and that is all.
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), \
             microphone=(), midi=(), payment=(), publickey-credentials-get=(), usb=()",
        ),
    ),
];

/// Adds what every answer says. What is not kept or not a page need not say so itself.
pub(super) async fn harden(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    if app.services.config.tls_cert.is_some() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, ONLY_TLS);
    }
    for (name, value) in [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_SECURITY_POLICY, NO_PAGE),
    ] {
        headers.entry(name).or_insert(value);
    }
    response
}
