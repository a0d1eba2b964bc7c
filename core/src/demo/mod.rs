//! A made-up race with everything that a real one has: three distances, waves, guns, names from everywhere, and the dirt of a
//! real day.
//!
//! Its times count from the scheduled start of its first race, so that it can be put on any day; the same seed gives the same
//! bytes. The simulator plays it as timing hardware and the demo imports its roster.

mod chance;
mod course;
mod cultures;
mod field;
mod hardware;
mod names;

pub use hardware::{Hardware, LOCATIONS, Record};

use jiff::tz::TimeZone;

use self::{chance::Chance, course::COURSES, field::Runner};
use crate::{
    chronotrack::{
        log::{Entry, SessionLog},
        message::EventInfo,
    },
    roster::{Participant, Race, Roster},
    time::Moment,
};

/// The event's name, on the wire and on the screens.
pub const EVENT_NAME: &str = "Harbour Lights Run";

/// How many finishers in a thousand are in already when the race is first looked at: the leaders, so that boards have something
/// to show.
const LEADERS_PERMILLE: usize = 5;

/// How long it then takes until the next one comes in.
const BEFORE_NEXT_FINISH_MS: i64 = 20_000;

/// A whole race day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demo {
    /// The most interesting moment to begin to look, in milliseconds after the first race's scheduled start: the leaders are
    /// in, the others are about to follow, and the last waves have yet to start.
    pub opening_ms: i64,
    /// The mats.
    pub hardware: Vec<Hardware>,
    participants: Vec<Participant>,
}

impl Demo {
    /// A race with so many runners over three distances.
    pub fn generate(runners: usize, seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let field = field::draw(runners, &mut chance);
        let opening_ms = opening_ms(&field);
        Self {
            opening_ms,
            hardware: hardware::record(&field, opening_ms, &mut chance),
            participants: field.into_iter().map(|runner| runner.participant).collect(),
        }
    }

    /// Who runs, on the day on which the first race is scheduled for `first_start`.
    pub fn roster(&self, first_start: Moment) -> Roster {
        let races = COURSES.iter().map(|course| Race {
            name: course.name.to_owned(),
            distance_m: Some(course.distance_m),
            start: Some(first_start + course.start_ms),
        });
        Roster::new(races.collect(), self.participants.clone())
    }
}

impl Hardware {
    /// The mat's timing software on that day, with nothing recorded yet.
    pub fn session(&self, first_start: Moment, zone: &TimeZone) -> SessionLog {
        let event = EventInfo {
            name: EVENT_NAME.to_owned(),
            id: "0".to_owned(),
            description: EVENT_NAME.to_owned(),
        };
        let day = wall_clock(first_start, zone).date();
        SessionLog::new(self.connection_id.clone(), event, day, &[self.location])
    }
}

impl Record {
    /// The record as the timing software writes it down on that day.
    pub fn entry(&self, first_start: Moment, zone: &TimeZone) -> Entry {
        let at = wall_clock(first_start + self.at_ms, zone);
        match &self.tag {
            None => Entry::gun(at, &self.reader),
            Some(tag) => Entry {
                tag: tag.clone(),
                at,
                lap: self.lap,
                reader: self.reader.clone(),
                gator: self.gator,
            },
        }
    }
}

fn wall_clock(at: Moment, zone: &TimeZone) -> jiff::civil::DateTime {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    zone.to_datetime(at)
}

fn opening_ms(field: &[Runner]) -> i64 {
    let mut finishes: Vec<i64> = field.iter().filter_map(|runner| runner.finish_ms).collect();
    finishes.sort_unstable();
    finishes
        .get(finishes.len() * LEADERS_PERMILLE / 1000)
        .map_or(0, |finish| finish - BEFORE_NEXT_FINISH_MS)
}

#[cfg(test)]
mod tests;
