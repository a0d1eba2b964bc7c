//! What a person says about a timing session. No raw line is touched by it.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{list::TimingSession, not_found, parse_id};
use crate::{
    clock,
    collector::sessions,
    http::{
        app::App,
        body::{Body, Id, Json},
        principal::Operator,
        problem::{InputError, Problem},
    },
    store::audit::Action,
};

/// The longest name, in characters.
const LONGEST_NAME: usize = 120;

/// A change of a timing session: what is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TimingSessionChange {
    /// What operators see; 1 to 120 characters.
    name: Option<String>,
    /// Whether its reads are kept for good.
    pinned: Option<bool>,
}

/// Renames a timing session, or keeps its reads for good.
#[utoipa::path(patch, path = "/api/chronotrack/sessions/{id}", tag = "chronotrack", security(("token" = [])),
    params(("id" = String, Path)), request_body = TimingSessionChange, responses(
    (status = OK, body = TimingSession),
    (status = NOT_FOUND, body = Problem),
    (status = FORBIDDEN, body = Problem),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
    Body(wanted): Body<TimingSessionChange>,
) -> Result<Json<TimingSession>, Problem> {
    let id = parse_id(&id)?;
    let name = wanted.name.as_deref().map(checked).transpose()?;
    let (services, now) = (&app.services, clock::now());
    let (store, partner) = (&services.store, operator.partner);
    if let Some(name) = name
        && !store.rename_timing_session(partner, id, name).await?
    {
        return Err(not_found());
    }
    if let Some(pinned) = wanted.pinned
        && !store
            .pin_timing_session(partner, id, pinned.then_some(now))
            .await?
    {
        return Err(not_found());
    }
    let seen = sessions::find(store, &services.registry, partner, id, now)
        .await?
        .ok_or_else(not_found)?;
    let detail = json!({"timing_session_id": id.0, "name": name, "pinned": wanted.pinned});
    operator
        .note(
            &app,
            Action::TimingSessionChanged,
            &seen.session.name,
            detail,
        )
        .await?;
    Ok(Json(seen.into()))
}

fn checked(name: &str) -> Result<&str, Problem> {
    let name = name.trim();
    if (1..=LONGEST_NAME).contains(&name.chars().count()) {
        return Ok(name);
    }
    let detail = format!("1 to {LONGEST_NAME} characters are accepted");
    Err(Problem::invalid(vec![InputError::new("/name", detail)]))
}
