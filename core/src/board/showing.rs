//! The runner being shown: a schedule, not a timer.
//!
//! Each runner who becomes due gets a time from which and until which to be shown, decided once from the event that made them due.
//! Screens follow the schedule by the server's clock, so nothing has to be sent when one runner makes way for the next.

use std::collections::VecDeque;

use crate::{
    board::{feed::Crossing, settings::Settings},
    time::Moment,
};

/// How many may wait. Whoever finds the queue full is seen in the feed alone, which shows everybody at once: a big name that comes
/// half a minute late helps nobody.
const MOST_WAITING: usize = 2;

/// Who is shown now and next.
#[derive(Clone, Debug, Default)]
pub struct Showing {
    slots: VecDeque<Slot>,
}

/// A runner's turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Whom, and by which read.
    pub crossing: Crossing,
    /// From this moment,
    pub from: Moment,
    /// until this one.
    pub until: Moment,
}

impl Showing {
    /// The turns that were not over when the last runner became due, in order and without overlap.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter()
    }

    /// Gives a runner the next turn, and makes the one before it shorter if that helps.
    pub(super) fn schedule(&mut self, crossing: Crossing, now: Moment, settings: &Settings) {
        self.slots.retain(|slot| slot.until > now);
        if self.slots.len() > MOST_WAITING
            || self
                .slots
                .iter()
                .any(|slot| slot.crossing.tag == crossing.tag)
        {
            return;
        }
        let from = match self.slots.back_mut() {
            Some(last) => {
                last.until = last
                    .until
                    .min(now.max(last.from + settings.show_at_least_ms));
                last.until
            }
            None => now,
        };
        self.slots.push_back(Slot {
            crossing,
            from,
            until: from + settings.show_ms,
        });
    }
}
