//! What the timing software has recorded: the whole of a session, kept for as long as the program runs.
//!
//! It outlives connections, which is why a server can resume any of its streams.

use jiff::civil::{Date, DateTime};

use super::message::EventInfo;

/// A session as the timing software holds it.
#[derive(Clone, Debug)]
pub struct SessionLog {
    /// 40 hex digits, another for every run of the program and every socket output.
    pub connection_id: String,
    /// What is being timed.
    pub event: EventInfo,
    /// The day from whose midnight times are counted.
    pub day: Date,
    locations: Vec<LocationLog>,
}

/// All that a mat has recorded.
#[derive(Clone, Debug)]
pub(super) struct LocationLog {
    pub(super) name: String,
    /// In the order of recording; an entry's sequence is its place, from 1.
    pub(super) entries: Vec<Entry>,
}

/// A read or a gun, before it has a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The tag, or `GUNTIME`.
    pub tag: String,
    /// The wall clock of the timing system, of which hundredths are sent.
    pub at: DateTime,
    /// Passes of the tag at the location, this one included; 0 for a gun.
    pub lap: u32,
    /// The reader's or the controller's id.
    pub reader: String,
    /// The antenna; 0 for a gun.
    pub gator: u32,
}

impl Entry {
    /// A gun, timed by this controller.
    pub fn gun(at: DateTime, controller: &str) -> Self {
        Self {
            tag: "GUNTIME".to_owned(),
            at,
            lap: 0,
            reader: controller.to_owned(),
            gator: 0,
        }
    }
}

impl SessionLog {
    /// A session that has recorded nothing.
    pub fn new(connection_id: String, event: EventInfo, day: Date, locations: &[&str]) -> Self {
        let empty = |name: &&str| LocationLog {
            name: (*name).to_owned(),
            entries: Vec::new(),
        };
        Self {
            connection_id,
            event,
            day,
            locations: locations.iter().map(empty).collect(),
        }
    }

    /// Records an entry as the next of a location, which is made if it is new.
    pub fn record(&mut self, location: &str, entry: Entry) {
        match self.locations.iter_mut().find(|log| log.name == location) {
            Some(log) => log.entries.push(entry),
            None => self.locations.push(LocationLog {
                name: location.to_owned(),
                entries: vec![entry],
            }),
        }
    }

    pub(super) fn locations(&self) -> &[LocationLog] {
        &self.locations
    }

    /// The place of a location among all; its name may come in any case.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let wanted = name.to_lowercase();
        self.locations
            .iter()
            .position(|log| log.name.to_lowercase() == wanted)
    }
}
