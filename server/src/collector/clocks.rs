//! What is known of the clocks and days of a connection's hardware, in words that a person can act on.

use std::fmt;

use gantry_core::dating::ClockOffset;
use jiff::civil::Date;

/// A reader's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Where the reader stands.
    pub location: String,
    /// Which one it is.
    pub reader: String,
    /// How far its clock is off.
    pub offset: ClockOffset,
}

/// A day that the first reads of a location seem to be of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The mat.
    pub location: String,
    /// The day.
    pub first_day: Date,
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            location,
            reader,
            offset,
        } = self;
        if reader == location {
            write!(f, "reader {reader} is {offset}")
        } else {
            write!(f, "reader {reader} at {location} is {offset}")
        }
    }
}

impl fmt::Display for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            location,
            first_day,
        } = self;
        write!(
            f,
            "the first reads of {location} seem to be of {first_day}: correct its first day"
        )
    }
}
