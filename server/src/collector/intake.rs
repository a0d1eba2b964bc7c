//! What one connection says, brought into the store: its session, its streams, its reads and its stray lines.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use gantry_core::{
    dating::{MOST_LOCATIONS, Resolver},
    decoder::ClockReading,
    read::WireRead,
    time::Moment,
};
use jiff::{Timestamp, tz::TimeZone};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use super::{
    feeds::{self, Decision, Directory, Owner},
    lines::{Held, Line, Lines},
    partner::NoPartner,
    refused::Refused,
    registry::Presence,
    storing::Inlet,
    strangers::Strangers,
    streams::Stream,
    way::Way,
    writer::Entry,
};
use crate::{
    clock,
    crash_points::{Point, point},
    services::Services,
    store::{Arrival, FeedId, LineId, NewLine, Source, Store, UNNAMED_EVENT},
    turns::Lane,
};

/// Why a message is not acknowledged.
const NOT_KEPT: &str = "a message is not acknowledged: lines of it were not kept, because there are too many; the hardware has to keep it";

/// One connection's way into the store.
#[derive(Debug)]
pub(super) struct Intake {
    store: Store,
    feeds: Arc<Directory>,
    strangers: Arc<Strangers>,
    lines: Lines,
    /// Whether a line of the message that is worked off was let go.
    has_lost: bool,
    /// The feed whose own way it came in by.
    by: Option<FeedId>,
    peer: SocketAddr,
    presence: Presence,
    inlet: Inlet,
    shutdown: CancellationToken,
    event: Option<String>,
    connection: Option<String>,
    owner: Option<Owner>,
    /// Whether what it sends goes into the quarantine.
    is_strange: bool,
    /// One for each location, which are few.
    streams: Vec<Arc<Stream>>,
    /// Where the hardware's clock is, as far as its feed is known.
    zone: TimeZone,
    resolver: Resolver,
}

impl Intake {
    pub(super) fn new(
        services: &Services,
        way: &Way,
        peer: SocketAddr,
        presence: Presence,
        inlet: Inlet,
        shutdown: CancellationToken,
    ) -> Self {
        let event = way.event();
        presence.update(|connection| {
            connection.by = way.feed();
            connection.event.clone_from(&event);
        });
        let zone = way.zone().unwrap_or_else(|| services.config.zone());
        Self {
            store: services.store.clone(),
            feeds: Arc::clone(&services.feeds),
            strangers: Arc::clone(&services.strangers),
            lines: Lines::new(&services.strangers, peer.ip()),
            has_lost: false,
            by: way.feed(),
            resolver: Resolver::new(zone.clone()),
            zone,
            peer,
            presence,
            inlet,
            shutdown,
            event,
            connection: None,
            owner: None,
            is_strange: false,
            streams: Vec::new(),
        }
    }

    /// Whether the connection came so far that it has told a location.
    pub(super) fn has_begun(&self) -> bool {
        !self.streams.is_empty()
    }

    /// Cancelled when the connection is to end.
    pub(super) fn ended(&self) -> CancellationToken {
        self.presence.ended()
    }

    /// Notes what the other side calls itself.
    pub(super) fn program(&mut self, program: String) {
        self.presence
            .update(|connection| connection.program = Some(program));
    }

    /// Notes the event. Once there is a location all of them stay with the event that they began with, and hardware that names
    /// none is of the event that its feed names.
    pub(super) fn event(&mut self, name: String) {
        if self.has_begun() || (name.is_empty() && self.event.is_some()) {
            return;
        }
        self.presence
            .update(|connection| connection.event = Some(name.clone()));
        self.event = Some(name);
    }

    /// Notes what a reader's clock shows.
    pub(super) fn clock(&mut self, reading: &ClockReading, received_at: Moment) {
        self.resolver.note_clock(reading, received_at);
    }

    /// Lets everybody see what is known of the clocks by now.
    pub(super) fn tell_clocks(&self) {
        self.presence.note_clocks(&self.resolver);
    }

    /// Notes the name that the hardware gives its stream.
    pub(super) fn connection(&mut self, id: String) {
        self.presence
            .update(|connection| connection.stream = Some(id.clone()));
        self.connection = Some(id);
    }

    /// Opens a location's stream and answers the last sequence that need not be sent again.
    pub(super) async fn location(&mut self, location: &str) -> Result<Option<u64>, Refused> {
        let last = self.stream(location).await?.last();
        Ok(u64::try_from(last).ok().filter(|last| *last > 0))
    }

