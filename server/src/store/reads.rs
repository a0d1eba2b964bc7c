//! The reads themselves, as they come in: appended in groups.

use gantry_core::{
    read::{ReadKind, TimingRead},
    time::Moment,
};

use super::{
    LineId, PartnerId, Result, Store, StreamId, TimingSessionId, db::reading, sql::Walled,
};

const DAY_MS: i64 = 86_400_000;

/// Whose a read is and which numbering it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The partner that the hardware works for.
    pub partner_id: PartnerId,
    /// The timing session.
    pub timing_session_id: TimingSessionId,
    /// The stream that the sequence counts in.
    pub stream_id: StreamId,
}

/// A read on its way into the store.
#[derive(Clone, Debug)]
pub struct NewRead {
    /// Whose it is.
    pub origin: Origin,
    /// The last sequence of its stream, this read included, before which none is missing: where to resume once this is
    /// stored. A number that was garbled cannot make the hardware skip what lies before it.
    pub resume_after: i64,
    /// What the hardware said.
    pub read: TimingRead,
}

/// A line that was no read, on its way into the store.
#[derive(Clone, Debug)]
pub struct NewLine {
    /// Given when it is taken in, so that it is stored once however often that is tried.
    pub id: LineId,
    /// The partner that the port collects for.
    pub partner_id: PartnerId,
    /// The timing session, once the connection has one.
    pub timing_session_id: Option<TimingSessionId>,
    /// Address and port of the sender.
    pub peer: String,
    /// When it came.
    pub received_at: Moment,
    /// Why it was refused; `None` when it was understood.
    pub fault: Option<String>,
    /// The bytes as they came, without the terminator.
    pub raw: Vec<u8>,
}

/// A read that is safe on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRead {
    /// Its place in the order in which everything was stored.
    pub position: i64,
    /// The timing session.
    pub timing_session_id: TimingSessionId,
    /// What happened.
    pub kind: ReadKind,
    /// The mat.
    pub location: String,
    /// Its number within its stream.
    pub sequence: i64,
    /// The tag's text; for ChronoTrack the bib.
    pub tag: String,
    /// When it happened.
    pub at: Moment,
    /// The wall-clock time as the wire had it.
    pub wire_time: String,
    /// Passes of this tag at this location so far, when the hardware says.
    pub lap: Option<i64>,
    /// The reader that saw the tag.
    pub reader: String,
    /// The antenna.
    pub gator: String,
    /// When the server received it.
    pub received_at: Moment,
}

const FAULTY_LINES: Walled =
    Walled::new("select count(*) from timing_lines where partner_id = $1 and fault is not null");

impl Store {
    /// How many lines a partner's hardware sent that could not be understood.
    pub async fn faulty_lines(&self, partner: PartnerId) -> Result<i64> {
        reading!(self.db, partner, conn => FAULTY_LINES.query_scalar(partner).fetch_one(conn).await)
    }
}

pub(super) const fn kind_text(kind: ReadKind) -> &'static str {
    match kind {
        ReadKind::Chip => "chip",
        ReadKind::Gun => "gun",
    }
}

impl NewLine {
    /// The line of a read that cannot be stored as one. However often it comes within a day, it is kept once.
    pub(crate) fn of_read(partner_id: PartnerId, read: TimingRead, fault: String) -> Self {
        let day = Moment(read.received_at.0 / DAY_MS * DAY_MS);
        let words = [
            read.connection.as_bytes(),
            read.location.as_bytes(),
            &read.raw,
        ];
        Self {
            id: LineId::of(day, &words),
            partner_id,
            timing_session_id: None,
            peer: String::new(),
            received_at: read.received_at,
            fault: Some(fault),
            raw: read.raw,
        }
    }
}

impl StoredRead {
    pub(super) fn new(position: i64, NewRead { origin, read, .. }: &NewRead) -> Self {
        Self {
            position,
            timing_session_id: origin.timing_session_id,
            kind: read.kind,
            location: read.location.clone(),
            sequence: read.sequence.cast_signed(),
            tag: read.tag.clone(),
            at: read.at,
            wire_time: read.wire_time.clone(),
            lap: read.lap.map(i64::from),
            reader: read.reader.clone(),
            gator: read.gator.clone(),
            received_at: read.received_at,
        }
    }
}
