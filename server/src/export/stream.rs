//! Reads written as what timing software says, so that whoever plays it makes the same session again.
//!
//! A session's reads may come from several programs, whose reads at one mat have the same numbers: a backup mat's, or those of a
//! session that was merged into it. So each change from one to another is told by the name that the hardware gave its stream, as
//! the answer to `getconnectionid`. What hardware of other makers sent is written as the ChronoTrack line that says the same, in
//! the order in which it was stored: nothing else tells such lines from others, and some are not numbered.

use std::collections::HashMap;

use gantry_core::{
    chronotrack::{format::TagFields, message::Message},
    read::ReadKind,
};

use crate::store::{KeptRead, TimingSessionId};

/// A stream that is being written.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// The recordings in which each connection occurs.
    recordings: HashMap<String, Vec<TimingSessionId>>,
    /// The connection of the line before.
    connection: Option<String>,
    /// Lines of other makers' hardware so far, by connection and location.
    numbers: HashMap<(String, String), u64>,
}

impl Writer {
    /// The head: what the hardware called the event, as its answer to `geteventinfo`.
    pub(super) fn head(event: &str) -> Vec<u8> {
        line(format!("ack~geteventinfo~{}~0~", plain(event)).into_bytes())
    }

    /// The lines of a read.
    pub(super) fn write(&mut self, kept: &KeptRead) -> Vec<u8> {
        let connection = self.connection_of(kept);
        let mut lines = Vec::new();
        if self.connection.as_ref() != Some(&connection) {
            lines = line(format!("ack~getconnectionid~{connection}").into_bytes());
            self.connection = Some(connection.clone());
        }
        let text = match Message::parse(&kept.raw) {
            Ok(Message::Read(_)) => kept.raw.clone(),
            _ => self.translate(connection, kept),
        };
        lines.extend(line(text));
        lines
    }

    /// A name that no other recording has.
    fn connection_of(&mut self, kept: &KeptRead) -> String {
        let name = match plain(&kept.connection) {
            name if name.is_empty() => "NAMELESS".to_owned(),
            name => name,
        };
        let recordings = self.recordings.entry(name.clone()).or_default();
        let recording = kept.read.timing_session_id;
        let known = recordings.iter().position(|known| *known == recording);
        let place = known.unwrap_or_else(|| {
            recordings.push(recording);
            recordings.len() - 1
        });
        match place {
            0 => name,
            place => format!("{name}-{}", place + 1),
        }
    }

    fn translate(&mut self, connection: String, kept: &KeptRead) -> Vec<u8> {
        let read = &kept.read;
        let stream = (connection, read.location.clone());
        let sequence = self.numbers.entry(stream).or_default();
        *sequence += 1;
        let fields = TagFields {
            sequence: *sequence,
            location: &read.location,
            tag: match read.kind {
                ReadKind::Chip => &read.tag,
                ReadKind::Gun => "GUNTIME",
            },
            time: &read.wire_time,
            lap: read.lap.and_then(|lap| lap.try_into().ok()).unwrap_or(0),
            reader: &read.reader,
            gator: &read.gator,
        };
        fields.line()
    }
}

/// A text that is one field of an answer.
fn plain(text: &str) -> String {
    text.replace(['~', '\r', '\n'], " ")
}

fn line(mut text: Vec<u8>) -> Vec<u8> {
    text.extend_from_slice(b"\r\n");
    text
}
