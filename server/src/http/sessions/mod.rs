//! Display sessions: what operators set up.
//!
//! Everything here asks the store as the person who is logged in, and the store answers no more than that person may see.
//! [`create`], [`list`], [`change`] and [`keep`] hold the handlers, [`view`] the JSON they speak.

mod change;
mod create;
mod keep;
mod list;
mod view;

use std::sync::Arc;

use axum::http::StatusCode;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    app::App,
    problem::{InputError, Problem},
};
use crate::store::{
    DisplaySession, DisplaySessionId, PartnerId, Person, Refusal, Terms, TimingSession,
    TimingSessionId,
};

/// Display sessions of one partner that were not removed: each may hold rosters of megabytes.
const MOST: i64 = 10_000;

/// The routes of this folder.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(create::create))
        .routes(routes!(list::list))
        .routes(routes!(list::find, change::change, change::remove))
        .routes(routes!(keep::duplicate))
        .routes(routes!(keep::archive))
        .routes(routes!(keep::restore))
}

/// The display session of this id, if the person may see it.
pub async fn seen(app: &App, person: Person, id: &str) -> Result<DisplaySession, Problem> {
    let store = &app.services.store;
    store
        .display_session(person, parse_id(id)?)
        .await?
        .ok_or_else(not_found)
}

/// The display session of this id, if a change on these terms can be made of it.
pub async fn changeable(
    app: &App,
    person: Person,
    id: &str,
    terms: Terms,
) -> Result<DisplaySession, Problem> {
    let store = &app.services.store;
    let seen = store.display_session(person, parse_id(id)?).await?;
    match terms.check(seen) {
        Ok(session) => Ok(session),
        Err(refusal) => Err(refused(app, person, refusal).await),
    }
}

/// What a display session that was not changed is answered with.
pub async fn refused(app: &App, person: Person, refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Unseen => not_found(),
        Refusal::NotAllowed => look_only(),
        Refusal::Archived => Problem::new(
            StatusCode::CONFLICT,
            "the display session is archived; restore it first",
        ),
        Refusal::Stale(session) => match view::one(app, person, *session).await {
            Ok(current) => Problem::stale("display session", &current),
            Err(problem) => problem,
        },
    }
}

/// Somebody may look at a display session but not do this.
pub fn look_only() -> Problem {
    Problem::forbidden("the display session is another's, and not shared with you for this")
}

/// The id of a display session, as it is asked for.
pub fn parse_id(id: &str) -> Result<DisplaySessionId, Problem> {
    id.parse()
        .map(DisplaySessionId)
        .map_err(|_text: uuid::Error| not_found())
}

/// Refuses another display session to a partner that has [`MOST`]. Some that are made in the same moment may exceed it.
async fn refuse_full(app: &App, partner: PartnerId) -> Result<(), Problem> {
    let count = app.services.store.count_display_sessions(partner).await?;
    if count < MOST {
        return Ok(());
    }
    let detail = format!("there are {MOST} display sessions already; remove one first");
    Err(Problem::new(StatusCode::CONFLICT, detail))
}

fn not_found() -> Problem {
    Problem::not_found("display session")
}

/// What of a new or changed display session cannot be accepted.
async fn check(
    app: &App,
    partner: PartnerId,
    name: Option<&str>,
    template_id: Option<&str>,
    event_ids: &[String],
) -> Result<Vec<InputError>, Problem> {
    let mut errors = Vec::new();
    errors.extend(name.and_then(check_name));
    let store = &app.services.store;
    if let Some(id) = template_id
        && !app.templates.offers(store, partner, id, None).await?
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
    Ok(errors)
}

fn check_name(name: &str) -> Option<InputError> {
    let is_good = (1..=LONGEST_NAME).contains(&name.trim().chars().count());
    (!is_good).then(|| {
        InputError::new(
            "/name",
            format!("1 to {LONGEST_NAME} characters are accepted"),
        )
    })
}

/// Characters of a display session's name.
const LONGEST_NAME: usize = 120;

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
