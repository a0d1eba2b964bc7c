//! What one timing program will record, and when.

use std::collections::VecDeque;

use gantry_core::chronotrack::log::{Entry, SessionLog};

/// A timing program's day before it begins. Times are milliseconds on the script's own clock.
#[derive(Clone, Debug)]
pub(super) struct Script {
    /// The program's session, with nothing recorded yet.
    pub(super) log: SessionLog,
    /// In the order of `due_ms`.
    pub(super) steps: VecDeque<Step>,
    /// When the network is down: from, until; in order.
    pub(super) outages: Vec<(i64, i64)>,
}

/// One entry to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) due_ms: i64,
    pub(super) location: String,
    pub(super) entry: Entry,
}

impl Script {
    /// Records what is due, and says how much that was.
    pub(super) fn record_due(&mut self, now_ms: i64) -> usize {
        let due = self
            .steps
            .iter()
            .take_while(|step| step.due_ms <= now_ms)
            .count();
        for step in self.steps.drain(..due) {
            self.log.record(&step.location, step.entry);
        }
        due
    }

    /// When the network that is down comes back.
    pub(super) fn down_until(&self, now_ms: i64) -> Option<i64> {
        let current = |&&(from, until): &&(i64, i64)| (from..until).contains(&now_ms);
        self.outages.iter().find(current).map(|&(_, until)| until)
    }

    /// The next moment at which something happens: a record, or the network going down.
    pub(super) fn next_ms(&self, now_ms: i64) -> Option<i64> {
        let next_outage = self.outages.iter().map(|&(from, _)| from);
        let next_step = self.steps.front().map(|step| step.due_ms);
        next_outage
            .filter(|&from| from > now_ms)
            .chain(next_step)
            .min()
    }
}
