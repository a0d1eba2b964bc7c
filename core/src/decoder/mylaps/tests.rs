use jiff::civil::datetime;
use proptest::prelude::*;

use super::*;
use crate::{
    dating::WireTime,
    decoder::testing::{hear, reads},
    hardware::mylaps::{Exporter, Passing},
    read::WireRead,
};

const T0: Moment = Moment(1_783_850_400_000);

const PASSING: &str =
    "t=13:11:30.904|c=0000041|ct=UH|d=120606|l=13|dv=4|re=0|an=00001111|g=0|b=41|n=41";

fn exporter() -> Mylaps {
    let mut decoder = Mylaps::new(T0);
    hear(&mut decoder, b"Finish@Pong@$", T0);
    decoder
}

fn stored(text: &str) -> Output {
    Output::SendOnceStored(text.as_bytes().to_vec())
}

#[test]
fn an_exporter_is_greeted_and_its_passings_are_acknowledged_once_stored() {
    let mut decoder = Mylaps::new(T0);
    assert_eq!(
        hear(&mut decoder, b"Finish@Pong@$", T0),
        [
            Output::Program("MYLAPS exporter".into()),
            Output::Connection("MYLAPS".into()),
            Output::Line(b"Finish@Pong@".to_vec()),
            Output::Send(b"Gantry@AckPong@Version2.1@c|ct|d|l|dv|re|an|g|b|n@$".to_vec()),
        ]
    );
    let outputs = hear(
        &mut decoder,
        format!("10KM@Passing@{PASSING}@1016@$").as_bytes(),
        T0,
    );
    let [
        Output::Location(location),
        Output::Read(read),
        acknowledgement,
    ] = &outputs[..]
    else {
        panic!("{outputs:?}");
    };
    assert_eq!(location, "10KM");
    assert_eq!(
        *read,
        WireRead {
            kind: ReadKind::Chip,
            connection: "MYLAPS".into(),
            location: "10KM".into(),
            sequence: read.sequence,
            tag: "41".into(),
            time: WireTime::Dated(datetime(2012, 6, 6, 13, 11, 30, 904_000_000)),
            wire_time: "2012-06-06T13:11:30.904".into(),
            lap: Some(13),
            reader: "4/0".into(),
            gator: "00001111".into(),
            raw: format!("10KM@Passing@{PASSING}").into(),
        }
    );
    assert_eq!(*acknowledgement, stored("Gantry@AckPassing@1016@$"));
    let again = hear(
        &mut decoder,
        format!("\r\n10KM@Passing@{PASSING}@1016@$").as_bytes(),
        T0,
    );
    assert_eq!(reads(&again)[0].sequence, read.sequence);
    assert_eq!(again.len(), 2);
}

#[test]
fn many_passings_of_one_message_are_one_acknowledgement_at_its_end() {
    let passing = |chip: u32| format!("t=13:11:30.{chip:03}|c=A{chip:06}|b=0|n=");
    let passings: Vec<String> = (0..100).map(passing).collect();
    let message = format!("Start@Passing@{}@7@$", passings.join("@"));
    let outputs = hear(&mut exporter(), message.as_bytes(), T0);
    let reads = reads(&outputs);
    assert_eq!(reads.len(), 100);
    assert_eq!(reads[41].tag, "A000041");
    assert_eq!(reads[41].time, WireTime::SinceMidnight(47_490_041));
    assert_eq!(outputs.last(), Some(&stored("Gantry@AckPassing@7@$")));
}

#[test]
fn a_read_is_known_again_by_what_an_operator_cannot_change() {
    let number = |record: &str| {
        let outputs = hear(
            &mut exporter(),
            format!("10KM@Passing@{record}@1@$").as_bytes(),
            T0,
        );
        reads(&outputs)[0].sequence
    };
    let first = number(PASSING);
    assert_eq!(
        number(
            &PASSING
                .replace("b=41|n=41", "b=7|n=7")
                .replace("l=13", "l=1")
        ),
        first
    );
    for (from, to) in [
        ("904", "905"),
        ("0000041", "0000042"),
        ("dv=4", "dv=5"),
        ("1111", "0001"),
        ("d=120606", "d=120607"),
    ] {
        assert_ne!(number(&PASSING.replace(from, to)), first, "{from}");
    }
    assert_ne!(number("t=13:11:30.904|b=41"), number("t=13:11:30.904|b=42"));
}

