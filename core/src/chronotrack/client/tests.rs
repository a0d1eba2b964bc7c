use jiff::{civil::datetime, tz::TimeZone};
use proptest::prelude::*;

use super::*;
use crate::{
    chronotrack::{
        login::{Login, Method},
        message::EventInfo,
        peer::Peer,
    },
    dating::Resolver,
    decoder::{Decoder, Output},
    read::{ReadKind, TimingRead},
};

const T0: Moment = Moment(1_620_460_800_000);

/// Five entries at one mat: a gun and four reads.
fn log() -> SessionLog {
    let event = EventInfo {
        name: "21ROTM".into(),
        id: "0".into(),
        description: "21ROTM".into(),
    };
    let day = jiff::civil::date(2021, 5, 8);
    let mut log = SessionLog::new("255F34CC".into(), event, day, &["9K"]);
    log.record(
        "9K",
        Entry::gun(datetime(2021, 5, 8, 7, 58, 21, 950_000_000), "I11A9D"),
    );
    for tag in 1..5_u32 {
        log.record(
            "9K",
            chip(
                &tag.to_string(),
                datetime(2021, 5, 8, 8, 0, tag as i8, 30_000_000),
            ),
        );
    }
    log
}

fn chip(tag: &str, at: jiff::civil::DateTime) -> Entry {
    Entry {
        tag: tag.to_owned(),
        at,
        lap: 1,
        reader: "11FD4E".into(),
        gator: 4,
    }
}

/// A client after a handshake with these options.
fn client(options: &[&str]) -> Client {
    let (mut client, _) = Client::connect(T0);
    let handshake = format!("T~1~{}\r\n{}\r\n", options.len(), options.join("\r\n"));
    assert_eq!(client.receive(handshake.as_bytes(), &log(), T0), []);
    client
}

fn ask(client: &mut Client, command: &str) -> String {
    let replies = client.receive(format!("{command}\r\n").as_bytes(), &log(), T0);
    replies
        .into_iter()
        .map(|reply| match reply {
            Reply::Send(bytes) => text::decode(&bytes).into_owned(),
            Reply::Close { reason } => reason.to_owned(),
        })
        .collect()
}

fn sequences(bytes: &[u8]) -> Vec<String> {
    let text = text::decode(bytes);
    let sequence = |line: &str| line.split('~').nth(1).expect("a sequence").to_owned();
    text.split_terminator("\r\n").map(sequence).collect()
}

#[test]
fn the_reference_transcript_is_played() {
    let (mut client, greeting) = Client::connect(T0);
    assert_eq!(greeting, b"SimpleClient~0.6.0~CTP01\r\n");
    let handshake = "T~1~6\r\nlocation=multi\r\nguntimes=true\r\nnewlocations=true\r\n\
                     authentication=none\r\nstream-mode=push\r\ntime-format=iso\r\n";
    assert_eq!(
        client.receive(handshake.as_bytes(), &log(), T0),
        [say("CT01_33~0~9K~newlocation~00:00:00.00~0~0~0")]
    );
    assert_eq!(
        ask(&mut client, "getconnectionid"),
        "ack~getconnectionid~255F34CC\r\n"
    );
    assert_eq!(
        ask(&mut client, "geteventinfo"),
        "ack~geteventinfo~21ROTM~0~21ROTM\r\n"
    );
    assert_eq!(ask(&mut client, "getlocations"), "ack~getlocations~9K\r\n");
    assert_eq!(client.stream(&log(), 10), b"");
    assert_eq!(ask(&mut client, "start~9k~4"), "");
    assert_eq!(
        text::decode(&client.stream(&log(), 10)),
        "CT01_33~4~9K~3~2021-05-08T08:00:03.03~1~11FD4E~4\r\n\
         CT01_33~5~9K~4~2021-05-08T08:00:04.03~1~11FD4E~4\r\n"
    );
    assert_eq!(ask(&mut client, "ping"), "ack~ping\r\n");
    assert_eq!(ask(&mut client, "ping~x"), "");
    assert_eq!(ask(&mut client, " ping"), "");
}

