//! Our side of one connection: what to answer to each line, and what each line means for the store.
//!
//! A conversation runs greeting, introduction, stream. We greet back with the options and ask three questions at once
//! (connection id, event, locations); when they are answered, every location is started where the store left off, which only
//! the caller knows: it answers each [`Output::Location`] with [`Decoder::resume`]. There is no acknowledgement of reads, so a
//! resume is the only recovery, and a hole in the sequence is asked for again once.
//!
//! Nothing is worth storing before [`Output::Connection`]: port scanners and the client's own *Test* button come no further.

mod cursor;
mod introduction;
mod said;

use self::{
    cursor::Cursors,
    introduction::Introduction,
    said::{QUESTIONS, command, is_addressable, opening},
};
use super::{
    login::Login,
    message::{Message, ReadLine},
};
use crate::{
    decoder::{
        Decoder, Output, fault,
        framing::{Frame, Framer},
        text,
    },
    read::WireRead,
    time::Moment,
};

/// How long a client may take to greet.
pub const GREETING_MS: i64 = 10_000;
/// How long a client may say nothing to the questions before the stream is started without their answers, as clients older
/// than 0.4.0 need it.
pub const PATIENCE_MS: i64 = 5_000;
/// How long the answers may take altogether, however slowly they come.
pub const INTRODUCTION_MS: i64 = 30_000;
/// How often we ask for a sign of life.
pub const PING_MS: i64 = 12_000;
/// How long a connection may be silent. An answered ping waits behind a backlog, so any line counts as life.
pub const SILENCE_MS: i64 = 45_000;

/// One connection, from accept to close. Every call gives what to do now, in order.
#[derive(Debug)]
pub struct Peer {
    framer: Framer,
    login: Option<Login>,
    connection: String,
    phase: Phase,
    cursors: Cursors,
    started_all: bool,
    last_heard: Moment,
    next_ping: Moment,
}

#[derive(Debug)]
enum Phase {
    /// Waits for the greeting until then.
    Greeting {
        until: Moment,
    },
    /// Waits until then for the client to say who it is.
    Authorizing {
        until: Moment,
    },
    /// Waits for answers until then, or longer while they come, but not past the end.
    Introducing {
        until: Moment,
        end: Moment,
        answers: Introduction,
    },
    Streaming,
    Closed,
}

/// More locations than a connection may have.
struct TooMany;

impl Decoder for Peer {
    fn receive(&mut self, bytes: &mut &[u8], now: Moment) -> Option<Vec<Output>> {
        if let Phase::Introducing { until, end, .. } = &mut self.phase
            && !bytes.is_empty()
        {
            *until = (now + PATIENCE_MS).min(*end);
        }
        let frame = self.framer.next(bytes)?;
        Some(self.hear(frame, now))
    }

    fn resume(&mut self, location: &str, last: Option<u64>) -> Vec<Output> {
        self.cursors.begin(location, last);
        if !is_addressable(location) {
            return self.start_all();
        }
        let from = last.map_or_else(String::new, |last| format!("~{}", last.saturating_add(1)));
        vec![command(&format!("start~{location}{from}"))]
    }

    fn tick(&mut self, now: Moment) -> Vec<Output> {
        let mut outputs = match self.phase {
            Phase::Greeting { until } if now >= until => return vec![self.close("no greeting")],
            Phase::Authorizing { until } if now >= until => {
                return vec![self.close("no login")];
            }
            Phase::Greeting { .. } | Phase::Authorizing { .. } | Phase::Closed => return vec![],
            Phase::Introducing { until, .. } if now >= until => self.begin(),
            Phase::Introducing { .. } | Phase::Streaming => vec![],
        };
        if now.since_ms(self.last_heard) >= SILENCE_MS {
            return vec![self.close("silent for too long")];
        }
        if now >= self.next_ping {
            self.next_ping = now + PING_MS;
            outputs.push(command("ping"));
        }
        outputs
    }

    fn is_in_message(&self) -> bool {
        self.framer.is_in_message()
    }

    fn next_deadline(&self) -> Option<Moment> {
        match self.phase {
            Phase::Closed => None,
            Phase::Greeting { until } | Phase::Authorizing { until } => Some(until),
            Phase::Introducing { until, .. } => Some(until.min(self.next_alarm())),
            Phase::Streaming => Some(self.next_alarm()),
        }
    }
}