#[test]
fn a_passing_with_a_date_that_is_none_is_a_read_without_a_date() {
    for date in ["000000", "120631", "991301", "1206", "12060\u{e9}", ""] {
        let record = PASSING.replace("d=120606", &format!("d={date}"));
        let message = format!("10KM@Passing@{record}@1@$");
        let outputs = hear(&mut exporter(), message.as_bytes(), T0);
        let [read] = reads(&outputs)[..] else {
            panic!("{date}: {outputs:?}");
        };
        assert_eq!(read.time, WireTime::SinceMidnight(47_490_904), "{date}");
        assert_eq!(read.wire_time, "13:11:30.904");
    }
}

#[test]
fn a_gunshot_is_a_gun_and_other_markers_are_kept() {
    let mut decoder = exporter();
    let outputs = hear(
        &mut decoder,
        b"Finish@Marker@t=11:03:40.347|mt=Gunshot|n=Gunshot 1@4@$",
        T0,
    );
    let gun = reads(&outputs)[0];
    assert_eq!(
        (gun.kind, &*gun.tag, gun.time),
        (
            ReadKind::Gun,
            "GUNTIME",
            WireTime::SinceMidnight(39_820_347)
        )
    );
    assert_eq!(outputs.last(), Some(&stored("Gantry@AckMarker@4@$")));
    assert_eq!(
        hear(
            &mut decoder,
            b"Finish@Marker@t=11:05:00.000|mt=Note|n=rain@5@$",
            T0
        ),
        [
            Output::Line(b"Finish@Marker@t=11:05:00.000|mt=Note|n=rain".to_vec()),
            stored("Gantry@AckMarker@5@$")
        ]
    );
}

#[test]
fn what_is_not_understood_is_kept_and_only_whole_messages_of_it_stay_unacknowledged() {
    let mut decoder = exporter();
    let one_bad = hear(
        &mut decoder,
        b"10KM@Passing@c=0000041@t=99:99|c=1@t=13:11:30.904|c=2@8@$",
        T0,
    );
    assert!(
        matches!(
            &one_bad[..],
            [
                Output::Location(_),
                Output::Fault { .. },
                Output::Fault { .. },
                Output::Read(_),
                Output::SendOnceStored(_)
            ]
        ),
        "{one_bad:?}"
    );
    for message in [
        "Start@Store@KC71327 08:42:13.11 1 0F  1000025030870@34@$",
        "10KM@Passing@t=13:11:30.904|c=2@",
        "@Passing@t=1:00:00|c=2@9@$",
    ] {
        let outputs = hear(&mut decoder, format!("{message}$").as_bytes(), T0);
        assert!(
            matches!(outputs[0], Output::Fault { .. }),
            "{message}: {outputs:?}"
        );
        assert!(
            !outputs
                .iter()
                .any(|output| matches!(output, Output::SendOnceStored(_)))
        );
    }
    assert_eq!(
        hear(&mut decoder, b"Finish@AckGetInfo@whatever@$", T0),
        [Output::Line(b"Finish@AckGetInfo@whatever@".to_vec())]
    );
}

