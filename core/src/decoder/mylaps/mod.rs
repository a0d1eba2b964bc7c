//! The exporter of MYLAPS Timing & Scoring and of Toolkit, protocol 2.1 over TCP.
//!
//! The exporter connects. Messages end with `$`, their fields with `@`; the first field is who speaks, for the exporter the
//! name of a location:
//!
//! ```text
//! exporter  Finish@Pong@$
//! we        Gantry@AckPong@Version2.1@c|ct|d|l|dv|re|an|g|b|n@$
//! exporter  10KM@Passing@t=13:11:30.904|c=0000041|d=120606|…@1016@$
//! we        Gantry@AckPassing@1016@$
//! exporter  Finish@Marker@t=11:03:40.347|mt=Gunshot|n=Gunshot 1@4@$
//! we        Gantry@AckMarker@4@$
//! both      X@Ping@$ and Y@AckPing@$
//! ```
//!
//! An acknowledgement tells the exporter to forget, so it is sent when the passings are safe on disk; what is not acknowledged
//! it sends again every 20 seconds, in any order, also on its next connection. Passings have no numbers: a repeated one is
//! recognised by its time, chip, device, reader and antenna.
//!
//! Messages of protocol 1 (`Store`) hold records of fixed widths that are not known here: they are kept as they are and not
//! acknowledged, so that the exporter keeps them too. What `GetInfo` and `GetLocations` are answered is not known either, so
//! neither is asked.

mod record;

use std::ops::Range;

use self::record::Record;
use super::{
    Decoder, Output, fault,
    framing::{Frame, Framer, LONGEST_MESSAGE},
    text,
};
use crate::{read::ReadKind, time::Moment};

/// How long an exporter may take to say something.
const GREETING_MS: i64 = 10_000;

/// How often we ask for a sign of life.
const PING_MS: i64 = 12_000;

/// How long a connection may be silent.
const SILENCE_MS: i64 = 45_000;

/// Locations of one connection.
const MOST_LOCATIONS: usize = 24;

/// Characters of a location's name; what is longer is cut off.
const LONGEST_NAME: usize = 64;

/// The name of every stream: an exporter has none of its own, and a location is a stream by itself.
const CONNECTION: &str = "MYLAPS";

/// What we answer to a `Pong`: which parameters a passing is to have.
const PARAMETERS: &str = "c|ct|d|l|dv|re|an|g|b|n";

/// One exporter's connection.
#[derive(Debug)]
pub struct Mylaps {
    framer: Framer,
    phase: Phase,
    locations: Vec<String>,
    batch: Option<Batch>,
    last_heard: Moment,
    next_ping: Moment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing has been said yet, and there is time for it until then.
    Silent {
        until: Moment,
    },
    Talking,
    Closed,
}

/// A message whose records are given one at a time, so that a hundred of them need no more memory than the message.
#[derive(Debug)]
struct Batch {
    kind: ReadKind,
    location: String,
    /// The message as it came.
    raw: Vec<u8>,
    /// Where in it the records begin.
    head: usize,
    /// Where the next one begins.
    next: usize,
    /// Where the records end.
    end: usize,
    /// What is to be sent when all are stored; nothing for a message that has no number.
    acknowledgement: Option<Vec<u8>>,
}

impl Mylaps {
    /// A connection accepted now.
    pub fn new(now: Moment) -> Self {
        Self {
            framer: Framer::new(b"$", LONGEST_MESSAGE),
            phase: Phase::Silent {
                until: now + GREETING_MS,
            },
            locations: Vec::new(),
            batch: None,
            last_heard: now,
            next_ping: now + PING_MS,
        }
    }

    fn hear(&mut self, frame: Frame, now: Moment) -> Vec<Output> {
        self.last_heard = now;
        let (raw, fits) = match frame {
            Frame::Line(raw) => (trimmed(raw), true),
            Frame::Oversize(raw) => (raw, false),
        };
        if self.phase == Phase::Closed || raw.is_empty() {
            return vec![];
        }
        let mut fields = raw.split(|byte| *byte == b'@');
        let source = name(fields.next().unwrap_or_default());
        let function = fields.next().map(<[u8]>::to_ascii_lowercase);
        let function = function.as_deref().filter(|_| fits).unwrap_or_default();
        let is_known = matches!(
            function,
            b"pong" | b"ping" | b"ackping" | b"passing" | b"marker" | b"store"
        );
        let mut outputs = Vec::new();
        if matches!(self.phase, Phase::Silent { .. }) {
            if !is_known {
                let reason = "the first message is none of MYLAPS, like \"Finish@Pong@$\"";
                return vec![fault(reason, raw), self.close("no message of MYLAPS")];
            }
            self.phase = Phase::Talking;
            outputs.push(Output::Program("MYLAPS exporter".to_owned()));
            outputs.push(Output::Connection(CONNECTION.to_owned()));
        }
        match function {
            b"pong" => {
                outputs.push(Output::Line(raw));
                outputs.push(say(&format!("AckPong@Version2.1@{PARAMETERS}")));
            }
            b"ping" => outputs.push(say("AckPing")),
            b"ackping" => {}
            b"passing" => outputs.extend(self.open(ReadKind::Chip, source, raw)),
            b"marker" => outputs.extend(self.open(ReadKind::Gun, source, raw)),
            b"store" => {
                let reason =
                    "records of protocol 1 are not understood: set the exporter to protocol 2";
                outputs.push(fault(reason, raw));
            }
            _ if fits => outputs.push(Output::Line(raw)),
            _ => {
                let reason = format!("the message is longer than {LONGEST_MESSAGE} bytes");
                outputs.push(fault(reason, raw));
            }
        }
        outputs
    }

