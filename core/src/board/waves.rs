//! Whether a finish counts of whom no start was read.
//!
//! A start mat misses a chip now and then, and people warm up across the finish before their own wave starts. A read at the
//! finish looks the same in both cases; a wrong winner on a board is worse than a right one who comes late. So where a race has
//! a working start mat, a finish without a start is held back, and nothing shows it, until the runner's start is read or all of
//! this is so:
//!
//! - The wave was on its way: a third of its entrants have been read at the start, or at the finish without a start, which is
//!   how a wave comes in whose start reads are lost.
//! - Its start was over: nobody of the wave was read leaving for ten minutes of race time. Nobody looks at a clock: race time is
//!   the latest time that any read has.
//! - The finish can be reached from the wave's own gun, which is when a tenth of those who were read had left: some wait on the
//!   mat too early, and some start with the wave before theirs. Where too few were read to tell, it is the race's gun.
//!
//! Then the finish counts, timed from that gun, and a start that is read after the start was over is a walk back. Until then a
//! start read later, such as the backlog of a mat that was cut off, settles it. Nobody is held back where there is no working
//! start mat: while fewer than one in fifty entrants of the race were read leaving, or where the operator had said that its
//! location is none.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{roster::Participant, time::Moment};

/// How long nobody has left when a start is over; longer than the pause between waves that a roster does not tell apart.
const OVER_MS: i64 = 10 * 60_000;

/// A wave that begins so soon after its race's gun was started by it.
const WITH_THE_GUN_MS: i64 = 60_000;

/// A wave of fewer is too small to be judged by its own and counts with its race.
const SMALL: usize = 8;

/// What a finish is worth of somebody whose start was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Nobody knows yet.
    Held,
    /// It is a result if it can be reached from the gun.
    Counts {
        /// The wave's own gun; without one, the race's.
        wave_gun: Option<Moment>,
        /// When the wave's start was over, where that is known: whoever is read leaving later walks back.
        over_at: Option<Moment>,
    },
}

impl Default for Unread {
    fn default() -> Self {
        Self::Counts {
            wave_gun: None,
            over_at: None,
        }
    }
}

/// How a runner came to the start, or did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// Read when leaving the start.
    Left(Moment),
    /// Not read at the start before they were read at the finish.
    Unread,
    /// Not read yet.
    NotYet,
}

/// The starts of every wave.
#[derive(Clone, Debug, Default)]
pub(super) struct Waves {
    /// By race.
    races: HashMap<String, Start>,
    /// By race and wave.
    waves: BTreeMap<(String, String), Start>,
    /// What became of those who were not read at their start, by race and wave.
    unread: BTreeMap<(String, String), (Unread, BTreeSet<String>)>,
}

/// How many of a group have started and when.
#[derive(Clone, Debug, Default)]
struct Start {
    entrants: usize,
    /// In the order of time.
    left: Vec<Moment>,
    unread: usize,
}

impl Waves {
    /// Counts an entrant in.
    pub(super) fn enter(&mut self, participant: &Participant) {
        for start in self.starts(participant) {
            start.entrants += 1;
        }
    }

    /// Takes in that somebody who had come like `before` has now come like `after`.
    pub(super) fn come(&mut self, participant: &Participant, before: Came, after: Came) {
        if before == after {
            return;
        }
        for start in self.starts(participant) {
            start.forget(before);
            start.note(after);
        }
        let (_, bibs) = self.unread.entry(key(participant)).or_default();
        match after {
            Came::Unread => bibs.insert(participant.bib.clone()),
            Came::Left(_) | Came::NotYet => bibs.remove(&participant.bib),
        };
    }

    /// What a finish of somebody in this wave is worth without a start, when the latest read is of `race_time` and the race
    /// began at `zero_at`.
    pub(super) fn unread(
        &self,
        participant: &Participant,
        zero_at: Option<Moment>,
        race_time: Option<Moment>,
    ) -> Unread {
        self.judge(&participant.race, &participant.wave, zero_at, race_time)
    }