#[test]
fn both_sides_ping_and_silence_ends() {
    let mut decoder = exporter();
    assert_eq!(
        hear(&mut decoder, b"Finish@Ping@$", T0),
        [Output::Send(b"Gantry@AckPing@$".to_vec())]
    );
    assert_eq!(hear(&mut decoder, b"Finish@AckPing@$", T0), []);
    let mut pings = 0;
    let closed_at = loop {
        let now = decoder.next_deadline().expect("is open");
        match &decoder.tick(now)[..] {
            [Output::Send(ping)] if ping == b"Gantry@Ping@$" => pings += 1,
            [Output::Close { .. }] => break now,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((pings, closed_at), (3, T0 + SILENCE_MS));
    assert_eq!(decoder.next_deadline(), None);
}

#[test]
fn whoever_is_no_exporter_is_closed() {
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n$"[..],
        b"SimpleClient~0.6.0~CTP01$",
        b"x@y@$",
        &b"x".repeat(LONGEST_MESSAGE + 1),
    ] {
        let outputs = hear(&mut Mylaps::new(T0), bytes, T0);
        assert!(
            matches!(outputs[..], [Output::Fault { .. }, Output::Close { .. }]),
            "{outputs:?}"
        );
    }
    let mut silent = Mylaps::new(T0);
    // Saying nothing at length is no greeting.
    assert_eq!(hear(&mut silent, b" $ $", T0 + GREETING_MS / 2), []);
    assert_eq!(silent.next_deadline(), Some(T0 + GREETING_MS));
    assert!(matches!(
        silent.tick(T0 + GREETING_MS)[..],
        [Output::Close { .. }]
    ));
}

#[test]
fn locations_are_bounded() {
    let mut decoder = exporter();
    let told = (0..1_000)
        .flat_map(|count| {
            hear(
                &mut decoder,
                format!("L{count}@Passing@t=1:00:00|c=2@9@$").as_bytes(),
                T0,
            )
        })
        .filter(|output| matches!(output, Output::Location(_)))
        .count();
    assert_eq!(told, MOST_LOCATIONS);
}

#[test]
fn the_exporter_sends_again_until_it_is_told_to_forget() {
    let mut exporter = Exporter::new("10KM");
    for chip in 0..250 {
        exporter.record(Passing {
            chip: format!("A{chip:06}"),
            at: datetime(2026, 7, 12, 13, 0, 0, chip * 1_000_000),
        });
    }
    let mut stored = Vec::new();
    // The first connection breaks before anything is acknowledged.
    for acknowledges in [false, true] {
        let mut decoder = Mylaps::new(T0);
        let greeting = exporter.connect();
        let mut outputs = hear(&mut decoder, &greeting, T0);
        while !outputs.is_empty() {
            let mut answers = Vec::new();
            for output in outputs {
                match output {
                    Output::Send(bytes) => answers.extend(exporter.receive(&bytes, T0)),
                    Output::SendOnceStored(bytes) if acknowledges => {
                        answers.extend(exporter.receive(&bytes, T0));
                    }
                    Output::Read(read) => stored.push(read.sequence),
                    Output::Close { .. } | Output::Fault { .. } => panic!("{output:?}"),
                    _ => {}
                }
            }
            outputs = hear(&mut decoder, &answers, T0);
        }
    }
    assert!(exporter.is_done());
    assert_eq!(stored.len(), 500);
    stored.sort_unstable();
    stored.dedup();
    assert_eq!(stored.len(), 250);
}

proptest! {
    #[test]
    fn any_bytes_are_survived_and_the_passing_after_them_is_taken(
        garbage in prop::collection::vec(any::<u8>(), 0..3000),
        words in prop::collection::vec("(Finish|@|Passing|Marker|Pong|Ping|t=1:00:00|c=7|\\||[0-9]{1,3}|\\$){0,12}", 0..9),
        cut in 1..100_usize,
    ) {
        let bytes = [&garbage[..], words.concat().as_bytes(), b"$9K@Passing@t=13:00:00.5|c=99@3@$"].concat();
        let at_once = hear(&mut exporter(), &bytes, T0);
        prop_assert_eq!(&reads(&at_once).last().expect("a read").tag, "99");
        prop_assert_eq!(at_once.last(), Some(&stored("Gantry@AckPassing@3@$")));
        let mut decoder = exporter();
        let cut_up: Vec<Output> = bytes.chunks(cut).flat_map(|chunk| hear(&mut decoder, chunk, T0)).collect();
        prop_assert_eq!(cut_up, at_once);
    }
}
