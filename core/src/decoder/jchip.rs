//! JChip lines in the form that CrossMgr takes, which many readers and bridges of readers send.
//!
//! The reader connects and names itself, we ask for its time, it answers, we let it begin, and it sends reads as they happen:
//!
//! ```text
//! reader  N0000FINISH
//! we      GT
//! reader  GT0103015950 date=20260712
//! we      S0000
//! reader  DJ413A35 10:11:16.443300 10  0003E      C7 date=20260712
//! ```
//!
//! Lines end with CR. Nothing is acknowledged and nothing can be asked for again, so what happens while the connection is down
//! is up to the reader; what it sends twice is recognised by its words. Nobody pings either: a reader that vanished is noticed
//! by the system's keep-alive.
//!
//! Not known, so relied on by nothing: the counter's meaning and the field `C7`. Nor is it known how the days of a reader that
//! runs for more than nine are counted; they matter only in lines without `date=`.

use jiff::{Span, civil::Date};

use super::{
    ClockReading, Decoder, Output, fault,
    fingerprint::fingerprint,
    framing::{Frame, Framer},
    text,
};
use crate::{
    dating::WireTime,
    read::{ReadKind, WireRead},
    time::Moment,
};

/// How long a reader may take to name itself.
const NAMING_MS: i64 = 10_000;

/// How long it may take to tell its time before it is let begin without.
const PATIENCE_MS: i64 = 5_000;

/// Characters of a name or a tag; real ones have a few.
const LONGEST_FIELD: usize = 64;

/// One reader's connection.
#[derive(Debug)]
pub struct JChip {
    framer: Framer,
    phase: Phase,
    name: String,
    /// The reader's date and its count of days, when it was asked.
    today: Option<(Date, i32)>,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Naming {
        until: Moment,
    },
    /// It was asked for its time.
    Asked {
        at: Moment,
    },
    Reading,
    Closed,
}

/// A line, understood.
enum Message {
    Name(String),
    Time {
        days: i32,
        millis: i64,
        date: Option<Date>,
    },
    Read(Read),
}

struct Read {
    tag: String,
    time: String,
    days: Option<i32>,
    date: Option<Date>,
}

impl JChip {
    /// A connection accepted now; `nameless` is for a reader that does not name itself.
    pub fn new(nameless: String, now: Moment) -> Self {
        Self {
            framer: Framer::default(),
            phase: Phase::Naming {
                until: now + NAMING_MS,
            },
            name: nameless,
            today: None,
        }
    }

    fn hear(&mut self, frame: Frame, now: Moment) -> Vec<Output> {
        let (raw, message) = match frame {
            Frame::Line(raw) => {
                let message = Message::parse(&text::decode(&raw));
                (raw, message)
            }
            Frame::Oversize(raw) => (raw, None),
        };
        match (self.phase, message) {
            (Phase::Closed, _) => vec![],
            (Phase::Naming { .. }, Some(Message::Name(name))) => self.introduce(name, raw, now),
            // Better under no name than lost.
            (Phase::Naming { .. }, Some(Message::Read(read))) => {
                let mut outputs = self.begin(now);
                outputs.push(self.understand(read, raw));
                outputs
            }
            (Phase::Naming { .. }, _) => {
                self.phase = Phase::Closed;
                let reason = "the first line is no name like \"N0000FINISH\"";
                vec![fault(reason, raw), Output::Close { reason: "no name" }]
            }
            (phase, Some(Message::Time { days, millis, date })) => {
                self.take_time(phase, days, millis, date, raw, now)
            }
            (_, Some(Message::Name(_))) => vec![Output::Line(raw)],
            (_, Some(Message::Read(read))) => vec![self.understand(read, raw)],
            (_, None) => vec![fault(
                "the line is neither a read like \"DJ413A35 10:11:16.4433\" nor a time like \"GT0103015950\"",
                raw,
            )],
        }
    }