    /// Begins a message of records. Its location comes first; the records follow.
    fn open(&mut self, kind: ReadKind, location: String, raw: Vec<u8>) -> Vec<Output> {
        if location.is_empty() {
            return vec![fault("the location is empty", raw)];
        }
        let is_new = !self.locations.contains(&location);
        if is_new && self.locations.len() == MOST_LOCATIONS {
            return vec![fault("too many locations on one connection", raw)];
        }
        let batch = Batch::new(kind, location.clone(), raw);
        let mut outputs = Vec::new();
        if batch.acknowledgement.is_none() {
            let reason = "the message has no number, so it cannot be acknowledged";
            outputs.push(fault(reason, batch.raw.clone()));
        }
        self.batch = Some(batch);
        if is_new {
            self.locations.push(location.clone());
            outputs.push(Output::Location(location));
        }
        outputs
    }

    /// What the next record of the open message says, and at its end the acknowledgement.
    fn next_of_batch(&mut self) -> Option<Vec<Output>> {
        let batch = self.batch.as_mut()?;
        let Some(place) = batch.take_record() else {
            let acknowledgement = self.batch.take()?.acknowledgement;
            let outputs = acknowledgement.map(Output::SendOnceStored);
            return Some(outputs.into_iter().collect());
        };
        let record = &batch.raw[place];
        let raw = [&batch.raw[..batch.head], record].concat();
        let record = Record::parse(&text::decode(record));
        Some(vec![record.understand(
            batch.kind,
            CONNECTION,
            &batch.location,
            raw,
        )])
    }

    fn close(&mut self, reason: &'static str) -> Output {
        self.phase = Phase::Closed;
        Output::Close { reason }
    }
}

impl Decoder for Mylaps {
    fn receive(&mut self, bytes: &mut &[u8], now: Moment) -> Option<Vec<Output>> {
        if let Some(outputs) = self.next_of_batch() {
            return Some(outputs);
        }
        let frame = self.framer.next(bytes)?;
        Some(self.hear(frame, now))
    }

    fn tick(&mut self, now: Moment) -> Vec<Output> {
        match self.phase {
            Phase::Silent { until } if now >= until => vec![self.close("silent for too long")],
            Phase::Talking if now.since_ms(self.last_heard) >= SILENCE_MS => {
                vec![self.close("silent for too long")]
            }
            Phase::Talking if now >= self.next_ping => {
                self.next_ping = now + PING_MS;
                vec![say("Ping")]
            }
            Phase::Silent { .. } | Phase::Talking | Phase::Closed => vec![],
        }
    }

    fn is_in_message(&self) -> bool {
        self.batch.is_some() || self.framer.is_in_message()
    }

    fn next_deadline(&self) -> Option<Moment> {
        match self.phase {
            Phase::Closed => None,
            Phase::Silent { until } => Some(until),
            Phase::Talking => Some(self.next_ping.min(self.last_heard + SILENCE_MS)),
        }
    }
}

impl Batch {
    /// A message `source@function@record@…@number@`.
    fn new(kind: ReadKind, location: String, raw: Vec<u8>) -> Self {
        let whole = raw.strip_suffix(b"@").unwrap_or(&raw);
        let ends = |byte: &u8| *byte == b'@';
        let head: usize = raw
            .splitn(3, ends)
            .take(2)
            .map(|field| field.len() + 1)
            .sum();
        let number_at = whole
            .iter()
            .rposition(|byte| *byte == b'@')
            .map_or(0, |at| at + 1);
        let number = Some(&whole[number_at..])
            .filter(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit));
        let function = match kind {
            ReadKind::Chip => "AckPassing",
            ReadKind::Gun => "AckMarker",
        };
        let acknowledgement = number.map(|number| {
            let number = String::from_utf8_lossy(number);
            message(&format!("{function}@{number}"))
        });
        let end = match number {
            Some(_) => number_at.saturating_sub(1),
            None => whole.len(),
        };
        Self {
            kind,
            location,
            head: head.min(end),
            next: head.min(end),
            end,
            acknowledgement,
            raw,
        }
    }

    /// Where the next record lies.
    fn take_record(&mut self) -> Option<Range<usize>> {
        while self.next < self.end {
            let rest = &self.raw[self.next..self.end];
            let length = rest
                .iter()
                .position(|byte| *byte == b'@')
                .unwrap_or(rest.len());
            let record = self.next..self.next + length;
            self.next = record.end + 1;
            if !record.is_empty() {
                return Some(record);
            }
        }
        None
    }
}

/// Without line ends and other space around it.
fn trimmed(mut raw: Vec<u8>) -> Vec<u8> {
    raw.truncate(raw.trim_ascii_end().len());
    let space = raw.len() - raw.trim_ascii_start().len();
    raw.drain(..space);
    raw
}

fn name(bytes: &[u8]) -> String {
    text::decode(bytes)
        .trim()
        .chars()
        .take(LONGEST_NAME)
        .collect()
}

fn message(text: &str) -> Vec<u8> {
    format!("Gantry@{text}@$").into_bytes()
}

fn say(text: &str) -> Output {
    Output::Send(message(text))
}

#[cfg(test)]
mod tests;
