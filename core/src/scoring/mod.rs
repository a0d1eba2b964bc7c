//! From passings to times and places.

pub mod locations;
pub mod standings;
pub mod times;
