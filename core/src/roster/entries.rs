//! The people of a roster being read, whatever it is written in: tidied, and each bib and tag given once.

use std::collections::HashMap;

use crate::roster::Participant;

/// Characters of a name, a place or any other text: several times what the longest has.
const LONGEST_TEXT: usize = 200;

/// Takes people one by one.
#[derive(Debug)]
pub struct Entries {
    participants: Vec<Participant>,
    place_by_bib: HashMap<String, u64>,
    bib_by_tag: HashMap<String, String>,
    numbered: &'static str,
}

impl Entries {
    /// Nobody yet. `numbered` is what the source counts: `line` or `participant`.
    pub fn new(numbered: &'static str) -> Self {
        Self {
            participants: Vec::new(),
            place_by_bib: HashMap::new(),
            bib_by_tag: HashMap::new(),
            numbered,
        }
    }

    /// Takes somebody who stands at `place` of the source.
    ///
    /// # Errors
    ///
    /// Why not, for the operator: there is no bib, the bib or a tag is somebody else's already, or a text is too long.
    pub fn add(&mut self, place: u64, mut participant: Participant) -> Result<(), String> {
        tidy(&mut participant);
        let Participant { bib, tags, .. } = &participant;
        if bib.is_empty() {
            return Err("no bib".to_owned());
        }
        if is_too_long(&participant) {
            return Err(format!("a text is longer than {LONGEST_TEXT} characters"));
        }
        if let Some(first) = self.place_by_bib.get(bib) {
            return Err(format!(
                "bib \"{bib}\" is already at {} {first}",
                self.numbered
            ));
        }
        let claimed = tags
            .iter()
            .find_map(|tag| self.bib_by_tag.get_key_value(tag));
        if let Some((tag, bib)) = claimed {
            return Err(format!("tag \"{tag}\" already belongs to bib \"{bib}\""));
        }
        self.place_by_bib.insert(bib.clone(), place);
        self.bib_by_tag
            .extend(tags.iter().map(|tag| (tag.clone(), bib.clone())));
        self.participants.push(participant);
        Ok(())
    }

    /// Everybody taken, in their order.
    pub fn into_participants(self) -> Vec<Participant> {
        self.participants
    }
}

fn tidy(participant: &mut Participant) {
    participant.bib = number(&participant.bib);
    let mut tags: Vec<String> = Vec::new();
    for tag in participant.tags.iter().map(|tag| number(tag)) {
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    participant.tags = tags;
    for text in [
        &mut participant.first_name,
        &mut participant.last_name,
        &mut participant.city,
        &mut participant.state,
        &mut participant.country,
        &mut participant.race,
        &mut participant.wave,
        &mut participant.division,
        &mut participant.team,
    ] {
        *text = text.trim().to_owned();
    }
    participant.age = participant.age.filter(|&age| age > 0);
}

fn is_too_long(participant: &Participant) -> bool {
    let texts = [
        &participant.bib,
        &participant.first_name,
        &participant.last_name,
        &participant.city,
        &participant.state,
        &participant.country,
        &participant.race,
        &participant.wave,
        &participant.division,
        &participant.team,
    ];
    let mut texts = texts.into_iter().chain(&participant.tags);
    texts.any(|text| text.len() > LONGEST_TEXT && text.chars().count() > LONGEST_TEXT)
}

/// A bib or tag without its decoration; empty where it only says that there is none.
fn number(text: &str) -> String {
    let text = text.trim_matches(|c: char| c == '#' || c.is_whitespace());
    match text {
        "0" | "-" => String::new(),
        _ if text.eq_ignore_ascii_case("n/a") => String::new(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runner(bib: &str, tags: &[&str]) -> Participant {
        Participant {
            bib: bib.to_owned(),
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            race: " 10 km ".to_owned(),
            ..Participant::default()
        }
    }

    #[test]
    fn decoration_makes_nobody_another() {
        let mut entries = Entries::new("participant");
        assert_eq!(entries.add(1, runner(" #12 ", &["a", " a", "0"])), Ok(()));
        let refused = [
            (runner("12", &[]), "bib \"12\" is already at participant 1"),
            (
                runner("13", &["#a "]),
                "tag \"a\" already belongs to bib \"12\"",
            ),
            (runner("n/a", &[]), "no bib"),
        ];
        for (runner, reason) in refused {
            assert_eq!(entries.add(2, runner), Err(reason.to_owned()));
        }
        let people = entries.into_participants();
        assert_eq!(people.len(), 1);
        assert_eq!(
            (people[0].bib.as_str(), people[0].race.as_str()),
            ("12", "10 km")
        );
        assert_eq!(people[0].tags, ["a"]);
    }
}
