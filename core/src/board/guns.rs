//! Which gun started which race.

use crate::{roster::Race, time::Moment};

/// How far a gun may be from a race's scheduled start: races wait for late buses, but not for hours.
const NEAR_MS: i64 = 45 * 60_000;

/// The guns heard, in the order of their times.
///
/// The hardware says when a gun was fired and at which controller, not for which race.
#[derive(Clone, Debug, Default)]
pub(super) struct Guns {
    fired: Vec<Moment>,
}

impl Guns {
    pub(super) fn hear(&mut self, at: Moment) {
        if let Err(index) = self.fired.binary_search(&at) {
            self.fired.insert(index, at);
        }
    }

    /// The gun of a race: of the guns that are nearer to this race's scheduled start than to any other's, the nearest.
    /// A race without a schedule has the first gun if it is the only race, and otherwise none.
    pub(super) fn of_race(&self, race: &Race, races: &[Race]) -> Option<Moment> {
        let Some(start) = race.start else {
            return if races.len() == 1 {
                self.fired.first().copied()
            } else {
                None
            };
        };
        let is_ours = |gun: Moment| {
            let nearest = races
                .iter()
                .filter_map(|race| race.start)
                .min_by_key(|start| gun.since_ms(*start).abs());
            nearest == Some(start) && gun.since_ms(start).abs() <= NEAR_MS
        };
        self.fired
            .iter()
            .copied()
            .filter(|gun| is_ours(*gun))
            .min_by_key(|gun| gun.since_ms(start).abs())
    }
}