    /// How long the next read has to wait: nobody fills the disk who is not known.
    pub(super) fn pause(&self) -> Option<Duration> {
        let address = self.peer.ip();
        let pause = || self.strangers.pause(address, Instant::now());
        self.is_strange.then(pause).flatten()
    }

    /// Makes a read whole and hands it to the writer; waits while the writer is behind.
    pub(super) async fn read(
        &mut self,
        read: WireRead,
        received_at: Moment,
    ) -> Result<(), Refused> {
        let Ok(sequence) = i64::try_from(read.sequence) else {
            let reason = format!("sequence {} is beyond all counting", read.sequence);
            self.fault(&reason, Some(read.raw)).await;
            return Ok(());
        };
        // Its stream comes first: it says by what the read is dated.
        let stream = match self.stream(&read.location).await {
            Ok(stream) => Arc::clone(stream),
            Err(Refused::Locations) => {
                self.fault(&Refused::Locations.to_string(), Some(read.raw))
                    .await;
                return Ok(());
            }
            Err(refused) => return Err(refused),
        };
        let read = match self.resolver.date(read, received_at) {
            Ok(read) => read,
            Err(undatable) => {
                self.fault(&undatable.reason, Some(undatable.raw)).await;
                return Ok(());
            }
        };
        // A conversation may end while it waits here; what is counted as handed over from then on must be.
        let room = self.inlet.entries.reserve().await;
        let room = room.map_err(|_gone| Refused::WriterGone)?;
        let arrival = Arrival {
            source: Arc::clone(&stream.source),
            resume_after: stream.hand_over(sequence),
            read,
        };
        self.presence
            .count_read(arrival.read.at, arrival.read.received_at);
        room.send(Entry::Read(arrival));
        point(Point::Queued);
        Ok(())
    }

    /// Counts and logs a fault and keeps its line.
    pub(super) async fn fault(&mut self, reason: &str, raw: Option<Vec<u8>>) {
        self.presence.count_fault(reason);
        let tally = if self.is_known() {
            &self.strangers.faults_of_known
        } else {
            &self.strangers.faults_of_strangers
        };
        tally.add_because(self.peer.ip(), &reason);
        debug!(peer = %self.peer, reason, "timing connection at fault");
        if let Some(raw) = raw {
            self.keep(raw, Some(reason.to_owned()), clock::now()).await;
        }
    }

    /// Waits until everything handed over so far is safe on disk; false when something of the message was let go instead, which is
    /// a fault.
    pub(super) async fn stored(&mut self) -> Result<bool, Refused> {
        if self.has_lost {
            self.fault(NOT_KEPT, None).await;
            return Ok(false);
        }
        let is_safe = self.inlet.is_safe().await;
        is_safe.then_some(true).ok_or(Refused::WriterGone)
    }

    /// What comes now is of another message.
    pub(super) fn message_ended(&mut self) {
        self.has_lost = false;
    }

    /// Keeps a line that is no read as it came.
    pub(super) async fn keep(&mut self, raw: Vec<u8>, fault: Option<String>, received_at: Moment) {
        let is_known = self.is_known();
        let line = Line {
            received_at,
            fault,
            raw,
        };
        let held = self.lines.hold(line, is_known);
        self.has_lost |= held == Held::TooMany;
        if self.owner.is_some() || held == Held::Overdue {
            self.place_lines().await;
        }
    }

    /// Hands over the lines that waited for the connection's owner. When there is none yet, and they should wait no longer, they
    /// are whose the connection would be by what it told so far; without anybody they are let go.
    pub(super) async fn place_lines(&mut self) {
        let lines = self.lines.take();
        if lines.is_empty() {
            return;
        }
        let owner = match &self.owner {
            Some(owner) => Decision::Owned(owner.clone()),
            None => {
                self.feeds
                    .decide_surely(&self.store, self.arrival(), |_| {})
                    .await
            }
        };
        // They belong to no session yet, so that none has to stand still for them.
        let (Decision::Owned(Owner { partner, .. }) | Decision::Wait(Owner { partner, .. })) =
            owner
        else {
            return;
        };
        let origin = self
            .streams
            .iter()
            .find_map(|stream| stream.source.origin());
        for line in lines {
            let line = NewLine {
                id: LineId::new(),
                partner_id: partner,
                timing_session_id: origin.map(|origin| origin.timing_session_id),
                peer: self.peer.to_string(),
                received_at: line.received_at,
                fault: line.fault,
                raw: line.raw,
            };
            // The next read will find out that the writer is gone.
            let _ = self.inlet.entries.send(Entry::Line(line)).await;
        }
    }

