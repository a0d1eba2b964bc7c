//! What was received and is not in the database yet: a file beside the server.
//!
//! A database that is reached over a network may be slow or away for hours. What hardware sends is written here first, each
//! group with one `fsync`, and shipped from here in the order in which it came. The file belongs to one server at a time. Beside
//! what waits it remembers whose hardware is whose.

mod file;
mod left;
mod memory;
mod written;

pub use file::{Backlog, Group, Spool};
pub use left::Left;
