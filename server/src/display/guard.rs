//! Makes guessing display ids futile: how many different ones can be asked for is limited.
//!
//! A screen that comes back for the display it asked for before guesses nothing and is let through. So a venue is never kept out
//! whose hundred screens had no power for a moment, or go on asking for displays that ended; not even while somebody else uses up
//! what there is for all. Who asked for ids that no display has is remembered apart: strangers can ask for as many of those as
//! they like, and must not push out who had a picture.
//!
//! For the others every question counts, not only a wrong one, because a guess that hits must be refused as well. At the limit of
//! all together and with a hundred displays alive, a hit takes more than a year of guessing without pause.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::id::DisplayId;
use crate::{
    edge::{
        budget::{Budget, Quota},
        lately::Lately,
        tally::Tally,
    },
    household::household,
};

/// Different displays for one household: those of a venue are all asked for at once, and few later.
const HOUSEHOLD: Quota = Quota::new(2, 300);

/// For a network, which has several venues at most.
const NETWORK: Quota = HOUSEHOLD.times(4);

/// For all together.
const ALTOGETHER: Quota = Quota::new(200, 3_000);

/// Who asked for what: as many are remembered, some megabytes.
const REMEMBERED: usize = 65_536;

/// Displays that were found: as many are remembered.
const DISPLAYS: usize = 16_384;

/// Households of a display that are remembered: the last 64 at least, whoever else comes to know its id.
const HOUSEHOLDS: usize = 128;

/// Counts the display ids that are asked for.
#[derive(Debug)]
pub struct Guard {
    /// Ids that were asked for and that no display ever had: mistyped, or guessed.
    pub unknown: Tally,
    /// Questions that were refused because there were too many.
    pub refused: Tally,
    memory: Mutex<Memory>,
}

struct Memory {
    budget: Budget,
    asked: Lately<(IpAddr, DisplayId), ()>,
    /// By display, so that one that many look at pushes out no other's households.
    found: Lately<DisplayId, Lately<IpAddr, ()>>,
}

/// Whether a household asks for a display for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Not that anybody remembers.
    First,
    /// It did lately.
    Again,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            unknown: Tally::new("somebody asks for displays that never were"),
            refused: Tally::new("refused to look for a display: its asker wants too many"),
            memory: Mutex::new(Memory {
                budget: Budget::new(HOUSEHOLD, NETWORK, Some(ALTOGETHER)),
                asked: Lately::of(REMEMBERED),
                found: Lately::of(DISPLAYS),
            }),
        }
    }
}

/// What it remembers is secret.
impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

impl Guard {
    /// Lets an address ask for a display, or says how long it has to wait.
    pub fn admit(&self, address: IpAddr, id: &DisplayId, now: Instant) -> Result<Asked, Duration> {
        let question = (household(address), id.clone());
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = if memory.knows(&question) {
            Asked::Again
        } else if let Err(wait) = memory.budget.take(address, now) {
            drop(memory);
            self.refused.add(address);
            return Err(wait);
        } else {
            Asked::First
        };
        memory.asked.put(question, ());
        Ok(asked)
    }

    /// Remembers who asked for a display that there is or was, so that they get it again whatever strangers do.
    pub fn found(&self, address: IpAddr, id: DisplayId) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let households = memory.found.touch(id, || Lately::of(HOUSEHOLDS));
        households.put(household(address), ());
    }
}

