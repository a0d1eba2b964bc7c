use proptest::prelude::*;

use super::*;

const BERLIN: &str = "Europe/Berlin";

fn moment(text: &str) -> Moment {
    Moment::from(text.parse::<Timestamp>().expect("a timestamp"))
}

fn resolver(zone: &str) -> Resolver {
    Resolver::new(TimeZone::get(zone).expect("a zone"))
}

/// When a read of reader A at the finish happened, as a text.
fn date(resolver: &mut Resolver, wire: &str, arrived: &str) -> String {
    date_by(resolver, "A", wire, moment(arrived))
}

fn date_by(resolver: &mut Resolver, reader: &str, wire: &str, received_at: Moment) -> String {
    let at = resolver.moment(Clue {
        kind: ReadKind::Chip,
        location: "FINISH",
        reader,
        time: WireTime::parse(wire).expect("a time"),
        received_at,
    });
    at.expect("in the calendar").to_rfc3339()
}

/// One read after the other: zone, and for each the wire's time, its arrival and what is meant.
fn check(zone: &str, reads: &[(&str, &str, &str)]) {
    let mut resolver = resolver(zone);
    for (wire, arrived, expected) in reads {
        assert_eq!(
            date(&mut resolver, wire, arrived),
            *expected,
            "{wire} at {arrived}"
        );
    }
}

/// A whole upload that arrives at once.
fn check_upload(resolver: &mut Resolver, arrived: &str, reads: &[(&str, &str)]) {
    for ((wire, expected), after) in reads.iter().zip(0..) {
        let at = date_by(resolver, "A", wire, moment(arrived) + after);
        assert_eq!(at, *expected, "{wire}");
    }
}

#[test]
fn the_four_forms_of_one_time_are_one_moment() {
    for wire in [
        "07:58:21.95",
        "2021-05-08T07:58:21.95",
        "1620460701.95",
        "28701950",
    ] {
        check(
            "America/New_York",
            &[(wire, "2021-05-08T11:59:00Z", "2021-05-08T11:58:21.95Z")],
        );
    }
}

#[test]
fn a_time_without_a_date_takes_the_day_of_its_arrival() {
    for read in [
        (
            "23:59:59.00",
            "2026-01-02T00:00:01Z",
            "2026-01-01T23:59:59Z",
        ),
        (
            "00:00:01.00",
            "2026-01-01T23:59:59Z",
            "2026-01-02T00:00:01Z",
        ),
        (
            "24:00:05.00",
            "2026-01-02T00:00:07Z",
            "2026-01-02T00:00:05Z",
        ),
        (
            "102:12:32.37",
            "2026-01-05T06:12:33Z",
            "2026-01-05T06:12:32.37Z",
        ),
        (
            "-00:25:07.36",
            "2026-01-05T00:01:00Z",
            "2026-01-04T23:34:52.64Z",
        ),
        (
            "-1507360",
            "2026-01-05T00:01:00Z",
            "2026-01-04T23:34:52.64Z",
        ),
    ] {
        check("UTC", &[read]);
    }
    check(
        "Asia/Tokyo",
        &[(
            "08:00:00.00",
            "2026-01-04T23:00:05Z",
            "2026-01-04T23:00:00Z",
        )],
    );
}

#[test]
fn midnight_passes_during_a_race() {
    check(
        BERLIN,
        &[
            (
                "23:59:58.00",
                "2026-07-11T21:59:59Z",
                "2026-07-11T21:59:58Z",
            ),
            (
                "00:00:03.00",
                "2026-07-11T22:00:04Z",
                "2026-07-11T22:00:03Z",
            ),
            (
                "23:59:59.50",
                "2026-07-11T22:00:05Z",
                "2026-07-11T21:59:59.5Z",
            ),
            (
                "24:00:09.00",
                "2026-07-11T22:00:10Z",
                "2026-07-11T22:00:09Z",
            ),
        ],
    );
}

#[test]
fn yesterdays_backlog_uploaded_this_morning_is_of_yesterday() {
    check_upload(
        &mut resolver(BERLIN),
        "2026-07-12T06:00:00Z",
        &[
            ("09:00:00.00", "2026-07-11T07:00:00Z"),
            ("14:00:00.00", "2026-07-11T12:00:00Z"),
            ("13:59:58.00", "2026-07-11T11:59:58Z"),
            ("23:59:59.00", "2026-07-11T21:59:59Z"),
            ("00:00:01.00", "2026-07-11T22:00:01Z"),
            ("07:30:00.00", "2026-07-12T05:30:00Z"),
        ],
    );
}

