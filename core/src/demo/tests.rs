use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::*;
use crate::{
    board::{
        Board,
        event::{BoardEvent, BoardRead},
    },
    read::ReadKind,
    roster::csv,
    scoring::standings::Standings,
};

const FIRST_START: Moment = Moment(1_790_000_000_000);

fn demo() -> Demo {
    Demo::generate(2500, 7)
}

fn mat<'a>(demo: &'a Demo, location: &str) -> &'a Hardware {
    let found = demo.hardware.iter().find(|mat| mat.location == location);
    found.expect("the mat is there")
}

#[test]
fn the_same_seed_gives_the_same_race() {
    assert_eq!(demo(), demo());
    assert_ne!(demo(), Demo::generate(2500, 8));
}

#[test]
fn its_roster_survives_as_csv() {
    let roster = demo().roster(FIRST_START);
    let back = csv::import(&csv::export(&roster), None);
    assert_eq!(back.rejected, []);
    assert_eq!(back.roster, roster);
}

#[test]
fn any_number_of_runners_is_a_race() {
    for runners in [0, 1, 2, 7, 40] {
        let demo = Demo::generate(runners, 1);
        assert_eq!(demo.roster(FIRST_START).participants().len(), runners);
        assert_eq!(demo.hardware.len(), 3);
    }
}

#[test]
fn it_opens_as_all_three_races_come_in() {
    let demo = demo();
    let roster = demo.roster(FIRST_START);
    let mut first: BTreeMap<&str, i64> = BTreeMap::new();
    for record in &mat(&demo, "FINISH").records {
        let runner = record.tag.as_deref().and_then(|tag| roster.by_tag(tag));
        let Some(runner) = runner.filter(|_| record.at_ms > demo.opening_ms) else {
            continue;
        };
        first
            .entry(runner.race.as_str())
            .or_insert(record.at_ms - demo.opening_ms);
    }
    assert!(
        first.values().all(|wait_ms| *wait_ms < 6 * 60_000),
        "{first:?}"
    );
    assert!(first.values().any(|wait_ms| *wait_ms < 30_000), "{first:?}");
    assert_eq!(first.len(), 3);
    let to_start = mat(&demo, "START").records.iter();
    assert!(
        to_start
            .filter(|record| record.at_ms > demo.opening_ms)
            .count()
            > 100
    );
}

#[test]
fn it_has_the_dirt_of_a_real_day() {
    let demo = demo();
    let roster = demo.roster(FIRST_START);
    let finish = mat(&demo, "FINISH");
    let tags: Vec<&str> = finish
        .records
        .iter()
        .filter_map(|record| record.tag.as_deref())
        .collect();
    let repeated = finish
        .records
        .iter()
        .filter(|record| record.lap > 1)
        .count();
    let late = finish
        .records
        .iter()
        .filter(|record| record.known_ms - record.at_ms > 20_000)
        .count();
    let unknown = tags
        .iter()
        .filter(|tag| roster.by_tag(tag).is_none())
        .count();
    let spare = tags
        .iter()
        .filter(|tag| roster.by_bib(tag).is_none())
        .count()
        - unknown;
    let unsorted = finish
        .records
        .windows(2)
        .filter(|pair| pair[0].at_ms > pair[1].at_ms)
        .count();
    for (what, count, least) in [
        ("repeated", repeated, 300),
        ("late", late, 15),
        ("unknown", unknown, 5),
        ("spare chips", spare, 20),
        ("unsorted", unsorted, 15),
    ] {
        assert!(
            count >= least && count < tags.len() / 2,
            "{count} {what} of {}",
            tags.len()
        );
    }

    let guns: BTreeSet<i64> = mat(&demo, "START")
        .records
        .iter()
        .filter(|record| record.tag.is_none())
        .map(|gun| gun.at_ms)
        .collect();
    assert_eq!(guns.len(), 3);

    let (from, until) = mat(&demo, "SPLIT").outages[0];
    let during = mat(&demo, "SPLIT").records.iter();
    assert!(
        during
            .filter(|record| (from..until).contains(&record.known_ms))
            .count()
            > 3
    );
}

