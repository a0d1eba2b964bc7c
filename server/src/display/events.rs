//! The stream as server-sent events, for browsers that cannot hold a WebSocket.
//!
//! Each message is one event's data. A screen cannot ask on this way: it reckons the time from the heartbeats and gets a whole
//! picture by connecting again.

use std::{convert::Infallible, time::Duration};

use axum::response::sse::Event;
use futures_util::{Stream, stream};
use gantry_core::wire::HEARTBEAT_MS;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{feed::Feed, published::Picture, terms::Term};
use crate::clock;

/// One screen's stream.
struct Screen {
    feed: Feed,
    picture: Picture,
    term: Term,
    heartbeat: Interval,
    shutdown: CancellationToken,
    /// What was said last.
    state: State,
}

enum State {
    Arrived,
    Following,
    Stopped,
}

/// A display's pictures for one screen, until the display is over, the server stops or the screen goes away.
pub fn stream(
    mut picture: Picture,
    term: Term,
    shutdown: CancellationToken,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let mut heartbeat = interval(Duration::from_millis(HEARTBEAT_MS.unsigned_abs()));
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    picture.mark_changed();
    let screen = Screen {
        feed: Feed::default(),
        picture,
        term,
        heartbeat,
        shutdown,
        state: State::Arrived,
    };
    stream::unfold(screen, |mut screen| async {
        let text = screen.next().await?;
        Some((Ok(Event::default().data(text.as_str())), screen))
    })
}

impl Screen {
    /// The next message, as soon as there is one.
    async fn next(&mut self) -> Option<axum::extract::ws::Utf8Bytes> {
        match self.state {
            State::Arrived => {
                self.state = State::Following;
                return Some(Feed::hello(clock::now()));
            }
            State::Following => {}
            State::Stopped => return None,
        }
        loop {
            let text = tokio::select! {
                reason = self.term.over() => {
                    self.state = State::Stopped;
                    Some(Feed::stop(reason))
                }
                () = self.shutdown.cancelled() => return None,
                changed = self.picture.changed() => {
                    changed.ok()?;
                    let newest = self.picture.borrow_and_update().clone();
                    self.feed.advance(newest.as_ref())
                }
                _ = self.heartbeat.tick() => self.feed.heartbeat(clock::now()),
            };
            if text.is_some() {
                return text;
            }
        }
    }
}
