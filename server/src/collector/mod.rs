//! From the timing port to the store: connections in, committed reads out.
//!
//! One task per connection turns bytes into reads and hands them to the one [`writer`], which puts down what is waiting with one
//! `fsync`. Where the database is a file beside the server that is all: the [`keeper`] stores and publishes. Where it is elsewhere
//! the writer fills a spool, and the [`shipper`] brings what is in it to the keeper. When the disk is slow the queue fills,
//! connections stop reading their sockets and the hardware keeps what it has: nothing is lost on the way.

pub mod accept;
pub mod clocks;
mod connection;
pub mod dial;
pub mod feeds;
pub mod figures;
mod forbearance;
mod hand_over;
mod insist;
mod intake;
mod keeper;
mod lines;
pub mod news;
pub mod partner;
pub mod ports;
pub mod redating;
mod refused;
pub mod registry;
pub mod sessions;
mod shipper;
pub mod storing;
pub mod strangers;
mod streams;
pub mod way;
mod writer;

#[cfg(test)]
mod tests;