    fn introduce(&mut self, name: String, raw: Vec<u8>, now: Moment) -> Vec<Output> {
        if !name.is_empty() {
            self.name = name;
        }
        let mut outputs = vec![Output::Line(raw), Output::Program(self.name.clone())];
        outputs.extend(self.begin(now));
        outputs
    }

    /// There is a reader: its stream has a name, and its time is asked for.
    fn begin(&mut self, now: Moment) -> Vec<Output> {
        self.phase = Phase::Asked { at: now };
        vec![
            Output::Connection(self.name.clone()),
            Output::Location(self.name.clone()),
            Output::Send(b"GT\r".to_vec()),
        ]
    }

    fn take_time(
        &mut self,
        phase: Phase,
        days: i32,
        millis: i64,
        date: Option<Date>,
        raw: Vec<u8>,
        now: Moment,
    ) -> Vec<Output> {
        let mut outputs = vec![Output::Line(raw)];
        // A time that nobody asked for says nothing about how long it was on the way.
        if let Phase::Asked { at } = phase {
            self.today = date.map(|date| (date, days));
            outputs.push(Output::Clock(ClockReading {
                location: self.name.clone(),
                reader: self.name.clone(),
                shows: on(date, millis),
                waited_ms: now.since_ms(at),
            }));
            outputs.push(self.let_begin());
        }
        outputs
    }

    fn let_begin(&mut self) -> Output {
        self.phase = Phase::Reading;
        Output::Send(b"S0000\r".to_vec())
    }

    fn understand(&self, read: Read, raw: Vec<u8>) -> Output {
        let date = read.date.or_else(|| self.date_of(read.days?));
        let wire_time = match date {
            Some(date) => format!("{date}T{}", read.time),
            None => read.time,
        };
        match WireTime::parse(&wire_time) {
            Err(error) => fault(error.to_string(), raw),
            Ok(time) => Output::Read(WireRead {
                kind: ReadKind::Chip,
                connection: self.name.clone(),
                location: self.name.clone(),
                sequence: fingerprint(raw.trim_ascii_end()),
                tag: read.tag,
                time,
                wire_time,
                lap: None,
                reader: self.name.clone(),
                gator: String::new(),
                raw,
            }),
        }
    }

    /// The date of a day that is counted from when the reader was switched on. The count has one digit, so of the days that it
    /// may mean it is the one nearest to the day on which the reader told its time.
    fn date_of(&self, days: i32) -> Option<Date> {
        let (today, count) = self.today?;
        let later = (days - count).rem_euclid(10);
        let nearest = if later > 5 { later - 10 } else { later };
        today.checked_add(Span::new().days(nearest)).ok()
    }
}

impl Decoder for JChip {
    fn receive(&mut self, bytes: &mut &[u8], now: Moment) -> Option<Vec<Output>> {
        let frame = self.framer.next(bytes)?;
        Some(self.hear(frame, now))
    }

    fn tick(&mut self, now: Moment) -> Vec<Output> {
        match self.phase {
            Phase::Naming { until } if now >= until => {
                self.phase = Phase::Closed;
                vec![Output::Close { reason: "no name" }]
            }
            Phase::Asked { at } if now >= at + PATIENCE_MS => vec![self.let_begin()],
            _ => vec![],
        }
    }

    fn is_in_message(&self) -> bool {
        self.framer.is_in_message()
    }

    fn next_deadline(&self) -> Option<Moment> {
        match self.phase {
            Phase::Naming { until } => Some(until),
            Phase::Asked { at } => Some(at + PATIENCE_MS),
            Phase::Reading | Phase::Closed => None,
        }
    }
}

impl Message {
    fn parse(line: &str) -> Option<Self> {
        if let Some(time) = line.strip_prefix("GT") {
            return Self::parse_time(time);
        }
        if let Some(name) = line.strip_prefix('N') {
            let numbered = name.get(..4).is_some_and(is_digits);
            let name = if numbered { &name[4..] } else { name };
            return Some(Self::Name(cut(name)));
        }
        Read::parse(line.strip_prefix('D')?).map(Self::Read)
    }

