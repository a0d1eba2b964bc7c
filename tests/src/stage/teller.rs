//! One connection's side of the conversation.

use std::{sync::Arc, time::Duration};

use gantry_core::{
    scene::{Scene, hash::scene_hash, patch},
    time::Moment,
    wire::{ClientMessage, ServerMessage},
};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::{
    play::{Beat, Line, Play},
    running::Shared,
};

const EPOCH: i64 = 1;

/// Faster than the real one, so that tests need not wait.
const HEARTBEAT: Duration = Duration::from_millis(200);

/// What one connection is told, in order.
pub(super) struct Teller {
    shared: Shared,
    beats: Interval,
    ready: Vec<ServerMessage>,
    sent: Option<(u64, Arc<Scene>)>,
    greeted: bool,
    over: bool,
}

impl Teller {
    pub(super) fn new(shared: Shared) -> Self {
        let mut beats = interval(HEARTBEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            shared,
            beats,
            ready: Vec::new(),
            sent: None,
            greeted: false,
            over: false,
        }
    }

    pub(super) fn answer(&mut self, message: &ClientMessage) {
        match message {
            ClientMessage::Time { sent } => {
                let server_time = self.now();
                self.ready.push(ServerMessage::Time {
                    sent: *sent,
                    server_time,
                });
            }
            ClientMessage::Resync => self.sent = None,
        }
    }

    /// The next message, when there is one; `None` ends the connection.
    pub(super) async fn next(&mut self) -> Option<ServerMessage> {
        loop {
            if !self.greeted {
                self.greeted = true;
                return Some(ServerMessage::Hello {
                    server_time: self.now(),
                    heartbeat_ms: HEARTBEAT.as_millis() as i64,
                });
            }
            if let Some(answer) = self.ready.pop() {
                return Some(answer);
            }
            let play = self.shared.play.borrow_and_update().clone();
            if self.over || play.line == Line::Cut {
                return None;
            }
            if let Some(reason) = play.stopped {
                self.over = true;
                return Some(ServerMessage::Stop { reason });
            }
            if let Some(message) = self.news(&play) {
                return Some(message);
            }
            tokio::select! {
                changed = self.shared.play.changed() => changed.ok()?,
                _ = self.beats.tick() => {
                    if play.beat != Beat::Silent {
                        return Some(self.heartbeat(&play));
                    }
                }
            }
        }
    }

    fn news(&mut self, play: &Play) -> Option<ServerMessage> {
        let held = self.sent.replace((play.revision, Arc::clone(&play.scene)));
        match held {
            Some((revision, _)) if revision == play.revision => None,
            Some((base, scene)) => Some(ServerMessage::Patch {
                epoch: EPOCH,
                base,
                revision: play.revision,
                patch: patch::diff(&scene, &play.scene),
            }),
            None => Some(ServerMessage::Scene {
                epoch: EPOCH,
                revision: play.revision,
                scene: Scene::clone(&play.scene),
            }),
        }
    }

    fn heartbeat(&self, play: &Play) -> ServerMessage {
        ServerMessage::Heartbeat {
            epoch: EPOCH,
            revision: play.revision,
            hash: scene_hash(&play.scene) ^ u32::from(play.beat == Beat::Wrong),
            server_time: self.now(),
        }
    }

    fn now(&self) -> Moment {
        self.shared.play.borrow().started + self.shared.set_at.elapsed().as_millis() as i64
    }
}
