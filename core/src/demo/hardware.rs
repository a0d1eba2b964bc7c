//! What each mat records and when it becomes known, with the dirt of a real day.

use std::collections::HashMap;

use super::{chance::Chance, course::COURSES, field::Runner};

/// The mats, each with its own timing software and its own connection.
pub const LOCATIONS: [&str; 3] = ["START", "SPLIT", "FINISH"];

/// One mat's day: what its software records, in the order in which it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hardware {
    /// The mat.
    pub location: &'static str,
    /// 40 hex digits.
    pub connection_id: String,
    /// In the order of `known_ms`; a record's sequence is its place, from 1.
    pub records: Vec<Record>,
    /// When its network is down, in milliseconds after the first race's scheduled start: from, until. What is recorded
    /// meanwhile is sent on return.
    pub outages: Vec<(i64, i64)>,
}

/// A read or a gun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When the software knows it, in milliseconds after the first race's scheduled start.
    pub known_ms: i64,
    /// When it happened.
    pub at_ms: i64,
    /// The tag, or `None` for a gun.
    pub tag: Option<String>,
    /// Passes of the tag at this mat, this one included; 0 for a gun.
    pub lap: u32,
    /// The reader's or the controller's id.
    pub reader: String,
    /// The antenna; 0 for a gun.
    pub gator: u32,
}

/// Has the mats record the field's day. `opening_ms` is when the race is first looked at, which the outages follow soon.
pub(super) fn record(field: &[Runner], opening_ms: i64, chance: &mut Chance) -> Vec<Hardware> {
    const MINUTE: i64 = 60_000;
    LOCATIONS
        .into_iter()
        .map(|location| {
            let mut mat = Mat::new(chance);
            match location {
                "START" => start(&mut mat, field, chance),
                "SPLIT" => crossings(&mut mat, field, |runner| runner.split_ms, chance),
                _ => finish(&mut mat, field, chance),
            }
            Hardware {
                location,
                connection_id: chance.hex(40),
                records: mat.into_records(),
                outages: match location {
                    "SPLIT" => vec![(opening_ms + MINUTE, opening_ms + 5 * MINUTE / 2)],
                    "FINISH" => vec![(opening_ms + 4 * MINUTE, opening_ms + 4 * MINUTE + 22_000)],
                    _ => vec![],
                },
            }
        })
        .collect()
}

fn start(mat: &mut Mat, field: &[Runner], chance: &mut Chance) {
    for course in &COURSES {
        if field
            .iter()
            .any(|runner| runner.participant.race == course.name)
        {
            mat.gun(course.start_ms + course.gun_delay_ms);
        }
    }
    for runner in field {
        let Some(start_ms) = runner.start_ms else {
            continue;
        };
        // Some wait on the mat until they may go.
        if chance.permille(60) {
            mat.cross(
                runner.tag(),
                start_ms - chance.millis(20_000, 240_000),
                chance,
            );
        }
        // Some are not read at all.
        if !chance.permille(6) {
            mat.cross(runner.tag(), start_ms, chance);
        }
    }
}

fn finish(mat: &mut Mat, field: &[Runner], chance: &mut Chance) {
    crossings(mat, field, |runner| runner.finish_ms, chance);
    for runner in field {
        // Some warm up across the finish, and some come back over it to meet friends.
        if let Some(start_ms) = runner.start_ms.filter(|_| chance.permille(25)) {
            mat.cross(
                runner.tag(),
                start_ms - chance.millis(420_000, 1_200_000),
                chance,
            );
        }
        if let Some(finish_ms) = runner.finish_ms.filter(|_| chance.permille(20)) {
            mat.cross(
                runner.tag(),
                finish_ms + chance.millis(90_000, 900_000),
                chance,
            );
        }
    }
}

fn crossings(
    mat: &mut Mat,
    field: &[Runner],
    moment: impl Fn(&Runner) -> Option<i64>,
    chance: &mut Chance,
) {
    for runner in field {
        let Some(at_ms) = moment(runner) else {
            continue;
        };
        mat.cross(runner.tag(), at_ms, chance);
        // Chips of last year's race and of other races, in somebody's drawer until today.
        if chance.permille(6) {
            let stray = format!("{}", 90_000 + chance.below(9_000));
            mat.cross(&stray, at_ms + chance.millis(-30_000, 30_000), chance);
        }
    }
}

/// A mat while it records.
struct Mat {
    readers: [String; 2],
    controller: String,
    records: Vec<Record>,
}

impl Mat {
    fn new(chance: &mut Chance) -> Self {
        Self {
            readers: [chance.hex(6), chance.hex(6)],
            controller: format!("I{}", chance.hex(5)),
            records: Vec::new(),
        }
    }

    fn gun(&mut self, at_ms: i64) {
        self.records.push(Record {
            known_ms: at_ms,
            at_ms,
            tag: None,
            lap: 0,
            reader: self.controller.clone(),
            gator: 0,
        });
    }

    /// Somebody crosses: mostly one read, sometimes a few, and sometimes one reader uploads them late.
    fn cross(&mut self, tag: &str, at_ms: i64, chance: &mut Chance) {
        let reads = match chance.below(100) {
            0..=77 => 1,
            78..=92 => 2,
            93..=97 => 3,
            _ => 5,
        };
        let late_ms = if chance.permille(12) {
            chance.millis(25_000, 150_000)
        } else {
            chance.millis(50, 700)
        };
        let reader = chance.pick(&self.readers).clone();
        let mut at_ms = at_ms;
        for _ in 0..reads {
            self.records.push(Record {
                known_ms: at_ms + late_ms,
                at_ms,
                tag: Some(tag.to_owned()),
                lap: 0,
                reader: reader.clone(),
                gator: *chance.pick(&[1, 2, 4, 8]),
            });
            at_ms += chance.millis(120, 1_900);
        }
    }

    /// The records in the order in which they became known, with the passes counted in that order.
    fn into_records(mut self) -> Vec<Record> {
        self.records.sort_by_key(|record| record.known_ms);
        let mut passes: HashMap<String, u32> = HashMap::new();
        for record in &mut self.records {
            if let Some(tag) = &record.tag {
                let pass = passes.entry(tag.clone()).or_default();
                *pass += 1;
                record.lap = *pass;
            }
        }
        self.records
    }
}
