//! A RACE RESULT decoder, to which we connect.
//!
//! Lines end with CR LF, fields are separated by `;`. We ask, it answers:
//!
//! ```text
//! we       GETPROTOCOL
//! decoder  GETPROTOCOL;2.0;1.0;2.6
//! we       SETPROTOCOL;2.0
//! we       GETTIME
//! we       PASSINGS                      each second
//! decoder  PASSINGS;2;…
//! we       1:2                           later from the last one on that was read
//! decoder  1;AB1234;2026-07-12;10:11:16.443;…
//! decoder  2;AB1235;2026-07-12;10:11:17.120;…
//! decoder                                an empty line ends them
//! ```
//!
//! Passings are numbered from 1 within a file that the decoder keeps, so nothing is lost with a connection. The decoder does
//! not name its file: its first passing does. A file that has grown shorter is another, and so is one in which a passing is
//! not what it was: the last one read is asked for again with those behind it, because a file that is cleared may have grown
//! past it before the decoder is asked again. Timers start, stop and set their decoders themselves: we never do, because
//! `STOPOPERATION` in the wrong minute costs a race.
//!
//! Not known, so relied on by nothing: the fields of a passing behind its time, the form in which `SETPROTOCOL` and `GETTIME`
//! are answered (a time of the form that `SETTIME` takes is understood), and whether passings can be guns. A decoder does not
//! say where it stands, so its location is the feed's.

use super::{
    ClockReading, Decoder, Output, fault,
    fingerprint::fingerprint,
    framing::{Frame, Framer, MAX_LINE},
    text,
};
use crate::{
    dating::WireTime,
    read::{ReadKind, WireRead},
    time::Moment,
};

/// How often the decoder is asked for its count of passings.
const POLL_MS: i64 = 1_000;

/// How long it may leave the first question unanswered before it is asked for passings all the same.
const PATIENCE_MS: i64 = 5_000;

/// How long it may leave any question unanswered.
const SILENCE_MS: i64 = 15_000;

/// Passings asked for at once.
const BATCH: u64 = 500;

/// The protocol that we speak.
const PROTOCOL: (u32, u32) = (2, 0);

/// Characters of a transponder's code; real ones have a few.
const LONGEST_FIELD: usize = 64;

const NO_PASSING: &str = "the line is no passing like \"1;AB1234;2026-07-12;10:11:16.443\"";

const NEW_FILE: &str = "the decoder has begun a new file";

/// One connection to a decoder.
#[derive(Debug)]
pub struct RaceResult {
    framer: Framer,
    location: String,
    phase: Phase,
    /// The name of its file, once it is known.
    file: Option<String>,
    /// How many passings the file has.
    count: u64,
    /// The number of the next passing to be read.
    next: u64,
    /// The number and the words of the last one that came.
    last: Option<(u64, String)>,
    last_heard: Moment,
    asked_time: Moment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Asked for its protocol at that time.
    Opening(Moment),
    /// Waits until it is to be asked for its count again.
    Resting(Moment),
    /// Asked for its count.
    Counting,
    /// Asked for its first passing, to know the file.
    Identifying,
    /// Asked for passings, the first new one of which was to be this.
    Reading(u64),
    Closed,
}

/// A passing: its number, its transponder and its time, whatever they are.
struct Passing<'a> {
    number: u64,
    transponder: &'a str,
    date: &'a str,
    time: &'a str,
}

impl RaceResult {
    /// A connection made now to a decoder that stands at this location.
    pub fn new(location: String, now: Moment) -> Self {
        Self {
            framer: Framer::new(b"\n", MAX_LINE).with_empty(),
            location,
            phase: Phase::Opening(now),
            file: None,
            count: 0,
            next: 1,
            last: None,
            last_heard: now,
            asked_time: now,
        }
    }

