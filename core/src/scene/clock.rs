//! How a clock is written at a moment.

use crate::{scene::ClockFormat, time::Moment};

const SECOND_MS: i64 = 1000;
const DAY_SECONDS: i64 = 86_400;

/// The clock's text at `at`.
///
/// A race clock is cut to the second as a clock on a truck is: a runner never sees a time that has not been reached yet.
pub fn text(
    format: ClockFormat,
    zero_at: Moment,
    stopped_at: Option<Moment>,
    at: Moment,
) -> String {
    let elapsed_ms = shown_at(stopped_at, at).since_ms(zero_at);
    match format {
        ClockFormat::Race if elapsed_ms < 0 => format!(
            "\u{2212}{}",
            race((-elapsed_ms + SECOND_MS - 1) / SECOND_MS)
        ),
        ClockFormat::Race => race(elapsed_ms / SECOND_MS),
        ClockFormat::TimeOfDay => {
            let seconds = day_seconds(elapsed_ms);
            format!(
                "{:02}:{:02}:{:02}",
                seconds / 3600,
                seconds / 60 % 60,
                seconds % 60
            )
        }
        ClockFormat::HourMinute => {
            let seconds = day_seconds(elapsed_ms);
            format!("{:02}:{:02}", seconds / 3600, seconds / 60 % 60)
        }
    }
}

/// The first moment after `at` at which the clock's text is another; `None` once it stands still.
pub fn next_change(
    format: ClockFormat,
    zero_at: Moment,
    stopped_at: Option<Moment>,
    at: Moment,
) -> Option<Moment> {
    let step_ms = match format {
        ClockFormat::Race | ClockFormat::TimeOfDay => SECOND_MS,
        ClockFormat::HourMinute => 60 * SECOND_MS,
    };
    let next = zero_at + (at.since_ms(zero_at).div_euclid(step_ms) + 1) * step_ms;
    match stopped_at {
        Some(stop) if at >= stop => None,
        Some(stop) => Some(next.min(stop)),
        None => Some(next),
    }
}

fn shown_at(stopped_at: Option<Moment>, at: Moment) -> Moment {
    stopped_at.map_or(at, |stop| stop.min(at))
}

fn race(seconds: i64) -> String {
    format!(
        "{}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

fn day_seconds(elapsed_ms: i64) -> i64 {
    elapsed_ms.div_euclid(SECOND_MS).rem_euclid(DAY_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn race_at(ms: i64) -> String {
        text(ClockFormat::Race, Moment(0), None, Moment(ms))
    }

    #[test]
    fn a_race_clock_counts_down_then_up() {
        assert_eq!(race_at(-5_001), "\u{2212}0:00:06");
        assert_eq!(race_at(-5_000), "\u{2212}0:00:05");
        assert_eq!(race_at(-1), "\u{2212}0:00:01");
        assert_eq!(race_at(0), "0:00:00");
        assert_eq!(race_at(999), "0:00:00");
        assert_eq!(race_at(3_723_999), "1:02:03");
        assert_eq!(race_at(360_000_000), "100:00:00");
    }

    #[test]
    fn a_stopped_clock_stands_still() {
        let stop = Some(Moment(61_500));
        assert_eq!(
            text(ClockFormat::Race, Moment(0), stop, Moment(90_000)),
            "0:01:01"
        );
        assert_eq!(
            next_change(ClockFormat::Race, Moment(0), stop, Moment(61_200)),
            Some(Moment(61_500))
        );
        assert_eq!(
            next_change(ClockFormat::Race, Moment(0), stop, Moment(61_500)),
            None
        );
    }

    #[test]
    fn the_time_of_day_wraps_at_midnight() {
        assert_eq!(
            text(ClockFormat::TimeOfDay, Moment(0), None, Moment(86_399_999)),
            "23:59:59"
        );
        assert_eq!(
            text(ClockFormat::TimeOfDay, Moment(0), None, Moment(86_400_000)),
            "00:00:00"
        );
        assert_eq!(
            text(ClockFormat::HourMinute, Moment(0), None, Moment(-1)),
            "23:59"
        );
        assert_eq!(
            next_change(ClockFormat::HourMinute, Moment(0), None, Moment(60_000)),
            Some(Moment(120_000))
        );
    }
}
