//! Timing hardware made of software: a simulated race, or a recorded stream, over real TCP.
//!
//! It is the other end of the wire and shares nothing with the collector but the protocol in `core`, so what works against it
//! has gone through the port like everything else. The race or recording becomes a [`script`], which [`program`] records as
//! its time comes and streams over one [`link`] after the other, by a clock that may run faster ([`pace`]).
//! A recording that is to go as fast as it can is not played but sent as it stands ([`flood`]).

pub mod replay;
pub mod simulate;

mod flood;
mod link;
mod pace;
mod program;
mod script;

/// What was done by the time that it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Reads and guns recorded, each counted once however often it was sent.
    pub recorded: usize,
    /// TCP connections made.
    pub connections: usize,
}

#[cfg(test)]
mod tests;
