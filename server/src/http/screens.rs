//! What screens open: the page, and the stream by either way. No login; the display's id is all it takes.

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    extract::{
        State, WebSocketUpgrade,
        ws::{WebSocket, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{
        IntoResponse, Redirect, Response,
        sse::{KeepAlive, Sse},
    },
    routing::get,
};
use gantry_core::wire::SUBPROTOCOL;
use serde::Deserialize;

use super::{
    app::App,
    assets,
    body::{Id, Query, flag},
    caller::Caller,
    displays,
    origin::refuse_foreign,
    problem::Problem,
};
use crate::{
    clock,
    display::{
        events,
        guard::Asked,
        id::{DisplayId, NotAnId},
        published::Picture,
        socket,
        terms::{Guest, Term},
    },
};

/// A connection's buffers. Messages are small and screens many.
const BUFFER_BYTES: usize = 4096;

/// What a screen says is short.
const LONGEST_MESSAGE_BYTES: usize = 4096;

/// The routes of this file.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(welcome))
        .route("/display", get(go))
        .route("/display/{id}", get(page))
        .route("/display/{id}/live", get(live))
        .route("/display/{id}/events", get(stream))
}

/// The page that asks for a code.
async fn welcome() -> Response {
    assets::welcome()
}

/// What was typed on it.
#[derive(Deserialize)]
struct Typed {
    code: String,
}

/// Leads from the typed code to its display.
async fn go(Query(typed): Query<Typed>) -> Response {
    match typed.code.trim().parse::<DisplayId>() {
        Ok(id) => Redirect::to(&format!("/display/{}", id.as_str())).into_response(),
        Err(_) => assets::gone(),
    }
}

/// The page of a display. What is unknown, expired or revoked looks the same.
async fn page(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Response {
    match open(&app, &caller, &id, Guest::Preview).await {
        Ok(_) => assets::display(),
        Err(problem) if problem.is_not_found() => assets::gone(),
        Err(problem) => problem.into_response(),
    }
}

/// How a stream is looked at.
#[derive(Deserialize)]
struct Look {
    preview: Option<String>,
}

/// The stream over a WebSocket. An operator's preview gets the same and is not counted as a screen.
async fn live(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    Query(look): Query<Look>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    refuse_foreign(&headers, &app.base_url)?;
    let guest = match flag("preview", look.preview.as_deref()) {
        Ok(true) => Guest::Preview,
        Ok(false) => Guest::Screen,
        Err(error) => return Err(Problem::invalid(vec![error])),
    };
    let (picture, term) = open(&app, &caller, &id, guest).await?;
    let upgrade = upgrade.map_err(|refused| Problem::new(refused.status(), refused.body_text()))?;
    let upgrade = upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_message_size(LONGEST_MESSAGE_BYTES);
    if upgrade.selected_protocol().is_none() {
        let detail = format!("the subprotocol {SUBPROTOCOL:?} has to be offered");
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    let shutdown = app.shutdown.clone();
    Ok(upgrade.on_upgrade(move |socket: WebSocket| socket::serve(socket, picture, term, shutdown)))
}

/// The stream as server-sent events.
async fn stream(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    refuse_foreign(&headers, &app.base_url)?;
    let (picture, term) = open(&app, &caller, &id, Guest::Screen).await?;
    let stream = events::stream(picture, term, app.shutdown.clone());
    let answer = Sse::new(stream).keep_alive(KeepAlive::default());
    // A proxy that collects answers before it passes them on would hold the picture up.
    Ok((
        [(header::HeaderName::from_static("x-accel-buffering"), "no")],
        answer,
    )
        .into_response())
}

/// The picture of a display that is not over, and a hold on its terms.
async fn open(
    app: &App,
    caller: &Caller,
    id: &str,
    guest: Guest,
) -> Result<(Picture, Term), Problem> {
    let not_found = || Problem::not_found("display");
    let id: DisplayId = id.parse().map_err(|_typed: NotAnId| not_found())?;
    let guard = &app.services.guard;
    let asked = guard
        .admit(caller.0, &id, Instant::now())
        .map_err(|wait| Problem::too_many("too many displays were asked for", wait))?;
    let arriving = app.watched.arrive(&id, guest);
    let store = &app.services.store;
    let Some(display) = store.shared_display(id.as_str()).await? else {
        if asked == Asked::First {
            guard.unknown.add(caller.0);
        }
        return Err(not_found());
    };
    guard.found(caller.0, id.clone());
    let terms = displays::terms(&display);
    if terms.over(clock::now()).is_some() {
        return Err(not_found());
    }
    let picture = app
        .sessions
        .picture(display.partner_id, display.display_session_id, id);
    Ok((picture, arriving.with(terms)))
}
