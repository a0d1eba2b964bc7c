//! Where a tag has been.

use crate::{scoring::locations::Role, time::Moment};

/// Reads that are no further apart than this are one stay on the mat.
const STAY_GAP_MS: i64 = 5_000;

/// How many stays at one kind of mat are remembered: more than anybody runs laps.
const REMEMBERED: usize = 256;

/// The stays of a tag that can make a result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passing {
    starts: Stays,
    finishes: Stays,
}

/// A way from start to finish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// When the start mat was left, where it was read.
    pub started_at: Option<Moment>,
    /// When the finish mat was reached.
    pub finished_at: Moment,
}

/// Stays on mats of one kind, apart from one another and in the order of time, whatever order the reads came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Stays(Vec<Stay>);

/// From the first to the last read of somebody who crosses a mat or stands on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stay {
    first: Moment,
    last: Moment,
}

impl Passing {
    /// Takes a read in.
    pub(super) fn pass(&mut self, role: Role, at: Moment) {
        let stay = Stay {
            first: at,
            last: at,
        };
        match role {
            Role::Start => self.starts.add(stay),
            Role::Finish => self.finishes.add(stay),
            Role::Split => {}
        }
    }

    /// The run that counts: from the last departure from the start before the first arrival at the finish that can be one.
    ///
    /// An arrival can be one when it comes at least `shortest_ms` after the race began at `zero_at` and, for a runner who was read
    /// at the start since then, at least that long after they first left it. People warm up across the finish mat, also after the
    /// gun of a wave that is not theirs, wait on the start mat, and walk back over either of them afterwards. Where nobody knows
    /// when the race began, it began when this runner first left the start.
    pub fn run(&self, zero_at: Option<Moment>, shortest_ms: i64) -> Option<Run> {
        let left_at = self
            .starts
            .0
            .iter()
            .map(|stay| stay.last)
            .find(|left| zero_at.is_none_or(|zero| *left >= zero));
        let began_at = left_at.or(zero_at);
        let is_arrival = |stay: &&Stay| {
            began_at
                .is_none_or(|began| stay.first > began && stay.first.since_ms(began) >= shortest_ms)
        };
        let finished_at = self.finishes.0.iter().find(is_arrival)?.first;
        let start = self
            .starts
            .0
            .iter()
            .rev()
            .find(|stay| stay.last < finished_at);
        Some(Run {
            started_at: start.map(|stay| stay.last),
            finished_at,
        })
    }

    /// What two tags of one person saw together.
    pub(super) fn merged(mut self, other: &Self) -> Self {
        other
            .starts
            .0
            .iter()
            .for_each(|stay| self.starts.add(*stay));
        other
            .finishes
            .0
            .iter()
            .for_each(|stay| self.finishes.add(*stay));
        self
    }
}

impl Stays {
    fn add(&mut self, stay: Stay) {
        let touches = |other: &Stay| {
            other.first.since_ms(stay.last) <= STAY_GAP_MS
                && stay.first.since_ms(other.last) <= STAY_GAP_MS
        };
        let begin = self
            .0
            .partition_point(|other| stay.first.since_ms(other.last) > STAY_GAP_MS);
        let count = self.0[begin..]
            .iter()
            .take_while(|other| touches(other))
            .count();
        let together = self.0[begin..begin + count]
            .iter()
            .fold(stay, |all, one| all.with(*one));
        self.0.splice(begin..begin + count, [together]);
        if self.0.len() > REMEMBERED {
            self.join_closest();
        }
    }

    /// Makes one stay of the two that are closest to each other.
    fn join_closest(&mut self) {
        let gap = |pair: &[Stay]| pair[1].first.since_ms(pair[0].last);
        if let Some(index) =
            (0..self.0.len() - 1).min_by_key(|index| gap(&self.0[*index..*index + 2]))
        {
            let later = self.0.remove(index + 1);
            self.0[index] = self.0[index].with(later);
        }
    }
}

impl Stay {
    fn with(self, other: Self) -> Self {
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use Role::{Finish, Start};

    const S: i64 = 1_000;

    fn passing(reads: &[(Role, i64)]) -> Passing {
        let mut passing = Passing::default();
        for (role, at) in reads {
            passing.pass(*role, Moment(*at));
        }
        passing
    }

    fn run(reads: &[(Role, i64)], zero_at: Option<i64>) -> Option<(Option<i64>, i64)> {
        let run = passing(reads).run(zero_at.map(Moment), 300 * S)?;
        Some((run.started_at.map(|at| at.0), run.finished_at.0))
    }

    #[test]
    fn the_last_start_and_the_first_finish_count() {
        let reads = [
            (Start, 10 * S),
            (Start, 12 * S),
            (Finish, 900 * S),
            (Finish, 903 * S),
        ];
        assert_eq!(run(&reads, None), Some((Some(12 * S), 900 * S)));
    }

    #[test]
    fn a_warm_up_and_a_walk_back_do_not() {
        let reads = [
            (Finish, 3 * S),
            (Start, 12 * S),
            (Finish, 900 * S),
            (Start, 950 * S),
        ];
        assert_eq!(run(&reads, Some(5 * S)), Some((Some(12 * S), 900 * S)));
        assert_eq!(
            run(&reads, None),
            Some((Some(12 * S), 900 * S)),
            "no gun was heard"
        );
        assert_eq!(run(&[(Finish, 3 * S)], Some(5 * S)), None);
        assert_eq!(
            run(&[(Finish, 900 * S)], Some(5 * S)),
            Some((None, 900 * S))
        );
    }

    #[test]
    fn a_warm_up_after_the_gun_of_another_wave_does_not_count_either() {
        let warm_up = [(Finish, 150 * S), (Finish, 400 * S)];
        let race = [(Start, 480 * S), (Finish, 1_900 * S)];
        let all: Vec<_> = warm_up.into_iter().chain(race).collect();
        assert_eq!(run(&all, Some(0)), Some((Some(480 * S), 1_900 * S)));
        assert_eq!(run(&all[..3], Some(0)), None, "on the course");
        assert_eq!(run(&all[..1], Some(0)), None, "nobody is as fast");
    }

    #[test]
    fn whoever_stands_on_the_finish_mat_at_the_gun_has_not_finished() {
        let waiting = (0..40).map(|read| (Finish, read * S));
        let reads: Vec<_> = waiting.chain([(Finish, 900 * S)]).collect();
        assert_eq!(run(&reads, Some(20 * S)), Some((None, 900 * S)));
    }

    #[test]
    fn standing_on_a_mat_for_long_pushes_nothing_out() {
        let lingering = (0..500).map(|read| (Start, 2_000 * S + read * S));
        let reads: Vec<_> = [(Start, 12 * S), (Finish, 900 * S)]
            .into_iter()
            .chain(lingering)
            .collect();
        assert_eq!(run(&reads, Some(5 * S)), Some((Some(12 * S), 900 * S)));
    }

    proptest! {
        #[test]
        fn the_order_of_reads_does_not_matter(mut reads in prop::collection::vec((any::<bool>(), 0..100_i64), 0..40)) {
            let of = |reads: &[(bool, i64)]| {
                let reads: Vec<_> = reads.iter().map(|(s, at)| (if *s { Start } else { Finish }, at * S)).collect();
                passing(&reads)
            };
            let forwards = of(&reads);
            reads.reverse();
            prop_assert_eq!(&forwards, &of(&reads));
            reads.sort_unstable();
            prop_assert_eq!(&forwards, &of(&reads));
        }
    }
}