    /// `0HHMMSShh date=YYYYMMDD`: the days that the reader runs, and its time.
    fn parse_time(text: &str) -> Option<Self> {
        let digits = text.get(..9).filter(|digits| is_digits(digits))?;
        let number = |from: usize, to: usize| digits[from..to].parse::<i64>().unwrap_or_default();
        let seconds = (number(1, 3) * 60 + number(3, 5)) * 60 + number(5, 7);
        Some(Self::Time {
            days: number(0, 1) as i32,
            millis: seconds * 1000 + number(7, 9) * 10,
            date: date_in(text),
        })
    }
}

impl Read {
    /// A read's line without its first letter: a letter, the tag, and a time around the first colon behind it.
    fn parse(text: &str) -> Option<Self> {
        let mut characters = text.chars();
        characters.next().filter(char::is_ascii_alphabetic)?;
        let (tag, rest) = characters.as_str().split_once(' ')?;
        let tag = match tag.trim_start_matches('0') {
            "" if tag.is_empty() => return None,
            "" => "0",
            tag => tag,
        };
        let colon = rest.find(':')?;
        let hours = rest[..colon]
            .bytes()
            .rev()
            .take_while(u8::is_ascii_digit)
            .count()
            .min(2);
        let time = &rest[colon - hours..];
        let end = time.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.'));
        let (time, after) = time.split_at(end.unwrap_or(time.len()));
        let days = after
            .split_whitespace()
            .next()
            .filter(|field| is_digits(field))
            .and_then(|field| field.chars().nth(1)?.to_digit(10));
        Some(Self {
            tag: cut(tag),
            time: cut(time),
            days: days.map(|days| days as i32),
            date: date_in(after),
        })
    }
}

/// The date in `… date=YYYYMMDD`.
fn date_in(text: &str) -> Option<Date> {
    let digits = text
        .split_once("date=")?
        .1
        .get(..8)
        .filter(|digits| is_digits(digits))?;
    Date::strptime("%Y%m%d", digits).ok()
}

