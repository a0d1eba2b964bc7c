//! What the server warns of: what is wrong with itself, and with the clocks of timing hardware.

use jiff::Timestamp;
use serde::Deserialize;

/// What is wrong with the server.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Alarms {
    /// What stands now.
    pub alarms: Vec<Alarm>,
}

/// Something that is wrong with the server.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Alarm {
    /// Since when.
    pub since: Timestamp,
    /// What is wrong.
    pub words: String,
    /// What to do about it.
    #[serde(default)]
    pub advice: String,
}

/// A reader's clock.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ReaderClock {
    /// How far it is ahead of the server's, in milliseconds; negative when it is behind.
    #[serde(default)]
    pub ahead_ms: i64,
    /// The same in words.
    #[serde(default)]
    pub words: String,
}
