//! A display session's roster, replaced as a whole.

use std::{collections::HashMap, sync::Arc};

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Request, State},
    http::{HeaderMap, StatusCode},
};
use gantry_core::{
    board::event::SessionEvent,
    roster::{
        Entries, Participant, Race, Roster,
        csv::{self, StartTimes},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    app::App,
    body::{Id, Json, Query, flag, media_type, parse, unreadable},
    moment::Rfc3339,
    precondition::{IfMatch, Tagged},
    principal::Operator,
    problem::{InputError, Problem},
    sessions, settings,
};
use crate::{
    clock,
    store::{DisplaySession, EventKind, Person, Refusal, Terms, audit::Action},
};

/// The largest roster taken: the widest export of a marathon with fifty thousand entrants is half as large.
const LARGEST_BYTES: usize = 32 << 20;

/// The routes of this file.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(replace))
        .layer(DefaultBodyLimit::max(LARGEST_BYTES))
}

/// How to take a roster.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Manner {
    /// `true` answers what the roster would change and stores nothing.
    dry_run: Option<String>,
}

/// A roster as JSON.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Lists {
    /// Races that nobody describes here are known by their participants' `race` alone.
    #[serde(default)]
    races: Vec<RaceEntry>,
    /// Only the bib is needed.
    #[schema(value_type = Vec<Entrant>)]
    participants: Vec<Participant>,
}

/// A [`Participant`], for the description.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "participants are described by it, and read as what they are"
)]
struct Entrant {
    bib: Option<String>,
    /// Chips that stand for this person besides the bib itself.
    tags: Option<Vec<String>>,
    first_name: Option<String>,
    last_name: Option<String>,
    /// `F`, `M` or `X`.
    sex: Option<String>,
    /// In years.
    age: Option<u16>,
    city: Option<String>,
    state: Option<String>,
    country: Option<String>,
    race: Option<String>,
    wave: Option<String>,
    division: Option<String>,
    team: Option<String>,
}

/// One distance within the event.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RaceEntry {
    name: String,
    /// Read from the name without it.
    distance_m: Option<u32>,
    /// The scheduled start.
    start: Option<Rfc3339>,
}

/// What became of a roster.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
struct Imported {
    /// Participants that were not there before.
    imported: usize,
    /// Participants that changed.
    updated: usize,
    /// Participants that are no longer there.
    removed: usize,
    /// What was left out, and why.
    rejected: Vec<Rejected>,
}

/// A part of a roster that was left out.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
struct Rejected {
    /// The line of the CSV file from 1, the header's; of JSON the participant's number from 1. A start that cannot be read is told
    /// at its first line, and the participant is taken without it.
    line: u64,
    reason: String,
}

/// Replaces a display session's roster, on the screens at once; or only tells what that would change.
#[utoipa::path(put, path = "/api/sessions/{id}/roster", tag = "sessions", security(("token" = [])),
    params(("id" = String, Path), Manner, ("If-Match" = Option<String>, Header, description = "The ETag that was looked at")),
    request_body(content(("text/csv"), (Lists = "application/json"))), responses(
    (status = OK, body = Imported),
    (status = NOT_FOUND, body = Problem),
    (status = FORBIDDEN, body = Problem),
    (status = CONFLICT, body = Problem, description = "The session is archived"),
    (status = PRECONDITION_FAILED, body = Problem),
    (status = UNSUPPORTED_MEDIA_TYPE, body = Problem),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
    (status = TOO_MANY_REQUESTS, body = Problem, description = "The partner sends too many at once"),
))]
async fn replace(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
    Query(manner): Query<Manner>,
    IfMatch(expected): IfMatch,
    headers: HeaderMap,
    request: Request,
) -> Result<Tagged<Json<Imported>>, Problem> {
    let person = operator.person();
    let terms = Terms::edit(expected);
    let is_dry = flag("dry_run", manner.dry_run.as_deref());
    let is_dry = is_dry.map_err(|error| Problem::invalid(vec![error]))?;
    let session = sessions::changeable(&app, person, &id, terms).await?;
    // First the turn, then the body: what waits takes no memory.
    let _turn = app.uploads.begin(person.partner).await?;
    let body = Bytes::from_request(request, &()).await;
    let body = body.map_err(|refused| unreadable(&refused))?;
    let read = reader(&media_type(&headers))?;
    let local = start_times(&app, &session)?;
    let reading = move || read(&body, &local);
    let (roster, rejected) = app.uploads.work(person.partner, reading).await??;
    let roster = Arc::new(roster);

    loop {
        let built_on = sessions::changeable(&app, person, &id, terms).await?;
        let (imported, body) = compared(&app, person, &built_on, &roster, &rejected).await?;
        if is_dry {
            return Ok(Tagged(built_on.revision, Json(imported)));
        }
        let participants = roster.participants().len();
        let replaced = app
            .services
            .store
            .replace_roster(
                person,
                built_on.id,
                Some(built_on.revision),
                &body,
                participants,
                clock::now(),
            )
            .await?;
        match replaced {
            Ok(revision) => {
                app.sessions.changed(built_on.id);
                let detail =
                    json!({"session_id": built_on.id.uuid(), "participants": participants});
                operator
                    .note(&app, Action::RosterReplaced, &built_on.name, detail)
                    .await?;
                return Ok(Tagged(revision, Json(imported)));
            }
            // Somebody else was faster, and the asker does not mind: what is told is told of what is there now.
            Err(Refusal::Stale(_)) if expected.is_none() => {}
            Err(refusal) => return Err(sessions::refused(&app, person, refusal).await),
        }
    }
}

