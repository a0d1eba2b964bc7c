//! What the whole-system tests and the bench share.

pub mod repository;
