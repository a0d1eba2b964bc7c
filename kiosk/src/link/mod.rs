//! The way to the server: a thread that follows one display for ever and always holds the newest state.
//!
//! The window never waits for the network. It looks at [`Link::state`] whenever it draws and is woken when that changes.

mod backoff;
mod follow;
mod session;
mod state;
mod timing;

pub use follow::Link;
pub use state::{Phase, State};
pub use timing::Timing;
