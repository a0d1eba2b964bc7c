//! What the server and a screen say to each other, in JSON over WebSocket (subprotocol [`SUBPROTOCOL`]) or server-sent events.
//!
//! `docs/protocol.md` describes it for people who write a painter of their own.

pub mod follow;

use serde::{Deserialize, Serialize};

use crate::{
    scene::{Scene, patch::Patch},
    time::Moment,
};

/// The WebSocket subprotocol of this version.
pub const SUBPROTOCOL: &str = "gantry.display.v1";

/// How often the server proves that the picture is still true.
pub const HEARTBEAT_MS: i64 = 1000;

/// From the server to a screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The first message of every connection.
    Hello {
        /// The server's time as it sent this.
        server_time: Moment,
        /// How often a heartbeat comes.
        heartbeat_ms: i64,
    },
    /// A whole picture. Revisions count up within an epoch; a new epoch starts from any revision.
    Scene {
        /// The life of the publishing task: a restart has another.
        epoch: i64,
        /// The picture's number within the epoch.
        revision: u64,
        /// The picture.
        scene: Scene,
    },
    /// What changed since revision `base` of the same epoch.
    Patch {
        /// As in `Scene`.
        epoch: i64,
        /// The revision that the patch applies to.
        base: u64,
        /// The revision that it makes.
        revision: u64,
        /// The layers that differ.
        patch: Patch,
    },
    /// Sent each second: the newest revision sent on this connection and its fingerprint.
    Heartbeat {
        /// As in `Scene`.
        epoch: i64,
        /// As in `Scene`.
        revision: u64,
        /// [`scene_hash`](crate::scene::hash::scene_hash) of that revision.
        hash: u32,
        /// The server's time as it sent this.
        server_time: Moment,
    },
    /// The answer to [`ClientMessage::Time`].
    Time {
        /// The question's own number, returned.
        sent: i64,
        /// The server's time as it answered.
        server_time: Moment,
    },
    /// The display is over; the server closes, and a screen shows nothing of it any more and does not come back by itself.
    Stop {
        /// Why.
        reason: StopReason,
    },
}

/// Why a display is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// An operator revoked it.
    Revoked,
    /// Its time ran out.
    Expired,
}

/// From a screen to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Asks for the server's time.
    Time {
        /// Any number, returned in the answer; by custom the screen's own clock in milliseconds.
        sent: i64,
    },
    /// Asks for a whole picture, because what is held does not fit what the server says.
    Resync,
}
