//! An exporter that speaks MYLAPS.

use std::collections::{BTreeMap, VecDeque};

use jiff::civil::DateTime;

use crate::{
    decoder::{
        framing::{Frame, Framer, LONGEST_MESSAGE},
        text,
    },
    time::Moment,
};

/// Passings in one message.
const MOST_PASSINGS: usize = 100;

/// Messages that wait for their acknowledgement.
const MOST_OUTSTANDING: usize = 10;

/// How long a message waits before it is sent again.
const RESEND_MS: i64 = 20_000;

/// A program that exports the passings of one location. It outlives its connections.
#[derive(Debug)]
pub struct Exporter {
    location: String,
    framer: Framer,
    is_greeted: bool,
    waiting: VecDeque<Passing>,
    outstanding: BTreeMap<u64, Message>,
    messages: u64,
}

/// A chip that passed.
#[derive(Clone, Debug)]
pub struct Passing {
    /// Its code.
    pub chip: String,
    /// What the exporter's clock showed.
    pub at: DateTime,
}

#[derive(Debug)]
struct Message {
    bytes: Vec<u8>,
    /// When it was last sent on this connection.
    sent: Option<Moment>,
}

impl Exporter {
    /// A program that has recorded nothing yet.
    pub fn new(location: &str) -> Self {
        Self {
            location: location.to_owned(),
            framer: Framer::new(b"$", LONGEST_MESSAGE),
            is_greeted: false,
            waiting: VecDeque::new(),
            outstanding: BTreeMap::new(),
            messages: 0,
        }
    }

    /// Records a passing, to be sent with the next message.
    pub fn record(&mut self, passing: Passing) {
        self.waiting.push_back(passing);
    }

    /// A new connection: what to send at once.
    pub fn connect(&mut self) -> Vec<u8> {
        self.framer = Framer::new(b"$", LONGEST_MESSAGE);
        self.is_greeted = false;
        for message in self.outstanding.values_mut() {
            message.sent = None;
        }
        text::encode(&format!("{}@Pong@$", self.location))
    }

    /// Takes what the server sent and gives what to send.
    pub fn receive(&mut self, bytes: &[u8], now: Moment) -> Vec<u8> {
        let mut answer = Vec::new();
        for frame in self.framer.push(bytes) {
            let Frame::Line(line) = frame else { continue };
            let line = text::decode(&line);
            match line.split('@').collect::<Vec<_>>()[..] {
                [_, "AckPong", ..] => self.is_greeted = true,
                [_, "AckPassing", number, ..] => {
                    if let Ok(number) = number.parse() {
                        self.outstanding.remove(&number);
                    }
                }
                [_, "Ping", ..] => {
                    answer.extend(text::encode(&format!("{}@AckPing@$", self.location)));
                }
                _ => {}
            }
        }
        answer.extend(self.tick(now));
        answer
    }

    /// What is due: new messages, and those that wait for too long.
    pub fn tick(&mut self, now: Moment) -> Vec<u8> {
        if !self.is_greeted {
            return Vec::new();
        }
        while self.outstanding.len() < MOST_OUTSTANDING && !self.waiting.is_empty() {
            self.pack();
        }
        let is_due = |sent: Option<Moment>| sent.is_none_or(|sent| now.since_ms(sent) >= RESEND_MS);
        let mut bytes = Vec::new();
        for message in self
            .outstanding
            .values_mut()
            .filter(|message| is_due(message.sent))
        {
            message.sent = Some(now);
            bytes.extend_from_slice(&message.bytes);
        }
        bytes
    }

    /// Whether everything recorded has been acknowledged.
    pub fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.outstanding.is_empty()
    }

    fn pack(&mut self) {
        let count = self.waiting.len().min(MOST_PASSINGS);
        let records: Vec<String> = self
            .waiting
            .drain(..count)
            .map(|passing| passing.record())
            .collect();
        self.messages += 1;
        let text = format!(
            "{}@Passing@{}@{}@$",
            self.location,
            records.join("@"),
            self.messages
        );
        let message = Message {
            bytes: text::encode(&text),
            sent: None,
        };
        self.outstanding.insert(self.messages, message);
    }
}

impl Passing {
    /// What a message says of it.
    pub fn record(&self) -> String {
        let (time, date) = (self.at.strftime("%H:%M:%S"), self.at.strftime("%y%m%d"));
        let (millis, chip) = (self.at.millisecond(), &self.chip);
        format!("t={time}.{millis:03}|c={chip}|ct=UH|d={date}|l=1|dv=1|re=0|an=00000001|g=0|b=0|n=")
    }
}
