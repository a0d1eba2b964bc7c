//! One line from the timing software, understood.

use thiserror::Error;

pub use super::tag_line::LONGEST_FIELD;
use super::tag_line::{self, SEPARATORS};
use crate::{
    dating::{NoTime, WireTime},
    decoder::text,
    read::ReadKind,
};

/// A line from the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// `SimpleClient~0.6.0~CTP01`: the first line of every connection.
    Greeting {
        /// The program's name for itself.
        program: String,
        /// Its version.
        version: String,
    },
    /// A tag or a gun at a location.
    Read(ReadLine),
    /// The client has this location. The line looks like a read; its sequence and time mean nothing.
    NewLocation(String),
    /// The hardware's name for this stream, in upper case.
    ConnectionId(String),
    /// What is being timed.
    EventInfo(EventInfo),
    /// All locations of the client.
    Locations(Vec<String>),
    /// Any other acknowledgement (`ack~ping`, `ack~start`).
    Ack(String),
    /// A command was refused.
    Refused {
        /// Which one; empty for a command that the client does not know.
        command: String,
        /// The client's words.
        reason: String,
    },
    /// The client asks whether we are there. Real software never does.
    Ping,
    /// The client says who it is.
    Authorize {
        /// Its name.
        user: String,
        /// Its password, or a hash of it. Never kept and never logged.
        proof: String,
    },
}

/// A read line's fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadLine {
    /// Chip or gun.
    pub kind: ReadKind,
    /// The number within connection and location, from 1.
    pub sequence: u64,
    /// The mat.
    pub location: String,
    /// The tag as sent.
    pub tag: String,
    /// The time as sent.
    pub time_text: String,
    /// The time understood.
    pub time: WireTime,
    /// Passes so far; `None` for 0, and for what other programs put here that is no count.
    pub lap: Option<u32>,
    /// Reader or controller.
    pub reader: String,
    /// Antenna.
    pub gator: String,
}

/// The answer to `geteventinfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventInfo {
    /// The event's short name.
    pub name: String,
    /// The vendor's number for it; SimpleClient always says `0`.
    pub id: String,
    /// The event's long name.
    pub description: String,
}

