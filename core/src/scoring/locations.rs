//! What a mat means for the result.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a location is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Net time starts here.
    Start,
    /// A point on the course.
    Split,
    /// Net time ends here.
    Finish,
}

/// Words by which timers name their finish mats, in the languages that are common on the hardware.
const FINISH_WORDS: [&str; 6] = ["finish", "ziel", "arriv", "meta", "goal", "mål"];

/// Words by which they name their start mats.
const START_WORDS: [&str; 4] = ["start", "depart", "départ", "salida"];

/// The role of a location: what the operator said, or else what its name says.
///
/// A name that has both words is a start, because programs put the name of their output (`FINISH1`) before the location's own.
pub fn role(location: &str, said: &BTreeMap<String, Role>) -> Role {
    if let Some(role) = said.get(location) {
        return *role;
    }
    let name = location.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&START_WORDS) {
        Role::Start
    } else if has(&FINISH_WORDS) {
        Role::Finish
    } else {
        Role::Split
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_roles_unless_the_operator_does() {
        let none = BTreeMap::new();
        for (location, expected) in [
            ("FINISH1", Role::Finish),
            ("Ziel", Role::Finish),
            ("START", Role::Start),
            ("FINISH1Start Line \u{e9}~1", Role::Start),
            ("9K", Role::Split),
        ] {
            assert_eq!(role(location, &none), expected, "{location}");
        }
        let said = BTreeMap::from([("9K".to_owned(), Role::Finish)]);
        assert_eq!(role("9K", &said), Role::Finish);
    }
}
