//! What an operator sets for a display session.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{scoring::locations::Role, time::Moment};

/// What a display session is for and how it behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Before or after the race.
    pub mode: Mode,
    /// The title on the screens.
    pub event_name: String,
    /// Midnight of the event's day at the event's place, from which a clock on the screen tells the time of day.
    pub midnight: Option<Moment>,
    /// What each location is for, where its name does not say so.
    pub locations: BTreeMap<String, Role>,
    /// How long a runner is shown when nobody else is due, in milliseconds.
    pub show_ms: i64,
    /// How long a runner is shown at least when others are waiting, in milliseconds.
    pub show_at_least_ms: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            event_name: String::new(),
            midnight: None,
            locations: BTreeMap::new(),
            show_ms: 8_000,
            show_at_least_ms: 2_500,
        }
    }
}

/// What makes a runner appear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The first time that a participant is read anywhere: start line, expo, announcer's mat.
    PreRace,
    /// Crossing the finish.
    #[default]
    Results,
}
