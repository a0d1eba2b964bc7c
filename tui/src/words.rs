//! Texts, numbers and times as people read them.

use gantry_core::scene::notice::age_text;
use jiff::{Timestamp, tz::TimeZone};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How long ago something was: `now`, `8 s ago`, `3 min ago`, or `–` for never.
pub fn ago(at: Option<Timestamp>, now: Timestamp) -> String {
    match at.map(|at| now.as_millisecond() - at.as_millisecond()) {
        None => "–".to_owned(),
        Some(..2_000) => "now".to_owned(),
        Some(age_ms) => format!("{} ago", age_text(age_ms)),
    }
}

/// How long something still lasts: `in 5 h`, or `–` for ever.
pub fn remaining(until: Option<Timestamp>, now: Timestamp) -> String {
    match until.map(|until| until.as_millisecond() - now.as_millisecond()) {
        None => "–".to_owned(),
        Some(..=0) => "over".to_owned(),
        Some(left_ms) if left_ms >= 48 * 3_600_000 => format!("in {} d", left_ms / 86_400_000),
        Some(left_ms) => format!("in {}", age_text(left_ms)),
    }
}

/// A time of day: `14:03:59`.
pub fn time_of_day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// A number with its thousands apart: `12 345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// `1 mat`, `2 mats`.
pub fn counted(count: usize, one: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {one}s")
    }
}

/// A row of bars, each up to a cell high, for the newest `width` values.
pub fn sparkline<'a>(values: impl DoubleEndedIterator<Item = &'a u64>, width: usize) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let mut newest: Vec<u64> = values.rev().take(width).copied().collect();
    newest.reverse();
    let most = newest.iter().copied().max().unwrap_or_default().max(1);
    newest
        .into_iter()
        .map(|value| BARS[(value * (BARS.len() as u64 - 1) / most) as usize])
        .collect()
}

/// The text in at most `room` columns: whole, or its beginning and `…`.
pub fn cut(text: &str, room: u16) -> String {
    if text.width() <= usize::from(room) {
        return text.to_owned();
    }
    let mut shown = String::new();
    let mut used = 1;
    for char in text.chars() {
        used += char.width().unwrap_or(0) as u16;
        if used > room {
            break;
        }
        shown.push(char);
    }
    if room > 0 {
        shown.truncate(shown.trim_end().len());
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("in range")
    }

    #[test]
    fn ages_read_naturally() {
        assert_eq!(ago(None, at(100)), "–");
        assert_eq!(ago(Some(at(100)), at(99)), "now");
        assert_eq!(ago(Some(at(100)), at(108)), "8 s ago");
        assert_eq!(remaining(Some(at(100)), at(100)), "over");
        assert_eq!(remaining(Some(at(24 * 3600)), at(0)), "in 24 h");
        assert_eq!(remaining(Some(at(7 * 86_400)), at(0)), "in 7 d");
        assert_eq!(remaining(None, at(0)), "–");
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1\u{202f}000");
        assert_eq!(grouped(12_345_678), "12\u{202f}345\u{202f}678");
    }

    #[test]
    fn a_sparkline_shows_the_newest_values() {
        assert_eq!(sparkline([9, 0, 5, 10].iter(), 3), "▁▄█");
        assert_eq!(sparkline([0, 0].iter(), 9), "▁▁");
        assert_eq!(sparkline([].iter(), 9), "");
    }
}
