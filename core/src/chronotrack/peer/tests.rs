use proptest::prelude::*;

use super::*;
use crate::{dating::WireTime, decoder::framing::MAX_LINE, read::ReadKind};

const T0: Moment = Moment(1_620_460_800_000);

fn peer() -> Peer {
    Peer::new("nameless-1".to_owned(), T0)
}

/// What the peer does about a line, but for keeping it.
fn tell(peer: &mut Peer, line: &str) -> Vec<Output> {
    let mut outputs = hear(peer, &text::encode(line), T0);
    outputs.retain(|output| !matches!(output, Output::Line(_) | Output::Program(_)));
    outputs
}

fn hear(peer: &mut Peer, line: &[u8], now: Moment) -> Vec<Output> {
    let bytes = [line, b"\r\n"].concat();
    receive_all(peer, &bytes, now)
}

fn receive_all(peer: &mut Peer, mut bytes: &[u8], now: Moment) -> Vec<Output> {
    let mut outputs = Vec::new();
    while let Some(more) = peer.receive(&mut bytes, now) {
        outputs.extend(more);
    }
    outputs
}

fn send(text: &str) -> Output {
    Output::Send([text.as_bytes(), b"\r\n"].concat())
}

/// A peer that has been greeted and told its connection id, that there is no event, and its locations.
fn introduced(locations: &str) -> Peer {
    let mut peer = peer();
    tell(&mut peer, "SimpleClient~0.6.0~CTP01");
    tell(&mut peer, "ack~getconnectionid~255f34cc");
    tell(&mut peer, "ack~geteventinfo~~0~");
    tell(&mut peer, &format!("ack~getlocations{locations}"));
    peer
}

fn sequences(outputs: &[Output]) -> Vec<u64> {
    let read = |output: &Output| match output {
        Output::Read(read) => Some(read.sequence),
        _ => None,
    };
    outputs.iter().filter_map(read).collect()
}

#[test]
fn a_known_session_is_resumed() {
    let mut peer = peer();
    let opening = tell(&mut peer, "SimpleClient~0.6.0~CTP01");
    let [Output::Send(opening)] = &opening[..] else {
        panic!("{opening:?} is not one segment");
    };
    let opening = String::from_utf8(opening.clone()).expect("is ASCII");
    let lines: Vec<_> = opening.split_terminator("\r\n").collect();
    assert!(
        lines[0].starts_with("Gantry~") && lines[0].ends_with("~7"),
        "{opening}"
    );
    assert_eq!(
        lines[1..],
        [
            "location=multi",
            "guntimes=true",
            "newlocations=true",
            "authentication=none",
            "stream-mode=push",
            "time-format=iso",
            "connection-id=true",
            "getconnectionid",
            "geteventinfo",
            "getlocations",
        ]
    );

    assert_eq!(
        tell(&mut peer, "CT01_33~0~9K~newlocation~00:00:00.00~0~0~0"),
        []
    );
    assert_eq!(
        tell(
            &mut peer,
            "ack~getconnectionid~255F34CCD1DC070E2FAB3205FB8E1F713A6CBCD3"
        ),
        []
    );
    assert_eq!(
        tell(&mut peer, "ack~geteventinfo~21ROTM~0~21ROTM"),
        [Output::Event("21ROTM".into())]
    );
    assert_eq!(
        tell(&mut peer, "ack~getlocations~9K"),
        [
            Output::Connection("255F34CCD1DC070E2FAB3205FB8E1F713A6CBCD3".into()),
            Output::Location("9K".into()),
        ]
    );
    assert_eq!(peer.resume("9K", Some(847)), [send("start~9K~848")]);

    let line = "CT01_33~848~9K~312~2021-05-08T09:54:09.20~1~11FD4E~4";
    let read = WireRead {
        kind: ReadKind::Chip,
        connection: "255F34CCD1DC070E2FAB3205FB8E1F713A6CBCD3".into(),
        location: "9K".into(),
        sequence: 848,
        tag: "312".into(),
        time: WireTime::Dated(jiff::civil::datetime(2021, 5, 8, 9, 54, 9, 200_000_000)),
        wire_time: "2021-05-08T09:54:09.20".into(),
        lap: Some(1),
        reader: "11FD4E".into(),
        gator: "4".into(),
        raw: line.into(),
    };
    assert_eq!(tell(&mut peer, line), [Output::Read(read)]);
    let next = tell(
        &mut peer,
        "CT01_33~849~9K~2603~2021-05-08T09:55:33.70~1~11FD4E~8",
    );
    assert_eq!(sequences(&next), [849]);
    assert_eq!(tell(&mut peer, "ack~ping"), []);
    assert_eq!(tell(&mut peer, "ping"), [send("ack~ping")]);
}

