//! Displays: making, listing and ending shareable addresses.
//!
//! [`make`] and [`change`] hold what operators do, [`wish`] is about templates of displays' own, and [`view`] is the JSON.

mod change;
mod make;
mod view;
mod wish;

use std::sync::Arc;

use axum::extract::State;
use gantry_core::time::Moment;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    app::App,
    body::{Id, Json, Query},
    paging::{self, Extent},
    principal::{Operator, Viewer},
    problem::{InputError, Problem},
};
use crate::{
    clock,
    display::{
        id::{DisplayId, NotAnId},
        terms::Terms,
    },
    store::{Display, DisplaySessionId, audit::Action},
};

use view::{Displays, View};

const HOUR_MS: i64 = 3_600_000;

/// The longest life: a year.
const MOST_HOURS: i64 = 8_784;

/// The routes of this folder.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(make::generate_url))
        .routes(routes!(list))
        .routes(routes!(find, change::change, change::revoke))
}

/// Lists the displays, also those that are over, newest first.
#[utoipa::path(get, path = "/api/displays", tag = "displays", security(("token" = [])), params(Extent), responses(
    (status = OK, body = Displays),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
async fn list(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Query(extent): Query<Extent>,
) -> Result<Json<Displays>, Problem> {
    let (before, limit) = extent.check(read_cursor)?;
    let before = before.as_ref().map(|(at, id)| (*at, id.as_str()));
    let (store, now) = (&app.services.store, clock::now());
    let mut displays = store.displays(viewer.person(), before, limit + 1).await?;
    let next_cursor = paging::cut(&mut displays, limit, cursor);
    let views = displays
        .into_iter()
        .map(|display| View::new(&app, display, now));
    Ok(Json(Displays {
        displays: views.collect(),
        next_cursor,
    }))
}

/// Where a list goes on after this display: the moment when it was made, and its id, because others may have been made then.
fn cursor(display: &Display) -> String {
    format!("{}-{}", display.created_at.0, display.id)
}

fn read_cursor(text: &str) -> Option<(Moment, DisplayId)> {
    let (made_at, id) = text.split_once('-')?;
    Some((Moment(made_at.parse().ok()?), id.parse().ok()?))
}

/// Answers one display.
#[utoipa::path(get, path = "/api/display/{id}", tag = "displays", security(("token" = [])),
    params(("id" = String, Path)), responses(
    (status = OK, body = View),
    (status = NOT_FOUND, body = Problem),
))]
async fn find(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
) -> Result<Json<View>, Problem> {
    let id = parse_id(&id)?;
    let store = &app.services.store;
    let display = store
        .display(viewer.person(), id.as_str())
        .await?
        .ok_or_else(not_found)?;
    Ok(Json(View::new(&app, display, clock::now())))
}

/// Notes what was done to a display. Its id is a secret, so it is named by its session.
async fn note(
    app: &App,
    operator: &Operator,
    action: Action,
    display: &Display,
) -> Result<(), Problem> {
    let (person, id) = (operator.person(), display.display_session_id);
    let session = app.services.store.display_session(person, id).await?;
    let name = session.map_or(String::new(), |session| session.name);
    let detail = detail(id, display.expires_at);
    operator.note(app, action, &name, detail).await
}

/// What is noted of a display besides the name of its session.
fn detail(session: DisplaySessionId, expires_at: Moment) -> Value {
    json!({"session_id": session.uuid(), "expires_at": expires_at.to_rfc3339()})
}

/// Tells a display's screens its new terms, after they were stored.
pub fn tell_screens(app: &App, display: &Display) {
    if let Ok(id) = display.id.parse() {
        app.watched.change(&id, terms(display));
    }
}

/// The terms of a stored display.
pub fn terms(display: &Display) -> Terms {
    Terms {
        expires_at: display.expires_at,
        revoked: display.revoked_at().is_some(),
    }
}

fn parse_id(id: &str) -> Result<DisplayId, Problem> {
    id.parse().map_err(|_typed: NotAnId| not_found())
}

fn not_found() -> Problem {
    Problem::not_found("display")
}

fn check_hours(hours: i64) -> Result<(), InputError> {
    if (1..=MOST_HOURS).contains(&hours) {
        return Ok(());
    }
    let detail = format!("1 to {MOST_HOURS} hours are accepted");
    Err(InputError::new("/expires_in_hours", detail))
}
