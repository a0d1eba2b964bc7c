//! Display sessions at work: from committed reads to published pictures.
//!
//! [`sessions`] keeps one [`task`] for each display session that somebody looks at. The task folds a board from its history
//! ([`fold`]), takes committed reads in as they are published, and publishes a new picture when one is due.
//!
//! Everything but reads comes to a board by replay: an operator's change is stored first and the whole history is folded again.
//! So a restart cannot make another board than the one that was on the screens.
//!
//! The displays of a session may show different templates ([`cast`]); the board is composed once for each ([`stage`]).

mod cast;
pub mod fold;
pub mod sessions;
mod stage;
mod task;
