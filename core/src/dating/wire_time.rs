//! Times on the wire: wall-clock readings in four forms, none of which says its zone.

use jiff::{
    SignedDuration,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use thiserror::Error;

use crate::time::Moment;

const DAY_MS: i64 = 86_400_000;

/// A time as the wire tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireTime {
    /// Date and wall-clock time (`iso`, and `unix`, which is the wall clock read as if it were UTC).
    Dated(DateTime),
    /// Milliseconds since the midnight that began the session's day (`normal`, `msecs`): negative before it, more than a day's
    /// when the session outlasts the day.
    SinceMidnight(i64),
}

/// A text that is no time.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "time \"{0}\" is none of 07:58:21.95, 2021-05-08T07:58:21.95, 1620460701.95 and 28701950 (milliseconds)"
)]
pub struct NoTime(pub String);

/// The moments at which the clock on the wall showed something: one, or the two around a change of the clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Showing {
    /// The first of them.
    pub(super) earlier: Moment,
    /// The last of them; mostly the same.
    pub(super) later: Moment,
    /// The likelier one when nothing else is known: the first pass of an hour that is shown twice, and in an hour that is left
    /// out the moment that a clock shows which nobody has set forward yet.
    pub(super) usual: Moment,
}

impl WireTime {
    /// Reads any of the four forms; they cannot be mistaken for one another.
    pub fn parse(text: &str) -> Result<Self, NoTime> {
        let parsed = if text.contains('T') {
            text.parse().ok().map(Self::Dated)
        } else if text.contains(':') {
            parse_clock(text).map(Self::SinceMidnight)
        } else if text.contains('.') {
            parse_unix(text).map(Self::Dated)
        } else {
            parse_integer(text).map(Self::SinceMidnight)
        };
        parsed.ok_or_else(|| NoTime(text.to_owned()))
    }

    /// When a clock of this zone showed the time: once if it has a date, otherwise once on each of the `days`.
    pub(super) fn shown(self, zone: &TimeZone, days: &[Date]) -> Vec<Showing> {
        match self {
            Self::Dated(at) => showing(at, zone).into_iter().collect(),
            Self::SinceMidnight(millis) => {
                let time_of_day = SignedDuration::from_millis(millis.rem_euclid(DAY_MS));
                days.iter()
                    .filter_map(|day| day.at(0, 0, 0, 0).checked_add(time_of_day).ok())
                    .filter_map(|at| showing(at, zone))
                    .collect()
            }
        }
    }
}

fn showing(at: DateTime, zone: &TimeZone) -> Option<Showing> {
    let shown = zone.to_ambiguous_timestamp(at);
    Some(Showing {
        earlier: shown.earlier().ok()?.into(),
        later: shown.later().ok()?.into(),
        usual: shown.compatible().ok()?.into(),
    })
}

/// `[-]H:MM:SS[.fraction]` in milliseconds; the hours may exceed a day.
fn parse_clock(text: &str) -> Option<i64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (hours, rest) = text.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':')?;
    let hours = digits(hours).filter(|&hours| hours < 10_000)?;
    let minutes = digits(minutes).filter(|&minutes| minutes < 60)?;
    let seconds = seconds_ms(seconds).filter(|&millis| millis < 60_000)?;
    Some(sign * (hours * 3_600_000 + minutes * 60_000 + seconds))
}

/// Seconds since 1970 as a wall-clock time.
fn parse_unix(text: &str) -> Option<DateTime> {
    let at = jiff::Timestamp::from_millisecond(seconds_ms(text)?).ok()?;
    Some(TimeZone::UTC.to_datetime(at))
}

fn parse_integer(text: &str) -> Option<i64> {
    let magnitude = digits(text.strip_prefix('-').unwrap_or(text))?;
    let millis = if text.starts_with('-') {
        -magnitude
    } else {
        magnitude
    };
    (millis.abs() < 10_000 * 3_600_000).then_some(millis)
}

/// `S[.fraction]` in milliseconds.
fn seconds_ms(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    digits(fraction)?;
    let thousandths = digits(&format!("{fraction:0<3}")[..3])?;
    digits(whole)?.checked_mul(1000)?.checked_add(thousandths)
}

/// Digits and nothing else, because `parse` would take a sign.
fn digits(text: &str) -> Option<i64> {
    let all_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_four_forms_are_told_apart() {
        let dated = jiff::civil::datetime(2021, 5, 8, 7, 58, 21, 950_000_000);
        for (text, expected) in [
            ("07:58:21.95", WireTime::SinceMidnight(28_701_950)),
            ("28701950", WireTime::SinceMidnight(28_701_950)),
            ("-00:25:07.36", WireTime::SinceMidnight(-1_507_360)),
            ("-1507360", WireTime::SinceMidnight(-1_507_360)),
            ("102:12:32.37", WireTime::SinceMidnight(367_952_370)),
            ("13:11:30.904", WireTime::SinceMidnight(47_490_904)),
            ("2021-05-08T07:58:21.95", WireTime::Dated(dated)),
            ("1620460701.95", WireTime::Dated(dated)),
        ] {
            assert_eq!(WireTime::parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_told() {
        for text in [
            "",
            "-",
            ".",
            ":",
            "::",
            "T",
            "1.",
            ".5",
            "--5",
            "+5",
            "7:60:00",
            "7:00:60.00",
            "7:00",
            "1e9",
            "99999999999999999999",
            "999999999999999999.95",
            "2021-13-08T07:58:21.95",
            "٣:00:00",
            "99999:00:00",
        ] {
            assert_eq!(WireTime::parse(text), Err(NoTime(text.to_owned())));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "[-0-9.:T]{0,24}|\\PC*") {
            if let Ok(time) = WireTime::parse(&text) {
                time.shown(&TimeZone::UTC, &[Date::MIN, Date::MAX]);
            }
        }
    }
}
