//! From the timing port to the store: connections in, committed reads out.
//!
//! One task per connection turns bytes into reads and hands them to the one [`writer`], which stores what is waiting in one
//! transaction and publishes it afterwards. When the disk is slow the queue fills, connections stop reading their sockets and
//! the hardware keeps what it has: nothing is lost on the way.

pub mod accept;
mod connection;
pub mod dial;
pub mod feeds;
pub mod figures;
mod hand_over;
mod intake;
pub mod partner;
pub mod ports;
pub mod registry;
pub mod sessions;
pub mod way;
pub mod writer;

#[cfg(test)]
mod tests;
