//! Timing sessions and their newest reads, to be looked at.

use std::{collections::BTreeSet, sync::Arc};

use axum::extract::State;
use gantry_core::read::ReadKind;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{missing, parse_id};
use crate::{
    clock,
    collector::{
        clocks::Clock,
        sessions::{self, Seen, Status},
    },
    http::{
        app::App,
        body::{Id, Json, Query},
        moment::Rfc3339,
        principal::Viewer,
        problem::{InputError, Problem},
    },
    store::{LocationFigures, StoredRead, TimingSessionId},
};

/// Which timing sessions to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// `live`, `idle` or `closed`; all without it.
    status: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 200; 50 without it.
    limit: Option<String>,
}

/// How much of a timing session to show.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Extent {
    /// 1 to 500 reads; 50 without it.
    limit: Option<String>,
}

/// A page of timing sessions, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct TimingSessions {
    sessions: Vec<TimingSession>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Uuid>,
}

/// A stream of reads from the hardware: one event on one day, or what operators made of such.
#[derive(Serialize, ToSchema)]
pub(super) struct TimingSession {
    #[schema(value_type = String)]
    id: Uuid,
    name: String,
    /// The event as the hardware names it.
    event_name: String,
    /// `live` while hardware is connected, `idle` while it may come back, `closed` when the race is over or an operator said so.
    status: &'static str,
    /// The mats, in the order in which they turned up.
    locations: Vec<Location>,
    /// Stored reads, repeats not counted.
    reads: i64,
    first_read_at: Option<Rfc3339>,
    last_read_at: Option<Rfc3339>,
    /// Connections that feed it now.
    connections: usize,
    /// Whether its reads are kept for good.
    pinned: bool,
}

/// A mat.
#[derive(Serialize, ToSchema)]
struct Location {
    name: String,
}

/// The newest reads of a timing session.
#[derive(Serialize, ToSchema)]
pub(super) struct Preview {
    session: TimingSession,
    /// Newest first.
    reads: Vec<Read>,
    by_location: Vec<LocationCount>,
    /// Reads received in the last minute; where they are more than two thousand, at the pace of the newest.
    reads_per_minute: i64,
    /// The clocks of the readers that feed it now, as far as they are known.
    readers: Vec<ReaderClock>,
    /// What may be wrong with the days of its reads, in words.
    suggestions: Vec<String>,
    /// The feeds by which the hardware that feeds it now is known.
    feeds: Vec<String>,
}

/// A reader's clock.
#[derive(Serialize, ToSchema)]
struct ReaderClock {
    location: String,
    reader: String,
    /// How far it is ahead of the server's, in milliseconds; negative when it is behind.
    ahead_ms: i64,
    /// The same in words, like `reader 11FD4E at FINISH is 3.2 s ahead`.
    words: String,
}

/// One read.
#[derive(Serialize, ToSchema)]
struct Read {
    /// `chip` or `gun`.
    kind: &'static str,
    location: String,
    /// Its number within its connection and location.
    sequence: i64,
    /// The tag's text; for ChronoTrack this is the bib.
    tag: String,
    /// When the mat was crossed.
    at: Rfc3339,
    /// The wall-clock time exactly as the hardware sent it.
    wire_time: String,
    /// Passes of the tag at the mat so far.
    lap: Option<i64>,
    /// The reader that saw the tag.
    reader: String,
    /// The reader's antenna.
    gator: String,
    received_at: Rfc3339,
}

/// What came in at one mat.
#[derive(Serialize, ToSchema)]
struct LocationCount {
    location: String,
    reads: i64,
    last_read_at: Option<Rfc3339>,
}

/// Lists the timing sessions, newest first.
#[utoipa::path(get, path = "/api/chronotrack/sessions", tag = "chronotrack", security(("token" = [])),
    params(Filter), responses((status = OK, body = TimingSessions), (status = UNPROCESSABLE_ENTITY, body = Problem)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Query(filter): Query<Filter>,
) -> Result<Json<TimingSessions>, Problem> {
    let status = filter.status.as_deref().map(status).transpose();
    let before = filter.cursor.as_deref().map(cursor).transpose();
    let limit = limit(filter.limit.as_deref(), 200);
    let (status, before, limit) = match (status, before, limit) {
        (Ok(status), Ok(before), Ok(limit)) => (status, before, limit),
        (status, before, limit) => {
            let errors = [status.err(), before.err(), limit.err()];
            return Err(Problem::invalid(errors.into_iter().flatten().collect()));
        }
    };
    let services = &app.services;
    let (store, registry) = (&services.store, &services.registry);
    let mut seen = sessions::list(
        store,
        registry,
        viewer.partner,
        status,
        before,
        limit + 1,
        clock::now(),
    )
    .await?;
    let more = seen.len() > limit;
    seen.truncate(limit);
    let last = seen.last().map(|seen| seen.session.id.0);
    Ok(Json(TimingSessions {
        next_cursor: last.filter(|_| more),
        sessions: seen.into_iter().map(TimingSession::from).collect(),
    }))
}

