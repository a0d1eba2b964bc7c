//! Who runs: the people behind tags and bibs, and the races they are in.
//!
//! A roster is replaced as a whole, by an import or a provider, and never edited in place, so that its lookups cannot go stale.

pub mod csv;
mod entries;
mod race;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

pub use entries::Entries;
pub use race::Race;

/// Everybody in an event, found by bib or tag.
///
/// It is stored and sent as `{races, participants}` within messages that carry the version; the lookups are made anew on reading.
/// When two participants claim one bib or tag, the first has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Lists")]
pub struct Roster {
    races: Vec<Race>,
    participants: Vec<Participant>,
    #[serde(skip)]
    by_bib: HashMap<String, usize>,
    #[serde(skip)]
    by_tag: HashMap<String, usize>,
}

impl Roster {
    /// A roster of these people; races that only a participant names are unknown to it.
    pub fn new(races: Vec<Race>, participants: Vec<Participant>) -> Self {
        let mut by_bib = HashMap::with_capacity(participants.len());
        let mut by_tag = HashMap::new();
        for (place, participant) in participants.iter().enumerate() {
            by_bib.entry(participant.bib.clone()).or_insert(place);
            for tag in &participant.tags {
                by_tag.entry(tag.clone()).or_insert(place);
            }
        }
        Self {
            races,
            participants,
            by_bib,
            by_tag,
        }
    }

    /// The races, in the order given.
    pub fn races(&self) -> &[Race] {
        &self.races
    }

    /// The people, in the order given.
    pub fn participants(&self) -> &[Participant] {
        &self.participants
    }

    /// The race of this name.
    pub fn race(&self, name: &str) -> Option<&Race> {
        self.races.iter().find(|race| race.name == name)
    }

    /// Who wears this bib, compared letter by letter: `007` is not `7`.
    pub fn by_bib(&self, bib: &str) -> Option<&Participant> {
        self.by_bib.get(bib).map(|&place| &self.participants[place])
    }

    /// Whom a tag on the wire belongs to. ChronoTrack sends the bib as the tag, so a bib matches where no tag does.
    pub fn by_tag(&self, tag: &str) -> Option<&Participant> {
        self.by_tag
            .get(tag)
            .map(|&place| &self.participants[place])
            .or_else(|| self.by_bib(tag))
    }
}

impl From<Lists> for Roster {
    fn from(lists: Lists) -> Self {
        Self::new(lists.races, lists.participants)
    }
}

/// A roster as it is written down.
#[derive(Deserialize)]
struct Lists {
    #[serde(default)]
    races: Vec<Race>,
    #[serde(default)]
    participants: Vec<Participant>,
}

/// One entrant. Texts that nobody gave are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Participant {
    /// The number on the shirt: text, because `007` and `A12` are bibs too.
    pub bib: String,
    /// Chips that stand for this person besides the bib itself.
    pub tags: Vec<String>,
    /// Given names.
    pub first_name: String,
    /// Family name; the whole name where there is only one.
    pub last_name: String,
    /// As registered.
    pub sex: Option<Sex>,
    /// In years, on race day.
    pub age: Option<u16>,
    /// Home town.
    pub city: String,
    /// State, province or region.
    pub state: String,
    /// As registered: a code or a name.
    pub country: String,
    /// The name of their [`Race`].
    pub race: String,
    /// The wave or corral they start in.
    pub wave: String,
    /// The division (age group) they are scored in.
    pub division: String,
    /// Team or club.
    pub team: String,
}

impl Participant {
    /// Given and family name together.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
            .trim()
            .to_owned()
    }
}

/// The sex a participant is scored under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Sex {
    /// Women and girls.
    #[serde(rename = "F")]
    Female,
    /// Men and boys.
    #[serde(rename = "M")]
    Male,
    /// Non-binary.
    #[serde(rename = "X")]
    NonBinary,
}

impl Sex {
    /// `F`, `M` or `X`, as it is written and sent.
    pub fn letter(self) -> &'static str {
        match self {
            Self::Female => "F",
            Self::Male => "M",
            Self::NonBinary => "X",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runner(bib: &str, tags: &[&str]) -> Participant {
        Participant {
            bib: bib.to_owned(),
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            ..Participant::default()
        }
    }

    #[test]
    fn tags_win_over_bibs_and_bibs_stand_in_for_tags() {
        let roster = Roster::new(
            vec![],
            vec![runner("007", &["12"]), runner("12", &[]), runner("12", &[])],
        );
        let bib_of = |tag| roster.by_tag(tag).map(|found| found.bib.as_str());
        assert_eq!(bib_of("12"), Some("007"));
        assert_eq!(bib_of("007"), Some("007"));
        assert_eq!(bib_of("7"), None);
        assert!(std::ptr::eq(
            roster.by_bib("12").expect("is there"),
            &raw const roster.participants()[1]
        ));
    }

    #[test]
    fn lookups_survive_being_stored() {
        let roster = Roster::new(
            vec![Race::named("10 km")],
            vec![runner("1", &["A"]), runner("2", &["B"])],
        );
        let text = serde_json::to_string(&roster).expect("serializes");
        let back: Roster = serde_json::from_str(&text).expect("parses");
        assert_eq!(back, roster);
        assert_eq!(back.by_tag("B").map(Participant::name), Some(String::new()));
        assert_eq!(
            back.race("10 km").and_then(|race| race.distance_m),
            Some(10_000)
        );
    }
}