#[test]
fn an_older_backlog_goes_on_from_what_is_stored_already() {
    let mut resolver = resolver(BERLIN);
    let last = moment("2026-07-10T04:00:00Z");
    resolver.resume("FINISH", last, last + 1_000);
    check_upload(
        &mut resolver,
        "2026-07-12T06:00:00Z",
        &[
            ("06:00:30.00", "2026-07-10T04:00:30Z"),
            ("22:00:00.00", "2026-07-10T20:00:00Z"),
            ("03:00:00.00", "2026-07-11T01:00:00Z"),
            ("21:00:00.00", "2026-07-11T19:00:00Z"),
            ("07:59:00.00", "2026-07-12T05:59:00Z"),
        ],
    );
}

#[test]
fn after_a_night_of_silence_the_next_day_begins() {
    check(
        BERLIN,
        &[
            (
                "09:00:00.00",
                "2026-07-11T07:00:01Z",
                "2026-07-11T07:00:00Z",
            ),
            (
                "08:00:00.00",
                "2026-07-12T06:00:01Z",
                "2026-07-12T06:00:00Z",
            ),
        ],
    );
    // The first reads of the second day come late, too.
    check(
        BERLIN,
        &[
            (
                "09:00:00.00",
                "2026-07-11T07:00:01Z",
                "2026-07-11T07:00:00Z",
            ),
            (
                "08:30:00.00",
                "2026-07-12T07:15:00Z",
                "2026-07-12T06:30:00Z",
            ),
        ],
    );
}

#[test]
fn the_hour_that_is_shown_twice_is_told_apart_live() {
    for form in ["", "2026-10-25T"] {
        let wire = &format!("{form}02:30:00.00");
        check(
            BERLIN,
            &[(wire, "2026-10-25T00:30:02Z", "2026-10-25T00:30:00Z")],
        );
        check(
            BERLIN,
            &[(wire, "2026-10-25T01:30:02Z", "2026-10-25T01:30:00Z")],
        );
        let early = &format!("{form}02:10:00.00");
        check(
            BERLIN,
            &[
                (early, "2026-10-25T00:10:01Z", "2026-10-25T00:10:00Z"),
                (wire, "2026-10-25T01:30:02Z", "2026-10-25T01:30:00Z"),
            ],
        );
    }
}

#[test]
fn the_hour_that_is_shown_twice_is_told_apart_by_the_order_of_an_upload() {
    for form in ["", "2026-10-25T"] {
        let reads = [
            ("01:59:00.00", "2026-10-24T23:59:00Z"),
            ("02:10:00.00", "2026-10-25T00:10:00Z"),
            ("02:50:00.00", "2026-10-25T00:50:00Z"),
            ("02:49:57.00", "2026-10-25T00:49:57Z"),
            ("02:05:00.00", "2026-10-25T01:05:00Z"),
            ("02:50:00.00", "2026-10-25T01:50:00Z"),
            ("03:00:00.00", "2026-10-25T02:00:00Z"),
        ]
        .map(|(wire, expected)| (format!("{form}{wire}"), expected));
        let reads: Vec<_> = reads
            .iter()
            .map(|(wire, expected)| (&wire[..], *expected))
            .collect();
        check_upload(&mut resolver(BERLIN), "2026-10-25T07:00:00Z", &reads);
    }
}

#[test]
fn the_hour_that_is_left_out_is_shown_by_a_clock_that_nobody_set() {
    for form in ["", "2026-03-29T"] {
        let reads = [
            ("01:59:59.00", "2026-03-29T00:59:59Z"),
            ("02:00:01.00", "2026-03-29T01:00:01Z"),
            ("02:30:00.00", "2026-03-29T01:30:00Z"),
            // Now somebody has set it.
            ("04:00:00.00", "2026-03-29T02:00:00Z"),
        ]
        .map(|(wire, expected)| (format!("{form}{wire}"), expected));
        let reads: Vec<_> = reads
            .iter()
            .map(|(wire, expected)| (&wire[..], *expected))
            .collect();
        check_upload(&mut resolver(BERLIN), "2026-03-29T07:00:00Z", &reads);
        let live = &format!("{form}02:30:00.00");
        check(
            BERLIN,
            &[(live, "2026-03-29T01:30:01Z", "2026-03-29T01:30:00Z")],
        );
    }
    // A clock that is right leaves the hour out, and an hour of nothing has passed.
    check(
        BERLIN,
        &[
            (
                "01:59:59.00",
                "2026-03-29T00:59:59Z",
                "2026-03-29T00:59:59Z",
            ),
            (
                "03:00:01.00",
                "2026-03-29T01:00:02Z",
                "2026-03-29T01:00:01Z",
            ),
        ],
    );
}

