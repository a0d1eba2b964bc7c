//! The hardware's side of the neighbours' protocols, for simulators and tests: just enough to hold a conversation with.
//!
//! ChronoTrack's side is [`chronotrack::client`](crate::chronotrack::client).

pub mod jchip;
pub mod mylaps;
pub mod raceresult;