#[test]
fn an_unknown_session_is_started_from_its_beginning_and_guns_are_told_apart() {
    let mut peer = introduced("~FINISH1");
    assert_eq!(peer.resume("FINISH1", None), [send("start~FINISH1")]);
    let outputs = tell(
        &mut peer,
        "CT01_33~1~FINISH1~GUNTIME~2021-05-08T08:00:55.16~0~I11A9D~0",
    );
    let [Output::Read(gun)] = &outputs[..] else {
        panic!("{outputs:?} is not one read");
    };
    assert_eq!(
        (gun.kind, gun.lap, gun.reader.as_str()),
        (ReadKind::Gun, None, "I11A9D")
    );
}

#[test]
fn whoever_does_not_greet_is_closed() {
    for line in [
        "GET / HTTP/1.1",
        "SimpleClient~0.6.0",
        "A~B~CTP02",
        "ping",
        "CT01_33~1~9K~1~07:58:21.95~1~A~4",
    ] {
        let outputs = tell(&mut peer(), line);
        assert!(
            matches!(outputs[..], [Output::Fault { .. }, Output::Close { .. }]),
            "{outputs:?}"
        );
    }
    let outputs = hear(&mut peer(), &[b'x'; MAX_LINE + 1], T0);
    assert!(matches!(
        outputs[..],
        [Output::Fault { .. }, Output::Close { .. }]
    ));

    let mut peer = peer();
    assert_eq!(peer.next_deadline(), Some(T0 + GREETING_MS));
    assert_eq!(peer.tick(T0 + GREETING_MS - 1), []);
    assert_eq!(
        peer.tick(T0 + GREETING_MS),
        [Output::Close {
            reason: "no greeting"
        }]
    );
    assert_eq!(peer.next_deadline(), None);
    assert_eq!(tell(&mut peer, "SimpleClient~0.6.0~CTP01"), []);
}

#[test]
fn an_old_client_that_answers_nothing_is_started_whole() {
    let mut peer = peer();
    tell(&mut peer, "TripleC~0.1.0~CTP01");
    assert_eq!(peer.next_deadline(), Some(T0 + PATIENCE_MS));
    assert_eq!(
        peer.tick(T0 + PATIENCE_MS),
        [Output::Connection("nameless-1".into()), send("start")]
    );
    assert_eq!(tell(&mut peer, "ack~getconnectionid~LATE"), []);
    let outputs = tell(&mut peer, "CT01_33~1~9K~1~07:58:21.95~1~A~4");
    let [Output::Read(read)] = &outputs[..] else {
        panic!("{outputs:?} is not one read");
    };
    assert_eq!(read.connection, "nameless-1");
}

#[test]
fn answers_that_come_byte_by_byte_are_waited_for() {
    let mut peer = peer();
    tell(&mut peer, "SimpleClient~0.6.0~CTP01");
    let answers =
        "ack~getconnectionid~255F34CC\r\nack~geteventinfo~R~0~R\r\nack~getlocations~9K\r\n";
    let mut outputs = Vec::new();
    for (byte, second) in answers.bytes().zip(0..) {
        let now = T0 + second * 300;
        outputs.extend(receive_all(&mut peer, &[byte], now));
        outputs.extend(peer.tick(now + 299));
    }
    let named = outputs
        .iter()
        .find(|output| matches!(output, Output::Connection(_)));
    assert_eq!(named, Some(&Output::Connection("255F34CC".into())));

    // But not for ever.
    let mut dripping = self::peer();
    tell(&mut dripping, "SimpleClient~0.6.0~CTP01");
    for second in 1..30 {
        let now = T0 + second * 1_000;
        receive_all(&mut dripping, b"a", now);
        assert!(
            dripping
                .tick(now)
                .iter()
                .all(|output| *output == send("ping"))
        );
    }
    let begun = dripping.tick(T0 + INTRODUCTION_MS);
    assert_eq!(begun[0], Output::Connection("nameless-1".into()));
}

#[test]
fn the_event_is_known_before_the_first_location_in_whatever_order_it_is_told() {
    let answers = [
        "ack~getconnectionid~AB",
        "ack~geteventinfo~21ROTM~0~21ROTM",
        "ack~getlocations~9K",
    ];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let mut peer = peer();
        tell(&mut peer, "SimpleClient~0.6.0~CTP01");
        let told: Vec<Output> = order
            .iter()
            .flat_map(|&answer| tell(&mut peer, answers[answer]))
            .collect();
        assert_eq!(
            told,
            [
                Output::Event("21ROTM".into()),
                Output::Connection("AB".into()),
                Output::Location("9K".into()),
            ],
            "{order:?}"
        );
    }
}

