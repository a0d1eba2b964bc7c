//! What the server answers about the import of a roster.

use serde::Deserialize;

/// What a roster import did.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Imported {
    /// New participants.
    #[serde(default)]
    pub imported: u64,
    /// Participants that changed.
    #[serde(default)]
    pub updated: u64,
    /// Participants that the file no longer has.
    #[serde(default)]
    pub removed: u64,
    /// Lines that could not be used.
    #[serde(default)]
    pub rejected: Vec<Rejected>,
}

/// A line of a roster that could not be used.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Rejected {
    /// Its number in the file, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}