impl Peer {
    /// A connection accepted now.
    ///
    /// `nameless` names the stream of a client that has no connection id. Sequences start again with every session, so it must
    /// be another for every TCP connection.
    pub fn new(nameless: String, now: Moment) -> Self {
        Self {
            framer: Framer::default(),
            login: None,
            connection: nameless,
            phase: Phase::Greeting {
                until: now + GREETING_MS,
            },
            cursors: Cursors::default(),
            started_all: false,
            last_heard: now,
            next_ping: now + PING_MS,
        }
    }

    /// The same, for a port on which clients have to log in.
    pub fn with_login(self, login: Login) -> Self {
        Self {
            login: Some(login),
            ..self
        }
    }

    fn hear(&mut self, frame: Frame, now: Moment) -> Vec<Output> {
        self.last_heard = now;
        let (raw, message) = match frame {
            Frame::Line(raw) => {
                let message = Message::parse(&raw).map_err(|error| error.to_string());
                (raw, message)
            }
            Frame::Oversize(raw) => {
                let reason = format!("the line is longer than {} bytes", raw.len());
                (raw, Err(reason))
            }
        };
        match (&self.phase, message) {
            (Phase::Closed, _) => vec![],
            (Phase::Greeting { .. }, Ok(Message::Greeting { program, version })) => {
                self.greet(&program, &version, raw, now)
            }
            (Phase::Greeting { .. }, _) => {
                let reason = "the first line is no greeting like \"SimpleClient~0.6.0~CTP01\"";
                vec![fault(reason, raw), self.close("no greeting")]
            }
            (Phase::Authorizing { .. }, message) => self.authorize(message.ok(), now),
            (_, Ok(message)) => self.understand(message, raw),
            (_, Err(reason)) => vec![fault(reason, raw)],
        }
    }

    fn next_alarm(&self) -> Moment {
        self.next_ping.min(self.last_heard + SILENCE_MS)
    }

    fn greet(&mut self, program: &str, version: &str, raw: Vec<u8>, now: Moment) -> Vec<Output> {
        let mut opening = opening(self.login.as_ref());
        if self.login.is_some() {
            self.phase = Phase::Authorizing {
                until: now + GREETING_MS,
            };
        } else {
            opening += QUESTIONS;
            self.introduce(now);
        }
        vec![
            Output::Line(raw),
            Output::Program(format!("{program} {version}")),
            Output::Send(opening.into_bytes()),
        ]
    }

    fn introduce(&mut self, now: Moment) {
        self.phase = Phase::Introducing {
            until: now + PATIENCE_MS,
            end: now + INTRODUCTION_MS,
            answers: Introduction::default(),
        };
        self.next_ping = now + PING_MS;
    }

    /// Lets the client in that says the right words, and no other.
    fn authorize(&mut self, message: Option<Message>, now: Moment) -> Vec<Output> {
        let Some(Message::Authorize { user, proof }) = message else {
            let reason = "the client did not say who it is";
            return vec![fault(reason, vec![]), self.close("no login")];
        };
        if self
            .login
            .as_ref()
            .is_some_and(|login| login.accepts(&user, &proof))
        {
            self.introduce(now);
            return vec![Output::Send(
                format!("ack~authorize\r\n{QUESTIONS}").into_bytes(),
            )];
        }
        vec![
            command("err~authorize~wrong user or password"),
            // Its line holds a password.
            fault(
                "the client's user or password is wrong",
                text::encode(&format!("authorize~{user}")),
            ),
            self.close("wrong login"),
        ]
    }

    fn understand(&mut self, message: Message, raw: Vec<u8>) -> Vec<Output> {
        let outputs = match message {
            Message::Read(read) => return self.take_read(read, raw),
            Message::Refused { command, reason } => return self.refused(&command, &reason, raw),
            Message::Greeting { .. } => return vec![fault("a second greeting", raw)],
            // Seven thousand a day, and none of them says anything.
            Message::Ping => return vec![command("ack~ping")],
            Message::Ack(command) if command == "ping" => return vec![],
            // It waits for the answer, and its line holds a password.
            Message::Authorize { .. } => return vec![command("ack~authorize")],
            Message::NewLocation(location) => match self.announce(location) {
                Ok(outputs) => outputs,
                Err(TooMany) => return vec![fault("too many locations on one connection", raw)],
            },
            Message::ConnectionId(id) => self.answer(|answers| answers.connection = Some(id)),
            Message::Locations(list) => self.answer(|answers| answers.answered = Some(list)),
            Message::EventInfo(info) => self.take_event(info.name),
            Message::Ack(command) if command == "geteventinfo" => self.take_event(String::new()),
            Message::Ack(_) => vec![],
        };
        [vec![Output::Line(raw)], outputs].concat()
    }