#[test]
fn starts_and_stops_move_the_stream() {
    let mut client = client(&["stream-mode=push", "pushmode-ack=true"]);
    assert_eq!(ask(&mut client, "start"), "ack~start\r\n");
    assert_eq!(sequences(&client.stream(&log(), 2)), ["1", "2"]);
    assert!(!client.has_sent_all(&log()));
    assert_eq!(ask(&mut client, "start~9K"), "");
    assert_eq!(sequences(&client.stream(&log(), 10)), ["3", "4", "5"]);
    assert!(client.has_sent_all(&log()));
    assert_eq!(ask(&mut client, "start~9K~2"), "");
    assert_eq!(sequences(&client.stream(&log(), 10)), ["2", "3", "4", "5"]);
    assert_eq!(ask(&mut client, "start~9K~99"), "");
    assert_eq!(client.stream(&log(), 10), b"");
    assert_eq!(ask(&mut client, "stop"), "");
    assert_eq!(ask(&mut client, "start~"), "");
    assert_eq!(sequences(&client.stream(&log(), 1)), ["1"]);
    assert_eq!(ask(&mut client, "stop~9K"), "");
    assert_eq!(client.stream(&log(), 10), b"");
}

#[test]
fn commands_are_refused_in_the_exact_words() {
    let mut push = client(&["stream-mode=push"]);
    for (command, refusal) in [
        ("start~NOPE", "err~start~invalid location requested\r\n"),
        ("start~~5", "err~start~invalid location requested\r\n"),
        (
            "start~9K~0",
            "err~start~invalid start sequence number requested\r\n",
        ),
        (
            "start~9K~-1",
            "err~start~invalid start sequence number requested\r\n",
        ),
        (
            "start~9K~abc",
            "err~start~invalid start sequence number requested\r\n",
        ),
        ("start~9K~1~2", "err~start~invalid paramater count\r\n"),
        ("stop~NOPE", "err~stop~invalid location requested\r\n"),
        ("stop~9K~1", "err~stop~invalid paramater count\r\n"),
        (
            "getdata~1",
            "err~getdata~command unavailable in push mode\r\n",
        ),
        ("hello", ""),
        ("geteventinfo~x", ""),
    ] {
        assert_eq!(ask(&mut push, command), refusal, "{command}");
    }
    let mut pull = client(&["time-format=iso"]);
    for (command, answer) in [
        ("start", "err~start~command unavailable in pull mode\r\n"),
        ("stop", "err~stop~command unavailable in pull mode\r\n"),
        ("getdata~x", "err~getdata~invalid seqnr parameter\r\n"),
        ("getdata~1~NOPE", "err~getdata~unknown location\r\n"),
        (
            "getdata~1~9K~5",
            "CT01_33~5~9K~4~2021-05-08T08:00:04.03~1~11FD4E~4\r\nack~getdata~0\r\n",
        ),
    ] {
        assert_eq!(ask(&mut pull, command), answer, "{command}");
    }
}

#[test]
fn a_server_that_errs_is_closed() {
    for wrong in [
        "T~1\r\n",
        "T~1~x\r\n",
        "SimpleClient~0.6.0~CTP01\r\n",
        "OK\r\n",
        "\r\n",
        "T~1~1\r\ntime-format=swatch\r\n",
        "T~1~1\r\ntagevent-format=CT01_03\r\n",
        "T~1~1\r\nlocation=some\r\n",
        "T~1~1\r\nauthentication=kerberos\r\n",
        "T~1~1\r\nauthentication=plaintext\r\nerr~authorize\r\n",
        "T~1~0\r\n\r\n",
        &"x".repeat(2000),
    ] {
        let (mut client, _) = Client::connect(T0);
        let replies = client.receive(wrong.as_bytes(), &log(), T0);
        assert!(
            matches!(replies[..], [.., Reply::Close { .. }]),
            "{wrong:?}: {replies:?}"
        );
    }
    for silent in ["", "T~1~0\n", "T~1~2\r\nlocation=multi\r\n"] {
        let (mut client, _) = Client::connect(T0);
        assert_eq!(client.receive(silent.as_bytes(), &log(), T0), []);
        assert_eq!(client.next_deadline(), Some(T0 + HANDSHAKE_MS));
        assert_eq!(client.tick(T0 + HANDSHAKE_MS - 1), []);
        assert!(matches!(
            client.tick(T0 + HANDSHAKE_MS)[..],
            [Reply::Close { .. }]
        ));
    }
}

