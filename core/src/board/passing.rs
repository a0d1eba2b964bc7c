//! Where a tag has been.

use crate::{
    board::waves::{Came, Unread},
    scoring::locations::Role,
    time::Moment,
};

/// Reads that are no further apart than this are one stay on the mat.
const STAY_GAP_MS: i64 = 5_000;

/// How long before the gun somebody may be read leaving who leaves with it: schedules are not kept to the second.
const BEFORE_GUN_MS: i64 = 2 * 60_000;

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
    /// When the start mat was left, where it was read; otherwise the gun of the runner's wave, where it had its own.
    pub started_at: Option<Moment>,
    /// When the finish mat was reached.
    pub finished_at: Moment,
    /// When it was left again.
    pub gone_at: Moment,
}

/// What makes a run of reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// When the race began.
    pub zero_at: Option<Moment>,
    /// How long a run takes.
    pub shortest: Shortest,
    /// What a finish without a start is worth.
    pub unread: Unread,
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

/// How long a run takes at the very least, in milliseconds. By default anything is long enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shortest {
    /// For a runner who was read at the start.
    pub from_start_ms: i64,
    /// For one who was not.
    pub from_gun_ms: i64,
}

impl Shortest {
    /// Over this distance: at 12 m/s nobody is on foot, and hardly anybody in a racing wheelchair.
    ///
    /// A mat at the start misses somebody now and then, but a finish without a start is more often that of somebody of a later
    /// wave who warms up than of somebody faster than 7 m/s, as whom nobody has run five kilometres.
    pub fn over(distance_m: u32, has_start_mat: bool) -> Self {
        let at = |metres_per_second| i64::from(distance_m) * 1_000 / metres_per_second;
        let is_long = distance_m >= 5_000;
        Self {
            from_start_ms: at(12),
            from_gun_ms: at(if has_start_mat && is_long { 7 } else { 12 }),
        }
    }
}

impl Passing {
    /// Takes a read in; true if it begins a stay.
    pub(super) fn pass(&mut self, role: Role, at: Moment) -> bool {
        let stay = Stay {
            first: at,
            last: at,
        };
        match role {
            Role::Start => self.starts.add(stay),
            Role::Finish => self.finishes.add(stay),
            Role::Split => false,
        }
    }

    /// The run that counts: from the last departure from the start before the first arrival at the finish that can be one.
    ///
    /// An arrival can be one when it comes long enough after the runner first left the start since the race began. People warm up
    /// across the finish mat, also after the gun of a wave that is not theirs, wait on the start mat, and walk back over either of
    /// them afterwards. Where nobody knows when the race began, it began when this runner first left the start.
    ///
    /// For a runner who was not read leaving, it has to come long enough after the gun, and only if such an arrival counts.
    pub fn run(&self, rule: &Rule) -> Option<Run> {
        let (arrival, gun) = self.unread_arrival(rule).or_else(|| {
            let left = self.left_at(rule.zero_at)?;
            let began = rule.zero_at.map_or(left, |zero| left.max(zero));
            let arrival = self.arrival(Some(began), rule.shortest.from_start_ms)?;
            Some((arrival, None))
        })?;
        let start = self
            .starts
            .0
            .iter()
            .rev()
            .find(|stay| stay.last < arrival.first);
        Some(Run {
            started_at: start.map(|stay| stay.last).or(gun),
            finished_at: arrival.first,
            gone_at: arrival.last,
        })
    }

    /// The arrival that counts without a start, and the gun of the runner's own wave.
    fn unread_arrival(&self, rule: &Rule) -> Option<(Stay, Option<Moment>)> {
        let Unread::Counts { wave_gun, over_at } = rule.unread else {
            return None;
        };
        let gun = wave_gun.or(rule.zero_at);
        let arrival = self.arrival(gun, rule.shortest.from_gun_ms)?;
        let walked_back = |left| arrival.first < left && over_at.is_some_and(|over| left > over);
        self.left_at(rule.zero_at)
            .is_none_or(walked_back)
            .then_some((arrival, wave_gun))
    }

    /// How the runner came to the start.
    pub(super) fn came(&self, rule: &Rule) -> Came {
        let arrival = self.arrival(rule.zero_at, rule.shortest.from_gun_ms);
        match (self.left_at(rule.zero_at), arrival) {
            (Some(left), Some(arrival)) if arrival.first < left => Came::Unread,
            (Some(left), _) => Came::Left(left),
            (None, Some(_)) => Came::Unread,
            (None, None) => Came::NotYet,
        }
    }

    /// When the start was first left since the race began.
    fn left_at(&self, zero_at: Option<Moment>) -> Option<Moment> {
        self.starts
            .0
            .iter()
            .map(|stay| stay.last)
            .find(|left| zero_at.is_none_or(|zero| *left >= zero - BEFORE_GUN_MS))
    }

    /// The first arrival at the finish so long after the run began.
    fn arrival(&self, began_at: Option<Moment>, shortest_ms: i64) -> Option<Stay> {
        let is_arrival = |stay: &&Stay| {
            began_at
                .is_none_or(|began| stay.first > began && stay.first.since_ms(began) >= shortest_ms)
        };
        self.finishes.0.iter().find(is_arrival).copied()
    }

    /// What two tags of one person saw together.
    pub(super) fn merged(mut self, other: &Self) -> Self {
        for stay in &other.starts.0 {
            self.starts.add(*stay);
        }
        for stay in &other.finishes.0 {
            self.finishes.add(*stay);
        }
        self
    }
}

impl Stays {
    /// Takes a stay in; true if it stands alone.
    fn add(&mut self, stay: Stay) -> bool {
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
        count == 0
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
        let shortest = Shortest {
            from_start_ms: 300 * S,
            from_gun_ms: 500 * S,
        };
        let run = passing(reads).run(&Rule {
            zero_at: zero_at.map(Moment),
            shortest,
            ..Rule::default()
        })?;
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
        assert_eq!(run(&all[..2], Some(0)), None, "not without a start");
    }

    #[test]
    fn who_missed_the_start_mat_is_doubted_only_where_there_is_one() {
        let gun = |distance_m, has_start_mat| Shortest::over(distance_m, has_start_mat).from_gun_ms;
        let world_record_ms = (12 * 60 + 35) * S;
        assert!((656 * S..world_record_ms).contains(&gun(5_000, true)));
        assert!(gun(5_000, false) < 570 * S, "a racing wheelchair's time");
        assert!(gun(1_609, true) < 223 * S, "a mile's world record");
        assert_eq!(Shortest::over(5_000, true).from_start_ms, gun(5_000, false));
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
