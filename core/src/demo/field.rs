//! Everybody who runs, and how their day goes.

use super::{
    chance::Chance,
    course::{COURSES, Course},
    names,
};
use crate::roster::{Participant, Sex};

/// One entrant and the moments at which they cross the mats, in milliseconds after the first race's scheduled start.
pub(super) struct Runner {
    pub(super) participant: Participant,
    /// `None` for those who do not come.
    pub(super) start_ms: Option<i64>,
    pub(super) split_ms: Option<i64>,
    /// `None` for those who do not get there.
    pub(super) finish_ms: Option<i64>,
}

impl Runner {
    /// What the mats read of this runner: a spare chip where the bib's own was lost.
    pub(super) fn tag(&self) -> &str {
        let spare = self.participant.tags.first();
        spare.unwrap_or(&self.participant.bib)
    }
}

/// So many runners over the three races.
pub(super) fn draw(runners: usize, chance: &mut Chance) -> Vec<Runner> {
    let mut field = Vec::with_capacity(runners);
    for (course, size) in COURSES.iter().zip(sizes(runners)) {
        // Sorted once by speed for the waves, and back into the order of bibs.
        let mut entrants: Vec<(Participant, i64)> = (0..size)
            .map(|number| entrant(course, number, chance))
            .collect();
        entrants.sort_by_key(|(participant, net_ms)| (*net_ms, participant.bib.len()));
        let mut started: Vec<Runner> = entrants
            .into_iter()
            .enumerate()
            .map(|(rank, (participant, net_ms))| {
                let wave = rank * course.waves.len() / size;
                run(course, wave, participant, net_ms, chance)
            })
            .collect();
        started.sort_by_key(|runner| runner.participant.bib.parse::<usize>().unwrap_or_default());
        field.extend(started);
    }
    field
}

/// How many run in each race; the last takes what rounding leaves.
fn sizes(runners: usize) -> [usize; COURSES.len()] {
    let mut left = runners;
    let mut sizes = COURSES.each_ref().map(|course| {
        let size = runners * course.share_percent / 100;
        left -= size;
        size
    });
    sizes[COURSES.len() - 1] += left;
    sizes
}

/// A person entered in a race, and the net time that they are good for.
fn entrant(course: &Course, number: usize, chance: &mut Chance) -> (Participant, i64) {
    let sex = match chance.below(1000) {
        0..=479 => Sex::Female,
        480..=991 => Sex::Male,
        _ => Sex::NonBinary,
    };
    let age = (14 + chance.below(22) + chance.below(22) + chance.below(14)) as u16;
    let who = names::draw(sex, chance);
    let tags = if chance.permille(20) {
        vec![format!("58{:05}", chance.below(100_000))]
    } else {
        vec![]
    };
    let participant = Participant {
        bib: (course.first_bib + number).to_string(),
        tags,
        first_name: who.first_name,
        last_name: who.last_name,
        sex: Some(sex),
        age: Some(age),
        city: who.city,
        state: String::new(),
        country: who.country.to_owned(),
        race: course.name.to_owned(),
        wave: String::new(),
        division: division(sex, age),
        team: team(chance),
    };
    (participant, net_ms(course, sex, age, chance))
}

/// The day of somebody who starts in this wave.
fn run(
    course: &Course,
    wave: usize,
    participant: Participant,
    net_ms: i64,
    chance: &mut Chance,
) -> Runner {
    let wave_ms = wave as i64 * course.wave_gap_ms;
    let gun_ms = course.start_ms + course.gun_delay_ms;
    let start_ms = gun_ms + wave_ms + chance.millis(400, 75_000);
    let comes = !chance.permille(30);
    let arrives = comes && !chance.permille(15);
    let split_after = |percent: i64| net_ms * percent / 1000 * 10;
    let split_ms = course
        .split_percent
        .map(|percent| start_ms + split_after(percent) - chance.millis(0, net_ms / 50));
    Runner {
        participant: Participant {
            wave: course.waves[wave].to_owned(),
            ..participant
        },
        start_ms: comes.then_some(start_ms),
        split_ms: split_ms.filter(|_| comes),
        finish_ms: arrives.then_some(start_ms + net_ms),
    }
}

/// A net time: nobody is faster than a floor, most are near the middle, and a long tail walks.
fn net_ms(course: &Course, sex: Sex, age: u16, chance: &mut Chance) -> i64 {
    let floor = course.median_ms as f64 * 0.38;
    let sex_factor = match sex {
        Sex::Female => 1.05,
        Sex::Male => 0.95,
        Sex::NonBinary => 1.0,
    };
    let years = f64::from(age.saturating_sub(35)) + f64::from(18_u16.saturating_sub(age)) * 2.0;
    let spread = exp(course.spread * chance.normal().clamp(-3.2, 2.6));
    let middle = course.median_ms as f64 - floor;
    let millis = (floor + middle * spread) * sex_factor * (1.0 + years * 0.005);
    millis as i64 / 10 * 10
}

/// The exponential by repeated squaring: the library's own may differ in the last bit from machine to machine.
fn exp(x: f64) -> f64 {
    (0..20).fold(1.0 + x / f64::from(1 << 20), |power, _| power * power)
}

fn division(sex: Sex, age: u16) -> String {
    let letter = sex.letter();
    match age {
        ..20 => format!("{letter}U20"),
        20..70 => format!("{letter}{}-{}", age / 5 * 5, age / 5 * 5 + 4),
        70.. => format!("{letter}70+"),
    }
}

fn team(chance: &mut Chance) -> String {
    let teams = [
        "Harbour Harriers",
        "Lauffreunde Süd",
        "Les Gazelles",
        "Tempo Łódź",
        "Night Shift RC",
        "Club Atlético Río",
        "Sisu",
        "東京ランナーズ",
    ];
    if chance.permille(180) {
        (*chance.pick(&teams)).to_owned()
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_field_looks_like_one() {
        let field = draw(2500, &mut Chance::new(1));
        assert_eq!(field.len(), 2500);
        let bibs: BTreeSet<_> = field.iter().map(|runner| &runner.participant.bib).collect();
        assert_eq!(bibs.len(), 2500);
        for (course, best, middle, last) in [
            (&COURSES[0], 60..76, 115..132, 180..330),
            (&COURSES[1], 26..36, 54..66, 95..160),
            (&COURSES[2], 13..18, 27..33, 45..80),
        ] {
            let mut minutes: Vec<i64> = field
                .iter()
                .filter(|runner| runner.participant.race == course.name)
                .filter_map(|runner| Some((runner.finish_ms? - runner.start_ms?) / 60_000))
                .collect();
            minutes.sort_unstable();
            assert!(best.contains(&minutes[0]), "{} {minutes:?}", course.name);
            assert!(
                middle.contains(&minutes[minutes.len() / 2]),
                "{} {minutes:?}",
                course.name
            );
            assert!(
                last.contains(&minutes[minutes.len() - 1]),
                "{} {minutes:?}",
                course.name
            );
        }
        let absent = field
            .iter()
            .filter(|runner| runner.start_ms.is_none())
            .count();
        assert!((40..120).contains(&absent), "{absent}");
    }

    #[test]
    fn small_fields_are_whole() {
        for runners in 0..12 {
            assert_eq!(draw(runners, &mut Chance::new(1)).len(), runners);
        }
    }

    #[test]
    fn the_exponential_is_one() {
        for x in [-1.5, -0.3, 0.0, 0.7, 1.2_f64] {
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-5, "{x}");
        }
    }
}
