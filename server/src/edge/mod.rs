//! Between the network and the routes: who is let in, by TLS or not, and how long anybody may take.
//!
//! [`serve`] takes connections in and gives each to the routes. [`door`] says how many there may be and how much each caller
//! may ask (of a [`budget`], in a memory of bounded size: [`lately`]), [`tls`] holds the certificate, and `wire` is a connection that lets go of a peer that does not read.
//! [`networks`] are the proxies whose word counts.

pub mod budget;
pub mod door;
pub mod lately;
pub mod networks;
pub mod open_files;
pub mod serve;
pub mod tally;
pub mod tls;
mod wire;
