//! How results are written.
//!
//! A time is rounded up to the whole second and loses its leading zero units: the figures that runners know from the result lists
//! of the system they use today.

const SECOND_MS: i64 = 1000;

/// A time as the results list it, without leading zero units: `19:52`, `1:02:03`, `46`.
pub fn race_time(millis: i64) -> String {
    let seconds = whole_seconds(millis);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => seconds.to_string(),
        (0, _) => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// How far behind the leader, as the difference of the two times as written, so that the figures on the board add up: `+0:07`.
pub fn gap(leader_ms: i64, millis: i64) -> String {
    let seconds = whole_seconds(millis) - whole_seconds(leader_ms);
    match seconds / 3600 {
        0 => format!("+{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("+{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

fn whole_seconds(millis: i64) -> i64 {
    millis.max(0).div_euclid(SECOND_MS) + i64::from(millis.max(0) % SECOND_MS != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_up_and_stripped() {
        for (millis, text) in [
            (1_191_100, "19:52"),
            (3_723_000, "1:02:03"),
            (45_200, "46"),
            (59_001, "1:00"),
            (0, "0"),
            (3_599_990, "1:00:00"),
        ] {
            assert_eq!(race_time(millis), text, "{millis}");
        }
    }

    #[test]
    fn gaps_add_up_with_the_times_shown() {
        assert_eq!(gap(1_191_900, 1_192_100), "+0:01");
        assert_eq!(gap(1_191_100, 1_191_900), "+0:00");
        assert_eq!(gap(0, 3_723_000), "+1:02:03");
    }
}
