//! Times on the wire: wall-clock readings in four forms, none of which says its zone.
//!
//! A reading becomes a [`Moment`] with the zone of the event and, where the date is missing, with the moment of its arrival.

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

    /// The moment meant, given the zone of the timing system and when the line arrived.
    ///
    /// A time without a date takes the day that brings it nearest to its arrival, and so does an hour that a change of the
    /// clocks gives twice. `None` for times outside of the calendar.
    pub fn to_moment(self, zone: &TimeZone, arrived: Moment) -> Option<Moment> {
        match self {
            Self::Dated(at) => nearest([Some(at)], zone, arrived),
            Self::SinceMidnight(millis) => {
                let today = jiff::Timestamp::from_millisecond(arrived.0).ok()?;
                let today = today.to_zoned(zone.clone()).date();
                let days = [-1, 0, 1].map(|offset| {
                    let day = SignedDuration::from_hours(24 * (offset - millis.div_euclid(DAY_MS)));
                    let midnight = today.at(0, 0, 0, 0).checked_add(day).ok()?;
                    midnight
                        .checked_add(SignedDuration::from_millis(millis))
                        .ok()
                });
                nearest(days, zone, arrived)
            }
        }
    }
}

/// Of all moments that the wall clock showed one of these readings, the one nearest to `arrived`.
fn nearest<const N: usize>(
    readings: [Option<DateTime>; N],
    zone: &TimeZone,
    arrived: Moment,
) -> Option<Moment> {
    readings
        .into_iter()
        .flatten()
        .flat_map(|reading| {
            let shown = zone.to_ambiguous_timestamp(reading);
            [shown.earlier(), shown.later()]
        })
        .filter_map(Result::ok)
        .map(Moment::from)
        .min_by_key(|moment| moment.since_ms(arrived).abs())
}

/// The forms that the server can ask for with `time-format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeFormat {
    /// `07:58:21.95`, from midnight of the session's day.
    #[default]
    Normal,
    /// `2021-05-08T07:58:21.95`.
    Iso,
    /// `1620460701.95`.
    Unix,
    /// `28701950`.
    Msecs,
}

impl TimeFormat {
    /// The format of this name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "normal" => Some(Self::Normal),
            "iso" => Some(Self::Iso),
            "unix" => Some(Self::Unix),
            "msecs" => Some(Self::Msecs),
            _ => None,
        }
    }

    /// Writes a wall-clock time of a session that began on `day`, to the hundredth, as timing software does.
    pub fn write(self, at: DateTime, day: Date) -> String {
        let hundredths =
            |midnight: DateTime| at.duration_since(midnight).as_millis().div_euclid(10) as i64;
        let since_midnight = hundredths(day.at(0, 0, 0, 0));
        match self {
            Self::Normal => write_clock(since_midnight),
            Self::Msecs => (since_midnight * 10).to_string(),
            Self::Iso => {
                let fraction = at.millisecond() / 10;
                format!("{}.{fraction:02}", at.strftime("%Y-%m-%dT%H:%M:%S"))
            }
            Self::Unix => {
                let since_epoch = hundredths(DateTime::constant(1970, 1, 1, 0, 0, 0, 0));
                format!("{}.{:02}", since_epoch / 100, since_epoch % 100)
            }
        }
    }
}

fn write_clock(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let (seconds, fraction) = (hundredths.abs() / 100, hundredths.abs() % 100);
    let (minutes, second) = (seconds / 60, seconds % 60);
    format!(
        "{sign}{:02}:{:02}:{second:02}.{fraction:02}",
        minutes / 60,
        minutes % 60
    )
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

    fn moment(text: &str) -> Moment {
        Moment::from(text.parse::<jiff::Timestamp>().expect("a timestamp"))
    }

    fn check(zone: &str, wire: &str, arrived: &str, expected: &str) {
        let zone = TimeZone::get(zone).expect("a zone");
        let at = WireTime::parse(wire)
            .expect("a time")
            .to_moment(&zone, moment(arrived));
        assert_eq!(
            at.map(Moment::to_rfc3339).as_deref(),
            Some(expected),
            "{wire}"
        );
    }

    #[test]
    fn the_four_forms_of_one_time_are_one_moment() {
        for wire in [
            "07:58:21.95",
            "2021-05-08T07:58:21.95",
            "1620460701.95",
            "28701950",
        ] {
            check(
                "America/New_York",
                wire,
                "2021-05-08T11:59:00Z",
                "2021-05-08T11:58:21.95Z",
            );
        }
    }

    #[test]
    fn a_time_without_a_date_takes_the_nearest_day() {
        check(
            "UTC",
            "23:59:59.00",
            "2026-01-02T00:00:01Z",
            "2026-01-01T23:59:59Z",
        );
        check(
            "UTC",
            "00:00:01.00",
            "2026-01-01T23:59:59Z",
            "2026-01-02T00:00:01Z",
        );
        check(
            "UTC",
            "24:00:05.00",
            "2026-01-02T00:00:07Z",
            "2026-01-02T00:00:05Z",
        );
        check(
            "UTC",
            "102:12:32.37",
            "2026-01-05T06:12:33Z",
            "2026-01-05T06:12:32.37Z",
        );
        check(
            "UTC",
            "-00:25:07.36",
            "2026-01-05T00:01:00Z",
            "2026-01-04T23:34:52.64Z",
        );
        check(
            "UTC",
            "-1507360",
            "2026-01-05T00:01:00Z",
            "2026-01-04T23:34:52.64Z",
        );
        check(
            "Asia/Tokyo",
            "08:00:00.00",
            "2026-01-04T23:00:05Z",
            "2026-01-04T23:00:00Z",
        );
    }

    #[test]
    fn an_hour_given_twice_is_the_one_just_past() {
        check(
            "Europe/Berlin",
            "2026-10-25T02:30:00.00",
            "2026-10-25T00:30:02Z",
            "2026-10-25T00:30:00Z",
        );
        check(
            "Europe/Berlin",
            "2026-10-25T02:30:00.00",
            "2026-10-25T01:30:02Z",
            "2026-10-25T01:30:00Z",
        );
        check(
            "Europe/Berlin",
            "02:30:00.00",
            "2026-10-25T01:30:02Z",
            "2026-10-25T01:30:00Z",
        );
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
        fn any_text_is_survived(text in "[-0-9.:T]{0,24}|\\PC*", arrived in any::<i64>()) {
            if let Ok(time) = WireTime::parse(&text) {
                time.to_moment(&TimeZone::UTC, Moment(arrived));
            }
        }

        #[test]
        fn what_is_written_is_read_back(hundredths in -8_640_000_i64..40_000_000) {
            let day = jiff::civil::date(2026, 3, 29);
            let zone = TimeZone::get("Europe/Lisbon").expect("a zone");
            let at = day.at(0, 0, 0, 0) + SignedDuration::from_millis(hundredths * 10);
            let expected = Moment::from(zone.to_timestamp(at).expect("in range"));
            for format in [TimeFormat::Normal, TimeFormat::Iso, TimeFormat::Unix, TimeFormat::Msecs] {
                let text = format.write(at, day);
                let read = WireTime::parse(&text).expect("a time").to_moment(&zone, expected + 1500);
                prop_assert_eq!(read, Some(expected), "{}", text);
            }
        }
    }
}
