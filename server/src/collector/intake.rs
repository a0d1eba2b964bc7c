//! What one connection says, brought into the store: its session, its streams, its reads and its stray lines.

use std::{collections::HashMap, net::SocketAddr, sync::Arc};

use gantry_core::{dating::Resolver, decoder::ClockReading, read::WireRead, time::Moment};
use jiff::{Timestamp, tz::TimeZone};
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::{registry::Presence, storing::Inlet, streams::Stream, writer::Entry};
use crate::{
    clock,
    store::{Arrival, NewLine, PartnerId, Source, Store},
};

/// Locations of one connection. Real hardware has one or a few.
const MOST_LOCATIONS: usize = 64;

/// Lines of one connection that are kept although they are no reads, and as many again that were at fault. Hardware sends a
/// few hundred in a day; somebody who sends rubbish must not fill the disk, nor keep what is well-formed from being kept.
const MOST_LINES: usize = 10_000;

/// Bytes of such lines, of either kind.
const MOST_BYTES: usize = 1 << 20;

/// Faults of one connection that are worth a warning each; the rest is counted.
const MOST_WARNINGS: u64 = 20;

/// The event of hardware that does not say.
const UNNAMED_EVENT: &str = "Unnamed event";

/// One connection's way into the store.
#[derive(Debug)]
pub(super) struct Intake {
    store: Store,
    partner_id: PartnerId,
    zone: TimeZone,
    peer: SocketAddr,
    presence: Presence,
    inlet: Inlet,
    event_name: String,
    connection: String,
    streams: HashMap<String, Arc<Stream>>,
    resolver: Resolver,
    faults: u64,
    lines: Kept,
    faulty_lines: Kept,
}

/// How much of something one connection has had kept.
#[derive(Clone, Copy, Debug, Default)]
struct Kept {
    lines: usize,
    bytes: usize,
}

