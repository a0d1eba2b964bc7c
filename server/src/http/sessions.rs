//! Display sessions: what operators set up.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use gantry_core::board::settings::{Mode, Settings};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    app::App,
    body::{Body, Id, Json},
    displays,
    moment::Rfc3339,
    principal::{Operator, Viewer},
    problem::{InputError, Problem},
    settings::{self, SettingsChange, SettingsView},
};
use crate::{
    clock,
    store::{
        DisplaySession, DisplaySessionId, PartnerId, SessionChange, SessionMode, TimingSession,
        TimingSessionId,
    },
};

/// The routes of this file.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(list))
        .routes(routes!(find, change, remove))
}

/// A display session to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSession {
    /// 1 to 120 characters; made from event and mode without it.
    name: Option<String>,
    #[schema(value_type = String)]
    mode: Mode,
    /// The timing sessions whose reads it takes.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    chronotrack_session_ids: Vec<Uuid>,
    /// Events of providers; none is connected, so it must be empty.
    #[serde(default)]
    event_ids: Vec<String>,
    /// One that suits the mode without it.
    template_id: Option<String>,
}

/// A change of a display session: what is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Change {
    name: Option<String>,
    #[schema(value_type = Option<String>)]
    mode: Option<Mode>,
    #[schema(value_type = Option<Vec<String>>)]
    chronotrack_session_ids: Option<Vec<Uuid>>,
    #[serde(default)]
    event_ids: Vec<String>,
    template_id: Option<String>,
    #[serde(default)]
    settings: SettingsChange,
}

/// An operator's workspace.
#[derive(Serialize, ToSchema)]
struct Session {
    #[schema(value_type = String)]
    id: Uuid,
    name: String,
    /// `pre_race` or `results`.
    #[schema(value_type = String)]
    mode: Mode,
    template_id: String,
    /// The timing sessions whose reads it takes.
    #[schema(value_type = Vec<String>)]
    chronotrack_session_ids: Vec<Uuid>,
    event_ids: Vec<String>,
    settings: SettingsView,
    /// How many people its roster has.
    participants: i64,
    created_at: Rfc3339,
    updated_at: Rfc3339,
}

/// All display sessions, newest first.
#[derive(Serialize, ToSchema)]
struct Sessions {
    sessions: Vec<Session>,
}

/// Makes a display session.
#[utoipa::path(post, path = "/api/sessions/create", tag = "sessions", security(("token" = [])),
    request_body = NewSession, responses(
    (status = CREATED, body = Session),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
async fn create(
    State(app): State<Arc<App>>,
    operator: Operator,
    Body(wanted): Body<NewSession>,
) -> Result<Response, Problem> {
    let partner = operator.partner;
    let template_id = wanted
        .template_id
        .unwrap_or_else(|| default_template(wanted.mode).to_owned());
    let mut errors = check(
        &app,
        wanted.name.as_deref(),
        Some(&template_id),
        &wanted.event_ids,
    );
    let bound =
        timing_sessions(&app, partner, &wanted.chronotrack_session_ids, &mut errors).await?;
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let first = bound.first();
    let event_name = first.map_or("", |session| session.event_name.as_str());
    let settings = Settings {
        mode: wanted.mode,
        event_name: event_name.to_owned(),
        midnight: clock::midnight(
            &app.services.config.zone(),
            first.and_then(|session| session.race_day.parse().ok()),
        ),
        ..Settings::default()
    };
    let now = clock::now();
    let session = DisplaySession {
        id: DisplaySessionId::new(),
        name: wanted.name.map_or_else(
            || default_name(event_name, wanted.mode),
            |name| name.trim().to_owned(),
        ),
        mode: wanted.mode.into(),
        template_id,
        participants: 0,
        created_at: now,
        updated_at: now,
    };
    let timing_sessions: Vec<_> = bound.iter().map(|session| session.id).collect();
    let store = &app.services.store;
    store
        .add_display_session(
            partner,
            &session,
            &timing_sessions,
            &settings::event(settings)?,
        )
        .await?;
    let view = view(&app, partner, session).await?;
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

/// Lists the display sessions, newest first.
#[utoipa::path(get, path = "/api/sessions", tag = "sessions", security(("token" = [])), responses(
    (status = OK, body = Sessions),
))]
async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Json<Sessions>, Problem> {
    let mut sessions = Vec::new();
    for session in app.services.store.display_sessions(viewer.partner).await? {
        sessions.push(view(&app, viewer.partner, session).await?);
    }
    Ok(Json(Sessions { sessions }))
}

/// Answers one display session.
#[utoipa::path(get, path = "/api/sessions/{id}", tag = "sessions", security(("token" = [])),
    params(("id" = String, Path)), responses(
    (status = OK, body = Session),
    (status = NOT_FOUND, body = Problem),
))]
async fn find(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
) -> Result<Json<Session>, Problem> {
    let session = stored(&app, viewer.partner, &id).await?;
    view(&app, viewer.partner, session).await.map(Json)
}