/// What a roster makes of the one in force, and the event by which it is stored.
async fn compared(
    app: &App,
    person: Person,
    session: &DisplaySession,
    roster: &Arc<Roster>,
    rejected: &[Rejected],
) -> Result<(Imported, String), Problem> {
    let store = &app.services.store;
    let before = store
        .latest_event(person, session.id, EventKind::Roster)
        .await?;
    let (after, rejected) = (Arc::clone(roster), rejected.to_vec());
    let comparing = move || {
        let before = before.and_then(|event| match serde_json::from_str(&event.body) {
            Ok(SessionEvent::RosterV1 { roster }) => Some(roster),
            _ => None,
        });
        let imported = compare(&before.unwrap_or_default(), &after, rejected);
        let event = SessionEvent::RosterV1 { roster: after };
        (imported, serde_json::to_string(&event))
    };
    let (imported, body) = app.uploads.work(person.partner, comparing).await?;
    let body = body.map_err(|error| Problem::internal(&error))?;
    Ok((imported, body))
}

/// What a start list's local times are: the day of the session's settings, or today, in the zone of the timing hardware.
fn start_times(app: &App, session: &DisplaySession) -> Result<StartTimes, Problem> {
    let zone = app.services.config.zone();
    let midnight = settings::current(session)?.midnight;
    let day = clock::day(midnight.unwrap_or_else(clock::now), &zone);
    Ok(StartTimes { zone, day })
}

type Reader = fn(&[u8], &StartTimes) -> Result<(Roster, Vec<Rejected>), Problem>;

fn reader(media: &str) -> Result<Reader, Problem> {
    match media {
        "text/csv" => Ok(read_csv),
        "application/json" => Ok(read_json),
        other => Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("the body is {other:?}; \"text/csv\" and \"application/json\" are accepted"),
        )),
    }
}

fn read_csv(bytes: &[u8], local: &StartTimes) -> Result<(Roster, Vec<Rejected>), Problem> {
    let import = csv::import(&csv::decode(bytes), Some(local));
    let rejected = import
        .rejected
        .into_iter()
        .map(|csv::Rejected { line, reason }| Rejected { line, reason })
        .collect();
    usable(import.roster, rejected, "", |line| format!("/{line}"))
}

fn read_json(bytes: &[u8], _local: &StartTimes) -> Result<(Roster, Vec<Rejected>), Problem> {
    let lists: Lists = parse(bytes)?;
    let mut entries = Entries::new("participant");
    let mut rejected = Vec::new();
    for (line, participant) in (1..).zip(lists.participants) {
        if let Err(reason) = entries.add(line, participant) {
            rejected.push(Rejected { line, reason });
        }
    }
    let races = lists.races.into_iter().map(Race::from).collect();
    let roster = Roster::new(races, entries.into_participants());
    usable(roster, rejected, "/participants", |line| {
        format!("/participants/{}", line - 1)
    })
}

/// Refuses what holds nobody: it must not empty the roster.
fn usable(
    roster: Roster,
    rejected: Vec<Rejected>,
    all: &str,
    pointer: impl Fn(u64) -> String,
) -> Result<(Roster, Vec<Rejected>), Problem> {
    if !roster.participants().is_empty() {
        return Ok((roster, rejected));
    }
    let mut errors: Vec<_> = rejected
        .into_iter()
        .take(20)
        .map(|row| InputError::new(pointer(row.line), row.reason))
        .collect();
    if errors.is_empty() {
        errors.push(InputError::new(all, "at least one participant is expected"));
    }
    Err(Problem::invalid(errors))
}

fn compare(before: &Roster, after: &Roster, rejected: Vec<Rejected>) -> Imported {
    let mut gone: HashMap<&str, &Participant> = before
        .participants()
        .iter()
        .map(|participant| (participant.bib.as_str(), participant))
        .collect();
    let (mut imported, mut updated) = (0, 0);
    for participant in after.participants() {
        match gone.remove(participant.bib.as_str()) {
            None => imported += 1,
            Some(before) => updated += usize::from(before != participant),
        }
    }
    Imported {
        imported,
        updated,
        removed: gone.len(),
        rejected,
    }
}

impl From<RaceEntry> for Race {
    fn from(entry: RaceEntry) -> Self {
        let named = Race::named(entry.name.trim());
        Self {
            distance_m: entry.distance_m.or(named.distance_m),
            start: entry.start.map(|start| start.0),
            ..named
        }
    }
}
