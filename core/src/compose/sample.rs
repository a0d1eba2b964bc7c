//! Boards to try templates on: an operator's preview, and the check that every expression of a template works.

use std::sync::Arc;

use crate::{
    board::{
        Board,
        event::{BoardEvent, BoardRead},
        settings::{Mode, Settings},
    },
    read::ReadKind,
    roster::{Participant, Race, Roster, Sex},
    time::Moment,
};

/// The sample race's gun: 2026-06-14T07:00:00Z.
pub const GUN: Moment = Moment(1_781_420_400_000);

/// A moment at which the sample race shows a runner.
pub const SHOWN_AT: Moment = Moment(GUN.0 + 2_105_000);

/// An empty board, and the sample race in each mode.
pub fn boards() -> [Board; 3] {
    [Board::default(), board(Mode::PreRace), board(Mode::Results)]
}

/// A small race in which ten runners have finished and the last of them is being shown.
pub fn board(mode: Mode) -> Board {
    let mut board = Board::default();
    let settings = Settings {
        mode,
        event_name: "Harbour Run 2026".to_owned(),
        midnight: Some(GUN - 9 * 3_600_000),
        ..Settings::default()
    };
    board.apply(&BoardEvent::Settings(settings));
    board.apply(&BoardEvent::Roster(Arc::new(roster())));
    for (position, (location, tag, offset_ms)) in reads().into_iter().enumerate() {
        let at = GUN + offset_ms;
        let kind = if tag == "GUNTIME" {
            ReadKind::Gun
        } else {
            ReadKind::Chip
        };
        board.apply(&BoardEvent::Read(BoardRead {
            position: position as i64,
            kind,
            location: location.to_owned(),
            tag: tag.to_owned(),
            at,
            received_at: at + 40,
        }));
    }
    board
}

/// Bib, given name, family name, sex, age, city, country, and net time in milliseconds (0 for who is still on the course).
type Runner = (
    &'static str,
    &'static str,
    &'static str,
    Sex,
    u16,
    &'static str,
    &'static str,
    i64,
);

const RUNNERS: [Runner; 12] = [
    (
        "1021",
        "Amara",
        "Okafor",
        Sex::Female,
        27,
        "Lagos",
        "NGR",
        2_021_340,
    ),
    (
        "1004",
        "Łukasz",
        "Wójcik",
        Sex::Male,
        31,
        "Kraków",
        "POL",
        1_934_780,
    ),
    (
        "1187",
        "Sofía",
        "Hernández Ruiz",
        Sex::Female,
        34,
        "Guadalajara",
        "MEX",
        2_064_120,
    ),
    (
        "1033",
        "Jonas",
        "Lindqvist",
        Sex::Male,
        22,
        "Göteborg",
        "SWE",
        1_951_060,
    ),
    (
        "1240",
        "Ελένη",
        "Παπαδοπούλου",
        Sex::Female,
        41,
        "Αθήνα",
        "GRE",
        2_083_900,
    ),
    (
        "1102",
        "翔太",
        "佐藤",
        Sex::Male,
        29,
        "仙台",
        "JPN",
        1_998_230,
    ),
    (
        "1075",
        "Дмитрий",
        "Соколов",
        Sex::Male,
        38,
        "Пермь",
        "AIN",
        2_009_500,
    ),
    (
        "1316",
        "Maximiliane",
        "von Hohenstein-Breitenbach",
        Sex::Female,
        45,
        "Freiburg im Breisgau",
        "GER",
        2_098_310,
    ),
    (
        "1058",
        "Tomás",
        "O’Sullivan",
        Sex::Male,
        26,
        "Cork",
        "IRL",
        1_972_410,
    ),
    (
        "1009",
        "Léa",
        "Marchand",
        Sex::Female,
        30,
        "Annecy",
        "FRA",
        2_046_770,
    ),
    ("1400", "ليلى", "حداد", Sex::Female, 33, "Amman", "JOR", 0),
    (
        "1401",
        "Noa",
        "Ben-David",
        Sex::Female,
        36,
        "Haifa",
        "ISR",
        0,
    ),
];

fn roster() -> Roster {
    let race = Race {
        start: Some(GUN),
        ..Race::named("10 km")
    };
    let participants =
        RUNNERS.map(
            |(bib, first_name, last_name, sex, age, city, country, _)| Participant {
                bib: bib.to_owned(),
                first_name: first_name.to_owned(),
                last_name: last_name.to_owned(),
                sex: Some(sex),
                age: Some(age),
                city: city.to_owned(),
                country: country.to_owned(),
                race: race.name.clone(),
                wave: "A".to_owned(),
                division: format!("{}{}", sex.letter(), age / 5 * 5),
                team: "Harbour Harriers".to_owned(),
                ..Participant::default()
            },
        );
    Roster::new(vec![race], participants.to_vec())
}

/// Location, tag and milliseconds after the gun, in the order of time.
fn reads() -> Vec<(&'static str, &'static str, i64)> {
    let mut reads = vec![("START", "GUNTIME", 0), ("FINISH", "7777", 2_090_000)];
    for (index, (bib, .., net_ms)) in RUNNERS.into_iter().enumerate() {
        let start_ms = 2_000 + index as i64 * 350;
        reads.push(("START", bib, start_ms));
        if net_ms > 0 {
            reads.push(("FINISH", bib, start_ms + net_ms));
        }
    }
    reads.sort_by_key(|(_, _, at)| *at);
    reads
}
