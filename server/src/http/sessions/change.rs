//! Changing and deleting display sessions.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use gantry_core::board::settings::Mode;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{changeable, check, refused, timing_sessions, view};
use crate::{
    clock,
    http::{
        app::App,
        body::{Body, Id, Json},
        displays,
        precondition::{IfMatch, Tagged},
        principal::Operator,
        problem::Problem,
        settings::{self, SettingsChange},
    },
    store::{DisplaySession, Person, Refusal, SessionChange, SessionMode, Terms, audit::Action},
};

/// A change of a display session: what is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
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

/// Changes a display session, on the screens at once.
#[utoipa::path(patch, path = "/api/sessions/{id}", tag = "sessions", security(("token" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that the change builds on")),
    request_body = Change, responses(
    (status = OK, body = view::Session),
    (status = NOT_FOUND, body = Problem),
    (status = FORBIDDEN, body = Problem),
    (status = CONFLICT, body = Problem, description = "It is archived"),
    (status = PRECONDITION_FAILED, body = Problem, description = "It was changed since; `current` is what it is now"),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
    IfMatch(expected): IfMatch,
    Body(wanted): Body<Change>,
) -> Result<impl IntoResponse, Problem> {
    let person = operator.person();
    loop {
        let before = changeable(&app, person, &id, Terms::edit(expected)).await?;
        let change = worked_out(&app, person, &before, &wanted).await?;
        let built_on = Some(before.revision);
        let changed = app
            .services
            .store
            .change_display_session(person, before.id, built_on, &change, clock::now())
            .await?;
        let session = match changed {
            Ok(session) => session,
            // Somebody else was faster, and the asker does not mind: the change is made of what is there now.
            Err(Refusal::Stale(_)) if expected.is_none() => continue,
            Err(refusal) => return Err(refused(&app, person, refusal).await),
        };
        app.sessions.changed(session.id);
        let detail = json!({"session_id": session.id.uuid(), "revision": session.revision});
        operator
            .note(&app, Action::SessionChanged, &session.name, detail)
            .await?;
        let revision = session.revision;
        let session = view::one(&app, person, session).await?;
        return Ok(Tagged(revision, Json(session)));
    }
}

/// What a change makes of a session as it is now, or what of it cannot be accepted.
async fn worked_out(
    app: &App,
    person: Person,
    before: &DisplaySession,
    wanted: &Change,
) -> Result<SessionChange, Problem> {
    let in_force = settings::current(before)?;
    let mut after = in_force.clone();
    after.mode = wanted.mode.unwrap_or(in_force.mode);
    let mut errors = check(
        app,
        person.partner,
        wanted.name.as_deref(),
        wanted.template_id.as_deref(),
        &wanted.event_ids,
    )
    .await?;
    errors.extend(wanted.settings.clone().apply(&mut after));
    let timing_sessions = match &wanted.chronotrack_session_ids {
        Some(ids) => {
            let bound = timing_sessions(app, person.partner, ids, &mut errors).await?;
            Some(bound.iter().map(|session| session.id).collect())
        }
        None => None,
    };
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let settings = (after != in_force)
        .then(|| settings::event(after))
        .transpose()?;
    Ok(SessionChange {
        name: wanted.name.as_deref().map(|name| name.trim().to_owned()),
        mode: wanted.mode.map(SessionMode::from),
        template_id: wanted.template_id.clone(),
        timing_sessions,
        settings,
    })
}

/// Deletes a display session and ends its displays on every screen.
#[utoipa::path(delete, path = "/api/sessions/{id}", tag = "sessions", security(("token" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that was looked at")),
    responses(
    (status = NO_CONTENT),
    (status = NOT_FOUND, body = Problem),
    (status = FORBIDDEN, body = Problem),
    (status = PRECONDITION_FAILED, body = Problem),
))]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    let person = operator.person();
    let terms = Terms::own(expected).also_archived();
    let session = changeable(&app, person, &id, terms).await?;
    let removed = app
        .services
        .store
        .remove_display_session(person, session.id, expected, clock::now())
        .await?;
    let ended = match removed {
        Ok(ended) => ended,
        Err(refusal) => return Err(refused(&app, person, refusal).await),
    };
    for display in &ended {
        displays::tell_screens(&app, display);
    }
    app.sessions.changed(session.id);
    let detail = json!({"session_id": session.id.uuid(), "displays_ended": ended.len()});
    operator
        .note(&app, Action::SessionRemoved, &session.name, detail)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
