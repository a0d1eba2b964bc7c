//! The events that a board is the fold of.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{board::settings::Settings, read::ReadKind, roster::Roster, time::Moment};

/// Something that happened to a display session, after it was stored.
#[derive(Clone, Debug, PartialEq)]
pub enum BoardEvent {
    /// A bound timing session took a read.
    Read(BoardRead),
    /// The roster was replaced.
    Roster(Arc<Roster>),
    /// The operator changed the settings.
    Settings(Settings),
}

/// What a board needs of a stored read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardRead {
    /// The read's number in the store, unique and growing.
    pub position: i64,
    /// A chip or a gun.
    pub kind: ReadKind,
    /// The mat.
    pub location: String,
    /// The tag as it came.
    pub tag: String,
    /// When it happened.
    pub at: Moment,
    /// When the server received it.
    pub received_at: Moment,
}

/// An event that belongs to a display session alone, in the form in which it is stored. (Reads are stored with their timing session.)
///
/// The version is part of the stored text: a reader that finds a newer one refuses it instead of guessing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SessionEvent {
    /// The roster was replaced.
    RosterV1 {
        /// The new one.
        roster: Arc<Roster>,
    },
    /// The settings were replaced.
    SettingsV1 {
        /// The new ones.
        settings: Settings,
    },
}

impl From<SessionEvent> for BoardEvent {
    fn from(event: SessionEvent) -> Self {
        match event {
            SessionEvent::RosterV1 { roster } => BoardEvent::Roster(roster),
            SessionEvent::SettingsV1 { settings } => BoardEvent::Settings(settings),
        }
    }
}
