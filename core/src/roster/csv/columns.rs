//! Which column of a file holds what, from the spellings that registration and scoring programs use.

use ::csv::StringRecord;

/// Where each thing that we read stands in a row.
pub(super) struct Columns {
    pub(super) bib: Option<usize>,
    /// Every column that holds chips, because some programs write one per chip.
    pub(super) tags: Vec<usize>,
    pub(super) first_name: Option<usize>,
    pub(super) last_name: Option<usize>,
    pub(super) full_name: Option<usize>,
    pub(super) sex: Option<usize>,
    pub(super) age: Option<usize>,
    pub(super) city: Option<usize>,
    pub(super) state: Option<usize>,
    pub(super) country: Option<usize>,
    pub(super) race: Option<usize>,
    pub(super) wave: Option<usize>,
    pub(super) division: Option<usize>,
    pub(super) team: Option<usize>,
    pub(super) start: Option<usize>,
    pub(super) removed: Option<usize>,
}

impl Columns {
    pub(super) fn find(header: &StringRecord) -> Self {
        let names: Vec<String> = header.iter().map(normalise).collect();
        let find = |accepted: &[&str]| find(&names, accepted);
        let last_name = find(LAST_NAME);
        let plain_name = find(&["name"]);
        Self {
            bib: find(BIB),
            tags: (0..names.len())
                .filter(|&column| CHIP.contains(&without_owner(&names[column])))
                .collect(),
            // A bare "name" is the given name where a surname stands beside it, and the whole name otherwise.
            first_name: find(FIRST_NAME).or(last_name.and(plain_name)),
            full_name: find(FULL_NAME).or(plain_name),
            last_name,
            sex: find(SEX),
            age: find(AGE),
            city: find(CITY),
            state: find(STATE),
            country: find(COUNTRY),
            race: find(RACE),
            wave: find(WAVE),
            division: find(DIVISION),
            team: find(TEAM),
            start: find(START),
            removed: find(REMOVED),
        }
    }

    /// Every column that is read.
    pub(super) fn all(&self) -> impl Iterator<Item = usize> {
        let single = [
            self.bib,
            self.first_name,
            self.last_name,
            self.full_name,
            self.sex,
            self.age,
            self.city,
            self.state,
            self.country,
            self.race,
            self.wave,
            self.division,
            self.team,
            self.start,
            self.removed,
        ];
        single
            .into_iter()
            .flatten()
            .chain(self.tags.iter().copied())
    }
}

const BIB: &[&str] = &[
    "bib",
    "bibnumber",
    "bibno",
    "bibnum",
    "number",
    "no",
    "raceno",
    "racenumber",
    "dorsal",
    "startnumber",
    "startnummer",
    "startnr",
    "stnr",
    "dossard",
    "numerodedossard",
    "pettorale",
    "rugnummer",
];
const CHIP: &[&str] = &[
    "chip",
    "chip1",
    "chip2",
    "chipnumber",
    "chipcode",
    "chipid",
    "chiplist",
    "tag",
    "tag1",
    "tag2",
    "tags",
    "tagnumber",
    "transponder",
    "transponder1",
    "transponder2",
    "transpondernummer",
    "chipnr",
    "puce",
];
const FIRST_NAME: &[&str] = &[
    "firstname",
    "first",
    "fname",
    "givenname",
    "namefirst",
    "vorname",
    "prenom",
    "prénom",
    "nombre",
    "nome",
    "voornaam",
    "förnamn",
];
const LAST_NAME: &[&str] = &[
    "lastname",
    "last",
    "lname",
    "surname",
    "familyname",
    "namelast",
    "nachname",
    "familienname",
    "apellido",
    "apellidos",
    "cognome",
    "achternaam",
    "efternamn",
    "nom",
    "naam",
];
const FULL_NAME: &[&str] = &[
    "fullname",
    "displayname",
    "namefirstlast",
    "athlete",
    "runner",
];
const SEX: &[&str] = &[
    "gender",
    "sex",
    "identifiedgender",
    "geschlecht",
    "sexe",
    "sexo",
    "sesso",
    "geslacht",
];
const AGE: &[&str] = &[
    "age",
    "ageonraceday",
    "ageoneventday",
    "raceage",
    "alter",
    "âge",
    "edad",
    "età",
    "leeftijd",
];
const CITY: &[&str] = &[
    "city",
    "town",
    "hometown",
    "fromcity",
    "ort",
    "wohnort",
    "stadt",
    "ville",
    "ciudad",
    "città",
    "woonplaats",
];
const STATE: &[&str] = &[
    "state",
    "region",
    "province",
    "stateprovince",
    "provincestate",
    "provincestateregion",
    "fromprovstate",
    "bundesland",
];
const COUNTRY: &[&str] = &[
    "country",
    "nation",
    "nationality",
    "countrycode",
    "land",
    "staat",
    "pays",
    "país",
    "pais",
    "nazione",
    "nationalität",
    "nationalité",
];
/// The most telling first: a file may hold the race's name and its distance, or the event beside the race.
const RACE: &[&str] = &[
    "race",
    "racename",
    "subevent",
    "regchoice",
    "regchoicename",
    "registrationchoice",
    "event",
    "eventname",
    "contest",
    "distance",
    "tickettype",
    "wettbewerb",
    "lauf",
    "strecke",
    "course",
    "épreuve",
    "carrera",
    "gara",
    "wedstrijd",
];
const WAVE: &[&str] = &[
    "wave",
    "wavename",
    "corral",
    "heat",
    "startgroup",
    "startblock",
    "welle",
    "startwelle",
    "vague",
    "sas",
];
const DIVISION: &[&str] = &[
    "division",
    "div",
    "agegroup",
    "category",
    "bracket",
    "bracketname",
    "regbracket",
    "altersklasse",
    "ak",
    "klasse",
    "catégorie",
    "categoria",
    "categoría",
];
const TEAM: &[&str] = &[
    "team",
    "teamname",
    "groupteamname",
    "club",
    "group",
    "verein",
    "mannschaft",
    "équipe",
    "equipo",
    "squadra",
    "vereniging",
];
const START: &[&str] = &["start", "racestart", "starttime", "wavestart", "startzeit"];
const REMOVED: &[&str] = &["removed", "cancelled", "status"];

