//! How long a display may be shown, told at once to every screen that shows it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gantry_core::{time::Moment, wire::StopReason};
use tokio::{sync::watch, time::sleep};

use super::id::DisplayId;
use crate::clock;

/// The machine's clock may be set while a screen waits for its end, so the end is looked at anew this often.
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// The terms of one display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The first moment at which it is over.
    pub expires_at: Moment,
    /// Whether an operator ended it before.
    pub revoked: bool,
}

impl Terms {
    /// Why the display is over at `now`, if it is.
    pub fn over(&self, now: Moment) -> Option<StopReason> {
        if self.revoked {
            Some(StopReason::Revoked)
        } else {
            (self.expires_at <= now).then_some(StopReason::Expired)
        }
    }
}

/// The displays that some screen shows, so that a change of terms finds them.
#[derive(Debug, Default)]
pub struct Watched {
    displays: Mutex<HashMap<DisplayId, Followed>>,
}

/// What those who follow one display have in common.
#[derive(Debug)]
struct Followed {
    terms: watch::Sender<Option<Terms>>,
    /// Every screen holds one more of it.
    screens: Arc<()>,
}

/// Who follows a display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guest {
    /// A screen that people look at.
    Screen,
    /// An operator's view of what the screens show, which is not one of them.
    Preview,
}

/// One screen's hold on its display's terms.
#[derive(Debug)]
pub struct Term {
    terms: watch::Receiver<Option<Terms>>,
    /// As they were when the screen came, until a change is heard of.
    known: Terms,
    _counted: Option<Arc<()>>,
}

/// A screen that has announced itself but does not know its terms yet.
#[derive(Debug)]
pub struct Arriving {
    terms: watch::Receiver<Option<Terms>>,
    counted: Option<Arc<()>>,
}

impl Watched {
    /// Announces a screen. Read the terms from the store after this and not before: a change in between is then not missed.
    pub fn arrive(&self, id: &DisplayId, guest: Guest) -> Arriving {
        let mut displays = self.displays.lock().unwrap_or_else(PoisonError::into_inner);
        displays.retain(|_, followed| followed.terms.receiver_count() > 0);
        let followed = displays.entry(id.clone()).or_insert_with(|| Followed {
            terms: watch::Sender::new(None),
            screens: Arc::default(),
        });
        Arriving {
            terms: followed.terms.subscribe(),
            counted: (guest == Guest::Screen).then(|| Arc::clone(&followed.screens)),
        }
    }

    /// Tells every screen of a display its new terms, after they were stored. Two who change a display at once may tell of it in
    /// the other order; revoked it stays.
    pub fn change(&self, id: &DisplayId, terms: Terms) {
        let displays = self.displays.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(followed) = displays.get(id) {
            followed.terms.send_modify(|known| {
                let revoked = terms.revoked || known.is_some_and(|known| known.revoked);
                *known = Some(Terms { revoked, ..terms });
            });
        }
    }

    /// How many screens show a display now; previews are none.
    pub fn screens(&self, id: &DisplayId) -> usize {
        let displays = self.displays.lock().unwrap_or_else(PoisonError::into_inner);
        displays
            .get(id)
            .map_or(0, |followed| Arc::strong_count(&followed.screens) - 1)
    }
}

impl Arriving {
    /// The screen's hold, from what the store says.
    pub fn with(self, stored: Terms) -> Term {
        Term {
            terms: self.terms,
            known: stored,
            _counted: self.counted,
        }
    }
}

impl Term {
    /// Waits until the display is over and says why. Can be dropped and called again.
    pub async fn over(&mut self) -> StopReason {
        loop {
            let terms = self.terms.borrow_and_update().unwrap_or(self.known);
            let now = clock::now();
            if let Some(reason) = terms.over(now) {
                return reason;
            }
            let left_ms = u64::try_from(terms.expires_at.since_ms(now)).unwrap_or(0);
            let wait = Duration::from_millis(left_ms).min(LONGEST_WAIT);
            tokio::select! {
                Ok(()) = self.terms.changed() => {}
                () = sleep(wait) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> DisplayId {
        "a1b2c3d4".parse().expect("an id")
    }

    fn open() -> Terms {
        Terms {
            expires_at: clock::now() + 3_600_000,
            revoked: false,
        }
    }

    #[tokio::test]
    async fn revoking_ends_every_screen_of_that_display() {
        let watched = Watched::default();
        let other: DisplayId = "b1b2c3d4".parse().expect("an id");
        let mut ended =
            [Guest::Screen, Guest::Preview].map(|guest| watched.arrive(&id(), guest).with(open()));
        let mut running = watched.arrive(&other, Guest::Screen).with(open());
        assert_eq!(watched.screens(&id()), 1, "a preview is no screen");

        let revoked = Terms {
            revoked: true,
            ..open()
        };
        watched.change(&id(), revoked);
        // Somebody who extended it at the same time tells of it late.
        watched.change(&id(), open());
        for screen in &mut ended {
            assert_eq!(screen.over().await, StopReason::Revoked);
        }
        let still_running = tokio::time::timeout(Duration::from_millis(20), running.over()).await;
        assert!(still_running.is_err());
    }

    #[tokio::test]
    async fn a_change_between_arrival_and_the_answer_of_the_store_is_not_missed() {
        let watched = Watched::default();
        let arriving = watched.arrive(&id(), Guest::Screen);
        watched.change(
            &id(),
            Terms {
                revoked: true,
                ..open()
            },
        );
        assert_eq!(arriving.with(open()).over().await, StopReason::Revoked);
    }

    #[tokio::test]
    async fn a_display_ends_by_itself_unless_it_was_extended() {
        let watched = Watched::default();
        let soon = Terms {
            expires_at: clock::now() + 30,
            revoked: false,
        };
        let mut screen = watched.arrive(&id(), Guest::Screen).with(soon);
        assert_eq!(screen.over().await, StopReason::Expired);
        let mut extended = watched.arrive(&id(), Guest::Screen).with(soon);
        watched.change(&id(), open());
        let still_running = tokio::time::timeout(Duration::from_millis(60), extended.over()).await;
        assert!(still_running.is_err());
    }

    #[test]
    fn displays_without_screens_are_forgotten() {
        let watched = Watched::default();
        drop(watched.arrive(&id(), Guest::Screen));
        let other: DisplayId = "b1b2c3d4".parse().expect("an id");
        let _screen = watched.arrive(&other, Guest::Screen);
        assert_eq!(watched.screens(&id()), 0);
        assert_eq!(watched.displays.lock().expect("no poison").len(), 1);
    }
}
