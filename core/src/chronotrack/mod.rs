//! ChronoTrack's socket protocol CTP01, both sides of it, without I/O.
//!
//! The timing software is the TCP client and speaks first; we listen, send options and commands, and it streams reads.
//! [`framing`] cuts bytes into lines, [`message`] understands a line, [`wire_time`] makes its wall-clock time whole and
//! [`peer`] is our side of one connection. [`client`] is the hardware's side, which streams a [`log`] and which the simulator
//! drives over real sockets.
//! Real software strays from the vendor's document in many small ways; where it does, we follow the wire.

pub mod framing;
pub mod message;
pub mod peer;
pub mod wire_time;

pub mod client;
pub mod log;

mod format;
mod text;
