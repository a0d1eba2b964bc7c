//! What timing hardware reports: a tag was seen at a location, or a gun was fired.

use crate::time::Moment;

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
    /// Its number within the connection and location, from 1.
    pub sequence: u64,
    /// The tag's text as sent; for ChronoTrack this is the bib. `GUNTIME` for a gun.
    pub tag: String,
    /// When it happened, made whole from the wire's wall-clock time.
    pub at: Moment,
    /// The wall-clock time exactly as the wire had it.
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

/// What a [`TimingRead`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadKind {
    /// A tag crossed a mat.
    Chip,
    /// A start gun was fired. Guns take sequence numbers like reads do.
    Gun,
}
