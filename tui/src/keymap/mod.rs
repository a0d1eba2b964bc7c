//! Which key and which movement of the mouse does what, and where: one table.
//!
//! The handler, the hints in the bottom line and the help are all made from it, so none of them can lie.

pub mod action;
pub mod chord;
pub mod place;
pub mod resolve;
pub mod table;