    fn hear(&mut self, frame: Frame, now: Moment) -> Vec<Output> {
        if self.phase == Phase::Closed {
            return vec![];
        }
        self.last_heard = now;
        let raw = match frame {
            Frame::Line(mut raw) => {
                raw.truncate(raw.trim_ascii_end().len());
                raw
            }
            Frame::Oversize(raw) => {
                let reason = format!("the line is longer than {MAX_LINE} bytes");
                return vec![fault(reason, raw)];
            }
        };
        let line = text::decode(&raw).into_owned();
        let fields: Vec<&str> = line.split(';').collect();
        match fields[..] {
            [""] => self.end_batch(now),
            ["GETPROTOCOL", ref versions @ ..] => self.agree(versions, raw, now),
            ["PASSINGS", count, ..] => match count.trim().parse() {
                Ok(count) => self.take_count(count, now),
                Err(_) => vec![fault(format!("count \"{count}\" is no number"), raw)],
            },
            ["GETTIME", ref time @ ..] => self.take_time(time, raw, now),
            [word, ..] if word.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                vec![Output::Line(raw)]
            }
            _ => match Passing::parse(&fields) {
                Some(passing) => self.take_passing(&passing, raw),
                None => vec![fault(NO_PASSING, raw)],
            },
        }
    }

    /// Settles the protocol and asks for the time and for passings.
    fn agree(&mut self, versions: &[&str], raw: Vec<u8>, now: Moment) -> Vec<Output> {
        let mut outputs = vec![
            Output::Line(raw),
            Output::Program("RACE RESULT decoder".to_owned()),
        ];
        let version = |at: usize| versions.get(at).and_then(|text| version(text));
        let speaks_ours = version(1).is_none_or(|lowest| lowest <= PROTOCOL)
            && version(2).is_none_or(|highest| PROTOCOL <= highest);
        if speaks_ours {
            outputs.push(ask(&format!("SETPROTOCOL;{}.{}", PROTOCOL.0, PROTOCOL.1)));
        }
        self.asked_time = now;
        outputs.push(ask("GETTIME"));
        if matches!(self.phase, Phase::Opening(_)) {
            outputs.push(self.ask_for_count());
        }
        outputs
    }

    fn ask_for_count(&mut self) -> Output {
        self.phase = Phase::Counting;
        ask("PASSINGS")
    }

    fn take_count(&mut self, count: u64, now: Moment) -> Vec<Output> {
        if count < self.count {
            return vec![self.close(NEW_FILE)];
        }
        self.count = count;
        self.go_on(now)
    }

    /// Asks for what is to be read next, or rests.
    fn go_on(&mut self, now: Moment) -> Vec<Output> {
        if self.count == 0 || self.next > self.count {
            self.phase = Phase::Resting(now + POLL_MS);
            vec![]
        } else if self.file.is_none() {
            self.phase = Phase::Identifying;
            vec![ask("1:1")]
        } else {
            self.phase = Phase::Reading(self.next);
            let first = self.next.saturating_sub(1).max(1);
            let most = (self.count - first).saturating_add(1).min(BATCH);
            vec![ask(&format!("{first}:{most}"))]
        }
    }

    fn end_batch(&mut self, now: Moment) -> Vec<Output> {
        match self.phase {
            Phase::Identifying if self.file.is_some() => self.go_on(now),
            Phase::Reading(first) if self.next > first => self.go_on(now),
            // It gave nothing although it counts something: it may in a moment.
            Phase::Identifying | Phase::Reading(_) => {
                self.phase = Phase::Resting(now + POLL_MS);
                vec![]
            }
            _ => vec![],
        }
    }

    fn take_time(&mut self, time: &[&str], raw: Vec<u8>, now: Moment) -> Vec<Output> {
        let mut outputs = vec![Output::Line(raw)];
        if let [date, time, ..] = *time
            && let Ok(shows) = WireTime::parse(&wire_time(date, time))
        {
            outputs.push(Output::Clock(ClockReading {
                location: self.location.clone(),
                reader: self.location.clone(),
                shows,
                waited_ms: now.since_ms(self.asked_time),
            }));
        }
        outputs
    }

    fn take_passing(&mut self, passing: &Passing<'_>, raw: Vec<u8>) -> Vec<Output> {
        let Some(file) = self.file.clone() else {
            return self.identify(passing, raw);
        };
        let words = passing.words();
        let is_another =
            |(number, last): &(u64, String)| *number == passing.number && *last != words;
        if self.last.as_ref().is_some_and(is_another) {
            return vec![self.close(NEW_FILE)];
        }
        // A number that the file has not come to says nothing about how far it is read.
        if passing.number <= self.count {
            self.last = Some((passing.number, words));
            if passing.number < self.next {
                return vec![];
            }
            self.next = passing.number.saturating_add(1);
        }
        vec![self.understand(file, passing, raw)]
    }

    fn understand(&self, file: String, passing: &Passing<'_>, raw: Vec<u8>) -> Output {
        if !passing.has_transponder() {
            return fault(NO_PASSING, raw);
        }
        let wire_time = wire_time(passing.date, passing.time);
        match WireTime::parse(&wire_time) {
            Err(error) => fault(error.to_string(), raw),
            Ok(time) => Output::Read(WireRead {
                kind: ReadKind::Chip,
                connection: file,
                location: self.location.clone(),
                sequence: passing.number,
                tag: passing.transponder.to_owned(),
                time,
                wire_time,
                lap: None,
                reader: self.location.clone(),
                gator: String::new(),
                raw,
            }),
        }
    }

    /// The first passing names the file, even one that is no read; it is read as a passing afterwards.
    fn identify(&mut self, first: &Passing<'_>, raw: Vec<u8>) -> Vec<Output> {
        if self.phase != Phase::Identifying || first.number != 1 {
            return vec![fault("a passing that was not asked for", raw)];
        }
        let words = first.words();
        // As long as ChronoTrack's ids: a name of 40 characters is given to one race only.
        let file = format!("RACERESULT-{:029X}", fingerprint(words.as_bytes()));
        self.file = Some(file.clone());
        self.last = Some((first.number, words));
        vec![
            Output::Connection(file),
            Output::Location(self.location.clone()),
        ]
    }

    fn close(&mut self, reason: &'static str) -> Output {
        self.phase = Phase::Closed;
        Output::Close { reason }
    }
}

