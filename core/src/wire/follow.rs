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
                self.hear_answer(sent, server_time, local_ms);
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

    /// The way there and back bounds an answer's error, so a held clock outside these bounds has jumped: the screen's computer slept,
    /// or the server's clock was set.
    fn hear_answer(&mut self, sent: i64, server_time: Moment, local_ms: i64) {
        let half_way_ms = (local_ms - sent).max(0) / 2;
        let server_time = server_time + half_way_ms;
        self.offset = self.offset.filter(|held| {
            let apart_ms = (server_time.0 - local_ms - held.offset_ms).abs();
            apart_ms <= held.uncertainty_at(local_ms) + half_way_ms
        });
        self.hear_time(server_time, local_ms, half_way_ms);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{
        Canvas, SCENE_VERSION,
        color::Color,
        patch::{Patch, diff},
    };

    const EPOCH: i64 = 7;

    fn scene(width: i32) -> Scene {
        Scene {
            version: SCENE_VERSION,
            canvas: Canvas { width, height: 1 },
            background: Color::rgb(0),
            layers: Vec::new(),
        }
    }

    fn holding(revision: u64, width: i32) -> Follower {
        let mut follower = Follower::default();
        let message = ServerMessage::Scene {
            epoch: EPOCH,
            revision,
            scene: scene(width),
        };
        assert_eq!(follower.receive(message, 0), None);
        follower
    }

    fn heartbeat(revision: u64, hash: u32) -> ServerMessage {
        ServerMessage::Heartbeat {
            epoch: EPOCH,
            revision,
            hash,
            server_time: Moment(5_000),
        }
    }

    #[test]
    fn patches_follow_the_scene_they_were_made_for() {
        let mut follower = holding(1, 10);
        let patch = diff(&scene(10), &scene(20));
        let message = ServerMessage::Patch {
            epoch: EPOCH,
            base: 1,
            revision: 2,
            patch,
        };
        assert_eq!(follower.receive(message, 10), None);
        assert_eq!(follower.scene().map(|scene| scene.canvas.width), Some(20));
        assert_eq!(
            follower.receive(heartbeat(2, scene_hash(&scene(20))), 20),
            None
        );
    }

    #[test]
    fn whatever_does_not_fit_is_asked_for_anew() {
        let stray = || ServerMessage::Patch {
            epoch: EPOCH,
            base: 3,
            revision: 4,
            patch: Patch::default(),
        };
        assert_eq!(
            Follower::default().receive(stray(), 0),
            Some(ClientMessage::Resync)
        );
        assert_eq!(
            holding(1, 10).receive(stray(), 0),
            Some(ClientMessage::Resync)
        );
        assert_eq!(
            holding(1, 10).receive(heartbeat(2, 0), 0),
            Some(ClientMessage::Resync)
        );
        assert_eq!(
            holding(1, 10).receive(heartbeat(1, 0), 0),
            Some(ClientMessage::Resync),
            "a wrong hash"
        );
    }

    #[test]
    fn an_asked_for_time_is_better_than_a_heard_one() {
        let mut follower = Follower::default();
        follower.receive(heartbeat(1, 0), 100);
        assert_eq!(follower.server_time(100), Some(Moment(5_000)));
        let answer = ServerMessage::Time {
            sent: 200,
            server_time: Moment(5_150),
        };
        follower.receive(answer, 220);
        assert_eq!(follower.server_time(220), Some(Moment(5_160)));
        follower.receive(heartbeat(1, 0), 300);
        assert_eq!(follower.server_time(300), Some(Moment(5_240)));
    }

    #[test]
    fn a_better_clock_wears_out() {
        let mut follower = Follower::default();
        follower.receive(
            ServerMessage::Time {
                sent: 0,
                server_time: Moment(0),
            },
            0,
        );
        let tomorrow = 86_400_000;
        follower.receive(
            ServerMessage::Hello {
                server_time: Moment(tomorrow + 900),
                heartbeat_ms: HEARTBEAT_MS,
            },
            tomorrow,
        );
        assert_eq!(follower.server_time(tomorrow), Some(Moment(tomorrow + 900)));
    }

    #[test]
    fn silence_makes_the_picture_old() {
        let follower = holding(1, 10);
        assert_eq!(follower.stale_ms(STALE_AFTER_MS), None);
        assert_eq!(follower.stale_ms(12_000), Some(12_000));
        assert_eq!(Follower::default().stale_ms(12_000), None);
    }

    #[test]
    fn the_end_leaves_nothing_to_show() {
        let mut follower = holding(1, 10);
        follower.receive(
            ServerMessage::Stop {
                reason: StopReason::Revoked,
            },
            1,
        );
        assert_eq!(follower.stopped(), Some(StopReason::Revoked));
        assert!(follower.scene().is_none());
    }

    fn answer(follower: &mut Follower, sent: i64, server_time: i64, local_ms: i64) {
        let server_time = Moment(server_time);
        follower.receive(ServerMessage::Time { sent, server_time }, local_ms);
    }

    #[test]
    fn a_slow_answer_does_not_spoil_a_good_clock() {
        let mut follower = Follower::default();
        answer(&mut follower, 0, 1_005, 10);
        answer(&mut follower, 1_000, 2_380, 1_400);
        assert_eq!(follower.server_time(2_000), Some(Moment(3_000)));
    }

    #[test]
    fn a_clock_that_jumped_is_measured_anew() {
        let mut follower = Follower::default();
        answer(&mut follower, 0, 1_005, 10);
        answer(&mut follower, 1_000, 902_100, 1_200);
        assert_eq!(follower.server_time(2_000), Some(Moment(903_000)));
    }
}
