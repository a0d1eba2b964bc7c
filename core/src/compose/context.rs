//! The values that a template's expressions can name.
//!
//! Every value always exists; what is not known is an empty text or zero, so that a template need not ask first.

use minijinja::Value;
use serde::Serialize;

use crate::{
    board::{Board, feed::Crossing},
    roster::{Participant, Race, Sex},
    scoring::times,
    time::Moment,
};

/// Everything at once.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Context {
    /// The event.
    pub event: EventContext,
    /// Of the page's race, or of all races together outside of pages.
    pub counts: CountsContext,
    /// The page's race; outside of pages its texts are empty.
    pub race: RaceContext,
    /// Which page of how many; outside of pages both are 0.
    pub page: PageContext,
    /// The runner being shown, or the row's; elsewhere their texts are empty.
    pub runner: RunnerContext,
}

/// The event.
#[derive(Clone, Debug, Default, Serialize)]
pub struct EventContext {
    /// Its title.
    pub name: String,
}

/// How far the race is.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CountsContext {
    /// Participants in the roster.
    pub entrants: usize,
    /// Of these, how many have been read anywhere.
    pub seen: usize,
    /// Of these, how many have a result.
    pub finished: usize,
    /// How many there are to list in the feed, of all races together.
    pub crossings: usize,
}

/// A page among those that take turns.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct PageContext {
    /// From 1.
    pub number: usize,
    /// How many take turns.
    pub count: usize,
}

/// A race.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RaceContext {
    /// Its name.
    pub name: String,
}

/// A runner. Texts are ready to be shown.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RunnerContext {
    /// Whether the roster knows them; without it there is a bib alone.
    pub known: bool,
    /// The bib, or the tag of somebody unknown.
    pub bib: String,
    /// The whole name; `No. 123` of somebody unknown, whom a board names only where nobody has a roster.
    pub name: String,
    /// Given names.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// `F`, `M` or `X`.
    pub sex: String,
    /// In years.
    pub age: String,
    /// Home town.
    pub city: String,
    /// State or province.
    pub state: String,
    /// Country.
    pub country: String,
    /// Age group.
    pub division: String,
    /// Team or club.
    pub team: String,
    /// Wave or corral.
    pub wave: String,
    /// The race's name.
    pub race: String,
    /// Place by net time in the race; 0 without a result.
    pub place: usize,
    /// Net time, for example `1:02:03`.
    pub net_time: String,
    /// Gun time.
    pub gun_time: String,
    /// Behind the fastest, for example `+0:07`; empty for the fastest.
    pub gap: String,
    /// When they crossed, as the time of day at the event.
    pub time_of_day: String,
}

impl Context {
    /// The context of a board with so many crossings to list, or of one of its races.
    pub(super) fn of(board: &Board, race: Option<&Race>, crossings: usize) -> Self {
        let counts = race.map_or_else(|| board.total_counts(), |race| board.counts(&race.name));
        Self {
            event: EventContext {
                name: board.settings().event_name.clone(),
            },
            counts: CountsContext {
                entrants: counts.entrants,
                seen: counts.seen,
                finished: counts.finished,
                crossings,
            },
            page: PageContext::default(),
            race: RaceContext {
                name: race.map_or_else(String::new, |race| race.name.clone()),
            },
            runner: RunnerContext::default(),
        }
    }

    /// The same with a runner, as the expressions read it.
    pub(super) fn with_runner(&self, runner: RunnerContext) -> Value {
        Value::from_serialize(Self {
            runner,
            ..self.clone()
        })
    }
}

impl RunnerContext {
    /// Whoever made this crossing.
    pub(super) fn of_crossing(board: &Board, crossing: &Crossing) -> Self {
        let runner = match board.roster().by_tag(&crossing.tag) {
            Some(participant) => Self::of(board, participant),
            None => Self {
                bib: crossing.tag.clone(),
                name: format!("No. {}", crossing.tag),
                last_name: format!("No. {}", crossing.tag),
                ..Self::default()
            },
        };
        Self {
            time_of_day: time_of_day(board.settings().midnight, crossing.at),
            ..runner
        }
    }

    /// This participant.
    pub(super) fn of(board: &Board, participant: &Participant) -> Self {
        let result = board.result(participant);
        let gap = result.filter(|result| result.net_ms > result.leader_ms);
        Self {
            known: true,
            bib: participant.bib.clone(),
            name: participant.name(),
            first_name: participant.first_name.clone(),
            last_name: participant.last_name.clone(),
            sex: participant
                .sex
                .map_or_else(String::new, |sex: Sex| sex.letter().to_owned()),
            age: participant
                .age
                .map_or_else(String::new, |age| age.to_string()),
            city: participant.city.clone(),
            state: participant.state.clone(),
            country: participant.country.clone(),
            division: participant.division.clone(),
            team: participant.team.clone(),
            wave: participant.wave.clone(),
            race: participant.race.clone(),
            place: result.map_or(0, |result| result.place),
            net_time: result.map_or_else(String::new, |result| times::race_time(result.net_ms)),
            gun_time: result
                .and_then(|result| result.gun_ms)
                .map_or_else(String::new, times::race_time),
            gap: gap.map_or_else(String::new, |result| {
                times::gap(result.leader_ms, result.net_ms)
            }),
            time_of_day: String::new(),
        }
    }
}

fn time_of_day(midnight: Option<Moment>, at: Moment) -> String {
    use crate::scene::{ClockFormat, clock};
    midnight.map_or_else(String::new, |midnight| {
        clock::text(ClockFormat::TimeOfDay, midnight, None, at)
    })
}
