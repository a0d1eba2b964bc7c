//! The hardware's side of one connection, as strict as the real software is.
//!
//! It greets first, wants the server's greeting and exactly the promised number of options in time, then obeys commands and
//! streams what the [`SessionLog`] holds of the started locations. It never sends on its own account what was not started, and
//! it hangs up on everything that real software hangs up on, so that a server which works with it has not merely been humoured.

mod commands;
mod lines;
mod options;

use std::collections::BTreeMap;

use self::{
    lines::{Line, Lines},
    options::Options,
};
use super::{
    format::TagFields,
    log::{Entry, LocationLog, SessionLog},
    time_format::TimeFormat,
};
use crate::{decoder::text, time::Moment};

/// How long each line of the handshake may take.
pub const HANDSHAKE_MS: i64 = 5_000;
/// How long the software waits after a close before it connects again.
pub const RECONNECT_MS: i64 = 1_000;

/// One connection, from connect to close.
#[derive(Debug)]
pub struct Client {
    lines: Lines,
    user: String,
    password: String,
    phase: Phase,
    options: Options,
    /// The next sequence of each location that is started, by its place in the log.
    streams: BTreeMap<usize, u64>,
    /// How many locations the server has been told of.
    announced: usize,
    asked_for_id: bool,
}

/// What the caller is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Write these bytes to the server.
    Send(Vec<u8>),
    /// Close the connection; connect again [`RECONNECT_MS`] later.
    Close {
        /// What the server did wrong.
        reason: &'static str,
    },
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Greeting {
        until: Moment,
    },
    Options {
        left: usize,
        until: Moment,
    },
    /// Has said who it is.
    Authorizing {
        until: Moment,
    },
    Talking,
    Closed,
}

impl Client {
    /// A connection made now, and the greeting to send at once.
    pub fn connect(now: Moment) -> (Self, Vec<u8>) {
        let client = Self {
            lines: Lines::default(),
            user: String::new(),
            password: String::new(),
            phase: Phase::Greeting {
                until: now + HANDSHAKE_MS,
            },
            options: Options::default(),
            streams: BTreeMap::new(),
            announced: 0,
            asked_for_id: false,
        };
        (client, b"SimpleClient~0.6.0~CTP01\r\n".to_vec())
    }

    /// The same, with something to say to a server that asks for it. Without, both are empty.
    pub fn with_login(self, user: &str, password: &str) -> Self {
        Self {
            user: user.to_owned(),
            password: password.to_owned(),
            ..self
        }
    }

    /// Takes what the server sent.
    pub fn receive(&mut self, bytes: &[u8], log: &SessionLog, now: Moment) -> Vec<Reply> {
        let mut replies = Vec::new();
        for line in self.lines.push(bytes) {
            if matches!(self.phase, Phase::Closed) {
                break;
            }
            match line {
                Line::Whole(text) => {
                    replies.extend(self.take(&text, log, now));
                    replies.extend(self.announce(log).map(Reply::Send));
                }
                Line::Wrong(reason) => replies.push(self.close(reason)),
            }
        }
        replies
    }

    /// The next lines of the started locations, at most so many; empty when all is sent.
    pub fn stream(&mut self, log: &SessionLog, most: usize) -> Vec<u8> {
        let mut bytes = self.announce(log).unwrap_or_default();
        let mut left = most;
        let places: Vec<usize> = self.streams.keys().copied().collect();
        for place in places {
            let next = self.streams[&place];
            let written = self.write_from(log, place, next, left, &mut bytes);
            self.streams.insert(place, next + written as u64);
            left -= written;
        }
        bytes
    }

    /// Whether everything that the log holds has been streamed on this connection.
    pub fn has_sent_all(&self, log: &SessionLog) -> bool {
        let locations = log.locations().iter().enumerate();
        locations
            .filter(|(_, location)| !location.entries.is_empty())
            .all(|(place, location)| {
                let next = self.streams.get(&place).copied().unwrap_or(1);
                next > location.entries.len() as u64
            })
    }

    /// When our patience with the server ends, while the handshake lasts.
    pub fn next_deadline(&self) -> Option<Moment> {
        match self.phase {
            Phase::Greeting { until }
            | Phase::Options { until, .. }
            | Phase::Authorizing { until } => Some(until),
            Phase::Talking | Phase::Closed => None,
        }
    }

