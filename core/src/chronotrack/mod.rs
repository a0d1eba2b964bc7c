//! ChronoTrack's socket protocol CTP01, both sides of it, without I/O.
//!
//! The timing software is the TCP client and speaks first; we listen, send options and commands, and it streams reads.
//! [`message`] understands a line and [`peer`] is our side of one connection, one of the [decoders](crate::decoder). [`client`]
//! is the hardware's side, which streams a [`log`] and which the simulator drives over real sockets.
//! [`login`] is for ports that strangers can reach, and [`mod@format`] writes a read as a line of the protocol.
//! Real software strays from the vendor's document in many small ways; where it does, we follow the wire.

pub mod login;
pub mod message;
pub mod peer;

pub mod client;
pub mod format;
pub mod log;

mod tag_line;

mod time_format;
