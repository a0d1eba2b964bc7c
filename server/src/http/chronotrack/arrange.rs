//! What operators make of timing sessions: one of two, or two of one. No read is touched by it.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use gantry_core::time::Moment;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{change::checked, list::TimingSession, missing, parse_id};
use crate::{
    clock,
    collector::{news::News, sessions},
    counting::count_for_a_moment,
    http::{
        app::App,
        body::{Body, Id, Json},
        moment::Rfc3339,
        principal::Operator,
        problem::{InputError, Problem},
    },
    store::{PartnerId, Split, TimingSessionId, audit::Action},
};

/// Where a timing session goes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Merge {
    /// The timing session that shows its reads from now on.
    #[schema(value_type = String)]
    into: Uuid,
}

/// Where a timing session is cut.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Cut {
    /// What happened at or after this moment goes into the new timing session.
    at: Rfc3339,
    /// What operators see of the new one, 1 to 120 characters; the old name with the time without it.
    name: Option<String>,
}

/// Merges a timing session into another, which shows the reads of both from now on, on the displays of both.
#[utoipa::path(post, path = "/api/chronotrack/sessions/{id}/merge", tag = "chronotrack", security(("token" = [])),
    params(("id" = String, Path)), request_body = Merge, responses(
    (status = OK, body = TimingSession, description = "The one that shows both"),
    (status = NOT_FOUND, body = Problem),
    (status = FORBIDDEN, body = Problem),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
pub(super) async fn merge(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
    Body(wanted): Body<Merge>,
) -> Result<Json<TimingSession>, Problem> {
    let (id, into) = (parse_id(&id)?, TimingSessionId(wanted.into));
    let (store, partner) = (&app.services.store, operator.partner);
    let Some(merged) = store.timing_session(partner, id).await? else {
        return Err(missing(store, partner, id).await?);
    };
    let refused = |detail: &str| Problem::invalid(vec![InputError::new("/into", detail)]);
    if into == id {
        return Err(refused("a timing session cannot be merged into itself"));
    }
    if store.timing_session(partner, into).await?.is_none() {
        return Err(refused("there is no such timing session"));
    }
    // Whoever shows either of them has to hear of it: what was bound to the one is bound to the other afterwards.
    if !store
        .merge_timing_session(partner, id, into, clock::now())
        .await?
    {
        return Err(missing(store, partner, id).await?);
    }
    announce(&app, partner, into).await?;
    let detail = json!({"timing_session_id": id.0, "into": into.0});
    operator
        .note(&app, Action::TimingSessionMerged, &merged.name, detail)
        .await?;
    seen(&app, partner, into).await
}

/// Splits a timing session in two: what happened at or after a moment goes into a new one. Displays go on with what is left.
#[utoipa::path(post, path = "/api/chronotrack/sessions/{id}/split", tag = "chronotrack", security(("token" = [])),
    params(("id" = String, Path)), request_body = Cut, responses(
    (status = CREATED, body = TimingSession, description = "The new one"),
    (status = NOT_FOUND, body = Problem),
    (status = FORBIDDEN, body = Problem),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
pub(super) async fn split(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
    Body(wanted): Body<Cut>,
) -> Result<(StatusCode, Json<TimingSession>), Problem> {
    let id = parse_id(&id)?;
    let (store, partner) = (&app.services.store, operator.partner);
    let Some(whole) = store.timing_session(partner, id).await? else {
        return Err(missing(store, partner, id).await?);
    };
    let (Rfc3339(from), new) = (wanted.at, TimingSessionId::new());
    let name = match wanted.name.as_deref() {
        Some(name) => checked(name)?.to_owned(),
        None => later_name(&app, &whole.name, from),
    };
    let split = store
        .split_timing_session(partner, id, from, new, &name, clock::now())
        .await?;
    let refused = |detail: &str| Problem::invalid(vec![InputError::new("/at", detail)]);
    match split {
        Split::Done => {}
        Split::Missing => return Err(missing(store, partner, id).await?),
        Split::NothingBefore => return Err(refused("the timing session shows nothing before it")),
        Split::NothingAfter => return Err(refused("the timing session shows nothing after it")),
    }
    announce(&app, partner, new).await?;
    let detail = json!({"timing_session_id": id.0, "at": wanted.at, "new": new.0});
    operator
        .note(&app, Action::TimingSessionSplit, &whole.name, detail)
        .await?;
    Ok((StatusCode::CREATED, seen(&app, partner, new).await?))
}

/// Has the displays that show some of a session's recordings begin again, and counts what is to be counted anew.
async fn announce(app: &App, partner: PartnerId, session: TimingSessionId) -> Result<(), Problem> {
    let parts = app.services.store.parts(partner, session).await?;
    let recordings = parts.iter().map(|part| part.recording).collect();
    let news = News::Rearranged(recordings);
    // Nobody listening is no fault: whoever comes later reads from the store.
    let _ = app.services.published.send(news);
    Ok(count_for_a_moment(&app.services.store).await?)
}

async fn seen(
    app: &App,
    partner: PartnerId,
    id: TimingSessionId,
) -> Result<Json<TimingSession>, Problem> {
    let (store, registry) = (&app.services.store, &app.services.registry);
    match sessions::find(store, registry, partner, id, clock::now()).await? {
        Some(seen) => Ok(Json(seen.into())),
        None => Err(missing(store, partner, id).await?),
    }
}

/// A name with the wall-clock time at which the session begins.
fn later_name(app: &App, name: &str, from: Moment) -> String {
    const LONGEST_BEGINNING: usize = 100;
    let beginning: String = name.chars().take(LONGEST_BEGINNING).collect();
    let zone = app.services.config.zone();
    match Timestamp::from_millisecond(from.0) {
        Ok(at) => format!("{beginning}, from {}", at.to_zoned(zone).strftime("%H:%M")),
        Err(_beyond_all_calendars) => beginning,
    }
}
