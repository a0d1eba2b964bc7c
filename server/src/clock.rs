//! The one place that asks what time it is.

use std::{sync::LazyLock, time::Instant};

use gantry_core::time::Moment;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// The present moment.
pub fn now() -> Moment {
    timestamp().into()
}

/// A clock for deadlines: it begins with the wall clock's time and goes on evenly, also when the wall clock is set.
pub fn steady() -> Moment {
    static BEGAN: LazyLock<(Moment, Instant)> = LazyLock::new(|| (now(), Instant::now()));
    let (began_at, began) = *BEGAN;
    began_at + i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX)
}

/// The midnight that the clocks of a zone count from on a day, the day given or today: twelve hours before its noon.
///
/// On a day on which the clocks change this is not when the day began, but from breakfast on it is what the clock on the wall
/// shows, and races are run by day.
pub fn midnight(zone: &TimeZone, day: Option<Date>) -> Option<Moment> {
    let day = day.unwrap_or_else(|| timestamp().to_zoned(zone.clone()).date());
    let noon = day.at(12, 0, 0, 0).to_zoned(zone.clone()).ok()?;
    Some(Moment::from(noon.timestamp()) - 12 * 3_600_000)
}

/// The day that the wall shows in a zone.
pub fn day(at: Moment, zone: &TimeZone) -> Date {
    Timestamp::from_millisecond(at.0)
        .unwrap_or_default()
        .to_zoned(zone.clone())
        .date()
}

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn timestamp() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use gantry_core::scene::{ClockFormat, clock};

    use super::*;

    #[test]
    fn the_clock_on_the_wall_is_right_on_days_on_which_it_changes() {
        let vienna = TimeZone::get("Europe/Vienna").expect("a zone");
        for day in ["2026-03-29", "2026-07-05", "2026-10-25"] {
            let day: Date = day.parse().expect("a day");
            let midnight = midnight(&vienna, Some(day)).expect("in the calendar");
            let start = day
                .at(9, 30, 0, 0)
                .to_zoned(vienna.clone())
                .expect("in the calendar");
            let shown = clock::text(
                ClockFormat::HourMinute,
                midnight,
                None,
                start.timestamp().into(),
            );
            assert_eq!(shown, "09:30", "{day}");
        }
    }
}
