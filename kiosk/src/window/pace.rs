//! When to draw: at the first look, when the picture became another, and when its own clocks and movements say so. Never otherwise.

use gantry_core::{scene::sample::NextFrame, time::Moment};

use crate::picture::Picture;

/// What was drawn last, and how quickly the screen takes frames.
#[derive(Debug)]
pub(super) struct Pace {
    interval_ms: i64,
    drawn: Option<Drawn>,
}

#[derive(Debug)]
struct Drawn {
    picture: Picture,
    next: NextFrame,
    at_local_ms: i64,
}

impl Pace {
    /// A pace of at most one frame each `interval_ms`.
    pub(super) fn new(interval_ms: i64) -> Self {
        Self {
            interval_ms,
            drawn: None,
        }
    }

    /// Notes that `picture` was drawn as at the server time `at`.
    pub(super) fn drew(&mut self, picture: Picture, at: Moment, local_ms: i64) {
        self.drawn = Some(Drawn {
            next: picture.next_frame(at),
            picture,
            at_local_ms: local_ms,
        });
    }

    /// Forgets what was drawn, because the screen no longer shows it.
    pub(super) fn forget(&mut self) {
        self.drawn = None;
    }

    /// The local time at which to draw, when it is now `local_ms` here and `at` on the server; `None` if only news can tell.
    pub(super) fn due_ms(&self, picture: &Picture, at: Moment, local_ms: i64) -> Option<i64> {
        let Some(drawn) = &self.drawn else {
            return Some(local_ms);
        };
        let soonest_ms = drawn.at_local_ms + self.interval_ms;
        if drawn.picture != *picture {
            return Some(soonest_ms);
        }
        match drawn.next {
            NextFrame::Now => Some(soonest_ms),
            NextFrame::At(moment) => Some((local_ms + moment.since_ms(at)).max(soonest_ms)),
            NextFrame::Never => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gantry_core::scene::{Canvas, notice};

    use super::*;

    fn still(title: &str) -> Picture {
        let canvas = Canvas {
            width: 100,
            height: 100,
        };
        Picture {
            scene: Arc::new(notice::page(canvas, title, "")),
            notice: None,
            is_display: true,
        }
    }

    #[test]
    fn a_still_picture_is_drawn_once() {
        let mut pace = Pace::new(16);
        assert_eq!(pace.due_ms(&still("a"), Moment(0), 5), Some(5));
        pace.drew(still("a"), Moment(0), 5);
        assert_eq!(pace.due_ms(&still("a"), Moment(0), 90_000), None);
        assert_eq!(pace.due_ms(&still("b"), Moment(0), 90_000), Some(21));
        pace.forget();
        assert_eq!(pace.due_ms(&still("a"), Moment(0), 7), Some(7));
    }

    #[test]
    fn a_change_that_time_brings_is_awaited_in_local_time() {
        let mut pace = Pace::new(16);
        pace.drew(still("a"), Moment(0), 5);
        if let Some(drawn) = &mut pace.drawn {
            drawn.next = NextFrame::At(Moment(50_000));
        }
        let at = Moment(49_400);
        assert_eq!(pace.due_ms(&still("a"), at, 1000), Some(1600));
        assert_eq!(pace.due_ms(&still("a"), Moment(50_100), 1000), Some(900));
    }
}