/// Changes a display session, on the screens at once.
#[utoipa::path(patch, path = "/api/sessions/{id}", tag = "sessions", security(("token" = [])),
    params(("id" = String, Path)), request_body = Change, responses(
    (status = OK, body = Session),
    (status = NOT_FOUND, body = Problem),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
async fn change(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
    Body(change): Body<Change>,
) -> Result<Json<Session>, Problem> {
    let partner = operator.partner;
    let _alone = app.changing.lock().await;
    let id = stored(&app, partner, &id).await?.id;
    let before = settings::current(&app, partner, id).await?;
    let mut after = before.clone();
    after.mode = change.mode.unwrap_or(before.mode);
    let mut errors = check(
        &app,
        change.name.as_deref(),
        change.template_id.as_deref(),
        &change.event_ids,
    );
    errors.extend(change.settings.apply(&mut after));
    let timing_sessions = match &change.chronotrack_session_ids {
        Some(ids) => {
            let bound = timing_sessions(&app, partner, ids, &mut errors).await?;
            Some(bound.iter().map(|session| session.id).collect())
        }
        None => None,
    };
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let settings = (after != before)
        .then(|| settings::event(after))
        .transpose()?;
    let change = SessionChange {
        name: change.name.map(|name| name.trim().to_owned()),
        mode: change.mode.map(SessionMode::from),
        template_id: change.template_id,
        timing_sessions,
        settings,
    };
    let session = app
        .services
        .store
        .change_display_session(partner, id, &change, clock::now())
        .await?
        .ok_or_else(not_found)?;
    app.sessions.changed(id);
    view(&app, partner, session).await.map(Json)
}

/// Removes a display session and ends its displays on every screen.
#[utoipa::path(delete, path = "/api/sessions/{id}", tag = "sessions", security(("token" = [])),
    params(("id" = String, Path)), responses(
    (status = NO_CONTENT),
    (status = NOT_FOUND, body = Problem),
))]
async fn remove(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let id = parse_id(&id)?;
    let ended = app
        .services
        .store
        .remove_display_session(operator.partner, id, clock::now())
        .await?
        .ok_or_else(not_found)?;
    for display in &ended {
        displays::tell_screens(&app, display);
    }
    app.sessions.changed(id);
    Ok(StatusCode::NO_CONTENT)
}

/// The display session of this id.
pub async fn stored(app: &App, partner: PartnerId, id: &str) -> Result<DisplaySession, Problem> {
    let store = &app.services.store;
    store
        .display_session(partner, parse_id(id)?)
        .await?
        .ok_or_else(not_found)
}

fn parse_id(id: &str) -> Result<DisplaySessionId, Problem> {
    id.parse()
        .map(DisplaySessionId)
        .map_err(|_text: uuid::Error| not_found())
}

fn not_found() -> Problem {
    Problem::not_found("display session")
}

async fn view(app: &App, partner: PartnerId, session: DisplaySession) -> Result<Session, Problem> {
    let bound = app.services.store.bound(partner, session.id).await?;
    let settings = settings::current(app, partner, session.id).await?;
    Ok(Session {
        id: session.id.0,
        name: session.name,
        mode: session.mode.into(),
        template_id: session.template_id,
        chronotrack_session_ids: bound.into_iter().map(|id| id.0).collect(),
        event_ids: Vec::new(),
        settings: settings.into(),
        participants: session.participants,
        created_at: Rfc3339(session.created_at),
        updated_at: Rfc3339(session.updated_at),
    })
}

fn check(
    app: &App,
    name: Option<&str>,
    template_id: Option<&str>,
    event_ids: &[String],
) -> Vec<InputError> {
    let mut errors = Vec::new();
    if let Some(name) = name
        && !(1..=120).contains(&name.trim().chars().count())
    {
        errors.push(InputError::new("/name", "1 to 120 characters are accepted"));
    }
    if let Some(id) = template_id
        && app.templates.find(id).is_none()
    {
        errors.push(InputError::new(
            "/template_id",
            format!("there is no template {id:?}"),
        ));
    }
    if !event_ids.is_empty() {
        errors.push(InputError::new(
            "/event_ids",
            "no provider is connected, so there are no events",
        ));
    }
    errors
}

/// The partner's timing sessions of these ids; what is not there is added to the errors.
async fn timing_sessions(
    app: &App,
    partner: PartnerId,
    ids: &[Uuid],
    errors: &mut Vec<InputError>,
) -> Result<Vec<TimingSession>, Problem> {
    const MOST: usize = 20;
    if ids.len() > MOST {
        let detail = format!("at most {MOST} timing sessions are accepted");
        errors.push(InputError::new("/chronotrack_session_ids", detail));
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        let store = &app.services.store;
        match store.timing_session(partner, TimingSessionId(*id)).await? {
            Some(session) => found.push(session),
            None => errors.push(InputError::new(
                format!("/chronotrack_session_ids/{index}"),
                "there is no such timing session",
            )),
        }
    }
    Ok(found)
}

fn default_template(mode: Mode) -> &'static str {
    match mode {
        Mode::PreRace => "announcer",
        Mode::Results => "finish-line",
    }
}

fn default_name(event_name: &str, mode: Mode) -> String {
    let mode = match mode {
        Mode::PreRace => "Pre-race",
        Mode::Results => "Results",
    };
    match event_name {
        "" => mode.to_owned(),
        event_name => format!("{event_name} · {mode}"),
    }
}