    /// The bibs for whom that is no longer what it was when this was asked last. `zero_at` tells a race's.
    pub(super) fn judge_again(
        &mut self,
        race_time: Option<Moment>,
        zero_at: impl Fn(&str) -> Option<Moment>,
    ) -> Vec<String> {
        let mut unread = std::mem::take(&mut self.unread);
        let mut changed = Vec::new();
        for ((race, wave), (judged, bibs)) in &mut unread {
            let now = self.judge(race, wave, zero_at(race), race_time);
            if now != *judged {
                *judged = now;
                changed.extend(bibs.iter().cloned());
            }
        }
        self.unread = unread;
        changed
    }

    fn judge(
        &self,
        race: &str,
        wave: &str,
        zero_at: Option<Moment>,
        race_time: Option<Moment>,
    ) -> Unread {
        let Some(whole) = self.races.get(race).filter(|race| race.has_mat()) else {
            return Unread::default();
        };
        let own = self
            .waves
            .get(&(race.to_owned(), wave.to_owned()))
            .filter(|own| own.entrants >= SMALL && own.entrants < whole.entrants);
        let start = own.unwrap_or(whole);
        if !start.is_on_its_way() {
            return Unread::Held;
        }
        match start.over_at() {
            Some(over_at) if race_time.is_some_and(|now| now >= over_at) => Unread::Counts {
                wave_gun: own.and_then(|own| own.gun(zero_at)),
                over_at: Some(over_at),
            },
            Some(_) => Unread::Held,
            None => Unread::default(),
        }
    }

    /// The starts that a participant belongs to.
    fn starts(&mut self, participant: &Participant) -> [&mut Start; 2] {
        [
            self.races.entry(participant.race.clone()).or_default(),
            self.waves.entry(key(participant)).or_default(),
        ]
    }
}

impl Start {
    fn note(&mut self, came: Came) {
        match came {
            Came::Left(at) => {
                let index = self.left.partition_point(|other| *other <= at);
                self.left.insert(index, at);
            }
            Came::Unread => self.unread += 1,
            Came::NotYet => {}
        }
    }

    fn forget(&mut self, came: Came) {
        match came {
            Came::Left(at) => {
                if let Ok(index) = self.left.binary_search(&at) {
                    self.left.remove(index);
                }
            }
            Came::Unread => self.unread -= 1,
            Came::NotYet => {}
        }
    }

    fn has_mat(&self) -> bool {
        !self.left.is_empty() && self.left.len() * 50 >= self.entrants
    }

    fn third(&self) -> usize {
        self.entrants.div_ceil(3).max(1)
    }

    fn is_on_its_way(&self) -> bool {
        self.left.len() + self.unread >= self.third()
    }

    /// When nobody had left for long enough, after a third of the entrants had, or as many as were read; `None` if nobody was.
    fn over_at(&self) -> Option<Moment> {
        let enough = self.third().min(self.left.len()).checked_sub(1)?;
        let (last, later) = self.left[enough..].split_first()?;
        let mut last = *last;
        for left in later {
            if left.since_ms(last) >= OVER_MS {
                break;
            }
            last = *left;
        }
        Some(last + OVER_MS)
    }

    /// The gun of a wave that did not start with its race's; `None` also where too few were read to tell.
    fn gun(&self, zero_at: Option<Moment>) -> Option<Moment> {
        let gun = self.left.get(self.left.len() / 10).copied()?;
        let is_its_own = zero_at.is_none_or(|zero| gun.since_ms(zero) > WITH_THE_GUN_MS);
        (self.left.len() >= self.third() && is_its_own).then_some(gun)
    }
}

