//! A roster as CSV that [`import`](super::import()) reads back unchanged.

use ::csv::Writer;

use crate::{
    roster::{Participant, Roster, Sex},
    time::Moment,
};

const HEADER: [&str; 14] = [
    "bib",
    "tags",
    "first name",
    "last name",
    "sex",
    "age",
    "city",
    "state",
    "country",
    "race",
    "start",
    "wave",
    "division",
    "team",
];

/// The roster as comma-separated text with a header line. Races without participants are not in it.
pub fn export(roster: &Roster) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    let rows = roster
        .participants()
        .iter()
        .map(|person| row(roster, person));
    for record in std::iter::once(HEADER.map(str::to_owned)).chain(rows) {
        writer
            .write_record(&record)
            .expect("rows of equal length go into memory, which takes them");
    }
    let bytes = writer.into_inner().expect("memory can be flushed");
    String::from_utf8(bytes).expect("the fields were UTF-8")
}

fn row(roster: &Roster, person: &Participant) -> [String; 14] {
    let start = roster.race(&person.race).and_then(|race| race.start);
    [
        person.bib.clone(),
        person.tags.join(" "),
        person.first_name.clone(),
        person.last_name.clone(),
        person.sex.map_or("", Sex::letter).to_owned(),
        person.age.map_or_else(String::new, |age| age.to_string()),
        person.city.clone(),
        person.state.clone(),
        person.country.clone(),
        person.race.clone(),
        start.map_or_else(String::new, Moment::to_rfc3339),
        person.wave.clone(),
        person.division.clone(),
        person.team.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::{Race, csv::import};

    #[test]
    fn what_is_written_is_read_back() {
        let race = Race {
            start: Some(Moment(1_800_000_000_000)),
            ..Race::named("Half Marathon")
        };
        let person = Participant {
            bib: "007".into(),
            tags: vec!["A1".into(), "B2".into()],
            first_name: "Nuala \"Nu\"".into(),
            last_name: "O’Brien, Sr".into(),
            sex: Some(Sex::NonBinary),
            age: Some(41),
            city: "Ciudad de México".into(),
            race: race.name.clone(),
            division: "X40-44".into(),
            ..Participant::default()
        };
        let roster = Roster::new(vec![race], vec![person]);
        let back = import(&export(&roster), None);
        assert_eq!(back.rejected, []);
        assert_eq!(back.roster, roster);
    }
}