impl Memory {
    /// Whether this household asked for this display before.
    fn knows(&self, question: &(IpAddr, DisplayId)) -> bool {
        let (household, id) = question;
        let households = self.found.get(id);
        households.is_some_and(|households| households.get(household).is_some())
            || self.asked.get(question).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;
    use crate::display::id::ALPHABET;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    /// An id for each number.
    fn id(number: usize) -> DisplayId {
        let digits = (0..8).map(|place| char::from(ALPHABET[(number >> (5 * place)) % 32]));
        digits.collect::<String>().parse().expect("an id")
    }

    /// How many ids of a range an address may ask for.
    fn asks(guard: &Guard, address: IpAddr, ids: std::ops::Range<usize>, now: Instant) -> usize {
        ids.filter(|number| guard.admit(address, &id(*number), now).is_ok())
            .count()
    }

    #[test]
    fn a_guesser_is_slowed_and_counted_and_others_are_not() {
        let (guard, now) = (Guard::default(), Instant::now());
        let guesser = address("203.0.113.7");
        assert_eq!(asks(&guard, guesser, 0..1_000, now), 300);
        assert_eq!(guard.refused.total(), 700);
        let later = now + Duration::from_secs(10);
        assert_eq!(asks(&guard, guesser, 1_000..2_000, later), 20);
        assert_eq!(asks(&guard, address("203.0.113.8"), 0..100, now), 100);
    }

    #[test]
    fn a_venue_of_a_hundred_screens_is_never_kept_out() {
        let (guard, now) = (Guard::default(), Instant::now());
        let venue = address("198.51.100.1");
        assert_eq!(asks(&guard, venue, 0..100, now), 100);
        // As many strangers as it takes use up what there is for all.
        for network in 0..=255 {
            let stranger = IpAddr::from([203, 0, network, 1]);
            let from = 1_000 * (1 + usize::from(network));
            asks(&guard, stranger, from..from + 300, now);
        }
        assert_eq!(
            asks(&guard, address("192.0.2.1"), 0..1, now),
            0,
            "nothing is left"
        );
        for _ in 0..50 {
            assert_eq!(asks(&guard, venue, 0..100, now), 100, "they come back");
        }
        let asked = guard.admit(venue, &id(7), now);
        assert_eq!(asked, Ok(Asked::Again));
    }

    #[test]
    fn whoever_had_a_picture_gets_it_back_whatever_strangers_do() {
        let (guard, start) = (Guard::default(), Instant::now());
        let venue = address("198.51.100.1");
        assert_eq!(asks(&guard, venue, 0..2, start), 2);
        guard.found(venue, id(0));
        for second in 0..700_u16 {
            let now = start + Duration::from_secs(second.into());
            let [high, low] = second.to_be_bytes();
            for network in 0..100_u8 {
                let stranger = IpAddr::from([10 + high, low, network, 1]);
                let from = 2 + 200 * usize::from(second) + 2 * usize::from(network);
                asks(&guard, stranger, from..from + 2, now);
            }
        }
        let knows = |number| {
            let memory = guard.memory.lock().expect("whole");
            memory.knows(&(household(venue), id(number)))
        };
        assert!(!knows(1), "as many came as are remembered");
        assert!(knows(0));
        let asked = guard.admit(venue, &id(0), start);
        assert_eq!(asked, Ok(Asked::Again));
    }

    #[test]
    fn of_each_display_the_last_households_are_remembered() {
        let (guard, now) = (Guard::default(), Instant::now());
        let house = |number: u16| {
            let [high, low] = number.to_be_bytes();
            IpAddr::from([10, high, low, 1])
        };
        guard.found(house(0), id(1));
        for number in 0..1_000 {
            guard.found(house(number), id(0));
        }
        let memory = guard.memory.lock().expect("whole");
        assert!((936..1_000).all(|number| memory.knows(&(household(house(number)), id(0)))));
        assert!(!memory.knows(&(household(house(0)), id(0))));
        assert!(memory.knows(&(household(house(0)), id(1))));
        assert_eq!((memory.found.len(), memory.asked.len()), (2, 0));
        drop(memory);
        assert_eq!(guard.admit(house(999), &id(0), now), Ok(Asked::Again));
    }

    #[test]
    fn whoever_has_a_whole_network_gets_no_further_than_a_few_venues() {
        let (guard, now) = (Guard::default(), Instant::now());
        let mut asked = 0;
        for house in 0..65_536_u128 {
            let host = Ipv6Addr::from((0x2001_0db8_0007 << 80) | (house << 64));
            let from = 1 + 2 * house as usize;
            asked += asks(&guard, host.into(), from..from + 2, now);
        }
        assert_eq!(asked, 1_200);
        assert_eq!(asks(&guard, address("2001:db8:8::1"), 0..100, now), 100);
        let remembered = guard.memory.lock().expect("whole").asked.len();
        assert!(remembered <= REMEMBERED);
    }
}
