//! The console's side of the server's HTTP interface and of the display stream.
//!
//! The types mirror the published interface and skip fields that they do not know, so an older console works with a newer server.

pub mod arrangement;
pub mod client;
pub mod failure;
pub mod feeds;
pub mod live;
pub mod people;
pub mod request;
pub mod roster;
pub mod server;
pub mod types;
pub mod warnings;
