//! What a display session knows of the race: the fold of its stored events and nothing else.
//!
//! The same events in the same order make the same board, so a restart is a replay.
//! The board holds facts (who passed where, who is being shown until when); what is made of them on a screen is the composer's.

pub mod event;
pub mod feed;
mod guns;
pub mod passing;
pub mod settings;
pub mod showing;
pub mod waves;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::{
    board::{
        event::{BoardEvent, BoardRead},
        feed::{Crossing, Feed},
        guns::Guns,
        passing::{Passing, Rule, Run, Shortest},
        settings::{Mode, Settings},
        showing::{Showing, Slot},
        waves::{Came, Unread, Waves},
    },
    read::ReadKind,
    roster::{Participant, Roster},
    scoring::{
        locations::{self, Role},
        standings::{Finisher, Standings},
    },
    time::Moment,
};

/// A race as a display session sees it.
#[derive(Clone, Debug, Default)]
pub struct Board {
    settings: Settings,
    roster: Arc<Roster>,
    guns: Guns,
    /// By the tag as it came, so that a roster that comes later still finds everything.
    passings: HashMap<String, Passing>,
    /// Whether anybody was read at a start: then whoever was not is an exception.
    has_start_mat: bool,
    waves: Waves,
    /// The latest time that any read has.
    race_time: Option<Moment>,
    /// By race name.
    races: HashMap<String, RaceState>,
    feed: Feed,
    showing: Showing,
}

#[derive(Clone, Debug, Default)]
struct RaceState {
    entrants: usize,
    seen: usize,
    standings: Standings,
}

/// A runner's result. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunnerResult {
    /// From the start mat, or from the gun where no start was read.
    pub net_ms: i64,
    /// From the race's gun.
    pub gun_ms: Option<i64>,
    /// The place by net time among all finishers of the race.
    pub place: usize,
    /// The fastest net time of the race.
    pub leader_ms: i64,
}

/// How far a race is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Participants in the roster.
    pub entrants: usize,
    /// Of these, how many have been read anywhere.
    pub seen: usize,
    /// Of these, how many have a result.
    pub finished: usize,
}

impl Board {
    /// Takes the next stored event.
    pub fn apply(&mut self, event: &BoardEvent) {
        match event {
            BoardEvent::Read(read) => match read.kind {
                ReadKind::Gun => self.apply_gun(read.at),
                ReadKind::Chip => self.apply_chip(read),
            },
            BoardEvent::Roster(roster) => {
                self.roster = Arc::clone(roster);
                self.recount();
            }
            BoardEvent::Settings(settings) => {
                self.settings = settings.clone();
                self.recount();
            }
        }
    }

    /// What the operator has set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The people.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The latest crossings that are news, newest first, each runner once.
    ///
    /// Somebody whom the roster does not know is news only where nobody has a roster.
    pub fn feed(&self) -> impl Iterator<Item = &Crossing> {
        let mut seen = HashSet::new();
        let who = |tag| self.roster.by_tag(tag).map_or(tag, |runner| &runner.bib);
        self.feed
            .iter()
            .filter(|crossing| self.is_news(crossing))
            .filter(move |crossing| seen.insert(who(&crossing.tag)))
    }

    /// Who is being shown, from when until when: turns in order and without overlap.
    pub fn showing(&self) -> impl Iterator<Item = &Slot> {
        self.showing
            .slots()
            .filter(|slot| self.is_news(&slot.crossing))
    }

    /// When a race's clock shows zero: its gun, or its scheduled start while no gun was heard.
    pub fn zero_at(&self, race: &str) -> Option<Moment> {
        zero_at(race, &self.roster, &self.guns)
    }

    /// The finishers of a race, fastest first; `None` for a race that nobody entered.
    pub fn standings(&self, race: &str) -> Option<&Standings> {
        self.races.get(race).map(|state| &state.standings)
    }

