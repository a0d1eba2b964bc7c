//! Lines of one connection that are no reads, until they are handed over to be stored, and how many of them there may be.

use std::{net::IpAddr, sync::Arc};

use gantry_core::time::Moment;

use super::strangers::Strangers;

/// Lines of one connection that are kept although they are no reads, and as many again that were at fault. Hardware sends a
/// few hundred in a day; somebody who sends rubbish must not fill the disk, nor keep what is well-formed from being kept.
const MOST_LINES: usize = 10_000;

/// Bytes of such lines, of either kind.
const MOST_BYTES: usize = 1 << 20;

/// Lines that wait until it is known whose they are. More than hardware says before its first location.
const MOST_HELD: usize = 64;

/// Bytes of them.
const MOST_HELD_BYTES: usize = 16 << 10;

/// The lines of one connection.
#[derive(Debug)]
pub(super) struct Lines {
    strangers: Arc<Strangers>,
    address: IpAddr,
    held: Vec<Line>,
    good: Kept,
    faulty: Kept,
}

/// A line that was no read.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) received_at: Moment,
    pub(super) fault: Option<String>,
    pub(super) raw: Vec<u8>,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// It waits with the others.
    Waiting,
    /// It waits, and all of them should wait no longer.
    Overdue,
    /// It is let go: there were too many.
    TooMany,
}

/// How much of something one connection has had kept.
#[derive(Clone, Copy, Debug, Default)]
struct Kept {
    lines: usize,
    bytes: usize,
}

impl Lines {
    /// Those of a connection from that address.
    pub(super) fn new(strangers: &Arc<Strangers>, address: IpAddr) -> Self {
        Self {
            strangers: Arc::clone(strangers),
            address,
            held: Vec::new(),
            good: Kept::default(),
            faulty: Kept::default(),
        }
    }

    /// Holds a line, unless there were too many. `is_known` when a feed says whose the hardware is.
    pub(super) fn hold(&mut self, line: Line, is_known: bool) -> Held {
        let (is_faulty, bytes) = (line.fault.is_some(), line.raw.len());
        let kept = if is_faulty {
            &mut self.faulty
        } else {
            &mut self.good
        };
        if kept.lines >= MOST_LINES
            || kept.bytes >= MOST_BYTES
            || !self
                .strangers
                .may_keep(self.address, is_known, is_faulty, bytes)
        {
            return Held::TooMany;
        }
        kept.lines += 1;
        kept.bytes += bytes;
        self.held.push(line);
        let bytes: usize = self.held.iter().map(|line| line.raw.len()).sum();
        if self.held.len() >= MOST_HELD || bytes >= MOST_HELD_BYTES {
            Held::Overdue
        } else {
            Held::Waiting
        }
    }

    /// The lines that waited.
    pub(super) fn take(&mut self) -> Vec<Line> {
        std::mem::take(&mut self.held)
    }
}