impl Decoder for RaceResult {
    fn open(&mut self, now: Moment) -> Vec<Output> {
        self.phase = Phase::Opening(now);
        vec![ask("GETPROTOCOL")]
    }

    fn receive(&mut self, bytes: &mut &[u8], now: Moment) -> Option<Vec<Output>> {
        let frame = self.framer.next(bytes)?;
        Some(self.hear(frame, now))
    }

    fn resume(&mut self, _location: &str, last: Option<u64>) -> Vec<Output> {
        self.next = last.map_or(1, |last| last.saturating_add(1));
        Vec::new()
    }

    fn tick(&mut self, now: Moment) -> Vec<Output> {
        match self.phase {
            Phase::Resting(until) if now >= until => {
                // What was not asked for cannot be missed.
                self.last_heard = now;
                vec![self.ask_for_count()]
            }
            Phase::Resting(_) | Phase::Closed => vec![],
            _ if now.since_ms(self.last_heard) >= SILENCE_MS => {
                vec![self.close("silent for too long")]
            }
            Phase::Opening(at) if now >= at + PATIENCE_MS => vec![self.ask_for_count()],
            _ => vec![],
        }
    }

    fn is_in_message(&self) -> bool {
        self.framer.is_in_message()
    }

    fn next_deadline(&self) -> Option<Moment> {
        match self.phase {
            Phase::Closed => None,
            Phase::Resting(until) => Some(until),
            Phase::Opening(at) => Some(at + PATIENCE_MS),
            _ => Some(self.last_heard + SILENCE_MS),
        }
    }
}

impl<'a> Passing<'a> {
    /// `None` for a line without a number.
    fn parse(fields: &[&'a str]) -> Option<Self> {
        let field = |at: usize| fields.get(at).map_or("", |field| field.trim());
        let number = field(0).parse().ok().filter(|&number| number > 0)?;
        Some(Self {
            number,
            transponder: field(1),
            date: field(2),
            time: field(3),
        })
    }

    /// What it is told from others by. More may follow in its line, of which it is not known whether it stays the same.
    fn words(&self) -> String {
        [self.transponder, self.date, self.time].join(";")
    }

    fn has_transponder(&self) -> bool {
        !self.transponder.is_empty() && self.transponder.chars().count() <= LONGEST_FIELD
    }
}

/// With its date, unless the decoder has none (`0000-00-00`).
fn wire_time(date: &str, time: &str) -> String {
    match date.parse::<jiff::civil::Date>() {
        Ok(_) => format!("{date}T{time}"),
        Err(_) => time.to_owned(),
    }
}

/// `2.0` as two numbers.
fn version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn ask(question: &str) -> Output {
    Output::Send(format!("{question}\r\n").into_bytes())
}

#[cfg(test)]
mod tests {
    use jiff::civil::datetime;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        decoder::testing::{hear, reads},
        hardware::raceresult::DecoderBox,
    };

