//! What an operator makes of a timing session.

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

/// A change of a timing session.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrangement {
    /// Calls it something else.
    Rename(String),
    /// Keeps its reads for good, or no longer.
    Pin(bool),
    /// Has hardware go on in another one, or in this one again.
    Close(bool),
    /// Has another one show its reads.
    Merge {
        /// The id of the other one.
        into: String,
    },
    /// Puts what happened at or after a moment into a new one.
    Split {
        /// The moment.
        at: Timestamp,
    },
    /// Corrects the times of a mat.
    Correct {
        /// The mat.
        location: String,
        /// How far its clocks were ahead, in milliseconds.
        ahead_ms: i64,
        /// The day of its first read, `YYYY-MM-DD`.
        first_day: Option<String>,
    },
}

impl Arrangement {
    /// The method and the path that it is asked for with.
    pub fn route(&self, id: &str) -> (Method, String) {
        let session = format!("/api/chronotrack/sessions/{id}");
        match self {
            Self::Rename(_) | Self::Pin(_) | Self::Close(_) => (Method::PATCH, session),
            Self::Merge { .. } => (Method::POST, format!("{session}/merge")),
            Self::Split { .. } => (Method::POST, format!("{session}/split")),
            Self::Correct { .. } => (Method::PUT, format!("{session}/corrections")),
        }
    }

    /// The body that goes with it.
    pub fn body(&self) -> Value {
        match self {
            Self::Rename(name) => json!({"name": name}),
            Self::Pin(pinned) => json!({"pinned": pinned}),
            Self::Close(closed) => json!({"closed": closed}),
            Self::Merge { into } => json!({"into": into}),
            Self::Split { at } => json!({"at": at.to_string()}),
            Self::Correct {
                location,
                ahead_ms,
                first_day,
            } => json!({"location": location, "ahead_ms": ahead_ms, "first_day": first_day}),
        }
    }

    /// What has become of the session, after its name.
    pub fn told(&self) -> &'static str {
        match self {
            Self::Rename(_) => "is renamed",
            Self::Pin(true) => "is pinned: its reads stay for good",
            Self::Pin(false) => "is no longer pinned",
            Self::Close(true) => "is closed; its hardware goes on in another one",
            Self::Close(false) => "is open for its hardware",
            Self::Merge { .. } => "is merged",
            Self::Split { .. } => "is split; what came later is in a new one",
            Self::Correct { .. } => "is being dated again",
        }
    }
}