#[test]
fn new_locations_wait_for_the_connection_id_and_are_told_once() {
    let mut log = log();
    let mut client = client(&[
        "newlocations=true",
        "connection-id=true",
        "stream-mode=push",
    ]);
    assert_eq!(
        ask(&mut client, "geteventinfo"),
        "ack~geteventinfo~21ROTM~0~21ROTM\r\n"
    );
    assert_eq!(
        ask(&mut client, "getconnectionid"),
        "ack~getconnectionid~255F34CC\r\nCT01_33~0~9K~newlocation~00:00:00.00~0~0~0\r\n"
    );
    log.record("10K", chip("7", datetime(2021, 5, 8, 9, 0, 0, 0)));
    assert_eq!(sequences(&client.stream(&log, 10)), ["0"]);
    assert_eq!(client.stream(&log, 10), b"");
}

/// The client and our peer in conversation, until neither has anything to say: what the peer made of it.
fn converse(
    client: &mut Client,
    peer: &mut Peer,
    resolver: &mut Resolver,
    log: &SessionLog,
    greeting: Vec<u8>,
) -> Vec<TimingRead> {
    let mut reads = Vec::new();
    let mut to_peer = greeting;
    while !to_peer.is_empty() {
        let mut to_client = Vec::new();
        let heard = std::mem::take(&mut to_peer);
        let mut bytes = &heard[..];
        while let Some(outputs) = peer.receive(&mut bytes, T0) {
            for output in outputs {
                let outputs = match output {
                    Output::Location(location) => peer.resume(&location, None),
                    output => vec![output],
                };
                for output in outputs {
                    match output {
                        Output::Send(bytes) => to_client.extend(bytes),
                        Output::Read(read) => reads.push(resolver.date(read, T0).expect("a date")),
                        Output::Close { .. } | Output::Fault { .. } => panic!("{output:?}"),
                        _ => {}
                    }
                }
            }
        }
        for reply in client.receive(&to_client, log, T0) {
            match reply {
                Reply::Send(bytes) => to_peer.extend(bytes),
                Reply::Close { reason } => panic!("{reason}"),
            }
        }
        to_peer.extend(client.stream(log, 2));
    }
    reads
}

#[test]
fn a_client_that_knows_the_password_is_let_in_and_no_other() {
    for method in Method::ALL {
        for (password, is_right) in [("geheimnüs", true), ("geraten", false)] {
            let mut peer = Peer::new("nameless".into(), T0).with_login(Login {
                method,
                user: "user1".into(),
                password: "geheimnüs".into(),
                seed: "00c0ffee".into(),
            });
            let (client, greeting) = Client::connect(T0);
            let mut client = client.with_login("user1", password);
            let (mut to_peer, mut names, mut closes) = (greeting, 0, 0);
            while !to_peer.is_empty() {
                let heard = std::mem::take(&mut to_peer);
                let mut bytes = &heard[..];
                let mut to_client = Vec::new();
                while let Some(outputs) = peer.receive(&mut bytes, T0) {
                    for output in outputs {
                        match output {
                            Output::Send(bytes) => to_client.extend(bytes),
                            Output::Connection(_) => names += 1,
                            Output::Close { .. } => closes += 1,
                            Output::Line(raw) | Output::Fault { raw, .. } => {
                                let line = text::decode(&raw);
                                assert!(!line.contains("geh") && !line.contains("ger"), "{line}");
                            }
                            _ => {}
                        }
                    }
                }
                for reply in client.receive(&to_client, &log(), T0) {
                    match reply {
                        Reply::Send(bytes) => to_peer.extend(bytes),
                        Reply::Close { .. } => closes += 1,
                    }
                }
            }
            let expected = if is_right { (1, 0) } else { (0, 2) };
            assert_eq!((names, closes), expected, "{method:?} {password}");
        }
    }
}

