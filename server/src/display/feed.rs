//! What one screen has been sent, and what it needs next.

use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use gantry_core::{
    time::Moment,
    wire::{ClientMessage, HEARTBEAT_MS, ServerMessage, StopReason},
};

use super::published::{Published, text};

/// One screen's side of the stream, without the connection that carries it.
///
/// Only the newest picture sent is remembered, so a screen costs the same memory however slow it is.
#[derive(Debug, Default)]
pub struct Feed {
    sent: Option<Arc<Published>>,
}

impl Feed {
    /// The first message of a connection.
    pub fn hello(now: Moment) -> Utf8Bytes {
        text(&ServerMessage::Hello {
            server_time: now,
            heartbeat_ms: HEARTBEAT_MS,
        })
    }

    /// The last message of a connection.
    pub fn stop(reason: StopReason) -> Utf8Bytes {
        text(&ServerMessage::Stop { reason })
    }

    /// The message that brings the screen to the newest picture, if it is not there already.
    ///
    /// While there is none, nothing is proved true any more, so that the screen tells how old its picture is.
    pub fn advance(&mut self, newest: Option<&Arc<Published>>) -> Option<Utf8Bytes> {
        let Some(newest) = newest else {
            self.sent = None;
            return None;
        };
        let held = self.sent.as_deref();
        if held.is_some_and(|held| (held.epoch, held.revision) == (newest.epoch, newest.revision)) {
            return None;
        }
        let text = newest.text_from(held);
        self.sent = Some(Arc::clone(newest));
        Some(text)
    }

    /// The proof that the picture sent last is still true; `None` while none was sent.
    pub fn heartbeat(&self, now: Moment) -> Option<Utf8Bytes> {
        self.sent.as_ref().map(|sent| {
            text(&ServerMessage::Heartbeat {
                epoch: sent.epoch,
                revision: sent.revision,
                hash: sent.hash,
                server_time: now,
            })
        })
    }

    /// The answer to what the screen said; nonsense has none.
    pub fn answer(
        &mut self,
        said: &str,
        newest: Option<&Arc<Published>>,
        now: Moment,
    ) -> Option<Utf8Bytes> {
        match serde_json::from_str(said).ok()? {
            ClientMessage::Time { sent } => Some(text(&ServerMessage::Time {
                sent,
                server_time: now,
            })),
            ClientMessage::Resync => {
                self.sent = None;
                self.advance(newest)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use gantry_core::{
        scene::{Canvas, Scene, notice},
        wire::follow::Follower,
    };

    use super::*;

    const NOW: Moment = Moment(1_620_460_701_950);
    const CANVAS: Canvas = Canvas {
        width: 1920,
        height: 1080,
    };

    /// A page and a bar, so that a step changes one layer of two.
    fn scene(detail: &str) -> Scene {
        let mut scene = notice::page(CANVAS, "Finish", "10 km");
        scene.layers.push(notice::bar(CANVAS, detail));
        scene
    }

    fn message(text: &Utf8Bytes) -> ServerMessage {
        serde_json::from_str(text).expect("a message")
    }

    fn chain(epoch: i64, details: &[&str]) -> Vec<Arc<Published>> {
        let mut chain = vec![Arc::new(Published::first(epoch, scene(details[0])))];
        for detail in &details[1..] {
            let next = chain[chain.len() - 1].next(scene(detail));
            chain.push(Arc::new(next.expect("another picture")));
        }
        chain
    }

    #[test]
    fn the_same_picture_is_no_revision() {
        let first = Published::first(7, scene("a"));
        assert!(first.next(scene("a")).is_none());
    }

    #[test]
    fn screens_that_keep_up_share_one_text() {
        let chain = chain(7, &["a", "b"]);
        let mut feeds = [Feed::default(), Feed::default()];
        let texts = feeds.each_mut().map(|feed| {
            feed.advance(Some(&chain[0])).expect("the whole picture");
            feed.advance(Some(&chain[1])).expect("a step")
        });
        assert!(
            matches!(message(&texts[0]), ServerMessage::Patch { patch, .. } if patch.put.len() == 1)
        );
        assert_eq!(texts[0].as_ptr(), texts[1].as_ptr(), "serialised once");
        assert_eq!(feeds[0].advance(Some(&chain[1])), None);
    }

    #[test]
    fn every_way_of_keeping_up_leads_to_the_same_picture() {
        let pictures = chain(7, &["a", "b", "c", "d"]);
        let restarted = chain(8, &["e", "f"]);
        for seen in [
            vec![&pictures[0], &pictures[1], &pictures[2], &pictures[3]],
            vec![&pictures[0], &pictures[3]],
            vec![&pictures[3]],
            vec![&pictures[2], &restarted[0], &restarted[1]],
            vec![&pictures[0], &restarted[1]],
        ] {
            let (mut feed, mut follower) = (Feed::default(), Follower::default());
            for newest in seen {
                let text = feed.advance(Some(newest)).expect("something new");
                assert_eq!(
                    follower.receive(message(&text), 0),
                    None,
                    "accepted as it is"
                );
                assert_eq!(follower.scene(), Some(&newest.scene));
                let heartbeat = feed.heartbeat(NOW).expect("a picture was sent");
                assert_eq!(
                    follower.receive(message(&heartbeat), 0),
                    None,
                    "the hash fits"
                );
            }
        }
    }

    #[test]
    fn a_screen_that_asks_gets_the_time_or_the_whole_picture() {
        let chain = chain(7, &["a", "b"]);
        let mut feed = Feed::default();
        feed.advance(Some(&chain[1]));
        let time = feed
            .answer(r#"{"type":"time","sent":42}"#, Some(&chain[1]), NOW)
            .expect("an answer");
        assert_eq!(
            message(&time),
            ServerMessage::Time {
                sent: 42,
                server_time: NOW
            }
        );
        let whole = feed
            .answer(r#"{"type":"resync"}"#, Some(&chain[1]), NOW)
            .expect("an answer");
        assert!(matches!(
            message(&whole),
            ServerMessage::Scene { revision: 2, .. }
        ));
        assert_eq!(feed.answer("{}", Some(&chain[1]), NOW), None);
    }

    #[test]
    fn nothing_is_proved_true_while_there_is_no_picture() {
        let picture = Arc::new(Published::first(7, scene("a")));
        let mut feed = Feed::default();
        assert_eq!(feed.advance(None), None);
        assert_eq!(feed.heartbeat(NOW), None);

        feed.advance(Some(&picture));
        assert!(feed.heartbeat(NOW).is_some());
        assert_eq!(feed.advance(None), None);
        assert_eq!(feed.heartbeat(NOW), None);
        let again = feed.advance(Some(&picture)).expect("the whole picture");
        assert!(matches!(message(&again), ServerMessage::Scene { .. }));
    }
}
