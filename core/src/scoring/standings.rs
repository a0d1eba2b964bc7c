//! Who stands where in a race.

use crate::time::Moment;

/// The finishers of one race, fastest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standings {
    finishers: Vec<Finisher>,
}

/// A runner who has a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finisher {
    /// From the start mat, or from the gun, to the finish mat.
    pub net_ms: i64,
    /// When the finish mat was crossed: among equal times the earlier is listed first.
    pub finished_at: Moment,
    /// Who.
    pub bib: String,
}

impl Standings {
    /// The standings of all finishers at once.
    pub fn of(mut finishers: Vec<Finisher>) -> Self {
        finishers.sort_unstable();
        Self { finishers }
    }

    /// Adds a finisher, or moves one whose time has changed.
    pub fn put(&mut self, finisher: Finisher) {
        self.remove(&finisher.bib);
        let index = self.finishers.partition_point(|other| *other < finisher);
        self.finishers.insert(index, finisher);
    }

    /// Takes a runner out.
    pub fn remove(&mut self, bib: &str) {
        self.finishers.retain(|other| other.bib != bib);
    }

    /// The fastest, in order.
    pub fn leaders(&self, count: usize) -> &[Finisher] {
        &self.finishers[..count.min(self.finishers.len())]
    }

    /// How many have finished.
    pub fn len(&self) -> usize {
        self.finishers.len()
    }

    /// True before the first has finished.
    pub fn is_empty(&self) -> bool {
        self.finishers.is_empty()
    }

    /// The place of a net time: one more than the number of faster runners, so that equal times share a place.
    pub fn place(&self, net_ms: i64) -> usize {
        1 + self
            .finishers
            .partition_point(|other| other.net_ms < net_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finisher(bib: &str, net_ms: i64) -> Finisher {
        Finisher {
            net_ms,
            finished_at: Moment(net_ms),
            bib: bib.to_owned(),
        }
    }

    #[test]
    fn equal_times_share_a_place() {
        let mut standings = Standings::default();
        for (bib, net_ms) in [("3", 300), ("1", 100), ("2", 100), ("4", 400)] {
            standings.put(finisher(bib, net_ms));
        }
        let places: Vec<_> = standings
            .leaders(9)
            .iter()
            .map(|f| (f.bib.as_str(), standings.place(f.net_ms)))
            .collect();
        assert_eq!(places, [("1", 1), ("2", 1), ("3", 3), ("4", 4)]);
    }

    #[test]
    fn a_corrected_time_moves_the_runner() {
        let mut standings = Standings::default();
        standings.put(finisher("1", 100));
        standings.put(finisher("2", 200));
        standings.put(finisher("2", 50));
        assert_eq!(standings.len(), 2);
        assert_eq!(standings.leaders(1)[0].bib, "2");
    }
}
