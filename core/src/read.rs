//! What timing hardware reports: a tag was seen at a location, or a gun was fired.

use crate::{dating::WireTime, time::Moment};

/// The lowest sequence that was made up, where the hardware does not number its reads: far above every one that is counted. From
/// here on sequences tell reads apart and say nothing of their order.
pub const FIRST_MADE_UP: u64 = 1 << 62;

/// One line of a timing stream, understood.
///
/// It is made by a decoder from a raw line and never changes afterwards; the store keeps it beside the raw line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimingRead {
    /// What happened.
    pub kind: ReadKind,
    /// The stream it came on: the hardware's connection id, which survives a TCP reconnect.
    pub connection: String,
    /// The location (mat) as the hardware names it.
    pub location: String,
    /// Its number within the connection and location, from 1; where the hardware does not number its reads, a fingerprint of
    /// the line, from [`FIRST_MADE_UP`] on.
    pub sequence: u64,
    /// The tag's text as sent; for ChronoTrack this is the bib. `GUNTIME` for a gun.
    pub tag: String,
    /// When it happened, made whole from the wire's wall-clock time.
    pub at: Moment,
    /// The wall-clock time as the wire had it, which [`WireTime::parse`] reads again.
    pub wire_time: String,
    /// Passes of this tag at this location so far; `None` when the hardware does not say (0 on the wire).
    pub lap: Option<u32>,
    /// The reader that saw the tag, or the controller that timed the gun.
    pub reader: String,
    /// The antenna ("gator") number as sent.
    pub gator: String,
    /// When our server received the line.
    pub received_at: Moment,
    /// The line as received, without its terminator.
    pub raw: Vec<u8>,
}

/// A line of a timing stream as far as the line itself tells: its time is a reading of a clock on some wall.
///
/// A [`Resolver`](crate::dating::Resolver) makes it a [`TimingRead`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireRead {
    /// As in [`TimingRead`], like every field that is not described here.
    pub kind: ReadKind,
    /// The stream.
    pub connection: String,
    /// The mat.
    pub location: String,
    /// The number within the stream.
    pub sequence: u64,
    /// The tag.
    pub tag: String,
    /// The time, understood.
    pub time: WireTime,
    /// The time as a text.
    pub wire_time: String,
    /// Passes.
    pub lap: Option<u32>,
    /// Reader or controller.
    pub reader: String,
    /// Antenna.
    pub gator: String,
    /// The line.
    pub raw: Vec<u8>,
}

impl WireRead {
    /// The read, with its time made whole.
    pub fn dated(self, at: Moment, received_at: Moment) -> TimingRead {
        TimingRead {
            kind: self.kind,
            connection: self.connection,
            location: self.location,
            sequence: self.sequence,
            tag: self.tag,
            at,
            wire_time: self.wire_time,
            lap: self.lap,
            reader: self.reader,
            gator: self.gator,
            received_at,
            raw: self.raw,
        }
    }
}

/// What a [`TimingRead`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadKind {
    /// A tag crossed a mat.
    Chip,
    /// A start gun was fired. Guns take sequence numbers like reads do.
    Gun,
}
