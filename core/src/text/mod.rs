//! Type: the shipped faces, and what a line of text measures in them.
//!
//! The server decides sizes and ellipses with these files and every painter draws with the same ones, so no layout depends on
//! what a painter measured.

pub mod fonts;
pub mod hidden;
pub mod shaper;