    const T0: Moment = Moment(1_783_850_400_000);

    fn sent(outputs: &[Output]) -> String {
        let bytes = outputs.iter().filter_map(|output| match output {
            Output::Send(bytes) => Some(&bytes[..]),
            _ => None,
        });
        String::from_utf8(bytes.collect::<Vec<_>>().concat()).expect("is ASCII")
    }

    /// The two in conversation until the decoder's passings are read, with what the store answers: what is to be done.
    fn converse(
        program: &mut RaceResult,
        hardware: &mut DecoderBox,
        last: Option<u64>,
        now: Moment,
    ) -> Vec<Output> {
        let mut all = Vec::new();
        let mut outputs = match program.phase {
            Phase::Opening(_) => program.open(now),
            _ => program.tick(now),
        };
        while !outputs.is_empty() {
            let answers = hardware.receive(
                sent(&outputs).as_bytes(),
                datetime(2026, 7, 12, 10, 0, 0, 0),
            );
            all.append(&mut outputs);
            let mut bytes = &answers[..];
            while let Some(more) = program.receive(&mut bytes, now) {
                for output in &more {
                    if let Output::Location(location) = output {
                        program.resume(location, last);
                    }
                }
                outputs.extend(more);
            }
        }
        all
    }

    fn numbers(outputs: &[Output]) -> Vec<u64> {
        reads(outputs).iter().map(|read| read.sequence).collect()
    }

    #[test]
    fn the_file_is_named_read_and_followed() {
        let mut hardware = DecoderBox::default();
        for count in 0..1_203_i32 {
            hardware.record(
                &format!("AB{count:04}"),
                datetime(2026, 7, 12, 10, 11, 16, count * 100_000),
            );
        }
        let mut program = RaceResult::new("FINISH".into(), T0);
        let outputs = converse(&mut program, &mut hardware, None, T0);
        assert_eq!(numbers(&outputs), (1..=1_203).collect::<Vec<_>>());
        assert_eq!(
            sent(&outputs).lines().collect::<Vec<_>>(),
            [
                "GETPROTOCOL",
                "SETPROTOCOL;2.0",
                "GETTIME",
                "PASSINGS",
                "1:1",
                "1:500",
                "500:500",
                "999:205"
            ]
        );
        let read = reads(&outputs)[1];
        assert_eq!(
            (&*read.location, &*read.tag, &*read.wire_time),
            ("FINISH", "AB0001", "2026-07-12T10:11:16.000")
        );
        assert!(read.connection.starts_with("RACERESULT-"));
        assert!(
            outputs
                .iter()
                .any(|output| matches!(output, Output::Clock(clock)
            if clock.shows == WireTime::Dated(datetime(2026, 7, 12, 10, 0, 0, 0))))
        );

        // Each second it is asked what is new.
        assert_eq!(program.next_deadline(), Some(T0 + POLL_MS));
        assert_eq!(
            converse(&mut program, &mut hardware, None, T0 + POLL_MS - 1),
            []
        );
        hardware.record("AB9999", datetime(2026, 7, 12, 10, 12, 0, 0));
        let more = converse(&mut program, &mut hardware, None, T0 + POLL_MS);
        assert_eq!(
            (numbers(&more), sent(&more)),
            (vec![1_204], "PASSINGS\r\n1203:2\r\n".into())
        );

        // After a reconnect it is the same file, and only what is missing is read.
        let mut again = RaceResult::new("FINISH".into(), T0);
        let outputs = converse(&mut again, &mut hardware, Some(1_201), T0);
        assert_eq!(numbers(&outputs), [1_202, 1_203, 1_204]);
        assert_eq!(reads(&outputs)[0].connection, read.connection);

        // A new file is another stream, whatever its length.
        hardware.clear();
        let closed = converse(&mut program, &mut hardware, None, T0 + 5_000);
        assert!(
            matches!(closed.last(), Some(Output::Close { .. })),
            "{closed:?}"
        );
        hardware.record("AB0001", datetime(2026, 7, 12, 10, 13, 0, 0));
        let outputs = converse(
            &mut RaceResult::new("FINISH".into(), T0),
            &mut hardware,
            None,
            T0,
        );
        assert_ne!(reads(&outputs)[0].connection, read.connection);
    }

