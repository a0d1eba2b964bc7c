//! The board as a fold: what a few reads make of it.

use super::*;
use crate::roster::Race;

const GUN: i64 = 1_000_000;

fn runner(bib: &str, last_name: &str, race: &str) -> Participant {
    Participant {
        bib: bib.to_owned(),
        last_name: last_name.to_owned(),
        race: race.to_owned(),
        ..Participant::default()
    }
}

fn roster() -> BoardEvent {
    let races = [("5 km", GUN), ("10 km", GUN + 1_800_000)].map(|(name, start)| Race {
        name: name.to_owned(),
        start: Some(Moment(start)),
        ..Race::default()
    });
    let participants = vec![
        runner("1", "Ada", "5 km"),
        runner("2", "Bo", "5 km"),
        runner("3", "Cy", "10 km"),
    ];
    BoardEvent::Roster(Arc::new(Roster::new(races.to_vec(), participants)))
}

fn read(position: i64, location: &str, tag: &str, at: i64) -> BoardEvent {
    let kind = if tag == "GUNTIME" {
        ReadKind::Gun
    } else {
        ReadKind::Chip
    };
    BoardEvent::Read(BoardRead {
        position,
        kind,
        location: location.to_owned(),
        tag: tag.to_owned(),
        at: Moment(at),
        received_at: Moment(at + 100),
    })
}

fn board(events: &[BoardEvent]) -> Board {
    let mut board = Board::default();
    for event in events {
        board.apply(event);
    }
    board
}

/// `bib net place` of each finisher of the 5 km.
fn standings(board: &Board) -> Vec<String> {
    let standings = board.standings("5 km").expect("somebody entered");
    standings
        .leaders(9)
        .iter()
        .map(|f| format!("{} {} {}", f.bib, f.net_ms, standings.place(f.net_ms)))
        .collect()
}

fn race() -> Vec<BoardEvent> {
    vec![
        roster(),
        read(1, "START", "GUNTIME", GUN + 2_000),
        read(2, "START", "1", GUN + 4_000),
        read(3, "START", "2", GUN + 9_000),
        read(4, "FINISH", "1", GUN + 904_000),
        read(5, "FINISH", "2", GUN + 905_000),
        read(6, "FINISH", "999", GUN + 906_000),
    ]
}

#[test]
fn a_race_makes_standings_counts_and_a_feed() {
    let board = board(&race());
    assert_eq!(standings(&board), ["2 896000 1", "1 900000 2"]);
    assert_eq!(
        board.counts("5 km"),
        Counts {
            entrants: 2,
            seen: 2,
            finished: 2
        }
    );
    assert_eq!(
        board.total_counts(),
        Counts {
            entrants: 3,
            seen: 2,
            finished: 2
        }
    );
    assert_eq!(
        board
            .feed()
            .map(|crossing| crossing.tag.as_str())
            .collect::<Vec<_>>(),
        ["2", "1"],
        "nobody knows 999"
    );
    assert_eq!(board.zero_at("5 km"), Some(Moment(GUN + 2_000)));
    assert_eq!(
        board.zero_at("10 km"),
        Some(Moment(GUN + 1_800_000)),
        "its gun was not heard yet"
    );
}

#[test]
fn a_roster_and_a_gun_may_come_last() {
    let mut late = race();
    late.rotate_left(2);
    assert_eq!(standings(&board(&late)), standings(&board(&race())));
    assert_eq!(board(&late).total_counts(), board(&race()).total_counts());
}

/// What a board tells of the race, as text.
fn told(board: &Board) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?}",
        standings(board),
        board.total_counts(),
        board.zero_at("10 km"),
        board.feed().collect::<Vec<_>>(),
        board.settings()
    )
}

#[test]
fn the_newest_roster_and_settings_may_as_well_come_first() {
    let all = race();
    let (newest, reads) = all.split_first().expect("a roster comes first");
    let nobody_yet = BoardEvent::Roster(Arc::default());
    let others = BoardEvent::Roster(Arc::new(Roster::new(
        vec![Race::named("10 km")],
        vec![runner("1", "Eve", "10 km"), runner("999", "Flo", "10 km")],
    )));
    let settings = |event_name: &str| {
        BoardEvent::Settings(Settings {
            event_name: event_name.to_owned(),
            ..Settings::default()
        })
    };
    let first = [&[settings("Town Run"), newest.clone()], reads].concat();
    let expected = told(&board(&first));
    // Whether replaced ones come before, among or behind the reads, and the newest ones after them at any place.
    for old in [&nobody_yet, &others] {
        for before in 0..=reads.len() {
            for at in before..=reads.len() {
                let mut whole = reads.to_vec();
                whole.splice(at..at, [newest.clone(), settings("Town Run")]);
                whole.splice(before..before, [settings("A Run"), old.clone()]);
                assert_eq!(told(&board(&whole)), expected, "{before} {at}");
            }
        }
    }
}

#[test]
fn repeated_reads_change_nothing() {
    let mut events = race();
    events.push(read(7, "FINISH", "1", GUN + 907_000));
    events.push(read(8, "START", "1", GUN + 990_000));
    let board = board(&events);
    assert_eq!(standings(&board), standings(&self::board(&race())));
    assert_eq!(board.feed().count(), 2);
}

#[test]
fn a_missing_start_is_timed_from_the_gun() {
    let board = board(&[
        roster(),
        read(1, "START", "GUNTIME", GUN + 2_000),
        read(2, "FINISH", "1", GUN + 902_000),
    ]);
    assert_eq!(standings(&board), ["1 900000 1"]);
}

#[test]
fn runners_are_shown_one_after_the_other_and_unknown_tags_not_at_all() {
    let board = board(&race());
    let slots: Vec<_> = board
        .showing()
        .map(|slot| {
            (
                slot.crossing.tag.as_str(),
                slot.from.0 - GUN,
                slot.until.0 - GUN,
            )
        })
        .collect();
    assert_eq!(slots, [("1", 904_100, 906_600), ("2", 906_600, 914_600)]);
}

#[test]
fn before_the_race_the_first_read_anywhere_counts() {
    let settings = Settings {
        mode: Mode::PreRace,
        ..Settings::default()
    };
    let board = board(&[
        BoardEvent::Settings(settings),
        roster(),
        read(1, "EXPO", "3", GUN),
        read(2, "EXPO", "3", GUN + 60_000),
        read(3, "START", "1", GUN + 70_000),
    ]);
    assert_eq!(
        board
            .feed()
            .map(|crossing| crossing.tag.as_str())
            .collect::<Vec<_>>(),
        ["1", "3"]
    );
    assert_eq!(
        board.counts("10 km"),
        Counts {
            entrants: 1,
            seen: 1,
            finished: 0
        }
    );
}