    /// A participant's result, once there is one.
    pub fn result(&self, participant: &Participant) -> Option<RunnerResult> {
        let finisher = self.finisher(participant)?;
        let standings = self.standings(&participant.race)?;
        Some(RunnerResult {
            net_ms: finisher.net_ms,
            gun_ms: self
                .gun(&participant.race)
                .map(|gun| finisher.finished_at.since_ms(gun)),
            place: standings.place(finisher.net_ms),
            leader_ms: standings.leaders(1).first()?.net_ms,
        })
    }

    /// How far a race is.
    pub fn counts(&self, race: &str) -> Counts {
        self.races
            .get(race)
            .map_or_else(Counts::default, RaceState::counts)
    }

    /// How far all races are together.
    pub fn total_counts(&self) -> Counts {
        self.races
            .values()
            .map(RaceState::counts)
            .fold(Counts::default(), |sum, counts| Counts {
                entrants: sum.entrants + counts.entrants,
                seen: sum.seen + counts.seen,
                finished: sum.finished + counts.finished,
            })
    }

    fn apply_gun(&mut self, at: Moment) {
        self.guns.hear(at);
        self.recount();
    }

    fn apply_chip(&mut self, read: &BoardRead) {
        let roster = Arc::clone(&self.roster);
        let participant = roster.by_tag(&read.tag);
        let role = locations::role(&read.location, &self.settings.locations);
        if role == Role::Start && !self.has_start_mat {
            self.has_start_mat = true;
            self.recount();
        }
        self.race_time = self.race_time.max(Some(read.at));
        let before = self.progress(participant, &read.tag);
        let had_run = participant.is_some_and(|participant| self.run(participant).is_some());
        let opens_stay = self
            .passings
            .entry(read.tag.clone())
            .or_default()
            .pass(role, read.at);
        let after = self.progress(participant, &read.tag);
        if let Some(participant) = participant {
            let race = self.races.entry(participant.race.clone()).or_default();
            race.seen += usize::from(!before.is_seen);
            self.waves.come(participant, before.came, after.came);
            self.score(participant);
        }
        self.judge_again();
        let (is_new, is_due) = match self.settings.mode {
            Mode::PreRace => (!before.is_seen, true),
            Mode::Results => (role == Role::Finish && opens_stay, !had_run),
        };
        if is_new {
            self.show(read, is_due && participant.is_some());
        }
    }

    /// Scores those without a start anew for whom their wave's starts have settled something.
    fn judge_again(&mut self) {
        let roster = Arc::clone(&self.roster);
        let guns = &self.guns;
        let zero_at = |race: &str| zero_at(race, &roster, guns);
        for bib in self.waves.judge_again(self.race_time, zero_at) {
            if let Some(participant) = roster.by_bib(&bib) {
                self.score(participant);
            }
        }
    }

    /// Remembers a crossing that may be news, and gives it a turn if it is due and is.
    fn show(&mut self, read: &BoardRead, is_due: bool) {
        let crossing = Crossing {
            position: read.position,
            tag: read.tag.clone(),
            at: read.at,
        };
        if is_due && self.is_news(&crossing) {
            self.showing
                .schedule(crossing.clone(), read.received_at, &self.settings);
        }
        self.feed.push(crossing);
    }

    /// Whether a crossing is still what made somebody appear: it may turn out to have been a warm-up, or a walk back.
    fn is_news(&self, crossing: &Crossing) -> bool {
        let run = match self.roster.by_tag(&crossing.tag) {
            Some(_) if self.settings.mode == Mode::PreRace => return true,
            Some(participant) => self.run(participant),
            None if !self.roster.participants().is_empty() => None,
            None if self.settings.mode == Mode::PreRace => return true,
            None => self.unknown_run(&crossing.tag),
        };
        run.is_some_and(|run| (run.finished_at..=run.gone_at).contains(&crossing.at))
    }