#[test]
fn wrong_clocks_are_measured_by_reader_and_hurt_no_other() {
    let mut resolver = resolver(BERLIN);
    let began = moment("2026-07-11T07:00:00Z");
    for minute in 0..10 {
        let arrived = began + minute * 60_000;
        for (reader, ahead_ms) in [("A", -150), ("B", 3_200)] {
            let shows = Timestamp::from_millisecond((arrived + ahead_ms).0).expect("a timestamp");
            let wire = shows.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string();
            let summer_time = wire.replace("T07", "T09");
            date_by(&mut resolver, reader, &summer_time, arrived);
        }
    }
    let told: Vec<String> = resolver
        .clocks()
        .iter()
        .map(|clock| {
            format!(
                "{} reader {} is {}",
                clock.location, clock.reader, clock.offset
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "FINISH reader A is 0.2 s behind",
            "FINISH reader B is 3.2 s ahead"
        ]
    );
}

#[test]
fn a_clock_that_was_asked_tells_its_offset_at_once() {
    let mut resolver = resolver(BERLIN);
    let reading = ClockReading {
        location: "FINISH".into(),
        reader: "A".into(),
        shows: WireTime::parse("23:59:59.70").expect("a time"),
        waited_ms: 200,
    };
    resolver.note_clock(&reading, moment("2026-07-11T22:00:00.4Z"));
    let offsets: Vec<_> = resolver
        .clocks()
        .iter()
        .map(|clock| clock.offset.ahead_ms)
        .collect();
    assert_eq!(offsets, [-600]);
}

#[test]
fn a_correction_dates_a_stream_again_from_the_same_lines() {
    let upload = ["06:00:30.00", "22:00:00.00", "03:00:00.00", "07:59:00.00"];
    let arrived = moment("2026-07-12T06:00:00Z");
    let dated = |correction: Correction| {
        let mut resolver = resolver(BERLIN);
        resolver.correct("FINISH", correction);
        upload.map(|wire| date_by(&mut resolver, "A", wire, arrived))
    };
    let first_day = Some(jiff::civil::date(2026, 7, 10));
    let corrected = [
        "2026-07-10T04:00:30Z",
        "2026-07-10T20:00:00Z",
        "2026-07-11T01:00:00Z",
        "2026-07-11T05:59:00Z",
    ];
    assert_eq!(
        dated(Correction {
            first_day,
            ahead_ms: 0
        }),
        corrected
    );
    let slow = dated(Correction {
        first_day,
        ahead_ms: -1_500,
    });
    assert_eq!(slow[0], "2026-07-10T04:00:31.5Z");
    // Without it the upload of two days would be taken for one that began yesterday at the earliest.
    assert_ne!(dated(Correction::default()), corrected);
}

#[test]
fn an_upload_that_began_a_day_too_late_suggests_what_puts_it_right() {
    let upload = ["08:00:00.00", "09:30:00.00", "10:31:00.00", "14:00:00.00"];
    let arrived = moment("2026-07-12T08:00:00Z");
    let mut resolver = resolver(BERLIN);
    let first = upload.map(|wire| date_by(&mut resolver, "A", wire, arrived));
    assert_eq!(first[0], "2026-07-12T06:00:00Z");
    assert_eq!(first[2], "2026-07-11T08:31:00Z");
    let suggestions = resolver.suggestions();
    assert_eq!((suggestions.len(), suggestions[0].location), (1, "FINISH"));

    let mut again = self::resolver(BERLIN);
    again.correct("FINISH", suggestions[0].correction);
    let corrected = upload.map(|wire| date_by(&mut again, "A", wire, arrived));
    assert_eq!(
        corrected,
        [
            "2026-07-11T06:00:00Z",
            "2026-07-11T07:30:00Z",
            "2026-07-11T08:31:00Z",
            "2026-07-11T12:00:00Z"
        ]
    );
    assert_eq!(again.suggestions(), []);
}

#[test]
fn a_corrected_clock_is_still_shown_as_it_is() {
    let mut resolver = resolver("UTC");
    resolver.correct(
        "FINISH",
        Correction {
            ahead_ms: 5 * 3_600_000,
            first_day: None,
        },
    );
    for second in 0..4 {
        let arrived = moment("2026-07-11T10:00:00Z") + second * 2_000;
        let wire = format!("15:00:0{}.00", second * 2);
        assert_eq!(
            date_by(&mut resolver, "A", &wire, arrived),
            arrived.to_rfc3339()
        );
    }
    assert_eq!(resolver.clocks()[0].offset.to_string(), "5.0 h ahead");
    // A date that is a year off is put right by whole days.
    resolver.correct(
        "FINISH",
        Correction {
            ahead_ms: -365 * 86_400_000,
            first_day: None,
        },
    );
    let right = date(
        &mut resolver,
        "2025-07-11T10:01:00.00",
        "2026-07-11T10:01:01Z",
    );
    assert_eq!(right, "2026-07-11T10:01:00Z");
}

#[test]
fn guns_that_are_told_early_or_late_confuse_no_order() {
    let mut resolver = resolver(BERLIN);
    let received_at = moment("2026-10-25T07:00:00Z");
    let mut of = |kind, wire: &str| {
        let time = WireTime::parse(wire).expect("a time");
        let clue = Clue {
            kind,
            location: "FINISH",
            reader: "A",
            time,
            received_at,
        };
        resolver.moment(clue).expect("in the calendar").to_rfc3339()
    };
    assert_eq!(of(ReadKind::Gun, "03:30:00.00"), "2026-10-25T02:30:00Z");
    assert_eq!(of(ReadKind::Chip, "02:10:00.00"), "2026-10-25T00:10:00Z");
    assert_eq!(of(ReadKind::Gun, "02:00:00.00"), "2026-10-25T01:00:00Z");
    assert_eq!(of(ReadKind::Chip, "02:11:00.00"), "2026-10-25T00:11:00Z");
}

#[test]
fn what_is_outside_of_the_calendar_is_told() {
    let read = WireRead {
        kind: ReadKind::Chip,
        connection: "AB".into(),
        location: "9K".into(),
        sequence: 1,
        tag: "7".into(),
        time: WireTime::parse("9999-12-31T23:59:59.99").expect("a time"),
        wire_time: "9999-12-31T23:59:59.99".into(),
        lap: None,
        reader: "A".into(),
        gator: "1".into(),
        raw: b"the line".to_vec(),
    };
    let undatable = resolver("America/New_York")
        .date(read, Moment(0))
        .expect_err("no date");
    assert_eq!(
        undatable.reason,
        "time \"9999-12-31T23:59:59.99\" is outside of the calendar"
    );
    assert_eq!(undatable.raw, b"the line");
}

#[test]
fn invented_names_cost_a_bounded_memory() {
    let mut resolver = resolver("UTC");
    for count in 0..1_000 {
        let name = count.to_string();
        for location in ["FINISH", &name] {
            let clue = Clue {
                kind: ReadKind::Chip,
                location,
                reader: &name,
                time: WireTime::SinceMidnight(0),
                received_at: Moment(0),
            };
            assert_eq!(resolver.moment(clue), Some(Moment(0)));
        }
    }
    assert_eq!(
        (resolver.locations.len(), resolver.readers),
        (MOST_LOCATIONS, MOST_READERS)
    );
}

proptest! {
    #[test]
    fn any_times_are_survived(reads in prop::collection::vec((any::<i64>(), any::<i64>(), any::<i64>()), 0..6)) {
        let mut resolver = resolver(BERLIN);
        for (millis, arrived, ahead_ms) in reads {
            resolver.correct("FINISH", Correction { ahead_ms, first_day: None });
            let clue = Clue {
                kind: ReadKind::Chip,
                location: "FINISH",
                reader: "A",
                time: WireTime::SinceMidnight(millis),
                received_at: Moment(arrived),
            };
            resolver.moment(clue);
            resolver.clocks();
        }
    }

    /// Whatever the day, what a reader with a right clock sends as it happens is dated as it happened.
    #[test]
    fn live_reads_are_right_on_every_day_of_the_year(
        start in 0..366 * 24 * 60_i64,
        pauses in prop::collection::vec(0..50_000_000_i64, 1..20),
        delay in 0..4_000_i64,
    ) {
        let zone = TimeZone::get("America/New_York").expect("a zone");
        let mut resolver = Resolver::new(zone.clone());
        let mut at = moment("2026-01-01T00:00:00Z") + start * 60_000;
        for pause in pauses {
            at = at + pause / 10 * 10;
            let shows = Timestamp::from_millisecond(at.0).expect("a timestamp").to_zoned(zone.clone());
            let wire = shows.strftime("%H:%M:%S%.3f").to_string();
            prop_assert_eq!(date_by(&mut resolver, "A", &wire, at + delay), at.to_rfc3339());
        }
    }
}
