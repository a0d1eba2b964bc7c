//! What a person says about a timing session. No raw line is touched by it.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use gantry_core::time::Moment;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{list::TimingSession, missing, parse_id};
use crate::{
    clock,
    collector::{registry::Connection, sessions},
    http::{
        app::App,
        body::{Body, Id, Json},
        principal::Operator,
        problem::{InputError, Problem},
    },
    services::Services,
    store::{PartnerId, TimingSession as Stored, audit::Action},
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
    /// True: what hardware sends from its next coming on is shown in another timing session; hardware that is connected comes again
    /// at once. False: hardware goes on in this one, also where it ended by itself.
    closed: Option<bool>,
}

/// Renames a timing session, keeps its reads for good, closes or reopens it.
#[utoipa::path(patch, path = "/api/chronotrack/sessions/{id}", tag = "chronotrack", security(("token" = [])),
    params(("id" = String, Path)), request_body = TimingSessionChange, responses(
    (status = OK, body = TimingSession),
    (status = NOT_FOUND, body = Problem),
    (status = FORBIDDEN, body = Problem),
    (status = CONFLICT, body = Problem, description = "It cannot be reopened: hardware goes on in another one"),
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
    let Some(before) = store.timing_session(partner, id).await? else {
        return Err(missing(store, partner, id).await?);
    };
    if let Some(name) = name {
        store.rename_timing_session(partner, id, name).await?;
    }
    if let Some(pinned) = wanted.pinned {
        let pinned_at = pinned.then_some(now);
        store.pin_timing_session(partner, id, pinned_at).await?;
    }
    match wanted.closed {
        Some(true) => close(services, partner, &before, now).await?,
        Some(false) => reopen(services, partner, &before, now).await?,
        None => {}
    }
    let Some(seen) = sessions::find(store, &services.registry, partner, id, now).await? else {
        return Err(missing(store, partner, id).await?);
    };
    let detail = json!({"timing_session_id": id.0, "name": name, "pinned": wanted.pinned, "closed": wanted.closed});
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

/// Closes a session and has hardware that feeds it come again, into another one.
async fn close(
    services: &Services,
    partner: PartnerId,
    session: &Stored,
    now: Moment,
) -> Result<(), Problem> {
    let closed = services
        .store
        .close_timing_session(partner, session.id, now);
    closed.await?;
    let feeds = |connection: &Connection| {
        let session_of = connection.session();
        session_of.is_some_and(|(whose, fed)| whose == partner && session.fed_by.contains(&fed))
    };
    let reason = "its timing session was closed";
    services.registry.let_go(feeds, reason);
    Ok(())
}

/// Opens a session again for hardware, unless what it sends is shown elsewhere.
async fn reopen(
    services: &Services,
    partner: PartnerId,
    session: &Stored,
    now: Moment,
) -> Result<(), Problem> {
    let reopened = services
        .store
        .reopen_timing_session(partner, session.id, now);
    if reopened.await? {
        return Ok(());
    }
    let detail = "what its hardware sends is shown in another timing session; merge that into this one first";
    Err(Problem::new(StatusCode::CONFLICT, detail))
}

/// A name of a timing session, without the spaces around it.
pub(super) fn checked(name: &str) -> Result<&str, Problem> {
    let name = name.trim();
    if (1..=LONGEST_NAME).contains(&name.chars().count()) {
        return Ok(name);
    }
    let detail = format!("1 to {LONGEST_NAME} characters are accepted");
    Err(Problem::invalid(vec![InputError::new("/name", detail)]))
}