/// Why a connection must be let go. The hardware will come again and nothing is lost.
#[derive(Debug, Error)]
pub(super) enum Refused {
    /// The store does not answer.
    #[error("the store does not take the connection's session: {0}")]
    Store(#[from] sqlx::Error),
    /// Somebody invents locations.
    #[error("more than {MOST_LOCATIONS} locations on one connection")]
    Locations,
    /// The writer has ended before the connections, which it does only when it failed.
    #[error("nothing can be stored any more")]
    WriterGone,
}

impl Intake {
    pub(super) fn new(
        store: Store,
        partner_id: PartnerId,
        zone: TimeZone,
        peer: SocketAddr,
        presence: Presence,
        inlet: Inlet,
    ) -> Self {
        Self {
            store,
            partner_id,
            resolver: Resolver::new(zone.clone()),
            zone,
            peer,
            presence,
            inlet,
            event_name: UNNAMED_EVENT.to_owned(),
            connection: String::new(),
            streams: HashMap::new(),
            faults: 0,
            lines: Kept::default(),
            faulty_lines: Kept::default(),
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

    /// Notes the event. Once there is a location all of them stay with the event that they began with.
    pub(super) fn event(&mut self, name: String) {
        if self.has_begun() {
            return;
        }
        self.presence
            .update(|connection| connection.event = Some(name.clone()));
        self.event_name = name;
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
        self.connection = id;
    }

    /// Opens a location's stream and answers the last sequence that need not be sent again.
    pub(super) async fn location(&mut self, location: &str) -> Result<Option<u64>, Refused> {
        let last = self.stream(location).await?.last();
        Ok(u64::try_from(last).ok().filter(|last| *last > 0))
    }

    /// Makes a read whole and hands it to the writer; waits while the writer is behind.
    pub(super) async fn read(
        &mut self,
        read: WireRead,
        received_at: Moment,
    ) -> Result<(), Refused> {
        let read = match self.resolver.date(read, received_at) {
            Ok(read) => read,
            Err(undatable) => {
                self.fault(&undatable.reason, Some(undatable.raw)).await;
                return Ok(());
            }
        };
        let Ok(sequence) = i64::try_from(read.sequence) else {
            let reason = format!("sequence {} is beyond all counting", read.sequence);
            self.fault(&reason, Some(read.raw)).await;
            return Ok(());
        };
        let stream = self.stream(&read.location).await?;
        let arrival = Arrival {
            source: Arc::clone(&stream.source),
            resume_after: stream.hand_over(sequence),
            read,
        };
        self.presence
            .count_read(arrival.read.at, arrival.read.received_at);
        self.inlet
            .entries
            .send(Entry::Read(arrival))
            .await
            .map_err(|_gone| Refused::WriterGone)
    }

    /// Counts and logs a fault and keeps its line.
    pub(super) async fn fault(&mut self, reason: &str, raw: Option<Vec<u8>>) {
        self.faults += 1;
        self.presence.count_fault(reason);
        if self.faults <= MOST_WARNINGS {
            warn!(peer = %self.peer, reason, "timing connection at fault");
        } else {
            debug!(peer = %self.peer, reason, "timing connection at fault");
        }
        if let Some(raw) = raw {
            self.keep(raw, Some(reason.to_owned()), clock::now()).await;
        }
    }

    /// Waits until everything handed over so far is safe on disk.
    pub(super) async fn stored(&mut self) -> Result<(), Refused> {
        let is_safe = self.inlet.is_safe().await;
        is_safe.then_some(()).ok_or(Refused::WriterGone)
    }

    /// Keeps a line that is no read as it came.
    pub(super) async fn keep(&mut self, raw: Vec<u8>, fault: Option<String>, received_at: Moment) {
        let kept = match fault {
            Some(_) => &mut self.faulty_lines,
            None => &mut self.lines,
        };
        if kept.lines >= MOST_LINES || kept.bytes >= MOST_BYTES {
            return;
        }
        kept.lines += 1;
        kept.bytes += raw.len();
        let origin = self
            .streams
            .values()
            .find_map(|stream| stream.source.origin());
        let line = NewLine {
            partner_id: self.partner_id,
            timing_session_id: origin.map(|origin| origin.timing_session_id),
            peer: self.peer.to_string(),
            received_at,
            fault,
            raw,
        };
        // The next read will find out that the writer is gone.
        let _ = self.inlet.entries.send(Entry::Line(line)).await;
    }

    async fn stream(&mut self, location: &str) -> Result<&Stream, Refused> {
        if !self.streams.contains_key(location) {
            let stream = self.open_stream(location).await?;
            self.streams.insert(location.to_owned(), stream);
        }
        let stream = self.streams.get(location).ok_or(Refused::Locations)?;
        Ok(stream)
    }

    async fn open_stream(&mut self, location: &str) -> Result<Arc<Stream>, Refused> {
        if self.streams.len() >= MOST_LOCATIONS {
            return Err(Refused::Locations);
        }
        let now = clock::now();
        let source = Source::new(
            self.partner_id,
            &self.event_name,
            &self.connection,
            location,
            local_day(now, &self.zone),
            now,
        );
        let Inlet {
            streams, patience, ..
        } = &self.inlet;
        let stream = streams.open(&self.store, source, *patience).await?;
        info!(peer = %self.peer, event = self.event_name, location, after = stream.last(), "timing location");
        let dating = stream.dating();
        self.resolver.correct(location, dating.correction);
        if let Some((at, received_at)) = dating.last {
            self.resolver.resume(location, at, received_at);
        }
        self.presence.update(|connection| {
            connection.locations.push(location.to_owned());
            connection.source = Some(Arc::clone(&stream.source));
        });
        Ok(stream)
    }
}

/// The day that a clock on the wall shows, `YYYY-MM-DD`.
fn local_day(at: Moment, zone: &TimeZone) -> String {
    Timestamp::from_millisecond(at.0)
        .map(|at| at.to_zoned(zone.clone()).date().to_string())
        .unwrap_or_default()
}
