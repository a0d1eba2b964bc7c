//! What the whole-system tests and the bench share.

pub mod browser;
pub mod fixtures;
pub mod repository;
pub mod stage;
pub mod tolerance;
pub mod vectors;
