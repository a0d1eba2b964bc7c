//! A screen's side of the stream: messages in, the newest scene and the server's time out.

use std::sync::Arc;

use crate::{
    scene::{Scene, hash::scene_hash, patch},
    time::Moment,
    wire::{ClientMessage, HEARTBEAT_MS, ServerMessage, StopReason},
};

/// How long after the last sign of life a picture counts as old: three heartbeats.
pub const STALE_AFTER_MS: i64 = 3 * HEARTBEAT_MS;

/// What a screen knows.
///
/// "Local" times are milliseconds of the screen's own monotonic clock, from any start.
#[derive(Clone, Debug, Default)]
pub struct Follower {
    held: Option<Held>,
    offset: Option<Offset>,
    heard_at_local_ms: Option<i64>,
    stopped: Option<StopReason>,
}

#[derive(Clone, Debug)]
struct Held {
    epoch: i64,
    revision: u64,
    scene: Arc<Scene>,
}

/// Server time minus local time, from the exchange with the shortest way there and back.
#[derive(Clone, Copy, Debug)]
struct Offset {
    offset_ms: i64,
    uncertainty_ms: i64,
    measured_at_local_ms: i64,
}

/// How fast an old measurement of the clock loses its worth: quartz drifts up to 50 ms in 1,000 s.
const DRIFT_MS_PER_SECOND: f64 = 0.05;

/// The uncertainty of a time that came without being asked for, when the way here took an unknown time.
const ONE_WAY_UNCERTAINTY_MS: i64 = 500;

impl Follower {
    /// Takes a message that arrived at `local_ms` and says what to answer, if anything.
    pub fn receive(&mut self, message: ServerMessage, local_ms: i64) -> Option<ClientMessage> {
        self.heard_at_local_ms = Some(local_ms);
        match message {
            ServerMessage::Hello { server_time, .. } => {
                self.hear_time(server_time, local_ms, ONE_WAY_UNCERTAINTY_MS);
                Some(ClientMessage::Time { sent: local_ms })
            }
            ServerMessage::Time { sent, server_time } => {
                let way_ms = (local_ms - sent).max(0);
                self.hear_time(server_time + way_ms / 2, local_ms, way_ms / 2);
                None
            }
            ServerMessage::Scene {
                epoch,
                revision,
                scene,
            } => {
                self.held = Some(Held {
                    epoch,
                    revision,
                    scene: Arc::new(scene),
                });
                None
            }
            ServerMessage::Patch {
                epoch,
                base,
                revision,
                patch,
            } => match &mut self.held {
                Some(held) if held.epoch == epoch && held.revision == base => {
                    patch::apply(Arc::make_mut(&mut held.scene), patch);
                    held.revision = revision;
                    None
                }
                _ => Some(ClientMessage::Resync),
            },
            ServerMessage::Heartbeat {
                epoch,
                revision,
                hash,
                server_time,
            } => {
                self.hear_time(server_time, local_ms, ONE_WAY_UNCERTAINTY_MS);
                (!self.holds(epoch, revision, hash)).then_some(ClientMessage::Resync)
            }
            ServerMessage::Stop { reason } => {
                self.stopped = Some(reason);
                self.held = None;
                None
            }
        }
    }

    /// The newest picture, if one came.
    pub fn scene(&self) -> Option<&Arc<Scene>> {
        self.held.as_ref().map(|held| &held.scene)
    }

    /// The epoch and revision of the newest picture.
    pub fn revision(&self) -> Option<(i64, u64)> {
        self.held.as_ref().map(|held| (held.epoch, held.revision))
    }

    /// The server's time at the local time `local_ms`; `None` until the server has told one.
    pub fn server_time(&self, local_ms: i64) -> Option<Moment> {
        self.offset
            .map(|offset| Moment(local_ms + offset.offset_ms))
    }

    /// How old the picture is, once that is worth telling people; `None` while the link lives.
    pub fn stale_ms(&self, local_ms: i64) -> Option<i64> {
        let age_ms = local_ms - self.heard_at_local_ms?;
        (age_ms > STALE_AFTER_MS).then_some(age_ms)
    }

    /// Why the display is over, if it is.
    pub fn stopped(&self) -> Option<StopReason> {
        self.stopped
    }

    fn holds(&self, epoch: i64, revision: u64, hash: u32) -> bool {
        self.held.as_ref().is_some_and(|held| {
            held.epoch == epoch && held.revision == revision && scene_hash(&held.scene) == hash
        })
    }

    /// Keeps the better of the held and the heard clock, where a held one gets worse with age.
    fn hear_time(&mut self, server_time: Moment, local_ms: i64, uncertainty_ms: i64) {
        let heard = Offset {
            offset_ms: server_time.0 - local_ms,
            uncertainty_ms,
            measured_at_local_ms: local_ms,
        };
        let worth_keeping = self
            .offset
            .is_some_and(|held| held.uncertainty_at(local_ms) < heard.uncertainty_ms);
        if !worth_keeping {
            self.offset = Some(heard);
        }
    }
}

impl Offset {
    fn uncertainty_at(self, local_ms: i64) -> i64 {
        let age_seconds = (local_ms - self.measured_at_local_ms) as f64 / 1000.0;
        self.uncertainty_ms + (age_seconds * DRIFT_MS_PER_SECOND) as i64
    }
}