fn key(participant: &Participant) -> (String, String) {
    (participant.race.clone(), participant.wave.clone())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::{
        board::{
            Board,
            event::{BoardEvent, BoardRead},
            settings::Settings,
        },
        read::ReadKind,
        roster::{Participant, Race, Roster},
        scoring::{locations::Role, standings::Standings},
        time::Moment,
    };

    const S: i64 = 1_000;
    const MINUTE: i64 = 60 * S;
    /// Twenty runners in each wave: 100 to 119 in A, and so on; B starts eight minutes after A and C eight after B.
    const WAVES: [&str; 3] = ["A", "B", "C"];
    const WAVE_MS: i64 = 8 * MINUTE;

    /// A race being read, mostly in the order of time.
    struct Day {
        board: Board,
        position: i64,
    }

    impl Day {
        fn new() -> Self {
            let race = Race {
                start: Some(Moment(0)),
                ..Race::named("5 km")
            };
            let runner = |number: usize| Participant {
                bib: (100 + number).to_string(),
                race: race.name.clone(),
                wave: WAVES[number / 20].to_owned(),
                ..Participant::default()
            };
            let runners = (0..60).map(runner).collect();
            let mut board = Board::default();
            board.apply(&BoardEvent::Roster(Arc::new(Roster::new(
                vec![race],
                runners,
            ))));
            let mut day = Self { board, position: 0 };
            day.take(ReadKind::Gun, "START", "GUNTIME", 0);
            day
        }

        fn read(&mut self, location: &str, bib: usize, at: i64) {
            self.take(ReadKind::Chip, location, &bib.to_string(), at);
        }

        fn take(&mut self, kind: ReadKind, location: &str, tag: &str, at: i64) {
            self.position += 1;
            self.board.apply(&BoardEvent::Read(BoardRead {
                position: self.position,
                kind,
                location: location.to_owned(),
                tag: tag.to_owned(),
                at: Moment(at),
                received_at: Moment(at + 300),
            }));
        }

        /// A wave leaves, a runner a second, without those whose chips are missed.
        fn start(&mut self, wave: usize, missed: &[usize]) {
            for number in 0..20 {
                let bib = 100 + wave * 20 + number;
                if !missed.contains(&bib) {
                    self.read("START", bib, wave as i64 * WAVE_MS + number as i64 * S);
                }
            }
        }

        /// `bib net` of who has a result, `fed` of who just finished, and `shown` of whose turn it is to be shown.
        fn news(&self) -> [Vec<String>; 3] {
            let standings = self.board.standings("5 km").expect("it is entered");
            let results = standings.leaders(9).iter();
            [
                results
                    .map(|finisher| format!("{} {}", finisher.bib, finisher.net_ms / S))
                    .collect(),
                self.board.feed().map(|fed| fed.tag.clone()).collect(),
                self.board
                    .showing()
                    .map(|slot| slot.crossing.tag.clone())
                    .collect(),
            ]
        }
    }

    const NOTHING: [Vec<String>; 3] = [vec![], vec![], vec![]];

    fn is(results: &[&str], fed: &[&str], shown: &[&str]) -> [Vec<String>; 3] {
        [results, fed, shown].map(|texts| texts.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn a_warm_up_over_the_finish_wins_nothing() {
        let mut day = Day::new();
        day.start(0, &[]);
        day.start(1, &[]);
        day.read("FINISH", 140, 13 * MINUTE);
        assert_eq!(day.news(), NOTHING, "wave C has not started");
        day.read("FINISH", 100, 15 * MINUTE);
        let leader = is(&["100 900"], &["100"], &["100"]);
        assert_eq!(day.news(), leader);
        day.start(2, &[]);
        assert_eq!(day.news(), leader);
        day.read("FINISH", 140, 36 * MINUTE);
        assert_eq!(
            day.news(),
            is(&["100 900", "140 1200"], &["140", "100"], &["140"])
        );
    }

    #[test]
    fn a_warm_up_stays_one_when_the_own_start_is_missed() {
        let mut day = Day::new();
        day.start(0, &[]);
        day.start(1, &[]);
        day.read("FINISH", 140, 13 * MINUTE);
        day.start(2, &[140]);
        for minute in 20..36 {
            day.read("SPLIT", 141, minute * MINUTE);
            assert_eq!(day.news(), NOTHING);
        }
        day.read("FINISH", 140, 36 * MINUTE);
        let late = 36 * 60 - 16 * 60 - 1 - 1;
        assert_eq!(
            day.news(),
            is(&[&format!("140 {late}")], &["140"], &["140"]),
            "from the wave's gun"
        );
    }

    #[test]
    fn a_missed_start_is_made_good_when_the_wave_has_left() {
        let mut day = Day::new();
        day.read("START", 120, 0);
        day.start(0, &[100, 101]);
        day.read("START", 101, 6 * MINUTE);
        day.read("FINISH", 100, 15 * MINUTE);
        assert_eq!(day.news(), NOTHING, "somebody left nine minutes ago");
        day.read("FINISH", 102, 16 * MINUTE + S);
        assert_eq!(
            day.news(),
            is(&["100 900", "102 959"], &["102", "100"], &["102"]),
            "in its place, but no news to be shown large"
        );
        day.read("START", 100, 18 * MINUTE);
        assert_eq!(
            day.news()[0],
            ["100 900", "102 959"],
            "a walk back takes nothing away"
        );
    }

    #[test]
    fn a_start_mat_that_was_cut_off_settles_it_later() {
        let mut day = Day::new();
        day.start(0, &[]);
        day.read("FINISH", 145, 13 * MINUTE);
        day.read("FINISH", 120, 24 * MINUTE);
        assert_eq!(day.news(), NOTHING, "nobody of B was read at the start");
        day.start(1, &[]);
        assert_eq!(day.news()[0], ["120 960"]);
        day.start(2, &[]);
        assert_eq!(day.news()[0], ["120 960"]);
    }

    #[test]
    fn a_wave_whose_starts_are_lost_for_good_comes_in_all_the_same() {
        let mut day = Day::new();
        day.start(0, &[]);
        for number in 0..7 {
            assert_eq!(day.news(), NOTHING);
            day.read("FINISH", 120 + number, 24 * MINUTE + number as i64 * S);
        }
        assert_eq!(day.news()[0].len(), 7, "from the race's gun");
        assert_eq!(day.news()[0][0], format!("120 {}", 24 * 60));
    }

    #[test]
    fn nobody_is_held_back_where_no_start_mat_works() {
        let mut day = Day::new();
        day.read("FINISH", 120, 14 * MINUTE);
        assert_eq!(day.news()[1], ["120"]);

        let mut day = Day::new();
        day.board.apply(&BoardEvent::Settings(Settings {
            locations: [("START".to_owned(), Role::Split)].into(),
            ..Settings::default()
        }));
        day.start(0, &[]);
        day.read("FINISH", 120, 14 * MINUTE);
        assert_eq!(day.news()[1], ["120"], "the operator says so");
    }

    #[test]
    fn the_same_reads_in_another_order_make_the_same_results() {
        let reads: Vec<(&str, usize, i64)> = (0..60)
            .filter(|number| number % 9 != 0)
            .map(|number| {
                let wave = number as i64 / 20;
                ("START", 100 + number, wave * WAVE_MS + number as i64 * S)
            })
            .chain((0..60).map(|number| {
                let started = number as i64 / 20 * WAVE_MS;
                (
                    "FINISH",
                    100 + number,
                    started + (15 * 60 + number as i64 * 17) * S,
                )
            }))
            .chain(
                (0..60)
                    .step_by(7)
                    .map(|number| ("FINISH", 100 + number, 12 * MINUTE)),
            )
            .collect();
        let of = |step: usize| {
            let mut order: Vec<usize> = (0..reads.len()).collect();
            order.sort_by_key(|index| index * step % 127);
            let mut day = Day::new();
            for (location, bib, at) in order.into_iter().map(|index| reads[index]) {
                day.read(location, bib, at);
            }
            day.board.standings("5 km").cloned()
        };
        let expected = of(1);
        let finishers = expected.as_ref().map(Standings::len);
        assert_eq!(finishers, Some(60));
        for step in [2, 5, 17, 100] {
            assert_eq!(of(step), expected, "{step}");
        }
    }
}
