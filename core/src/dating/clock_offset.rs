//! How far a reader's clock is off, measured by what arrives.
//!
//! A read that is sent as it happens arrives a moment later, so a reader whose reads arrive before they happened has a clock
//! that is ahead, and one whose reads are all late by the same time has a clock that is behind. Single reads are late for
//! many reasons, and a backlog is late altogether: so the measure is what the quicker quarter of the last reads say, at most
//! one for each second, and it begins anew whenever the reads catch up.

use std::{collections::VecDeque, fmt};

use crate::time::Moment;

/// How far a clock is ahead, in milliseconds; negative when it is behind. Its text is for people: `3.2 s ahead`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockOffset {
    /// Milliseconds ahead of the server's clock.
    pub ahead_ms: i64,
}

/// Measures that are kept.
const MOST: usize = 16;

/// Measures without which nothing is said.
const FEWEST: usize = 3;

/// Reads that arrive in the same time are one measure.
const TOGETHER_MS: i64 = 1_000;

/// A lateness that falls by as much is of a backlog that ends, or of a clock that was set.
const CATCHES_UP_MS: i64 = 30_000;

/// One reader's measures.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter {
    /// How late the reads were, in milliseconds, the newest last.
    lateness: VecDeque<i64>,
    /// When the newest measure began.
    since: Moment,
    /// What the clock said when it was asked.
    asked: Option<ClockOffset>,
}

impl Meter {
    /// Takes a read by when its reader says that it happened.
    pub(super) fn measure(&mut self, at: Moment, arrived: Moment) {
        let late = arrived.since_ms(at);
        match self.lateness.back_mut() {
            Some(newest) if (0..TOGETHER_MS).contains(&arrived.since_ms(self.since)) => {
                *newest = late.min(*newest);
            }
            newest => {
                if newest.is_some_and(|newest| late < newest.saturating_sub(CATCHES_UP_MS)) {
                    self.lateness.clear();
                }
                if self.lateness.len() == MOST {
                    self.lateness.pop_front();
                }
                self.lateness.push_back(late);
                self.since = arrived;
            }
        }
    }

    /// Takes the answer of a clock that was asked, which is better than any measure.
    pub(super) fn ask(&mut self, offset: ClockOffset) {
        self.asked = Some(offset);
    }

    /// How far the clock is off; `None` while too little is known.
    pub(super) fn offset(&self) -> Option<ClockOffset> {
        let measured = || {
            let mut sorted: Vec<i64> = self.lateness.iter().copied().collect();
            sorted.sort_unstable();
            let late = *sorted.get(sorted.len() / 4)?;
            (sorted.len() >= FEWEST).then_some(ClockOffset {
                ahead_ms: late.saturating_neg(),
            })
        };
        self.asked.or_else(measured)
    }
}

impl fmt::Display for ClockOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = if self.ahead_ms < 0 { "behind" } else { "ahead" };
        let millis = self.ahead_ms.unsigned_abs();
        let tenths_of = |unit_ms: u64| {
            let tenths = (millis + unit_ms / 20) / (unit_ms / 10);
            format!("{}.{}", tenths / 10, tenths % 10)
        };
        match millis {
            0..50 => f.write_str("in step"),
            50..120_000 => write!(f, "{} s {way}", tenths_of(1_000)),
            120_000..7_200_000 => write!(f, "{} min {way}", tenths_of(60_000)),
            7_200_000..172_800_000 => write!(f, "{} h {way}", tenths_of(3_600_000)),
            _ => write!(f, "{} days {way}", tenths_of(86_400_000)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Moment = Moment(1_800_000_000_000);

    /// The offset after reads that arrive every two seconds, each so late.
    fn measured(lateness: impl IntoIterator<Item = i64>) -> Option<i64> {
        let mut meter = Meter::default();
        for (count, late) in (0..).zip(lateness) {
            let arrived = T0 + count * 2_000;
            meter.measure(arrived - late, arrived);
        }
        meter.offset().map(|offset| offset.ahead_ms)
    }

    #[test]
    fn a_clock_that_is_ahead_is_measured_through_delays_and_a_stray_read() {
        assert_eq!(measured([-3_200, -2_900]), None);
        let lateness = [
            -3_100, -2_000, -3_200, 4_000, -3_150, -3_180, -20_000, -1_500,
        ];
        assert_eq!(measured(lateness), Some(3_180));
    }

    #[test]
    fn a_backlog_is_no_wrong_clock() {
        let backlog = (0..40).map(|count| 1_800_000 - count * 45_000);
        let then_live = [150, 200, 300, 250, 200];
        assert_eq!(measured(backlog.chain(then_live)), Some(-200));
        // All at once is one measure, and nothing is said yet.
        let mut meter = Meter::default();
        for read in 0..1_000 {
            meter.measure(T0 - 1_800_000 + read * 1_000, T0 + read / 2);
        }
        assert_eq!(meter.offset(), None);
    }

    #[test]
    fn a_late_mat_does_not_undo_what_is_known() {
        let live = [100; 12];
        assert_eq!(measured(live.into_iter().chain([1_800_000; 8])), Some(-100));
    }

    #[test]
    fn a_clock_that_was_asked_is_believed() {
        let mut meter = Meter::default();
        meter.measure(T0, T0);
        meter.ask(ClockOffset { ahead_ms: -700 });
        assert_eq!(meter.offset(), Some(ClockOffset { ahead_ms: -700 }));
    }

    #[test]
    fn it_is_told_in_words() {
        for (ahead_ms, words) in [
            (0, "in step"),
            (49, "in step"),
            (-50, "0.1 s behind"),
            (3_190, "3.2 s ahead"),
            (59_960, "60.0 s ahead"),
            (-300_000, "5.0 min behind"),
            (3_600_000, "60.0 min ahead"),
            (-18_000_000, "5.0 h behind"),
            (i64::MIN, "106751991167.3 days behind"),
        ] {
            assert_eq!(ClockOffset { ahead_ms }.to_string(), words);
        }
    }
}