    #[test]
    fn a_new_file_that_has_grown_past_the_old_one_is_another() {
        let mut hardware = DecoderBox::default();
        let test = datetime(2026, 7, 12, 9, 0, 0, 0);
        for transponder in ["A", "B", "C"] {
            hardware.record(transponder, test);
        }
        let mut program = RaceResult::new("FINISH".into(), T0);
        let outputs = converse(&mut program, &mut hardware, None, T0);
        let old = reads(&outputs)[0].connection.clone();

        // Between two polls, of which one may hang, it is cleared and the gun goes.
        hardware.clear();
        for second in 0..50 {
            hardware.record("A", datetime(2026, 7, 12, 10, 0, second, 0));
        }
        let outputs = converse(&mut program, &mut hardware, None, T0 + POLL_MS);
        assert!(reads(&outputs).is_empty());
        assert_eq!(
            outputs.last(),
            Some(&Output::Close { reason: NEW_FILE }),
            "{outputs:?}"
        );
        let mut again = RaceResult::new("FINISH".into(), T0);
        let outputs = converse(&mut again, &mut hardware, None, T0);
        assert_eq!(numbers(&outputs), (1..=50).collect::<Vec<_>>());
        assert_ne!(reads(&outputs)[0].connection, old);
    }

    #[test]
    fn a_file_that_begins_or_ends_with_a_passing_of_nobody_is_read() {
        let long = "x".repeat(LONGEST_FIELD + 1);
        for nobody in ["", &long] {
            let mut hardware = DecoderBox::default();
            let at = datetime(2026, 7, 12, 10, 0, 0, 0);
            for transponder in [nobody, "AB0001", nobody] {
                hardware.record(transponder, at);
            }
            let mut program = RaceResult::new("FINISH".into(), T0);
            let outputs = converse(&mut program, &mut hardware, None, T0);
            assert_eq!(numbers(&outputs), [2]);
            let faults = outputs
                .iter()
                .filter(|output| matches!(output, Output::Fault { .. }));
            assert_eq!(faults.count(), 2);

            // It is not asked for again each second.
            let outputs = converse(&mut program, &mut hardware, None, T0 + POLL_MS);
            assert_eq!(sent(&outputs), "PASSINGS\r\n");
            hardware.record("AB0002", at);
            let outputs = converse(&mut program, &mut hardware, None, T0 + 2 * POLL_MS);
            assert_eq!(numbers(&outputs), [4]);
        }
    }

    #[test]
    fn a_garbled_number_skips_nothing() {
        let mut program = RaceResult::new("FINISH".into(), T0);
        program.open(T0);
        hear(
            &mut program,
            b"GETPROTOCOL\r\nPASSINGS;2\r\n1;A;2026-07-12;10:11:16\r\n\r\n",
            T0,
        );
        let outputs = hear(
            &mut program,
            b"1;A;2026-07-12;10:11:16\r\n2000;;;\r\n18446744073709551615;;;\r\n\r\n",
            T0,
        );
        assert_eq!(sent(&outputs), "1:2\r\n");
    }

    #[test]
    fn a_decoder_that_has_read_nothing_yet_is_asked_again() {
        let mut hardware = DecoderBox::default();
        let mut program = RaceResult::new("FINISH".into(), T0);
        let outputs = converse(&mut program, &mut hardware, None, T0);
        assert!(
            !outputs
                .iter()
                .any(|output| matches!(output, Output::Connection(_)))
        );
        hardware.record("AB0001", datetime(2026, 7, 12, 10, 13, 0, 0));
        let outputs = converse(&mut program, &mut hardware, None, T0 + POLL_MS);
        assert_eq!(numbers(&outputs), [1]);
    }