/// The owners that programs write before a column's name.
const OWNERS: [&str; 7] = [
    "participant",
    "athlete",
    "runner",
    "attendee",
    "entry",
    "registrant",
    "home",
];

/// The column of the first accepted spelling; a plain name wins over the same with an owner before it.
fn find(names: &[String], accepted: &[&str]) -> Option<usize> {
    let place = |of: &dyn Fn(&str) -> bool| names.iter().position(|name| of(name));
    accepted
        .iter()
        .find_map(|&word| place(&|name| name == word))
        .or_else(|| {
            accepted
                .iter()
                .find_map(|&word| place(&|name| without_owner(name) == word))
        })
}

fn without_owner(name: &str) -> &str {
    OWNERS
        .iter()
        .find_map(|owner| name.strip_prefix(owner).filter(|rest| !rest.is_empty()))
        .unwrap_or(name)
}

/// Lower-case letters and digits only, so that `Bib #`, `BIB_NUMBER` and `bib number` compare.
fn normalise(header: &str) -> String {
    header
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(header: &[&str]) -> Columns {
        Columns::find(&StringRecord::from(header))
    }

    #[test]
    fn other_languages_are_understood() {
        let german = columns(&[
            "Startnummer",
            "Nachname",
            "Vorname",
            "Geschlecht",
            "Altersklasse",
            "Verein",
            "Wettbewerb",
        ]);
        assert_eq!(german.bib, Some(0));
        assert_eq!((german.last_name, german.first_name), (Some(1), Some(2)));
        assert_eq!((german.sex, german.division), (Some(3), Some(4)));
        assert_eq!((german.team, german.race), (Some(5), Some(6)));
        let french = columns(&["Dossard", "Prénom", "Nom"]);
        assert_eq!((french.bib, french.first_name), (Some(0), Some(1)));
        assert_eq!(french.last_name, Some(2));
    }

    #[test]
    fn known_exports_are_understood() {
        let ultra = columns(&[
            "Order ID",
            "distance",
            "First Name",
            "Last Name",
            "gender",
            "Identified Gender",
            "AgeGroup",
            "Age",
            "Removed",
            "Bib",
            "team_name",
        ]);
        assert_eq!(ultra.race, Some(1));
        assert_eq!(ultra.sex, Some(4));
        assert_eq!((ultra.division, ultra.age), (Some(6), Some(7)));
        assert_eq!(
            (ultra.removed, ultra.bib, ultra.team),
            (Some(8), Some(9), Some(10))
        );

        let chronotrack = columns(&[
            "entry_id",
            "entry_bib",
            "athlete_first_name",
            "athlete_last_name",
        ]);
        assert_eq!(chronotrack.bib, Some(1));
        assert_eq!(
            (chronotrack.first_name, chronotrack.last_name),
            (Some(2), Some(3))
        );

        let copernico = columns(&["id", "bib-number", "name", "surname", "club"]);
        assert_eq!(
            (copernico.first_name, copernico.last_name),
            (Some(2), Some(3))
        );

        let score = columns(&[
            "NO.",
            "LAST NAME",
            "FIRST NAME",
            "Transponder1",
            "Transponder2",
        ]);
        assert_eq!((score.bib, score.tags), (Some(0), vec![3, 4]));

        let results = columns(&["BIB", "Name", "Sex", "AGE", "DIV"]);
        assert_eq!((results.full_name, results.first_name), (Some(1), None));
    }
}