    /// Whose the connection is. It is decided once, by what the hardware told until then.
    async fn owner(&mut self) -> Result<Owner, Refused> {
        if let Some(owner) = &self.owner {
            return Ok(owner.clone());
        }
        let arrival = self.arrival();
        let found = self.feeds.owner(&self.store, arrival, &self.presence);
        let owner = found.await.ok_or(NoPartner::None)?;
        if self.zone != owner.zone {
            self.zone = owner.zone.clone();
            self.resolver = Resolver::new(owner.zone.clone());
        }
        self.is_strange = self.feeds.known().is_quarantine(owner.partner);
        if self.is_strange {
            self.strangers.nobodys_connections.add(self.peer.ip());
        }
        Ok(self.owner.insert(owner).clone())
    }

    /// Whether a feed says whose it is.
    fn is_known(&self) -> bool {
        let owner = self.owner.as_ref();
        owner.map_or(self.by.is_some(), |owner| owner.feed.is_some())
    }

    /// What is known of the connection by now.
    fn arrival(&self) -> feeds::Arrival<'_> {
        feeds::Arrival {
            by: self.by,
            peer: self.peer.ip(),
            event: self.event.as_deref(),
            connection: self.connection.as_deref(),
        }
    }

    async fn stream(&mut self, location: &str) -> Result<&Arc<Stream>, Refused> {
        let is_it = |stream: &Arc<Stream>| stream.source.location == location;
        let known = self.streams.iter().position(is_it);
        let place = if let Some(place) = known {
            place
        } else {
            // It happens hardly ever, and every connection would have to have room for it.
            let place = Box::pin(self.open_stream(location)).await?;
            self.place_lines().await;
            place
        };
        let stream = self.streams.get(place).ok_or(Refused::Locations)?;
        Ok(stream)
    }

    /// Opens a further one and answers its place.
    async fn open_stream(&mut self, location: &str) -> Result<usize, Refused> {
        if self.streams.len() >= MOST_LOCATIONS {
            return Err(Refused::Locations);
        }
        let (shutdown, ended) = (self.shutdown.clone(), self.ended());
        // Its session may change hands just now, which takes its time.
        let owner = shutdown.run_until_cancelled(ended.run_until_cancelled(self.owner()));
        let owner = owner.await.flatten().ok_or(Refused::Ended)??;
        let now = clock::now();
        let event = self.event.as_deref().unwrap_or(UNNAMED_EVENT);
        let source = Source::new(
            owner.partner,
            event,
            self.connection.as_deref().unwrap_or_default(),
            location,
            local_day(now, &owner.zone),
            now,
        )
        .in_zone(&owner.zone);
        let source = Arc::new(source);
        let streams = &self.inlet.streams;
        let is_new = self.is_strange && !streams.knows(&source);
        if is_new && !self.strangers.may_open(self.peer.ip()) {
            return Err(Refused::Strangers);
        }
        let lane = match owner.feed {
            Some(_feed) => Lane::Known,
            None => Lane::Open,
        };
        let opening = streams.open(&self.store, source, lane);
        let stream = ended.run_until_cancelled(opening).await;
        let stream = stream.ok_or(Refused::Ended)??;
        info!(peer = %self.peer, event, location, after = stream.last(), "timing location");
        let dating = stream.dating();
        self.resolver.correct(location, dating.correction);
        if let Some((at, received_at)) = dating.last {
            self.resolver.resume(location, at, received_at);
        }
        self.presence.update(|connection| {
            connection.locations.push(location.to_owned());
            connection.source = Some(Arc::clone(&stream.source));
        });
        self.streams.push(stream);
        Ok(self.streams.len() - 1)
    }
}

/// The day that a clock on the wall shows, `YYYY-MM-DD`.
fn local_day(at: Moment, zone: &TimeZone) -> String {
    Timestamp::from_millisecond(at.0)
        .map(|at| at.to_zoned(zone.clone()).date().to_string())
        .unwrap_or_default()
}