    /// Takes an answer; with the last one the introduction is over.
    fn answer(&mut self, take: impl FnOnce(&mut Introduction)) -> Vec<Output> {
        let Phase::Introducing { answers, .. } = &mut self.phase else {
            // The stream runs under another name by now; it cannot change any more.
            return vec![];
        };
        take(answers);
        if answers.is_complete() {
            self.begin()
        } else {
            vec![]
        }
    }

    /// Takes the event's name, which is empty where the client has none.
    fn take_event(&mut self, name: String) -> Vec<Output> {
        let told = (!name.is_empty()).then_some(Output::Event(name));
        let mut outputs: Vec<Output> = told.into_iter().collect();
        outputs.extend(self.answer(|answers| answers.has_event = true));
        outputs
    }

    fn announce(&mut self, location: String) -> Result<Vec<Output>, TooMany> {
        match &mut self.phase {
            Phase::Introducing { answers, .. } if answers.announced.len() < cursor::MOST => {
                answers.announced.push(location);
                Ok(vec![])
            }
            Phase::Streaming if self.cursors.add(&location) => Ok(vec![Output::Location(location)]),
            Phase::Streaming if self.cursors.knows(&location) => Ok(vec![]),
            _ => Err(TooMany),
        }
    }

    /// Ends the introduction with what is known, and has every known location started.
    fn begin(&mut self) -> Vec<Output> {
        let answers = match std::mem::replace(&mut self.phase, Phase::Streaming) {
            Phase::Introducing { answers, .. } => answers,
            _ => Introduction::default(),
        };
        let must_guess = answers.answered.is_none() && answers.announced.is_empty();
        let locations = answers.locations();
        if let Some(id) = answers.connection {
            self.connection = id;
        }
        let mut outputs = vec![Output::Connection(self.connection.clone())];
        outputs.extend(
            locations
                .into_iter()
                .filter(|location| self.cursors.add(location))
                .map(Output::Location),
        );
        if must_guess {
            outputs.extend(self.start_all());
        }
        outputs
    }

    fn take_read(&mut self, read: ReadLine, raw: Vec<u8>) -> Vec<Output> {
        let mut outputs = match self.phase {
            // It streams without having been asked to: better under no name than lost.
            Phase::Introducing { .. } => self.begin(),
            _ => vec![],
        };
        let hole = self.cursors.advance(&read.location, read.sequence);
        if let Some(missing) = hole.filter(|_| is_addressable(&read.location)) {
            outputs.push(command(&format!("start~{}~{missing}", read.location)));
        }
        outputs.push(Output::Read(WireRead {
            kind: read.kind,
            connection: self.connection.clone(),
            location: read.location,
            sequence: read.sequence,
            tag: read.tag,
            time: read.time,
            wire_time: read.time_text,
            lap: read.lap,
            reader: read.reader,
            gator: read.gator,
            raw,
        }));
        outputs
    }

    /// A location that cannot be started by name is started with all the others. A client that tells no event has none.
    fn refused(&mut self, what: &str, reason: &str, raw: Vec<u8>) -> Vec<Output> {
        let mut outputs = vec![fault(
            format!("the client refused \"{what}\": {reason}"),
            raw,
        )];
        if what.eq_ignore_ascii_case("start") {
            outputs.extend(self.start_all());
        } else if what.eq_ignore_ascii_case("geteventinfo") {
            outputs.extend(self.take_event(String::new()));
        }
        outputs
    }

    /// Asks for everything from the beginning, once; streams that run already take no notice.
    fn start_all(&mut self) -> Vec<Output> {
        if std::mem::replace(&mut self.started_all, true) {
            vec![]
        } else {
            vec![command("start")]
        }
    }

    fn close(&mut self, reason: &'static str) -> Output {
        self.phase = Phase::Closed;
        Output::Close { reason }
    }
}

#[cfg(test)]
mod tests;
