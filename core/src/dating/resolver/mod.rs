//! The times of one connection's reads, one after the other.

use std::collections::HashMap;

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::{
    choice::{self, Previous},
    clock_offset::{ClockOffset, Meter},
    wire_time::WireTime,
};
use crate::{
    decoder::ClockReading,
    read::{ReadKind, TimingRead, WireRead},
    time::Moment,
};

/// Locations whose order is followed. Real hardware has one or a few; a stranger's invented ones must not fill the memory.
pub const MOST_LOCATIONS: usize = 24;

/// Readers whose clocks are followed, over all locations.
const MOST_READERS: usize = 24;

/// No reads of one location are out of order by so much.
const HALF_A_DAY_MS: i64 = 12 * 3_600_000;

/// Makes the times of one connection whole, or of one stream that is resolved again.
#[derive(Debug)]
pub struct Resolver {
    zone: TimeZone,
    locations: HashMap<String, Location>,
    readers: usize,
}

/// What an operator knows better than the hardware, for all reads of a location on a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Correction {
    /// How far the clocks were ahead, in milliseconds: so much is taken off. Whole days put a wrong date right.
    pub ahead_ms: i64,
    /// The day of the first read, in the feed's zone, where the hardware sends no dates; the others follow in their order.
    pub first_day: Option<Date>,
}

/// What of a read tells when it happened.
#[derive(Clone, Copy, Debug)]
pub struct Clue<'a> {
    /// A gun may be told long before or after the reads around it, so it says nothing of the order.
    pub kind: ReadKind,
    /// The mat.
    pub location: &'a str,
    /// The reader, of which each has a clock of its own.
    pub reader: &'a str,
    /// What the clock showed.
    pub time: WireTime,
    /// When the line arrived.
    pub received_at: Moment,
}

/// A read whose time lies outside of the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undatable {
    /// Why, for the operator.
    pub reason: String,
    /// Its line, to be kept.
    pub raw: Vec<u8>,
}

/// What the order of a stream says against the days that its first reads were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suggestion<'a> {
    /// The mat.
    pub location: &'a str,
    /// What would put its reads into order.
    pub correction: Correction,
}

/// A reader's clock, for the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderClock<'a> {
    /// Where the reader stands.
    pub location: &'a str,
    /// Which one it is, as its reads say.
    pub reader: &'a str,
    /// How far its clock is off, before any correction.
    pub offset: ClockOffset,
}

#[derive(Debug, Default)]
struct Location {
    correction: Correction,
    last: Option<Previous>,
    /// When the first read happened, if this resolver has seen it.
    first: Option<Moment>,
    /// Whether a later read had to be of an earlier day.
    goes_back: bool,
    /// Boxed, because a table has room for more than it holds, and most locations have one reader.
    readers: HashMap<String, Box<Reader>>,
}

#[derive(Debug, Default)]
struct Reader {
    last: Option<Previous>,
    meter: Meter,
}

impl Resolver {
    /// For hardware whose clocks are set to the time of this zone.
    pub fn new(zone: TimeZone) -> Self {
        Self {
            zone,
            locations: HashMap::new(),
            readers: 0,
        }
    }

    /// What an operator knows of a location, for the reads that follow.
    pub fn correct(&mut self, location: &str, correction: Correction) {
        if let Some(location) = self.location(location) {
            location.correction = correction;
        }
    }

    /// The stream of a location goes on after a read that happened at `at` and arrived at `received_at`, as it is stored.
    pub fn resume(&mut self, location: &str, at: Moment, received_at: Moment) {
        if let Some(location) = self.location(location) {
            location.last = Some(Previous {
                at,
                arrived: received_at,
            });
        }
    }

    /// Makes a read whole that arrived at `received_at`, by the wall clock.
    pub fn date(&mut self, read: WireRead, received_at: Moment) -> Result<TimingRead, Undatable> {
        let clue = Clue {
            kind: read.kind,
            location: &read.location,
            reader: &read.reader,
            time: read.time,
            received_at,
        };
        match self.moment(clue) {
            Some(at) => Ok(read.dated(at, received_at)),
            None => Err(Undatable {
                reason: format!("time \"{}\" is outside of the calendar", read.wire_time),
                raw: read.raw,
            }),
        }
    }