fn on(date: Option<Date>, millis: i64) -> WireTime {
    let dated = date.and_then(|date| {
        let midnight = date.at(0, 0, 0, 0);
        midnight.checked_add(Span::new().milliseconds(millis)).ok()
    });
    dated.map_or(WireTime::SinceMidnight(millis), WireTime::Dated)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn cut(text: &str) -> String {
    text.trim().chars().take(LONGEST_FIELD).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::datetime;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        decoder::testing::{hear, reads},
        hardware::jchip::Reader,
    };

    const T0: Moment = Moment(1_783_850_400_000);

    fn named() -> JChip {
        let mut decoder = JChip::new("nameless-1".into(), T0);
        hear(&mut decoder, b"N0000FINISH\r", T0);
        decoder
    }

    fn read_of(line: &str) -> WireRead {
        let outputs = hear(&mut named(), format!("{line}\r").as_bytes(), T0);
        match reads(&outputs)[..] {
            [read] => read.clone(),
            _ => panic!("{line:?} gave {outputs:?}"),
        }
    }

    #[test]
    fn a_reader_is_named_asked_for_its_time_and_let_begin() {
        let mut decoder = JChip::new("nameless-1".into(), T0);
        assert_eq!(
            hear(&mut decoder, b"N0000FINISH\r", T0),
            [
                Output::Line(b"N0000FINISH".to_vec()),
                Output::Program("FINISH".into()),
                Output::Connection("FINISH".into()),
                Output::Location("FINISH".into()),
                Output::Send(b"GT\r".to_vec()),
            ]
        );
        assert_eq!(
            hear(&mut decoder, b"GT0103015950 date=20260712\r", T0 + 40),
            [
                Output::Line(b"GT0103015950 date=20260712".to_vec()),
                Output::Clock(ClockReading {
                    location: "FINISH".into(),
                    reader: "FINISH".into(),
                    shows: WireTime::Dated(datetime(2026, 7, 12, 10, 30, 15, 950_000_000)),
                    waited_ms: 40,
                }),
                Output::Send(b"S0000\r".to_vec()),
            ]
        );
        let line = "DJ413A35 10:11:16.443300 10  0003E      C7 date=20260712";
        let outputs = hear(&mut decoder, format!("{line}\r").as_bytes(), T0);
        assert_eq!(
            outputs,
            [Output::Read(WireRead {
                kind: ReadKind::Chip,
                connection: "FINISH".into(),
                location: "FINISH".into(),
                sequence: fingerprint(line.as_bytes()),
                tag: "413A35".into(),
                time: WireTime::Dated(datetime(2026, 7, 12, 10, 11, 16, 443_300_000)),
                wire_time: "2026-07-12T10:11:16.443300".into(),
                lap: None,
                reader: "FINISH".into(),
                gator: String::new(),
                raw: line.into(),
            })]
        );
        assert_eq!(decoder.next_deadline(), None);
    }

    #[test]
    fn tags_and_times_are_found_in_many_lines() {
        for (line, tag, wire_time) in [
            (
                "DJ000413A35 10:11:16.4433 10  0003E      C7",
                "413A35",
                "10:11:16.4433",
            ),
            ("DA0000 9:11:16 1", "0", "9:11:16"),
            ("DJ7  x  10:11:16.44", "7", "10:11:16.44"),
            ("DJ7 10:11:16.44C7 date=20260230", "7", "10:11:16.44"),
            (
                "DJ7 00:00:01.44 11 date=20260713x",
                "7",
                "2026-07-13T00:00:01.44",
            ),
        ] {
            let read = read_of(line);
            assert_eq!((&*read.tag, &*read.wire_time), (tag, wire_time), "{line}");
            assert_eq!(WireTime::parse(&read.wire_time), Ok(read.time));
        }
    }

    #[test]
    fn days_are_counted_from_the_day_of_the_reader_s_own_time() {
        let mut decoder = named();
        hear(&mut decoder, b"GT1235900000 date=20260712\r", T0);
        for (line, wire_time) in [
            ("DJ7 23:59:58.00 11", "2026-07-12T23:59:58.00"),
            ("DJ7 00:00:02.00 12", "2026-07-13T00:00:02.00"),
            ("DJ7 08:00:00.00 10", "2026-07-11T08:00:00.00"),
        ] {
            let outputs = hear(&mut decoder, format!("{line}\r").as_bytes(), T0);
            assert_eq!(reads(&outputs)[0].wire_time, wire_time);
        }
    }

    #[test]
    fn a_count_of_days_that_begins_again_goes_on() {
        for (told, day, wire_time) in [
            (9, 0, "2026-07-13T00:00:02.00"),
            (9, 9, "2026-07-12T00:00:02.00"),
            (9, 1, "2026-07-14T00:00:02.00"),
            (0, 9, "2026-07-11T00:00:02.00"),
            (1, 8, "2026-07-09T00:00:02.00"),
        ] {
            let mut decoder = named();
            let time = format!("GT{told}235900000 date=20260712\r");
            hear(&mut decoder, time.as_bytes(), T0);
            let line = format!("DJ7 00:00:02.00 1{day}\r");
            let outputs = hear(&mut decoder, line.as_bytes(), T0);
            assert_eq!(reads(&outputs)[0].wire_time, wire_time, "{told} {day}");
        }
    }

    #[test]
    fn the_same_line_is_the_same_read_and_another_is_another() {
        let first = read_of("DJ7 10:11:16.44 10  0003E");
        assert_eq!(
            read_of("DJ7 10:11:16.44 10  0003E  ").sequence,
            first.sequence
        );
        assert_ne!(
            read_of("DJ7 10:11:16.44 10  0003F").sequence,
            first.sequence
        );
    }

    #[test]
    fn whoever_is_no_reader_is_closed() {
        for line in [
            "GET / HTTP/1.1",
            "SimpleClient~0.6.0~CTP01",
            "DJ",
            "GT0103015950",
        ] {
            let mut decoder = JChip::new("nameless-1".into(), T0);
            let outputs = hear(&mut decoder, format!("{line}\r\n").as_bytes(), T0);
            assert!(
                matches!(outputs[..], [Output::Fault { .. }, Output::Close { .. }]),
                "{line}: {outputs:?}"
            );
            assert_eq!(decoder.next_deadline(), None);
        }
        let mut silent = JChip::new("nameless-1".into(), T0);
        assert_eq!(silent.next_deadline(), Some(T0 + NAMING_MS));
        assert_eq!(silent.tick(T0 + NAMING_MS - 1), []);
        assert_eq!(
            silent.tick(T0 + NAMING_MS),
            [Output::Close { reason: "no name" }]
        );
    }

    #[test]
    fn a_reader_that_does_not_tell_its_time_or_name_reads_nevertheless() {
        let mut decoder = named();
        assert_eq!(decoder.next_deadline(), Some(T0 + PATIENCE_MS));
        assert_eq!(
            decoder.tick(T0 + PATIENCE_MS),
            [Output::Send(b"S0000\r".to_vec())]
        );

        let mut decoder = JChip::new("nameless-1".into(), T0);
        let outputs = hear(&mut decoder, b"DJ7 10:11:16.44 10\r", T0);
        assert_eq!(outputs[0], Output::Connection("nameless-1".into()));
        assert_eq!(reads(&outputs).len(), 1);
    }

    #[test]
    fn a_garbled_line_is_a_fault_with_its_bytes_and_the_next_is_read() {
        let mut decoder = named();
        let outputs = hear(
            &mut decoder,
            b"\xff\xfe\rDJ7 10:71:16.44\rDJ7 10:11:16.44\r",
            T0,
        );
        assert!(
            matches!(&outputs[..], [Output::Fault { raw, .. }, Output::Fault { .. }, Output::Read(_)] if raw == b"\xff\xfe")
        );
    }

    #[test]
    fn the_reader_and_the_decoder_understand_each_other() {
        let (mut reader, greeting) = Reader::connect("Mat é 2");
        let mut decoder = JChip::new("nameless-1".into(), T0);
        let at = datetime(2026, 7, 12, 23, 59, 59, 990_000_000);
        let mut heard = hear(&mut decoder, &greeting, T0);
        for _ in 0..2 {
            let answers: Vec<u8> = heard
                .iter()
                .filter_map(|output| match output {
                    Output::Send(bytes) => Some(reader.receive(bytes, at)),
                    _ => None,
                })
                .flatten()
                .collect();
            heard = hear(&mut decoder, &answers, T0);
        }
        assert!(reader.is_started());
        let outputs = hear(&mut decoder, &reader.read("0041", at), T0);
        let read = reads(&outputs)[0];
        assert_eq!(
            (&*read.location, &*read.tag, read.time),
            ("Mat é 2", "41", WireTime::Dated(at))
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived_and_the_read_after_them_is_taken(
            garbage in prop::collection::vec(any::<u8>(), 0..6000),
            words in prop::collection::vec("(DJ|GT|N0000|[0-9]{1,9}|:|\\.| date=|é|\r){0,9}", 0..9),
            cut in 1..100_usize,
        ) {
            let mut decoder = named();
            let bytes = [&garbage[..], words.concat().as_bytes(), b"\rDJ99 10:11:16.44\r"].concat();
            let at_once = hear(&mut named(), &bytes, T0);
            let cut_up: Vec<Output> = bytes.chunks(cut).flat_map(|chunk| hear(&mut decoder, chunk, T0)).collect();
            prop_assert_eq!(&reads(&at_once).last().expect("a read").tag, "99");
            prop_assert_eq!(cut_up, at_once);
        }
    }
}