#[test]
fn a_client_without_an_event_is_started_at_once_and_one_that_says_nothing_in_a_while() {
    let begun = [
        Output::Connection("AB".into()),
        Output::Location("9K".into()),
    ];
    let without = |answer: Option<&str>| {
        let mut peer = peer();
        tell(&mut peer, "SimpleClient~0.6.0~CTP01");
        tell(&mut peer, "ack~getconnectionid~AB");
        let mut outputs = tell(&mut peer, "ack~getlocations~9K");
        outputs.extend(answer.map_or(vec![], |answer| tell(&mut peer, answer)));
        outputs.retain(|output| !matches!(output, Output::Fault { .. }));
        (peer, outputs)
    };
    for answer in [
        "err~geteventinfo~none",
        "err~GetEventInfo",
        "ack~geteventinfo",
        "ack~geteventinfo~~0~",
    ] {
        assert_eq!(without(Some(answer)).1, begun, "{answer}");
    }
    let (mut peer, outputs) = without(None);
    assert_eq!(outputs, []);
    assert_eq!(peer.next_deadline(), Some(T0 + PATIENCE_MS));
    assert_eq!(peer.tick(T0 + PATIENCE_MS), begun);
}

#[test]
fn a_new_location_is_told_once_and_one_that_streams_unasked_is_taken() {
    let mut peer = introduced("");
    let announcement = "CT01_33~0~10K~newlocation~00:00:00.00~0~0~0";
    assert_eq!(
        tell(&mut peer, announcement),
        [Output::Location("10K".into())]
    );
    assert_eq!(tell(&mut peer, announcement), []);
    let unasked = tell(&mut peer, "CT01_33~1~Other~1~07:58:21.95~1~A~4");
    assert_eq!(sequences(&unasked), [1]);
}

#[test]
fn a_location_that_cannot_be_said_is_started_with_all() {
    let mut peer = peer();
    let location = "FINISH1Start Line é~1";
    tell(&mut peer, "SimpleClient~0.6.0~CTP01");
    tell(
        &mut peer,
        &format!("CT01_33~0~{location}~newlocation~00:00:00.00~0~0~0"),
    );
    tell(&mut peer, "ack~getconnectionid~AB");
    tell(&mut peer, "ack~geteventinfo~~0~");
    assert_eq!(
        tell(&mut peer, &format!("ack~getlocations~9K~{location}")),
        [
            Output::Connection("AB".into()),
            Output::Location(location.into()),
            Output::Location("9K".into()),
        ]
    );
    assert_eq!(peer.resume(location, Some(5)), [send("start")]);
    assert_eq!(peer.resume("9K", Some(5)), [send("start~9K~6")]);
    assert_eq!(peer.resume(location, None), []);
}

#[test]
fn a_refused_start_falls_back_to_all_once() {
    let mut peer = introduced("~9K");
    let refusal = "err~start~invalid location requested";
    let outputs = tell(&mut peer, refusal);
    assert!(matches!(&outputs[..], [Output::Fault { .. }, start] if *start == send("start")));
    assert!(matches!(
        tell(&mut peer, refusal)[..],
        [Output::Fault { .. }]
    ));
}

#[test]
fn commands_are_in_the_hardware_s_own_encoding() {
    assert_eq!(
        introduced("~Línea").resume("Línea", None),
        [Output::Send(b"start~L\xednea\r\n".to_vec())]
    );
}

#[test]
fn a_hole_is_asked_for_once() {
    let mut peer = introduced("~9K");
    peer.resume("9K", None);
    let mut asked = Vec::new();
    let mut kept = Vec::new();
    for sequence in [1, 4, 5, 2, 3, 4, 5, 6] {
        for output in tell(
            &mut peer,
            &format!("CT01_33~{sequence}~9K~7~07:58:21.95~1~A~4"),
        ) {
            match output {
                Output::Send(bytes) => asked.push(bytes),
                output => kept.extend(sequences(&[output])),
            }
        }
    }
    assert_eq!(asked, [b"start~9K~2\r\n"]);
    assert_eq!(kept, [1, 4, 5, 2, 3, 4, 5, 6]);
}

