//! Timing hardware of any make: bytes in, reads and answers out, without I/O.
//!
//! Each protocol is one file that implements [`Decoder`], a state machine for one connection, and one line in [`protocol`].
//! Whoever holds the socket feeds it bytes and does what it says, in order. A decoder understands what a line tells, but not
//! when it happened: reads leave it with the time as the wire has it, and a [`Resolver`](crate::dating::Resolver) makes that
//! time whole.
//!
//! A peer that nobody knows costs little: a decoder holds at most one unfinished message ([`framing::LONGEST_MESSAGE`]) and a
//! bounded number of names, and gives what it understood one message at a time.

pub mod protocol;

pub mod jchip;
pub mod mylaps;
pub mod raceresult;

pub mod framing;

mod fingerprint;
pub(crate) mod text;

#[cfg(test)]
pub(crate) mod testing;

use std::fmt;

use crate::{dating::WireTime, read::WireRead, time::Moment};

/// Our side of one connection to timing hardware, from the first byte to the last.
///
/// `now`, here and everywhere, is of a clock that never jumps: deadlines are counted by it.
pub trait Decoder: fmt::Debug + Send {
    /// What to do as soon as the connection stands. Most hardware speaks first, so mostly nothing.
    fn open(&mut self, _now: Moment) -> Vec<Output> {
        Vec::new()
    }

    /// Takes the next message from the front of `bytes` and says what to do, in order.
    ///
    /// To be called until it gives `None`: then all bytes are taken and what they left unfinished is kept for the next.
    fn receive(&mut self, bytes: &mut &[u8], now: Moment) -> Option<Vec<Output>>;

    /// Answers [`Output::Location`]: `last` is the highest sequence before which the store misses nothing of this location on
    /// this stream. Only protocols that can resume make use of it.
    fn resume(&mut self, _location: &str, _last: Option<u64>) -> Vec<Output> {
        Vec::new()
    }

    /// Does what time asks for: pings, polls, patience.
    fn tick(&mut self, now: Moment) -> Vec<Output>;

    /// Whether a message has begun that has not ended. Hardware sends a message at once; who goes on with one for ever is none.
    fn is_in_message(&self) -> bool;

    /// When [`tick`](Self::tick) wants to be called next, if nothing is received before; `None` when time plays no part, or
    /// once closed.
    fn next_deadline(&self) -> Option<Moment>;
}

/// What the holder of the socket is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Write these bytes.
    Send(Vec<u8>),
    /// Write these bytes when all that came before is safe on disk, and not at all when it cannot be: they tell the hardware
    /// to forget.
    SendOnceStored(Vec<u8>),
    /// What the other side calls itself, with its version.
    Program(String),
    /// The name of what is being timed, never empty. Mostly before `Connection`; nothing is to be created for it alone.
    Event(String),
    /// The name of the stream, before any location or read: real hardware is there. An older connection of the same name may be
    /// what the same hardware left behind, or another device of that name; it stays open, because not all hardware can be asked
    /// again for what is lost with a connection.
    Connection(String),
    /// The hardware has this location, once each: answer with [`Decoder::resume`].
    Location(String),
    /// Store this read. It may be one that was stored before.
    Read(WireRead),
    /// What a reader's clock shows.
    Clock(ClockReading),
    /// Keep this line: it was understood and is no read.
    Line(Vec<u8>),
    /// Count and log this; the connection goes on.
    Fault {
        /// What was wrong, for the operator.
        reason: String,
        /// The line, to be kept.
        raw: Vec<u8>,
    },
    /// Close the connection; nothing follows.
    Close {
        /// Why, for the log.
        reason: &'static str,
    },
}

/// The answer of a reader that was asked for the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockReading {
    /// Where the reader stands.
    pub location: String,
    /// Which one it is; the same as in its reads.
    pub reader: String,
    /// What its clock showed.
    pub shows: WireTime,
    /// Milliseconds from question to answer: the clock showed this somewhere in between.
    pub waited_ms: i64,
}

/// What can only come from a mistake of the other side.
pub(crate) fn fault(reason: impl Into<String>, raw: impl Into<Vec<u8>>) -> Output {
    Output::Fault {
        reason: reason.into(),
        raw: raw.into(),
    }
}
