//! What a test wants played.

use std::sync::Arc;

use gantry_core::{scene::Scene, time::Moment, wire::StopReason};

/// What the stage plays now.
#[derive(Clone, Debug)]
pub struct Play {
    /// The picture.
    pub scene: Arc<Scene>,
    /// Its number; a test counts it up with the scene.
    pub revision: u64,
    /// Server time when the stage was set; it runs on from there.
    pub started: Moment,
    /// Whether the display exists.
    pub found: bool,
    /// What the network lets through.
    pub line: Line,
    /// What heartbeats tell.
    pub beat: Beat,
    /// Why the display is over, if it is.
    pub stopped: Option<StopReason>,
}

/// What the network lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Everything.
    Open,
    /// Requests and answers, but no WebSocket.
    NoWebSockets,
    /// Nothing: what is open is closed.
    Cut,
}

/// What heartbeats tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// The fingerprint of the picture.
    True,
    /// A fingerprint that the picture does not have.
    Wrong,
    /// Nothing: they do not come.
    Silent,
}