    #[test]
    fn another_protocol_is_left_as_it_is_and_silence_ends() {
        let mut program = RaceResult::new("FINISH".into(), T0);
        program.open(T0);
        let outputs = hear(&mut program, b"GETPROTOCOL;1.2;1.0;1.9\r\n", T0);
        assert_eq!(sent(&outputs), "GETTIME\r\nPASSINGS\r\n");
        assert_eq!(program.next_deadline(), Some(T0 + SILENCE_MS));
        assert!(matches!(
            program.tick(T0 + SILENCE_MS)[..],
            [Output::Close { .. }]
        ));
        assert_eq!(program.next_deadline(), None);

        let mut older = RaceResult::new("FINISH".into(), T0);
        older.open(T0);
        assert_eq!(older.next_deadline(), Some(T0 + PATIENCE_MS));
        assert_eq!(sent(&older.tick(T0 + PATIENCE_MS)), "PASSINGS\r\n");
    }

    #[test]
    fn what_is_not_understood_is_kept() {
        let mut program = RaceResult::new("FINISH".into(), T0);
        program.open(T0);
        for (line, is_fault) in [
            ("GETSTATUS;1;2;3", false),
            ("SETPROTOCOL;OK", false),
            ("GETTIME;never", false),
            ("PASSINGS;many", true),
            ("1;AB1234;2026-07-12;10:11:16.443", true),
            ("1;;2026-07-12;10:11:16.443", true),
            ("?", true),
        ] {
            let outputs = hear(&mut program, format!("{line}\r\n").as_bytes(), T0);
            let expected = |output: &Output| match output {
                Output::Line(raw) => !is_fault && raw == line.as_bytes(),
                Output::Fault { raw, .. } => is_fault && raw == line.as_bytes(),
                _ => false,
            };
            assert!(
                matches!(&outputs[..], [one] if expected(one)),
                "{line}: {outputs:?}"
            );
        }
    }

    #[test]
    fn a_passing_without_a_date_or_with_a_bad_time_holds_up_nothing() {
        let mut program = RaceResult::new("FINISH".into(), T0);
        program.open(T0);
        hear(
            &mut program,
            b"GETPROTOCOL\r\nPASSINGS;3\r\n1;A;0000-00-00;10:11:16.443\r\n",
            T0,
        );
        let asked = hear(&mut program, b"\r\n", T0);
        assert_eq!(sent(&asked), "1:3\r\n");
        let outputs = hear(&mut program, b"1;A;0000-00-00;10:11:16.443;x\r\n2;B;2026-07-12;soon\r\n3;C;2026-07-12;10:11:17\r\n\r\n", T0);
        assert!(
            matches!(
                &outputs[..],
                [Output::Read(_), Output::Fault { .. }, Output::Read(_)]
            ),
            "{outputs:?}"
        );
        assert_eq!(reads(&outputs)[0].time, WireTime::SinceMidnight(36_676_443));
        assert_eq!(program.phase, Phase::Resting(T0 + POLL_MS));
    }

    #[test]
    fn a_decoder_that_counts_what_it_does_not_give_is_not_asked_without_end() {
        let mut program = RaceResult::new("FINISH".into(), T0);
        program.open(T0);
        let asked = hear(
            &mut program,
            b"GETPROTOCOL\r\nPASSINGS;3\r\n\r\n\r\n\r\n",
            T0,
        );
        assert_eq!(sent(&asked).matches("1:1").count(), 1);
        assert_eq!(program.next_deadline(), Some(T0 + POLL_MS));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived_however_they_are_cut(
            garbage in prop::collection::vec(any::<u8>(), 0..3000),
            words in prop::collection::vec("(PASSINGS|GETTIME|GETPROTOCOL|;|[0-9]{1,20}|A|2026-07-12|10:11:16\\.4|\r\n){0,12}", 0..9),
            cut in 1..100_usize,
        ) {
            let opened = || {
                let mut program = RaceResult::new("FINISH".into(), T0);
                program.open(T0);
                program
            };
            let bytes = [&garbage[..], words.concat().as_bytes(), b"\r\n"].concat();
            let at_once = hear(&mut opened(), &bytes, T0);
            let mut program = opened();
            let cut_up: Vec<Output> = bytes.chunks(cut).flat_map(|chunk| hear(&mut program, chunk, T0)).collect();
            prop_assert_eq!(cut_up, at_once);
        }
    }
}