/// Shows the newest reads of a timing session.
#[utoipa::path(get, path = "/api/chronotrack/sessions/{id}/preview", tag = "chronotrack", security(("token" = [])),
    params(("id" = String, Path), Extent), responses(
    (status = OK, body = Preview),
    (status = NOT_FOUND, body = Problem),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
pub(super) async fn preview(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    Query(extent): Query<Extent>,
) -> Result<Json<Preview>, Problem> {
    let limit =
        limit(extent.limit.as_deref(), 500).map_err(|error| Problem::invalid(vec![error]))?;
    let id = parse_id(&id)?;
    let services = &app.services;
    let (store, partner, now) = (&services.store, viewer.partner, clock::now());
    let Some(seen) = sessions::find(store, &services.registry, partner, id, now).await? else {
        return Err(missing(store, partner, id).await?);
    };
    let reads = store.newest_reads(partner, id, limit).await?;
    let by_location = store.reads_by_location(partner, id).await?;
    let feeding = services.registry.feeding(partner, &seen.session.fed_by);
    let suggestions = feeding
        .iter()
        .flat_map(|connection| &connection.suggestions);
    let suggestions = suggestions.map(ToString::to_string).collect();
    let known = services.feeds.known();
    let feeds: BTreeSet<&str> = feeding
        .iter()
        .filter_map(|connection| known.name(connection))
        .collect();
    let readers = feeding.iter().flat_map(|connection| &connection.clocks);
    Ok(Json(Preview {
        session: seen.into(),
        reads: reads.into_iter().map(Read::from).collect(),
        by_location: by_location.into_iter().map(LocationCount::from).collect(),
        reads_per_minute: store.reads_per_minute(partner, id, now).await?,
        readers: readers.map(ReaderClock::from).collect(),
        suggestions,
        feeds: feeds.into_iter().map(str::to_owned).collect(),
    }))
}

fn status(text: &str) -> Result<Status, InputError> {
    [Status::Live, Status::Idle, Status::Closed]
        .into_iter()
        .find(|status| status_text(*status) == text)
        .ok_or_else(|| {
            let detail =
                format!("{text:?} is no status; \"live\", \"idle\" and \"closed\" are accepted");
            InputError::new("/status", detail)
        })
}

fn status_text(status: Status) -> &'static str {
    match status {
        Status::Live => "live",
        Status::Idle => "idle",
        Status::Closed => "closed",
    }
}

fn cursor(text: &str) -> Result<TimingSessionId, InputError> {
    text.parse()
        .map(TimingSessionId)
        .map_err(|_text: uuid::Error| {
            InputError::new(
                "/cursor",
                format!("{text:?} is no cursor; the next_cursor of a page is accepted"),
            )
        })
}

/// How many a list is to hold: 1 to `most`, 50 when the asker does not say.
pub(in crate::http) fn limit(text: Option<&str>, most: usize) -> Result<usize, InputError> {
    let Some(text) = text else { return Ok(50) };
    text.parse()
        .ok()
        .filter(|limit| (1..=most).contains(limit))
        .ok_or_else(|| {
            InputError::new(
                "/limit",
                format!("{text:?} is no limit; 1 to {most} is accepted"),
            )
        })
}

impl From<Seen> for TimingSession {
    fn from(seen: Seen) -> Self {
        let session = seen.session;
        let locations = session.locations.into_iter();
        Self {
            id: session.id.0,
            name: session.name,
            event_name: session.event_name,
            status: status_text(seen.status),
            locations: locations.map(|name| Location { name }).collect(),
            reads: session.reads,
            first_read_at: session.first_read_at.map(Rfc3339),
            last_read_at: session.last_read_at.map(Rfc3339),
            connections: seen.connections,
            pinned: session.pinned_at.is_some(),
        }
    }
}

impl From<StoredRead> for Read {
    fn from(read: StoredRead) -> Self {
        Self {
            kind: match read.kind {
                ReadKind::Chip => "chip",
                ReadKind::Gun => "gun",
            },
            location: read.location,
            sequence: read.sequence,
            tag: read.tag,
            at: Rfc3339(read.at),
            wire_time: read.wire_time,
            lap: read.lap,
            reader: read.reader,
            gator: read.gator,
            received_at: Rfc3339(read.received_at),
        }
    }
}

impl From<&Clock> for ReaderClock {
    fn from(clock: &Clock) -> Self {
        Self {
            location: clock.location.clone(),
            reader: clock.reader.clone(),
            ahead_ms: clock.offset.ahead_ms,
            words: clock.to_string(),
        }
    }
}

impl From<LocationFigures> for LocationCount {
    fn from(figures: LocationFigures) -> Self {
        Self {
            location: figures.location,
            reads: figures.reads,
            last_read_at: figures.last_read_at.map(Rfc3339),
        }
    }
}