/// A line that is nothing the protocol knows.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Malformed {
    /// Neither a known word nor a format id at the beginning.
    #[error("line \"{0}\" begins with neither CT01_…, ack, err nor ping")]
    Unknown(String),
    /// A read line in which the time cannot be found.
    #[error("a read line needs 8 fields, or 5 with a time among them, this one has {0}")]
    Fields(usize),
    /// The second field is no number from 1.
    #[error("sequence \"{0}\" is no number from 1")]
    Sequence(String),
    /// More fields than any hardware's lines have.
    #[error("a line of {0} fields: expected at most {MOST_FIELDS}")]
    Many(usize),
    /// A field longer than any hardware's. What reads are told apart by must stay small enough to look up.
    #[error("a field of {0} characters: expected at most {LONGEST_FIELD}")]
    Long(usize),
    /// A read or location without a name for the mat, or a read without a tag.
    #[error("the {0} is empty")]
    Empty(&'static str),
    /// The fifth field is no time.
    #[error(transparent)]
    Time(#[from] NoTime),
}

/// Fields of one line. The locations of a client are the longest list there is; what is looked at must not outgrow the line.
const MOST_FIELDS: usize = 256;

impl Message {
    /// Understands a line, given without its terminator.
    pub fn parse(line: &[u8]) -> Result<Self, Malformed> {
        let text = text::decode(line);
        let fields = text.split(SEPARATORS).count();
        if fields > MOST_FIELDS {
            return Err(Malformed::Many(fields));
        }
        if tag_line::is_one(&text) {
            return tag_line::parse(&text);
        }
        let fields: Vec<&str> = text.split('~').collect();
        match fields[..] {
            [program, version, protocol] if protocol.eq_ignore_ascii_case("CTP01") => {
                Ok(Self::Greeting {
                    program: tag_line::cut(program),
                    version: tag_line::cut(version),
                })
            }
            [word] if word.eq_ignore_ascii_case("ping") => Ok(Self::Ping),
            [word, ref rest @ ..] if word.eq_ignore_ascii_case("authorize") => {
                let (user, proof) = rest.split_first().unwrap_or((&"", &[]));
                Ok(Self::Authorize {
                    user: (*user).to_owned(),
                    proof: proof.join("~"),
                })
            }
            [word, command, ref rest @ ..] if word.eq_ignore_ascii_case("ack") => {
                Ok(Self::acknowledged(command, rest))
            }
            [word, command, ref rest @ ..] if word.eq_ignore_ascii_case("err") => {
                Ok(Self::Refused {
                    command: command.to_owned(),
                    reason: rest.join("~"),
                })
            }
            _ => Err(Malformed::Unknown(text.chars().take(40).collect())),
        }
    }

    fn acknowledged(command: &str, rest: &[&str]) -> Self {
        match (command.to_ascii_lowercase().as_str(), rest) {
            ("getconnectionid", [id]) if !id.is_empty() => {
                Self::ConnectionId(tag_line::cut(id).to_ascii_uppercase())
            }
            ("geteventinfo", [name, id, description @ ..]) => Self::EventInfo(EventInfo {
                name: tag_line::cut(name),
                id: tag_line::cut(id),
                description: description.join("~"),
            }),
            ("getlocations", locations) => Self::Locations(
                locations
                    .iter()
                    .filter(|location| !location.is_empty())
                    .map(|&location| location.to_owned())
                    .collect(),
            ),
            (command, _) => Self::Ack(command.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(line: &[u8]) -> ReadLine {
        match Message::parse(line) {
            Ok(Message::Read(read)) => read,
            other => panic!("{line:?} gave {other:?}"),
        }
    }

    #[test]
    fn one_read_in_every_format_is_one_read() {
        let expected = read(b"CT01_33~1~9K~99997~07:58:21.95~1~11FD4E~4");
        assert_eq!(
            expected,
            ReadLine {
                kind: ReadKind::Chip,
                sequence: 1,
                location: "9K".into(),
                tag: "99997".into(),
                time_text: "07:58:21.95".into(),
                time: WireTime::SinceMidnight(28_701_950),
                lap: Some(1),
                reader: "11FD4E".into(),
                gator: "4".into(),
            }
        );
        let same: [&[u8]; 9] = [
            b"CT01_13,1,9K,99997,07:58:21.95,1,11FD4E,4",
            b"CT01_23;1;9K;99997;07:58:21.95;1;11FD4E;4",
            b"CT01_43|1|9K|99997|07:58:21.95|1|11FD4E|4",
            b"CT01_53\t1\t9K\t99997\t07:58:21.95\t1\t11FD4E\t4",
            b"CT01_13~1~9K~99997~07:58:21.95~1~11FD4E~4",
            b"CT01_133,1,9K,99997,07:58:21.95,1,11FD4E,4",
            b"CT01_1B,     1,9K              ,   99997, 07:58:21.95,  1,11FD4E, 4",
            b"CT01_0B     19K                 99997 07:58:21.95  111FD4E 4",
            b"CT01_6B      1 9K                  99997  07:58:21.95   1 11FD4E  4",
        ];
        for line in same {
            assert_eq!(read(line), expected, "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn a_sequence_may_outgrow_its_six_digits() {
        for line in [
            "CT01_33~1234567~9K~99997~07:58:21.95~1~11FD4E~4",
            "CT01_0B12345679K                 99997 07:58:21.95  111FD4E 4",
            "CT01_6B 1234567 9K                  99997  07:58:21.95   1 11FD4E  4",
            "CT01_1B,1234567,9K              ,   99997, 07:58:21.95,  1,11FD4E, 4",
        ] {
            let read = read(line.as_bytes());
            assert_eq!((read.sequence, read.location.as_str()), (1_234_567, "9K"));
            assert_eq!((read.tag.as_str(), read.gator.as_str()), ("99997", "4"));
        }
        let long_location = read(b"CT01_0B     1Start Line North 1   99997 07:58:21.95  111FD4E 4");
        assert_eq!(long_location.sequence, 1);
        assert_eq!(long_location.location, "Start Line North 1");
        let last = format!("CT01_33~{}~9K~5~07:58:21.95~1~A~4", u64::MAX);
        assert_eq!(read(last.as_bytes()).sequence, u64::MAX);
    }

    #[test]
    fn whatever_stands_in_the_last_three_fields_no_read_is_lost() {
        for (line, lap, reader, gator) in [
            ("4~E2003412DC~1", Some(4), "E2003412DC", "1"),
            ("0x1F~11FD4E~3", None, "11FD4E", "3"),
            ("-1~~", None, "", ""),
            ("~~", None, "", ""),
            (
                "99999999999999~reader two~antenna 4",
                None,
                "reader two",
                "antenna 4",
            ),
        ] {
            let read = read(format!("CT01_33~7~9K~99997~07:58:21.95~{line}").as_bytes());
            assert_eq!((read.sequence, read.tag.as_str()), (7, "99997"));
            assert_eq!(
                (read.lap, &*read.reader, &*read.gator),
                (lap, reader, gator)
            );
        }
        let long = "x".repeat(1_000);
        let read = read(format!("CT01_33~7~9K~99997~07:58:21.95~{long}~{long}~{long}").as_bytes());
        assert_eq!(
            (read.reader.len(), read.gator.len()),
            (LONGEST_FIELD, LONGEST_FIELD)
        );
    }

    #[test]
    fn a_read_is_found_around_its_time_where_fields_are_missing_or_too_many() {
        for (line, lap, reader, gator) in [
            ("", None, "", ""),
            ("~3", Some(3), "", ""),
            ("~3~11FD4E", Some(3), "11FD4E", ""),
            ("~3~11FD4E~4~-61~x", Some(3), "11FD4E", "4"),
            ("~07:58:22.10~11FD4E~4", None, "11FD4E", "4"),
            (
                "~3~2021-05-08T07:58:22.10~4~x",
                Some(3),
                "2021-05-08T07:58:22.10",
                "4",
            ),
        ] {
            let read = read(format!("CT01_33~7~9K~99997~07:58:21.95{line}").as_bytes());
            assert_eq!(
                (&*read.location, &*read.tag, &*read.time_text),
                ("9K", "99997", "07:58:21.95")
            );
            assert_eq!(
                (read.lap, &*read.reader, &*read.gator),
                (lap, reader, gator)
            );
        }
        let location = read(b"CT01_33~7~Start~2~99997~07:58:21.95~1~A~4").location;
        assert_eq!(location, "Start~2");
    }

    #[test]
    fn whoever_says_who_it_is_is_understood() {
        for (line, user, proof) in [
            (&b"authorize~user1~pa55"[..], "user1", "pa55"),
            (b"AUTHORIZE~user1~pa~55", "user1", "pa~55"),
            (b"authorize~~", "", ""),
            (b"authorize", "", ""),
        ] {
            let (user, proof) = (user.to_owned(), proof.to_owned());
            assert_eq!(Message::parse(line), Ok(Message::Authorize { user, proof }));
        }
    }

    #[test]
    fn a_location_may_hold_the_separator_and_an_accent() {
        let location = "FINISH1Start Line é~1";
        for time in ["-00:25:07.36", "2021-05-07T23:34:52.64"] {
            let mut line = b"CT01_33~6~FINISH1Start Line \xe9~1~9511~".to_vec();
            line.extend_from_slice(time.as_bytes());
            line.extend_from_slice(b"~1~12000C~8");
            let read = read(&line);
            assert_eq!(read.location, location);
            assert_eq!((read.sequence, read.tag.as_str()), (6, "9511"));
            assert_eq!(read.time_text, time);
        }
        assert_eq!(
            Message::parse(b"CT01_33~0~FINISH1Start Line \xe9~1~newlocation~00:00:00.00~0~0~0"),
            Ok(Message::NewLocation(location.to_owned()))
        );
        assert_eq!(
            read("CT01_33~6~Línea~9~07:58:21.95~1~12000C~8".as_bytes()).location,
            "Línea"
        );
    }

    #[test]
    fn guns_and_new_locations_are_known_in_any_case() {
        for line in [
            &b"CT01_33~1~FINISH1~GUNTIME~2021-05-08T08:00:55.16~0~I11A9D~0"[..],
            b"CT01_33~4~start~guntime~14:02:15.31~0~DF239A~0",
        ] {
            let gun = read(line);
            assert_eq!((gun.kind, gun.lap), (ReadKind::Gun, None));
        }
        assert_eq!(
            Message::parse(b"CT01_33~2038~30k~newlocation~14:02:15.31~0~ED932A~0"),
            Ok(Message::NewLocation("30k".to_owned()))
        );
    }

    #[test]
    fn answers_are_understood() {
        let check = |line: &str, expected: Message| {
            assert_eq!(Message::parse(line.as_bytes()), Ok(expected), "{line}");
        };
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        check(
            "SimpleClient~0.6.0~CTP01",
            Message::Greeting {
                program: "SimpleClient".into(),
                version: "0.6.0".into(),
            },
        );
        check(
            "ack~getconnectionid~255f34CC",
            Message::ConnectionId("255F34CC".into()),
        );
        check("ack~getlocations", Message::Locations(vec![]));
        check("ack~getlocations~", Message::Locations(vec![]));
        check(
            "ack~getlocations~9K~Finish",
            Message::Locations(words(&["9K", "Finish"])),
        );
        check(
            "ack~geteventinfo~LA08~12~Los Angeles Marathon 2008",
            Message::EventInfo(EventInfo {
                name: "LA08".into(),
                id: "12".into(),
                description: "Los Angeles Marathon 2008".into(),
            }),
        );
        check("ack~ping", Message::Ack("ping".into()));
        check("ack~start~finish", Message::Ack("start".into()));
        check("ping", Message::Ping);
        check(
            "err~start~invalid location requested",
            Message::Refused {
                command: "start".into(),
                reason: "invalid location requested".into(),
            },
        );
        check(
            "err~~unknown command",
            Message::Refused {
                command: String::new(),
                reason: "unknown command".into(),
            },
        );
    }

    #[test]
    fn what_is_malformed_is_told() {
        let check = |line: &[u8], expected: &str| {
            let error = Message::parse(line).expect_err("is malformed");
            assert_eq!(error.to_string(), expected);
        };
        check(
            b"GET / HTTP/1.1",
            "line \"GET / HTTP/1.1\" begins with neither CT01_\u{2026}, ack, err nor ping",
        );
        check(
            b"CT01_33~1~9K",
            "a read line needs 8 fields, or 5 with a time among them, this one has 3",
        );
        check(
            b"CT01_33~1~99997~07:58:21.95~1~11FD4E~4",
            "a read line needs 8 fields, or 5 with a time among them, this one has 7",
        );
        check(
            b"CT01_33",
            "a read line needs 8 fields, or 5 with a time among them, this one has 1",
        );
        check(
            b"CT01_33~0~9K~5~07:58:21.95~1~11FD4E~4",
            "sequence \"0\" is no number from 1",
        );
        check(
            b"CT01_33~x~9K~5~07:58:21.95~1~11FD4E~4",
            "sequence \"x\" is no number from 1",
        );
        check(
            b"CT01_33~1~~5~07:58:21.95~1~11FD4E~4",
            "the location is empty",
        );
        check(b"CT01_33~1~9K~~07:58:21.95~1~11FD4E~4", "the tag is empty");
    }

    #[test]
    fn a_line_of_nothing_but_separators_is_refused() {
        let refused = Message::parse(&b"ack~".repeat(1_000));
        assert_eq!(refused, Err(Malformed::Many(1_001)));
        assert_eq!(Message::parse(&[b','; 256]), Err(Malformed::Many(257)));
    }

    #[test]
    fn a_field_longer_than_any_hardwares_is_refused() {
        let line = |tag: &str| format!("CT01_33~1~FINISH~{tag}~07:58:21.95~1~11FD4E~4");
        assert!(Message::parse(line(&"7".repeat(LONGEST_FIELD)).as_bytes()).is_ok());
        let refused = Message::parse(line(&"7".repeat(LONGEST_FIELD + 1)).as_bytes());
        assert_eq!(refused, Err(Malformed::Long(LONGEST_FIELD + 1)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(line in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Message::parse(&line);
        }

        #[test]
        fn anything_like_a_tag_line_is_survived(line in "CT01_[0136][0-9B][~, ]{0,2}[-~,;:. 0-9Té€a-z]{0,70}") {
            let _ = Message::parse(line.as_bytes());
        }
    }
}
