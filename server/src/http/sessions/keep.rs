//! Duplicating, archiving and restoring display sessions.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{LONGEST_NAME, check_name, not_found, parse_id, refuse_full, refused, seen, view};
use crate::{
    clock,
    http::{
        app::App,
        body::{Body, Id, Json},
        displays,
        precondition::{IfMatch, Tagged},
        principal::Operator,
        problem::Problem,
    },
    store::{DisplaySession, DisplaySessionId, Person, audit::Action},
};

/// What a duplicate is to be like.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Copy {
    /// 1 to 120 characters; made from the original's without it.
    name: Option<String>,
}

/// Makes a display session with the roster, settings, timing sessions and template of this one, but without its displays and
/// shares. Whoever asks owns it.
#[utoipa::path(post, path = "/api/sessions/{id}/duplicate", tag = "sessions", security(("token" = [])),
    params(("id" = String, Path)), request_body = Copy, responses(
    (status = CREATED, body = view::Session),
    (status = NOT_FOUND, body = Problem),
    (status = CONFLICT, body = Problem, description = "There are too many"),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
pub(super) async fn duplicate(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
    Body(wanted): Body<Copy>,
) -> Result<Response, Problem> {
    let person = operator.person();
    let original = seen(&app, person, &id).await?;
    refuse_full(&app, operator.partner).await?;
    if let Some(error) = wanted.name.as_deref().and_then(check_name) {
        return Err(Problem::invalid(vec![error]));
    }
    let name = wanted.name.map_or_else(
        || name_of_copy(&original.name),
        |name| name.trim().to_owned(),
    );
    let copy = DisplaySessionId::new();
    let copy = app
        .services
        .store
        .duplicate_display_session(person, original.id, copy, &name, clock::now())
        .await?
        .ok_or_else(not_found)?;
    let detail = json!({"session_id": copy.id.uuid(), "original_id": original.id.uuid()});
    operator
        .note(&app, Action::SessionDuplicated, &copy.name, detail)
        .await?;
    let answer = answer(&app, person, copy).await?;
    Ok((StatusCode::CREATED, answer).into_response())
}

/// Puts a display session away: it is read-only, in no list unless asked for, and its displays end on every screen.
#[utoipa::path(post, path = "/api/sessions/{id}/archive", tag = "sessions", security(("token" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that was looked at")),
    responses(
    (status = OK, body = view::Session),
    (status = NOT_FOUND, body = Problem),
    (status = FORBIDDEN, body = Problem),
    (status = CONFLICT, body = Problem, description = "It is archived already"),
    (status = PRECONDITION_FAILED, body = Problem),
))]
pub(super) async fn archive(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
    IfMatch(expected): IfMatch,
) -> Result<Response, Problem> {
    let (person, id) = (operator.person(), parse_id(&id)?);
    let archived = app
        .services
        .store
        .archive_display_session(person, id, expected, clock::now())
        .await?;
    let (session, ended) = match archived {
        Ok(archived) => archived,
        Err(refusal) => return Err(refused(&app, person, refusal).await),
    };
    for display in &ended {
        displays::tell_screens(&app, display);
    }
    let detail = json!({"session_id": id.uuid(), "displays_ended": ended.len()});
    operator
        .note(&app, Action::SessionArchived, &session.name, detail)
        .await?;
    answer(&app, person, session).await
}

/// Takes a display session back out of the archive. Its displays stay ended.
#[utoipa::path(post, path = "/api/sessions/{id}/restore", tag = "sessions", security(("token" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that was looked at")),
    responses(
    (status = OK, body = view::Session),
    (status = NOT_FOUND, body = Problem),
    (status = FORBIDDEN, body = Problem),
    (status = PRECONDITION_FAILED, body = Problem),
))]
pub(super) async fn restore(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
    IfMatch(expected): IfMatch,
) -> Result<Response, Problem> {
    let (person, id) = (operator.person(), parse_id(&id)?);
    let restored = app
        .services
        .store
        .restore_display_session(person, id, expected, clock::now())
        .await?;
    let session = match restored {
        Ok(session) => session,
        Err(refusal) => return Err(refused(&app, person, refusal).await),
    };
    let detail = json!({"session_id": id.uuid()});
    operator
        .note(&app, Action::SessionRestored, &session.name, detail)
        .await?;
    answer(&app, person, session).await
}

async fn answer(app: &App, person: Person, session: DisplaySession) -> Result<Response, Problem> {
    let revision = session.revision;
    let session = view::one(app, person, session).await?;
    Ok(Tagged(revision, Json(session)).into_response())
}

fn name_of_copy(name: &str) -> String {
    const MARK: &str = " (copy)";
    let room = LONGEST_NAME - MARK.len();
    let kept: String = name.chars().take(room).collect();
    format!("{}{MARK}", kept.trim_end())
}
