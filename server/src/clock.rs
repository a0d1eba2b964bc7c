//! The one place that asks what time it is.

use gantry_core::time::Moment;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// The present moment.
pub fn now() -> Moment {
    timestamp().into()
}

/// When a day began in a zone: the day given, or today.
pub fn midnight(zone: &TimeZone, day: Option<Date>) -> Option<Moment> {
    let day = day.unwrap_or_else(|| timestamp().to_zoned(zone.clone()).date());
    let began = day.to_zoned(zone.clone()).ok()?;
    Some(began.timestamp().into())
}

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn timestamp() -> Timestamp {
    Timestamp::now()
}
