//! Displays: making, listing and ending shareable addresses.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use gantry_core::time::Moment;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    app::App,
    body::{Body, Id, Json},
    moment::Rfc3339,
    principal::{Operator, Viewer},
    problem::{InputError, Problem},
    sessions,
};
use crate::{
    clock,
    display::{
        id::{DisplayId, NotAnId},
        terms::Terms,
    },
    store::{self, Display, DisplaySessionId, Person, Refusal, audit::Action},
};

/// Displays answered by one listing; older ones are over for long.
const LISTED: usize = 500;

const HOUR_MS: i64 = 3_600_000;

/// The longest life: a year.
const MOST_HOURS: i64 = 8_784;

/// The routes of this file.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(generate_url))
        .routes(routes!(list))
        .routes(routes!(find, extend, revoke))
}

/// A display to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewDisplay {
    #[schema(value_type = String)]
    session_id: Uuid,
    /// 1 to 8,784; 24 without it.
    #[serde(default = "day")]
    expires_in_hours: i64,
}

fn day() -> i64 {
    24
}

/// How much longer a display lives.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Extension {
    /// Counted from now; 1 to 8,784.
    expires_in_hours: i64,
}

/// A shareable address.
#[derive(Serialize, ToSchema)]
struct View {
    /// Eight characters; whoever knows them sees the picture.
    id: String,
    url: String,
    #[schema(value_type = String)]
    session_id: Uuid,
    /// `active`, `expired` or `revoked`.
    status: &'static str,
    created_at: Rfc3339,
    expires_at: Rfc3339,
    revoked_at: Option<Rfc3339>,
    /// How many screens show it now.
    screens: usize,
}

/// The newest displays, newest first.
#[derive(Serialize, ToSchema)]
struct Displays {
    displays: Vec<View>,
}

/// Makes a display of a display session.
#[utoipa::path(post, path = "/api/display/generate-url", tag = "displays", security(("token" = [])),
    request_body = NewDisplay, responses(
    (status = CREATED, body = View),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
async fn generate_url(
    State(app): State<Arc<App>>,
    operator: Operator,
    Body(wanted): Body<NewDisplay>,
) -> Result<Response, Problem> {
    let person = operator.person();
    let session = DisplaySessionId(wanted.session_id);
    let store = &app.services.store;
    let mut errors: Vec<_> = check_hours(wanted.expires_in_hours)
        .err()
        .into_iter()
        .collect();
    match store::Terms::edit(None).check(store.display_session(person, session).await?) {
        Ok(_) => {}
        Err(Refusal::Unseen) => errors.push(InputError::new(
            "/session_id",
            "there is no such display session",
        )),
        Err(refusal) => return Err(sessions::refused(&app, person, refusal).await),
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let now = clock::now();
    let expires_at = now + wanted.expires_in_hours * HOUR_MS;
    // Ids are unique for ever; that two are drawn alike is next to impossible, and then a third is drawn.
    for _ in 0..3 {
        let id = DisplayId::random().map_err(|failed| Problem::internal(&failed))?;
        let added = store
            .add_display(person, session, id.as_str(), now, expires_at)
            .await?;
        if let Some(display) = added {
            note(&app, &operator, Action::DisplayMade, &display).await?;
            let view = View::new(&app, display, now);
            return Ok((StatusCode::CREATED, Json(view)).into_response());
        }
    }
    Err(Problem::internal(&"no free display id was found"))
}

/// Lists the newest displays, also those that are over.
#[utoipa::path(get, path = "/api/displays", tag = "displays", security(("token" = [])), responses(
    (status = OK, body = Displays),
))]
async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Json<Displays>, Problem> {
    let now = clock::now();
    let displays = app.services.store.displays(viewer.person(), LISTED).await?;
    let views = displays
        .into_iter()
        .map(|display| View::new(&app, display, now));
    Ok(Json(Displays {
        displays: views.collect(),
    }))
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

/// Gives a display another end. One that was revoked stays so.
#[utoipa::path(patch, path = "/api/display/{id}", tag = "displays", security(("token" = [])),
    params(("id" = String, Path)), request_body = Extension, responses(
    (status = OK, body = View),
    (status = NOT_FOUND, body = Problem),
    (status = CONFLICT, body = Problem),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
async fn extend(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
    Body(wanted): Body<Extension>,
) -> Result<Json<View>, Problem> {
    let id = parse_id(&id)?;
    check_hours(wanted.expires_in_hours).map_err(|error| Problem::invalid(vec![error]))?;
    let now = clock::now();
    let expires_at = now + wanted.expires_in_hours * HOUR_MS;
    let store = &app.services.store;
    let Some(display) = store
        .extend_display(operator.person(), id.as_str(), expires_at)
        .await?
    else {
        return Err(unchanged(&app, operator.person(), &id).await);
    };
    if display.revoked_at().is_some() {
        let detail = "the display was revoked; generate another";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    tell_screens(&app, &display);
    note(&app, &operator, Action::DisplayChanged, &display).await?;
    Ok(Json(View::new(&app, display, now)))
}

/// Ends a display on every screen.
#[utoipa::path(delete, path = "/api/display/{id}", tag = "displays", security(("token" = [])),
    params(("id" = String, Path)), responses(
    (status = NO_CONTENT),
    (status = NOT_FOUND, body = Problem),
))]
async fn revoke(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let id = parse_id(&id)?;
    let store = &app.services.store;
    let Some(display) = store
        .revoke_display(operator.person(), id.as_str(), clock::now())
        .await?
    else {
        return Err(unchanged(&app, operator.person(), &id).await);
    };
    tell_screens(&app, &display);
    note(&app, &operator, Action::DisplayRevoked, &display).await?;
    Ok(StatusCode::NO_CONTENT)
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
    let expires_at = display.expires_at.to_rfc3339();
    let detail = json!({"session_id": id.uuid(), "expires_at": expires_at});
    operator.note(app, action, &name, detail).await
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

/// Why a display was not changed: the person may only look at it, or is not to know of it.
async fn unchanged(app: &App, person: Person, id: &DisplayId) -> Problem {
    match app.services.store.display(person, id.as_str()).await {
        Ok(Some(_)) => sessions::look_only(),
        Ok(None) => not_found(),
        Err(error) => error.into(),
    }
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

impl View {
    fn new(app: &App, display: Display, now: Moment) -> Self {
        let revoked_at = display.revoked_at().map(Rfc3339);
        let status = match revoked_at {
            Some(_) => "revoked",
            None if display.expires_at <= now => "expired",
            None => "active",
        };
        let screens = display.id.parse().map_or(0, |id| app.watched.screens(&id));
        Self {
            url: format!("{}/display/{}", app.base_url, display.id),
            id: display.id,
            session_id: display.display_session_id.0,
            status,
            created_at: Rfc3339(display.created_at),
            expires_at: Rfc3339(display.expires_at),
            revoked_at,
            screens,
        }
    }
}
