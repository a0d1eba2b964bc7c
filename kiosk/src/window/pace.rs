//! When to draw: at the first look, and when what is to be seen became another, by news or by its own clocks and movements.
//! Never otherwise.

use gantry_core::{
    scene::sample::{DisplayList, NextFrame},
    time::Moment,
};

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
    list: DisplayList,
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

    /// Notes that `picture` was drawn as at the server time `at`, which was `list`.
    pub(super) fn drew(&mut self, picture: Picture, list: DisplayList, at: Moment, local_ms: i64) {
        self.drawn = Some(Drawn {
            next: picture.next_frame(at),
            picture,
            list,
            at_local_ms: local_ms,
        });
    }

    /// Forgets what was drawn, because the screen no longer shows it.
    pub(super) fn forget(&mut self) {
        self.drawn = None;
    }

    /// The local time at which to draw, when it is now `local_ms` here and `at` on the server; `None` if only news can tell.
    pub(super) fn due_ms(&mut self, picture: &Picture, at: Moment, local_ms: i64) -> Option<i64> {
        let due_ms = self.look_ms(picture, at, local_ms)?;
        if due_ms > local_ms {
            return Some(due_ms);
        }
        let list = picture.display_list(at);
        match self.drawn.take_if(|drawn| drawn.list == list) {
            // News of what is not to be seen: the picture looks as before.
            Some(_) => {
                self.drew(picture.clone(), list, at, local_ms);
                self.look_ms(picture, at, local_ms)
            }
            None => Some(due_ms),
        }
    }

    /// The local time at which the picture may look different from what was drawn.
    fn look_ms(&self, picture: &Picture, at: Moment, local_ms: i64) -> Option<i64> {
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

    use gantry_core::scene::{
        Align, Canvas, ClockFormat, Node, Rect, TextStyle, Weight, color::Color, notice,
    };

    use super::*;

    const CANVAS: Canvas = Canvas {
        width: 100,
        height: 100,
    };

    fn still(title: &str) -> Picture {
        Picture {
            scene: Arc::new(notice::page(CANVAS, title, "")),
            notice: None,
            is_display: true,
        }
    }

    /// A race clock that started at the moment 0.
    fn clock() -> Picture {
        let mut scene = notice::page(CANVAS, "", "");
        scene.layers[0].nodes.push(Node::Clock {
            rect: Rect::new(0, 0, 50, 20),
            baseline: 15,
            zero_at: Moment(0),
            stopped_at: None,
            format: ClockFormat::Race,
            style: TextStyle {
                size_halves: 20,
                weight: Weight::Bold,
                align: Align::Left,
                color: Color::rgb(0),
            },
        });
        Picture {
            scene: Arc::new(scene),
            ..still("")
        }
    }

    fn draw(pace: &mut Pace, picture: &Picture, at: i64, local_ms: i64) {
        let list = picture.display_list(Moment(at));
        pace.drew(picture.clone(), list, Moment(at), local_ms);
    }

    #[test]
    fn a_still_picture_is_drawn_once() {
        let mut pace = Pace::new(16);
        assert_eq!(pace.due_ms(&still("a"), Moment(0), 5), Some(5));
        draw(&mut pace, &still("a"), 0, 5);
        assert_eq!(pace.due_ms(&still("a"), Moment(0), 90_000), None);
        assert_eq!(pace.due_ms(&still("b"), Moment(0), 90_000), Some(21));
        pace.forget();
        assert_eq!(pace.due_ms(&still("a"), Moment(0), 7), Some(7));
    }

    #[test]
    fn a_change_that_time_brings_is_awaited_in_local_time() {
        let mut pace = Pace::new(16);
        draw(&mut pace, &clock(), 49_100, 700);
        assert_eq!(pace.due_ms(&clock(), Moment(49_400), 1000), Some(1600));
        assert_eq!(pace.due_ms(&clock(), Moment(50_100), 1000), Some(900));
    }

    #[test]
    fn a_picture_that_looks_as_before_is_not_drawn_again() {
        let mut pace = Pace::new(16);
        draw(&mut pace, &clock(), 49_100, 1000);
        // News, but of nothing that is to be seen.
        let mut other = clock();
        Arc::make_mut(&mut other.scene).layers[0].key.push('2');
        assert_eq!(pace.due_ms(&other, Moment(49_300), 1200), Some(1900));
        assert_eq!(pace.due_ms(&other, Moment(50_000), 1900), Some(1900));
    }
}
