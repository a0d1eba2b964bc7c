//! The whole table of the HTTP port.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::{net::TcpListener, time::timeout};
use utoipa::{
    OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::router::OpenApiRouter;

use super::{
    alarms, app::App, assets, audit, caller::Caller, chronotrack, displays, feeds, headers::harden,
    invitations, login, passwords, people, problem::Problem, roster, screens, session_template,
    sessions, sharing, templates, tokens,
};
use crate::edge::{self, tls::Tls};

/// The largest body taken, where a route does not say otherwise.
const LARGEST_BODY_BYTES: usize = 64 << 10;

/// How long a question to the API may take, its body included.
const LONGEST: Duration = Duration::from_secs(30);

/// How long a roster may take: the largest one comes through at 1 Mbit/s.
const LONGEST_ROSTER: Duration = Duration::from_mins(5);

#[derive(OpenApi)]
#[openapi(info(
    title = "Gantry",
    description = "Live race displays: what the hardware sends, display sessions and the addresses that screens open."
))]
struct Description;

/// Every route, with what is common to all of them.
pub fn router(app: Arc<App>) -> Router {
    within(app, LONGEST, LONGEST_ROSTER)
}

/// [`router()`] with other limits of time: for a request, and for a roster.
pub(super) fn within(app: Arc<App>, longest: Duration, longest_roster: Duration) -> Router {
    let (api, description) = OpenApiRouter::with_openapi(description())
        .merge(login::router())
        .merge(tokens::router())
        .merge(passwords::router())
        .merge(people::router())
        .merge(invitations::router())
        .merge(audit::router())
        .merge(alarms::router())
        .merge(chronotrack::router())
        .merge(feeds::router())
        .merge(sessions::router())
        .merge(sharing::router())
        .merge(templates::router())
        .merge(session_template::router())
        .merge(displays::router())
        .layer(middleware::from_fn(finish))
        .layer(middleware::from_fn_with_state(longest, limit_time))
        .merge(
            roster::router()
                .layer(middleware::from_fn(finish))
                .layer(middleware::from_fn_with_state(longest_roster, limit_time)),
        )
        .split_for_parts();
    let description = async move || axum::Json(description);
    let pages = Router::new()
        .route("/api/openapi.json", get(description))
        .merge(screens::router())
        .merge(assets::router())
        .layer(middleware::from_fn_with_state(longest, limit_time));
    Router::new()
        .merge(api)
        .merge(pages)
        .fallback(async || Problem::not_found("resource"))
        .method_not_allowed_fallback(async || {
            let detail = "the resource is there but does not know this method";
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
        })
        .layer(DefaultBodyLimit::max(LARGEST_BODY_BYTES))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), limit_rate))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), harden))
        .with_state(app)
}

/// Answers until the shutdown that `app` was given.
pub async fn serve(listener: TcpListener, tls: Option<Arc<Tls>>, app: Arc<App>) {
    let door = Arc::clone(&app.services.door);
    let shutdown = app.shutdown.clone();
    edge::serve::serve(listener, router(app), door, tls, shutdown).await;
}

fn description() -> utoipa::openapi::OpenApi {
    let mut description = Description::openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut description.info.version);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    description
        .components
        .get_or_insert_default()
        .add_security_scheme("token", SecurityScheme::Http(bearer));
    description
}

/// Limits how long an answer may take to begin; a stream that has begun goes on.
async fn limit_time(State(longest): State<Duration>, request: Request, next: Next) -> Response {
    timeout(longest, next.run(request))
        .await
        .unwrap_or_else(|_elapsed| {
            let detail = "the request was not complete in time";
            Problem::new(StatusCode::REQUEST_TIMEOUT, detail).into_response()
        })
}

/// Finishes a change that was begun although whoever asked for it hung up or was told that it took too long: what is stored is
/// also told to the screens and noted.
async fn finish(request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    tokio::spawn(next.run(request))
        .await
        .unwrap_or_else(|failed| Problem::internal(&failed).into_response())
}

/// Refuses whoever asks too much.
async fn limit_rate(
    State(app): State<Arc<App>>,
    Caller(address): Caller,
    request: Request,
    next: Next,
) -> Response {
    match app.services.door.ask(address) {
        Ok(()) => next.run(request).await,
        Err(wait) => Problem::too_many("too many requests from here", wait).into_response(),
    }
}