#[test]
fn our_peer_and_the_client_understand_each_other() {
    let mut resolver = Resolver::new(TimeZone::get("Europe/Berlin").expect("a zone"));
    let mut peer = Peer::new("nameless".into(), T0);
    let (mut client, greeting) = Client::connect(T0);
    let mut log = log();
    let awkward = "FINISH1Start Line é~1";
    log.record(
        awkward,
        chip("9511", datetime(2021, 5, 7, 23, 34, 52, 640_000_000)),
    );
    let reads = converse(&mut client, &mut peer, &mut resolver, &log, greeting);
    let mut told: Vec<_> = reads
        .iter()
        .map(|read| (read.location.as_str(), read.sequence, read.tag.as_str()))
        .collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("9K", 1, "GUNTIME"),
            ("9K", 2, "1"),
            ("9K", 3, "2"),
            ("9K", 4, "3"),
            ("9K", 5, "4"),
            (awkward, 1, "9511"),
        ]
    );
    assert!(reads.iter().all(|read| read.connection == "255F34CC"));
    assert_eq!(
        reads
            .iter()
            .find(|read| read.kind == ReadKind::Gun)
            .map(|gun| gun.at.to_rfc3339()),
        Some("2021-05-08T05:58:21.95Z".to_owned())
    );
}

proptest! {
    #[test]
    fn what_the_client_writes_the_peer_reads(
        entries in prop::collection::vec(
            ("[0-9A-Z]{1,8}", 0..172_800_i64, 0..100_i64, 1..999_u32, "[0-9A-F]{6}", 0..9_u32),
            1..20,
        ),
        location in "[A-Za-z0-9é][A-Za-z0-9é ]{0,10}[A-Za-z0-9é]",
        time_format in prop::sample::select(vec!["normal", "iso", "unix", "msecs"]),
        tag_format in prop::sample::select(vec![
            "CT01_33", "CT01_13", "CT01_23", "CT01_43", "CT01_53", "CT01_31", "CT01_32", "CT01_34", "CT01_37", "CT01_1B",
            "CT01_0B", "CT01_6B",
        ]),
        cut in 1..200_usize,
    ) {
        let day = jiff::civil::date(2021, 5, 8);
        let mut log = SessionLog::new("AB".into(), EventInfo::default(), day, &[&location]);
        for (tag, second, hundredth, lap, reader, gator) in &entries {
            let since_midnight = jiff::SignedDuration::from_millis(second * 1000 + hundredth * 10);
            let at = day.at(0, 0, 0, 0) + since_midnight;
            let (tag, lap, reader, gator) = (tag.clone(), *lap, reader.clone(), *gator);
            log.record(&location, Entry { tag, at, lap, reader, gator });
        }
        let mut client = client(&[
            "stream-mode=push",
            &format!("time-format={time_format}"),
            &format!("tagevent-format={tag_format}"),
        ]);
        client.receive(b"start\r\n", &log, T0);
        let bytes = client.stream(&log, usize::MAX);

        let mut peer = Peer::new("nameless".into(), T0);
        peer.receive(&mut &b"SimpleClient~0.6.0~CTP01\r\n"[..], T0);
        // Each line arrives some seconds after its time, so that times without a date find theirs.
        let mut resolver = Resolver::new(TimeZone::UTC);
        let mut reads = Vec::new();
        for mut chunk in bytes.chunks(cut) {
            while let Some(outputs) = peer.receive(&mut chunk, T0) {
                let at = log.locations()[0].entries[reads.len()].at;
                let arrived = Moment::from(TimeZone::UTC.to_timestamp(at).expect("in range")) + 3000;
                reads.extend(outputs.into_iter().filter_map(|output| match output {
                    Output::Read(read) => resolver.date(read, arrived).ok(),
                    _ => None,
                }));
            }
        }
        prop_assert_eq!(reads.len(), entries.len());
        for ((read, entry), sequence) in reads.iter().zip(&log.locations()[0].entries).zip(1..) {
            prop_assert_eq!(&read.location, &location);
            prop_assert_eq!(&read.tag, &entry.tag);
            prop_assert_eq!(read.at, Moment::from(TimeZone::UTC.to_timestamp(entry.at).expect("in range")));
            prop_assert_eq!(read.lap, Some(entry.lap));
            prop_assert_eq!(&read.reader, &entry.reader);
            prop_assert_eq!(&read.gator, &entry.gator.to_string());
            prop_assert_eq!(read.sequence, sequence);
        }
    }

    #[test]
    fn any_server_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..3000), words in "((start|stop|getdata|9K|~|[0-9]|\r\n){0,9}\r\n){0,5}") {
        let (mut fresh, _) = Client::connect(T0);
        fresh.receive(&bytes, &log(), T0);
        let mut client = client(&["stream-mode=push"]);
        client.receive(words.as_bytes(), &log(), T0);
        client.stream(&log(), 100);
    }
}