#[test]
fn silence_is_asked_about_and_then_ends() {
    let mut peer = introduced("~9K");
    let mut pings = 0;
    let closed_at = loop {
        let now = peer.next_deadline().expect("is open");
        match &peer.tick(now)[..] {
            [ping] if *ping == send("ping") => pings += 1,
            [Output::Close { .. }] => break now,
            [] => panic!("a deadline with nothing to do at {now}"),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((pings, closed_at), (3, T0 + SILENCE_MS));
}

#[test]
fn any_line_is_life() {
    let mut peer = introduced("~9K");
    let later = T0 + SILENCE_MS - 1;
    hear(&mut peer, b"garbage", later);
    assert_eq!(peer.tick(later + SILENCE_MS - 1), [send("ping")]);
    assert!(matches!(
        peer.tick(later + SILENCE_MS)[..],
        [Output::Close { .. }]
    ));
}

#[test]
fn garbage_is_a_fault_with_its_bytes_and_the_stream_goes_on() {
    let mut peer = introduced("~9K");
    let garbage = b"\xff\xfe~~garbage".to_vec();
    let outputs = hear(&mut peer, &garbage, T0);
    assert!(matches!(&outputs[..], [Output::Fault { raw, .. }] if *raw == garbage));
    assert_eq!(
        sequences(&tell(&mut peer, "CT01_33~1~9K~1~07:58:21.95~1~A~4")),
        [1]
    );
}

#[test]
fn lines_that_are_no_reads_are_kept_but_for_signs_of_life_and_passwords() {
    let mut peer = peer();
    let greeting = hear(&mut peer, b"SimpleClient~0.6.0~CTP01", T0);
    assert_eq!(
        greeting[0],
        Output::Line(b"SimpleClient~0.6.0~CTP01".to_vec())
    );
    assert_eq!(greeting[1], Output::Program("SimpleClient 0.6.0".into()));
    for (line, answer) in [
        ("ack~ping", vec![]),
        ("ping", vec![send("ack~ping")]),
        ("authorize~user1~pa55", vec![send("ack~authorize")]),
        ("ack~start", vec![Output::Line(b"ack~start".to_vec())]),
        ("ack~start~9K", vec![Output::Line(b"ack~start~9K".to_vec())]),
        (
            "ack~getdata~0",
            vec![Output::Line(b"ack~getdata~0".to_vec())],
        ),
    ] {
        assert_eq!(hear(&mut peer, line.as_bytes(), T0), answer, "{line}");
    }
}

#[test]
fn reads_that_come_unasked_make_no_hole_of_what_is_resumed_behind_them() {
    let mut peer = introduced("~9K");
    let unasked = tell(&mut peer, "CT01_33~1~9K~7~07:58:21.95~1~A~4");
    assert_eq!(sequences(&unasked), [1]);
    peer.resume("9K", None);
    let next = tell(&mut peer, "CT01_33~2~9K~7~07:58:22.95~1~A~4");
    assert!(matches!(next[..], [Output::Read(_)]), "{next:?}");
}

#[test]
fn sequences_go_on_past_six_digits() {
    let mut peer = introduced("~9K");
    assert_eq!(peer.resume("9K", Some(999_999)), [send("start~9K~1000000")]);
    let outputs = tell(&mut peer, "CT01_33~1000000~9K~7~07:58:21.95~1~A~4");
    assert_eq!(sequences(&outputs), [1_000_000]);
    assert!(matches!(outputs[..], [Output::Read(_)]));
}

proptest! {
    #[test]
    fn however_the_bytes_are_cut_the_outcome_is_the_same(
        lines in prop::collection::vec(
            "(ack~(ping|start|getlocations~9K|getconnectionid~AB)|CT01_33~[1-9]~9K~7~0[0-9]:00:00.00~1~A~4|ping|x~{0,3})",
            0..12,
        ),
        cut in 1..60_usize,
    ) {
        let bytes = [&b"SimpleClient~0.6.0~CTP01\r\n"[..], lines.join("\r\n").as_bytes(), b"\r\n"].concat();
        let at_once = receive_all(&mut peer(), &bytes, T0);
        let mut peer = peer();
        let cut_up: Vec<Output> = bytes.chunks(cut).flat_map(|chunk| receive_all(&mut peer, chunk, T0)).collect();
        prop_assert_eq!(cut_up, at_once);
    }

    #[test]
    fn any_bytes_are_survived_and_reads_after_them_are_taken(
        garbage in prop::collection::vec(any::<u8>(), 0..3000),
        words in prop::collection::vec("(ack|err|CT01_33|start|getlocations|~|[0-9]|\n){0,12}", 0..6),
    ) {
        let mut peer = introduced("~9K");
        let bytes = [&garbage[..], words.concat().as_bytes(), b"\nCT01_33~999999~9K~1~07:58:21.95~1~A~4\r\n"].concat();
        let outputs = receive_all(&mut peer, &bytes, T0);
        prop_assert_eq!(sequences(&outputs).last().copied(), Some(999_999));
    }
}