    /// When it happened; `None` for times outside of the calendar.
    pub fn moment(&mut self, clue: Clue<'_>) -> Option<Moment> {
        let arrived = clue.received_at;
        let (correction, location_last) = self
            .location(clue.location)
            .map_or_else(Default::default, |location| {
                (location.correction, location.last)
            });
        let last = self
            .reader(clue.location, clue.reader)
            .and_then(|reader| reader.last)
            .or(location_last);
        let days = match (clue.time, last, correction.first_day) {
            (WireTime::Dated(_), ..) => vec![],
            (_, None, Some(day)) => vec![day],
            _ => self.days(arrived, last),
        };
        let mut showings = clue.time.shown(&self.zone, &days);
        for showing in &mut showings {
            for at in [&mut showing.earlier, &mut showing.later, &mut showing.usual] {
                *at = *at - correction.ahead_ms;
            }
        }
        let at = choice::choose(&showings, arrived, last)?;
        if clue.kind == ReadKind::Chip {
            // A clock is wrong by hours sooner than by days: what it shows is measured by the day nearest to its arrival.
            let shows = choice::nearest(&showings, arrived)? + correction.ahead_ms;
            self.remember(clue, at, shows);
        }
        Some(at)
    }

    /// Takes the answer of a clock that was asked for the time.
    pub fn note_clock(&mut self, clock: &ClockReading, received_at: Moment) {
        let then = received_at - clock.waited_ms / 2;
        let showings = clock.shows.shown(&self.zone, &self.days(then, None));
        if let Some(shows) = choice::nearest(&showings, then)
            && let Some(reader) = self.reader(&clock.location, &clock.reader)
        {
            reader.meter.ask(ClockOffset {
                ahead_ms: shows.since_ms(then),
            });
        }
    }

    /// Locations whose first reads were taken for a day too late: an upload of yesterday's race begins with times of day that
    /// have been today as well, and only later come some that have not.
    pub fn suggestions(&self) -> Vec<Suggestion<'_>> {
        let mut suggestions: Vec<Suggestion<'_>> = self
            .locations
            .iter()
            .filter_map(|(location, known)| {
                let first_day = self.day_of(known.first?)?.yesterday().ok()?;
                known.goes_back.then_some(Suggestion {
                    location,
                    correction: Correction {
                        first_day: Some(first_day),
                        ..known.correction
                    },
                })
            })
            .collect();
        suggestions.sort_unstable_by_key(|suggestion| suggestion.location);
        suggestions
    }

    /// The clocks that are known well enough, by location and reader.
    pub fn clocks(&self) -> Vec<ReaderClock<'_>> {
        let mut clocks: Vec<_> = self
            .locations
            .iter()
            .flat_map(|(location, known)| {
                known.readers.iter().filter_map(move |(reader, known)| {
                    known.meter.offset().map(|offset| ReaderClock {
                        location,
                        reader,
                        offset,
                    })
                })
            })
            .collect();
        clocks.sort_unstable_by_key(|clock| (clock.location, clock.reader));
        clocks
    }

    /// The days on which something may have happened that arrives now and follows another.
    fn days(&self, arrived: Moment, last: Option<Previous>) -> Vec<Date> {
        let around = |day: Date| [-1, 0, 1].map(|days| day.checked_add(days.days()).ok());
        let known = [last.map(|last| last.at), Some(arrived)];
        let mut days: Vec<Date> = known
            .into_iter()
            .flatten()
            .filter_map(|at| self.day_of(at))
            .flat_map(around)
            .flatten()
            .collect();
        days.sort_unstable();
        days.dedup();
        days
    }

    fn day_of(&self, at: Moment) -> Option<Date> {
        let at = Timestamp::from_millisecond(at.0).ok()?;
        Some(at.to_zoned(self.zone.clone()).date())
    }

    fn remember(&mut self, clue: Clue<'_>, at: Moment, shows: Moment) {
        let previous = Some(Previous {
            at,
            arrived: clue.received_at,
        });
        if let Some(reader) = self.reader(clue.location, clue.reader) {
            reader.last = previous;
            reader.meter.measure(shows, clue.received_at);
        }
        if let Some(location) = self.location(clue.location) {
            match location.last {
                None => location.first = Some(at),
                Some(last) => location.goes_back |= at.since_ms(last.at) < -HALF_A_DAY_MS,
            }
            location.last = previous;
        }
    }

    /// What is known of a location; `None` when there are too many.
    fn location(&mut self, name: &str) -> Option<&mut Location> {
        if !self.locations.contains_key(name) {
            if self.locations.len() == MOST_LOCATIONS {
                return None;
            }
            self.locations.insert(name.to_owned(), Location::default());
        }
        self.locations.get_mut(name)
    }

    /// What is known of a reader; `None` when there are too many.
    fn reader(&mut self, location: &str, name: &str) -> Option<&mut Reader> {
        let readers = self.readers;
        let readers_here = &mut self.location(location)?.readers;
        if !readers_here.contains_key(name) {
            if readers == MOST_READERS {
                return None;
            }
            readers_here.insert(name.to_owned(), Box::default());
            self.readers += 1;
        }
        let readers = &mut self.locations.get_mut(location)?.readers;
        readers.get_mut(name).map(Box::as_mut)
    }
}

#[cfg(test)]
mod tests;
