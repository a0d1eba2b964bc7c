//! The forms in which timing software writes times, chosen by the server's `time-format`.

use jiff::civil::{Date, DateTime};

/// The forms that the server can ask for with `time-format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum TimeFormat {
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
    pub(super) fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "normal" => Some(Self::Normal),
            "iso" => Some(Self::Iso),
            "unix" => Some(Self::Unix),
            "msecs" => Some(Self::Msecs),
            _ => None,
        }
    }

    /// Writes a wall-clock time of a session that began on `day`, to the hundredth, as timing software does.
    pub(super) fn write(self, at: DateTime, day: Date) -> String {
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

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;
    use crate::dating::WireTime;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(hundredths in -8_640_000_i64..40_000_000) {
            let day = jiff::civil::date(2026, 3, 29);
            let midnight = day.at(0, 0, 0, 0);
            let at = midnight + SignedDuration::from_millis(hundredths * 10);
            for format in [TimeFormat::Normal, TimeFormat::Iso, TimeFormat::Unix, TimeFormat::Msecs] {
                let text = format.write(at, day);
                let read = match WireTime::parse(&text).expect("a time") {
                    WireTime::Dated(read) => read,
                    WireTime::SinceMidnight(millis) => midnight + SignedDuration::from_millis(millis),
                };
                prop_assert_eq!(read, at, "{}", text);
            }
        }
    }
}
