//! A scheduled start, as start lists write it.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

use crate::time::Moment;

/// Where and when starts are that name no offset or no day.
#[derive(Clone, Debug)]
pub struct StartTimes {
    /// The zone of the race.
    pub zone: TimeZone,
    /// The day of the race.
    pub day: Date,
}

/// The moment a cell names: RFC 3339, or local time with or without its day where `local` tells zone and day.
pub(super) fn read(text: &str, local: Option<&StartTimes>) -> Result<Moment, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at.into());
    }
    local
        .and_then(|local| {
            let wall = day_and_time(text).or_else(|| Some(local.day.to_datetime(time(text)?)))?;
            wall.to_zoned(local.zone.clone()).ok()
        })
        .map(|at| at.timestamp().into())
        .ok_or_else(|| {
            let more = if local.is_some() {
                ", \"2026-05-09 10:00\" and \"10:00\" are"
            } else {
                " is"
            };
            format!(
                "the start \"{text}\" cannot be read; one like \"2026-05-09T10:00:00+02:00\"{more} accepted"
            )
        })
}

fn day_and_time(text: &str) -> Option<DateTime> {
    let (day, at) = text.split_once([' ', 'T'])?;
    let day: Date = day.parse().ok()?;
    Some(day.to_datetime(time(at)?))
}

fn time(text: &str) -> Option<Time> {
    ["%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p"]
        .iter()
        .find_map(|format| Time::strptime(format, text.trim()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_starts_need_a_zone_and_a_day() {
        let local = StartTimes {
            zone: TimeZone::get("Europe/Vienna").expect("a zone"),
            day: jiff::civil::date(2026, 11, 23),
        };
        for (text, at) in [
            ("2026-11-23T08:30:00Z", "2026-11-23T08:30:00Z"),
            ("2026-11-24T09:30", "2026-11-24T08:30:00Z"),
            ("2026-11-24 09:30", "2026-11-24T08:30:00Z"),
            ("09:00", "2026-11-23T08:00:00Z"),
            ("9:00:30", "2026-11-23T08:00:30Z"),
            ("9:05 PM", "2026-11-23T20:05:00Z"),
        ] {
            let read = read(text, Some(&local)).map(Moment::to_rfc3339);
            assert_eq!(read.as_deref(), Ok(at), "{text}");
        }
        for text in ["soon", "2026-11-23", "25:00", "11/23/2026 09:30"] {
            let reason = read(text, Some(&local)).expect_err(text);
            assert!(reason.contains("and \"10:00\" are accepted"), "{reason}");
        }
        assert_eq!(
            read("09:00", None).as_ref().map_err(String::as_str),
            Err(
                "the start \"09:00\" cannot be read; one like \"2026-05-09T10:00:00+02:00\" is accepted"
            )
        );
    }
}
