//! What the whole-system tests and the bench share: the real programs they drive, and the people and machines around them.

pub mod repository;

pub mod caller;
pub mod description;
pub mod hardware;
pub mod mat;
pub mod operator;
pub mod programs;
pub mod progress;
pub mod race;
pub mod venue;
pub mod wait;

pub mod browser;
pub mod console;
pub mod database;
pub mod postgres;
pub mod screen;
pub mod xvfb;

pub mod fixtures;
pub mod golden;
pub mod ink;
pub mod similarity;
pub mod stage;
pub mod tolerance;
pub mod vectors;

pub mod walls;

pub mod crash;
pub mod soak;

pub mod bench;
