//! Moments and lengths of time, in whole milliseconds.
//!
//! Timing hardware reports hundredths of a second and screens refresh every 16 ms, so a millisecond is fine enough for both,
//! and an integer survives JSON, SQL and JavaScript unchanged.

use std::{
    fmt,
    ops::{Add, Sub},
};

use serde::{Deserialize, Serialize};

/// A moment in milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Moment(pub i64);

impl Moment {
    /// The RFC 3339 text in UTC, for people and for HTTP answers.
    pub fn to_rfc3339(self) -> String {
        jiff::Timestamp::from_millisecond(self.0)
            .map_or_else(|_| format!("{} ms", self.0), |at| at.to_string())
    }

    /// The milliseconds from `earlier` to this moment; negative when `earlier` is in fact later.
    pub fn since_ms(self, earlier: Moment) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl From<jiff::Timestamp> for Moment {
    fn from(at: jiff::Timestamp) -> Self {
        Self(at.as_millisecond())
    }
}

/// From unix milliseconds, as databases keep them.
impl From<i64> for Moment {
    fn from(unix_ms: i64) -> Self {
        Self(unix_ms)
    }
}

/// Later by a number of milliseconds.
impl Add<i64> for Moment {
    type Output = Moment;

    fn add(self, millis: i64) -> Moment {
        Moment(self.0.saturating_add(millis))
    }
}

/// Earlier by a number of milliseconds.
impl Sub<i64> for Moment {
    type Output = Moment;

    fn sub(self, millis: i64) -> Moment {
        Moment(self.0.saturating_sub(millis))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}
