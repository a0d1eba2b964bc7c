//! Making display sessions.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use gantry_core::board::settings::{Mode, Settings};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{check, timing_sessions, view};
use crate::{
    clock,
    http::{
        app::App,
        body::{Body, Json},
        precondition::Tagged,
        principal::Operator,
        problem::Problem,
        settings,
    },
    store::{DisplaySessionId, NewDisplaySession, audit::Action},
};

/// A display session to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSession {
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

/// Makes a display session. Whoever makes it owns it.
#[utoipa::path(post, path = "/api/sessions/create", tag = "sessions", security(("token" = [])),
    request_body = NewSession, responses(
    (status = CREATED, body = view::Session),
    (status = CONFLICT, body = Problem, description = "There are too many"),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    operator: Operator,
    Body(wanted): Body<NewSession>,
) -> Result<impl IntoResponse, Problem> {
    let (partner, person) = (operator.partner, operator.person());
    super::refuse_full(&app, partner).await?;
    let template_id = wanted
        .template_id
        .unwrap_or_else(|| default_template(wanted.mode).to_owned());
    let mut errors = check(
        &app,
        partner,
        wanted.name.as_deref(),
        Some(&template_id),
        &wanted.event_ids,
    )
    .await?;
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
    let session = NewDisplaySession {
        id: DisplaySessionId::new(),
        name: wanted.name.map_or_else(
            || default_name(event_name, wanted.mode),
            |name| name.trim().to_owned(),
        ),
        mode: wanted.mode.into(),
        template_id,
        timing_sessions: bound.iter().map(|session| session.id).collect(),
        settings: settings::event(settings)?,
    };
    let store = &app.services.store;
    store
        .add_display_session(person, &session, clock::now())
        .await?;
    let detail = json!({"session_id": session.id.uuid()});
    operator
        .note(&app, Action::SessionCreated, &session.name, detail)
        .await?;
    let made = super::seen(&app, person, &session.id.to_string()).await?;
    let revision = made.revision;
    let made = view::one(&app, person, made).await?;
    Ok((StatusCode::CREATED, Tagged(revision, Json(made))))
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
