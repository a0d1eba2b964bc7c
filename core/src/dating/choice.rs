//! Which of several moments a clock's reading means.
//!
//! A reading without a date may be of any day, and one in the night in which the clocks are set back may be of either pass of
//! the hour. Three things tell: nothing arrives before it happened; a reader that is connected sends what happens as it
//! happens; and what a reader has kept it sends in the order in which it happened.

use super::wire_time::Showing;
use crate::time::Moment;

/// How far a clock that is set by hand may be ahead, in milliseconds. A reading that lies further ahead of its arrival is of
/// another day: yesterday's race is often uploaded in the morning, at about the time at which it began.
const AHEAD_MS: i64 = 30 * 60_000;

/// What arrives within this time after it happened is taken for sent as it happened.
const LIVE_MS: i64 = 5 * 60_000;

/// What arrives this soon after the read before it may be of the same upload, in which only the order counts.
const BURST_MS: i64 = 2_000;

/// How far reads of one upload may be out of order.
const DISORDER_MS: i64 = 3_600_000;

/// How far reads that follow one another may be out of order around a change of the clocks, or after a pause.
const LITTLE_DISORDER_MS: i64 = 5 * 60_000;

/// A read of the same reader, and when it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Previous {
    pub(super) at: Moment,
    pub(super) arrived: Moment,
}

/// The moment that is meant by one of the `showings`, which are in the order of time. `None` when there are none.
pub(super) fn choose(
    showings: &[Showing],
    arrived: Moment,
    previous: Option<Previous>,
) -> Option<Moment> {
    let latest = arrived + AHEAD_MS;
    let possible = showings.partition_point(|showing| showing.earlier <= latest);
    // Where even the first lies ahead the clock is wrong, and there is no better.
    let possible = &showings[..possible.max(1).min(showings.len())];
    let live =
        nearest(possible, arrived).filter(|at| at.since_ms(arrived).saturating_abs() <= LIVE_MS);
    let Some(previous) = previous else {
        return live.or_else(|| possible.last().map(|showing| showing.usual));
    };
    let pause = arrived.since_ms(previous.arrived);
    let in_order = |disorder_ms| next(possible, arrived, previous.at, disorder_ms);
    if (0..BURST_MS).contains(&pause) {
        in_order(DISORDER_MS)
    } else {
        live.or_else(|| in_order(LITTLE_DISORDER_MS))
    }
}

/// The moment nearest to another.
pub(super) fn nearest(showings: &[Showing], to: Moment) -> Option<Moment> {
    showings
        .iter()
        .flat_map(|showing| [showing.earlier, showing.later])
        .min_by_key(|at| at.since_ms(to).saturating_abs())
}

/// The first moment that is not before `previous`, give or take some disorder; otherwise the latest there is.
fn next(
    showings: &[Showing],
    arrived: Moment,
    previous: Moment,
    disorder_ms: i64,
) -> Option<Moment> {
    let follows = |showing: &&Showing| showing.later >= previous - disorder_ms;
    let showing = showings.iter().find(follows).or(showings.last())?;
    let is_second_pass =
        showing.usual < previous - LITTLE_DISORDER_MS && showing.later <= arrived + LIVE_MS;
    Some(if is_second_pass {
        showing.later
    } else {
        showing.usual
    })
}