    /// Closes a connection whose handshake takes too long.
    pub fn tick(&mut self, now: Moment) -> Vec<Reply> {
        match self.next_deadline() {
            Some(until) if now >= until => vec![self.close("the server does not answer")],
            _ => vec![],
        }
    }

    fn take(&mut self, line: &str, log: &SessionLog, now: Moment) -> Vec<Reply> {
        match self.phase {
            Phase::Greeting { .. } => self.take_greeting(line, now),
            Phase::Options { left, .. } => self.take_option(line, left, now),
            Phase::Authorizing { .. } => self.take_verdict(line),
            Phase::Talking => self.obey(line, log),
            Phase::Closed => vec![],
        }
    }

    fn take_greeting(&mut self, line: &str, now: Moment) -> Vec<Reply> {
        let fields: Vec<&str> = line.split('~').collect();
        let [_, _, count] = fields[..] else {
            return vec![self.close("the server's greeting has not three fields")];
        };
        let Ok(left) = count.parse() else {
            return vec![self.close("the server's greeting does not end with a number")];
        };
        self.expect_options(left, now)
    }

    fn take_option(&mut self, line: &str, left: usize, now: Moment) -> Vec<Reply> {
        if self.options.set(line).is_err() {
            return vec![self.close("the server wants an option that is not supported")];
        }
        self.expect_options(left - 1, now)
    }

    fn expect_options(&mut self, left: usize, now: Moment) -> Vec<Reply> {
        let until = now + HANDSHAKE_MS;
        let Some(method) = self.options.authentication.filter(|_| left == 0) else {
            self.phase = match left {
                0 => Phase::Talking,
                left => Phase::Options { left, until },
            };
            return vec![];
        };
        self.phase = Phase::Authorizing { until };
        let proof = method.proof(&self.password, &self.options.seed);
        vec![say(&format!("authorize~{}~{proof}", self.user))]
    }

    /// Whatever is no refusal lets real software in.
    fn take_verdict(&mut self, line: &str) -> Vec<Reply> {
        if line.to_ascii_lowercase().starts_with("err~authorize") {
            return vec![self.close("the server refuses the user or the password")];
        }
        self.phase = Phase::Talking;
        vec![]
    }

    /// The lines for locations that the server has not been told of, when it may be told.
    fn announce(&mut self, log: &SessionLog) -> Option<Vec<u8>> {
        let may_speak = matches!(self.phase, Phase::Talking)
            && self.options.new_locations
            && (self.asked_for_id || !self.options.connection_id);
        let new = log.locations().get(self.announced..)?;
        if !may_speak || new.is_empty() {
            return None;
        }
        self.announced = log.locations().len();
        let line = |location: &LocationLog| {
            self.options.format.write(&TagFields {
                sequence: 0,
                location: &location.name,
                tag: "newlocation",
                time: "00:00:00.00",
                lap: 0,
                reader: "0",
                gator: "0",
            })
        };
        Some(new.iter().flat_map(line).collect())
    }

    /// Writes at most so many of a location's entries from a sequence on, and says how many there were.
    fn write_from(
        &self,
        log: &SessionLog,
        place: usize,
        sequence: u64,
        most: usize,
        bytes: &mut Vec<u8>,
    ) -> usize {
        let location = &log.locations()[place];
        let skipped = usize::try_from(sequence - 1).unwrap_or(usize::MAX);
        let entries = location.entries.iter().skip(skipped).take(most);
        let mut written = 0;
        for (entry, sequence) in entries.zip(sequence..) {
            bytes.extend(self.write(entry, sequence, &location.name, log));
            written += 1;
        }
        written
    }

    fn write(&self, entry: &Entry, sequence: u64, location: &str, log: &SessionLog) -> Vec<u8> {
        let time_format = if self.options.format.is_fixed {
            TimeFormat::Normal
        } else {
            self.options.time_format
        };
        self.options.format.write(&TagFields {
            sequence,
            location,
            tag: &entry.tag,
            time: &time_format.write(entry.at, log.day),
            lap: entry.lap,
            reader: &entry.reader,
            gator: &entry.gator.to_string(),
        })
    }

    fn close(&mut self, reason: &'static str) -> Reply {
        self.phase = Phase::Closed;
        Reply::Close { reason }
    }
}

fn say(line: &str) -> Reply {
    let mut bytes = text::encode(line);
    bytes.extend_from_slice(b"\r\n");
    Reply::Send(bytes)
}

#[cfg(test)]
mod tests;
