//! What the link knows.

use gantry_core::wire::{ClientMessage, ServerMessage, follow::Follower};

/// The newest that is known of a display.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The stream so far. Its local times are those of the link's [`LocalClock`](crate::clock::LocalClock).
    pub follower: Follower,
    /// How the connection is.
    pub phase: Phase,
}

/// How the connection is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nobody has answered yet, and nothing has gone wrong.
    #[default]
    Connecting,
    /// The server talks.
    Connected,
    /// There is no connection; another try follows.
    Lost {
        /// Why, for people.
        why: String,
    },
    /// The server does not know the display (any more), and since then has shown no new life of it.
    Ended,
}

impl State {
    /// Takes a message of the stream and says what to answer, if anything.
    pub(super) fn receive(
        &mut self,
        message: ServerMessage,
        local_ms: i64,
    ) -> Option<ClientMessage> {
        let answer = self.follower.receive(message, local_ms);
        let is_alive = self.phase != Phase::Ended || self.follower.scene().is_some();
        if self.follower.stopped().is_some() {
            self.phase = Phase::Ended;
        } else if is_alive {
            self.phase = Phase::Connected;
        }
        answer
    }

    /// The connection is gone; the picture stays.
    pub(super) fn lose(&mut self, why: String) {
        if self.phase != Phase::Ended {
            self.phase = Phase::Lost { why };
        }
    }

    /// The display is gone, and its picture with it.
    pub(super) fn end(&mut self) {
        self.phase = Phase::Ended;
        if self.follower.stopped().is_none() {
            self.follower = Follower::default();
        }
    }

    /// What the window has to hear of: all but the passing of time.
    pub(super) fn landmark(&self) -> (Phase, Option<(i64, u64)>) {
        (self.phase.clone(), self.follower.revision())
    }
}

#[cfg(test)]
mod tests {
    use gantry_core::{
        scene::{Canvas, notice},
        time::Moment,
        wire::StopReason,
    };

    use super::*;

    fn scene() -> ServerMessage {
        let canvas = Canvas {
            width: 10,
            height: 10,
        };
        ServerMessage::Scene {
            epoch: 1,
            revision: 1,
            scene: notice::page(canvas, "", ""),
        }
    }

    #[test]
    fn an_ended_display_is_over_until_a_new_picture_comes() {
        let mut state = State::default();
        state.receive(scene(), 0);
        let reason = StopReason::Revoked;
        state.receive(ServerMessage::Stop { reason }, 1);
        state.lose("cut".to_owned());
        assert_eq!(state.phase, Phase::Ended);
        state.follower = Follower::default();
        let hello = ServerMessage::Hello {
            server_time: Moment(0),
            heartbeat_ms: 1000,
        };
        state.receive(hello, 2);
        assert_eq!(state.phase, Phase::Ended);
        state.receive(scene(), 3);
        assert_eq!(state.phase, Phase::Connected);
    }

    #[test]
    fn a_lost_connection_keeps_the_picture_and_a_gone_display_does_not() {
        let mut state = State::default();
        state.receive(scene(), 0);
        state.lose("cut".to_owned());
        assert!(state.follower.scene().is_some());
        state.end();
        assert!(state.follower.scene().is_none());
    }
}