    /// Makes everything that follows from roster, guns and passings anew.
    fn recount(&mut self) {
        self.races.clear();
        self.waves = Waves::default();
        let mut finishers: HashMap<&str, Vec<Finisher>> = HashMap::new();
        let roster = Arc::clone(&self.roster);
        for participant in roster.participants() {
            let progress = self.progress(Some(participant), &participant.bib);
            self.waves.enter(participant);
            self.waves.come(participant, Came::NotYet, progress.came);
            let race = self.races.entry(participant.race.clone()).or_default();
            race.entrants += 1;
            race.seen += usize::from(progress.is_seen);
        }
        for participant in roster.participants() {
            finishers
                .entry(&participant.race)
                .or_default()
                .extend(self.finisher(participant));
        }
        for (race, finishers) in finishers {
            self.races.entry(race.to_owned()).or_default().standings = Standings::of(finishers);
        }
    }

    fn score(&mut self, participant: &Participant) {
        let finisher = self.finisher(participant);
        let Some(race) = self.races.get_mut(&participant.race) else {
            return;
        };
        match finisher {
            Some(finisher) => race.standings.put(finisher),
            None => race.standings.remove(&participant.bib),
        }
    }

    fn finisher(&self, participant: &Participant) -> Option<Finisher> {
        let run = self.run(participant)?;
        let began_at = run.started_at.or_else(|| self.gun(&participant.race))?;
        let net_ms = run.finished_at.since_ms(began_at);
        Some(Finisher {
            net_ms,
            finished_at: run.finished_at,
            bib: participant.bib.clone(),
        })
    }

    /// How far a participant, or a tag that nobody wears, has come.
    fn progress(&self, participant: Option<&Participant>, tag: &str) -> Progress {
        let Some(participant) = participant else {
            return Progress {
                is_seen: self.passings.contains_key(tag),
                came: Came::NotYet,
            };
        };
        Progress {
            is_seen: tags(participant).any(|tag| self.passings.contains_key(tag)),
            came: self
                .passing(participant)
                .came(&self.rule(participant, Unread::default())),
        }
    }

    fn run(&self, participant: &Participant) -> Option<Run> {
        let passing = self.passing(participant);
        let rule = self.rule(participant, Unread::Held);
        let unread = match passing.came(&rule) {
            Came::Unread => self.waves.unread(participant, rule.zero_at, self.race_time),
            Came::Left(_) | Came::NotYet => Unread::Held,
        };
        passing.run(&Rule { unread, ..rule })
    }

    /// The run of a tag that nobody wears.
    fn unknown_run(&self, tag: &str) -> Option<Run> {
        self.passings.get(tag)?.run(&Rule::default())
    }

    /// What makes a run of a participant's reads.
    fn rule(&self, participant: &Participant, unread: Unread) -> Rule {
        let race = self.roster.race(&participant.race);
        let shortest = race
            .and_then(|race| race.distance_m)
            .map(|distance_m| Shortest::over(distance_m, self.has_start_mat))
            .unwrap_or_default();
        Rule {
            zero_at: self.zero_at(&participant.race),
            shortest,
            unread,
        }
    }

    /// What all tags of a participant saw together.
    fn passing(&self, participant: &Participant) -> Passing {
        tags(participant)
            .filter_map(|tag| self.passings.get(tag))
            .fold(Passing::default(), Passing::merged)
    }

    fn gun(&self, race: &str) -> Option<Moment> {
        let race = self.roster.race(race)?;
        self.guns.of_race(race, self.roster.races())
    }
}

struct Progress {
    is_seen: bool,
    came: Came,
}

impl RaceState {
    fn counts(&self) -> Counts {
        Counts {
            entrants: self.entrants,
            seen: self.seen,
            finished: self.standings.len(),
        }
    }
}

fn zero_at(race: &str, roster: &Roster, guns: &Guns) -> Option<Moment> {
    let race = roster.race(race)?;
    guns.of_race(race, roster.races()).or(race.start)
}

/// Every tag by which a participant may be read.
fn tags(participant: &Participant) -> impl Iterator<Item = &String> {
    participant.tags.iter().chain([&participant.bib])
}

#[cfg(test)]
mod tests;