#[test]
fn records_stand_in_the_order_of_their_recording() {
    for mat in demo().hardware {
        assert!(
            mat.records.is_sorted_by_key(|record| record.known_ms),
            "{}",
            mat.location
        );
        assert!(
            mat.records
                .iter()
                .all(|record| record.known_ms >= record.at_ms)
        );
    }
}

#[test]
fn wall_clocks_go_past_midnight() {
    let zone = TimeZone::get("Europe/Vienna").expect("a zone");
    let first_start: jiff::Timestamp = "2026-06-06T23:50:00+02:00".parse().expect("a time");
    let demo = demo();
    let start = mat(&demo, "START");
    assert_eq!(
        start.session(first_start.into(), &zone).day,
        jiff::civil::date(2026, 6, 6)
    );
    let entry = |record: &Record| record.entry(first_start.into(), &zone);
    let gun = start
        .records
        .iter()
        .find(|record| record.tag.is_none())
        .map(entry);
    assert_eq!(
        gun.expect("was fired").at.to_string(),
        "2026-06-06T23:50:04.31"
    );
    let last = start.records.last().map(entry);
    assert_eq!(
        last.expect("was read").at.date(),
        jiff::civil::date(2026, 6, 7)
    );
}

/// How far the time of somebody whose start was not read may be from their own, in milliseconds: who waited on the mat before
/// is timed from that.
const UNREAD_START_MS: i64 = 6 * 60_000;

#[test]
fn a_board_of_it_never_has_a_finisher_who_is_not_one_and_in_the_end_has_all() {
    for seed in [1, 7] {
        let field = field::draw(2500, &mut Chance::new(seed));
        let demo = Demo::generate(2500, seed);
        let mut board = Board::default();
        board.apply(&BoardEvent::Roster(demo.roster(FIRST_START).into()));
        let runs: HashMap<&str, (i64, i64)> = field
            .iter()
            .filter_map(|runner| {
                let finish_ms = runner.finish_ms?;
                let net_ms = finish_ms - runner.start_ms?;
                Some((runner.participant.bib.as_str(), (finish_ms, net_ms)))
            })
            .collect();
        let standings = |board: &Board| -> Vec<Standings> {
            let races = COURSES.iter();
            races
                .filter_map(|course| board.standings(course.name).cloned())
                .collect()
        };
        let mut records: Vec<(&str, &Record)> = demo
            .hardware
            .iter()
            .flat_map(|mat| mat.records.iter().map(|record| (mat.location, record)))
            .collect();
        records.sort_by_key(|(_, record)| record.known_ms);
        for (index, (location, record)) in records.into_iter().enumerate() {
            board.apply(&BoardEvent::Read(BoardRead {
                position: index as i64,
                kind: record
                    .tag
                    .as_ref()
                    .map_or(ReadKind::Gun, |_| ReadKind::Chip),
                location: location.to_owned(),
                tag: record.tag.clone().unwrap_or_default(),
                at: FIRST_START + record.at_ms,
                received_at: FIRST_START + record.known_ms,
            }));
            if index % 20 != 0 {
                continue;
            }
            for finisher in standings(&board).iter().flat_map(|race| race.leaders(10)) {
                let run = runs.get(finisher.bib.as_str());
                let (finish_ms, net_ms) = run.expect("somebody who arrives");
                let off_ms = finisher
                    .finished_at
                    .since_ms(FIRST_START + *finish_ms)
                    .abs();
                assert!(off_ms < 10_000, "{finisher:?} has yet to finish");
                assert!(
                    (finisher.net_ms - net_ms).abs() < UNREAD_START_MS,
                    "{finisher:?}"
                );
            }
        }
        let finished: usize = standings(&board).iter().map(Standings::len).sum();
        assert_eq!(finished, runs.len());
    }
}
