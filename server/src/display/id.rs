//! The eight characters under which a display is known.

use std::{fmt, str::FromStr};

use rand::{TryRngCore, rngs::OsRng};

/// A display's id: forty random bits in lower-case Crockford base 32, which has no letter that looks like a digit.
///
/// It is a secret that gives read access to a picture, so it has no [`Debug`](fmt::Debug) text that could end up in a log.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DisplayId(String);

/// Digits, and letters without `i`, `l`, `o` and `u`.
pub const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// How many characters an id has.
const LENGTH: usize = 8;

/// A text that cannot be a display's id.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a display id has 8 letters and digits")]
pub struct NotAnId;

impl DisplayId {
    /// A new id from the operating system's random source; fails only when that does.
    pub fn random() -> Result<Self, rand::rand_core::OsError> {
        let mut bytes = [0; LENGTH];
        OsRng.try_fill_bytes(&mut bytes)?;
        Ok(Self(
            bytes
                .iter()
                .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
                .collect(),
        ))
    }

    /// The id's text. It belongs in answers to its owner and in addresses, never in a log.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The letter or digit that somebody meant who typed this character: in any case, and what looks like a digit is one.
pub fn meant(typed: char) -> char {
    match typed.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    }
}

/// Reads what somebody typed: in any case, with `o` for `0` and `i` or `l` for `1`.
impl FromStr for DisplayId {
    type Err = NotAnId;

    fn from_str(typed: &str) -> Result<Self, NotAnId> {
        let id: String = typed.chars().map(meant).collect();
        let valid = id.len() == LENGTH && id.bytes().all(|byte| ALPHABET.contains(&byte));
        valid.then_some(Self(id)).ok_or(NotAnId)
    }
}

impl fmt::Debug for DisplayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DisplayId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_ids_read_back_and_differ() {
        let ids: std::collections::HashSet<DisplayId> = (0..1000)
            .map(|_| DisplayId::random().expect("random bytes"))
            .collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            assert_eq!(id.as_str().parse(), Ok(id));
        }
    }

    #[test]
    fn typed_ids_are_forgiven_their_look_alikes() {
        let id: DisplayId = "a1b20c31".parse().expect("an id");
        for typed in ["A1B20C31", "aib2oc3l", "AIB2OC3L"] {
            assert_eq!(typed.parse().as_ref(), Ok(&id), "{typed}");
        }
    }

    #[test]
    fn nothing_else_is_an_id() {
        for typed in [
            "",
            "a1b2c3d",
            "a1b2c3d45",
            "a1b2c3du",
            "a1b2-3d4",
            "é1b2c3d",
        ] {
            assert_eq!(typed.parse::<DisplayId>(), Err(NotAnId), "{typed}");
        }
    }

    #[test]
    fn an_id_does_not_reach_a_log() {
        let id: DisplayId = "a1b2c3d4".parse().expect("an id");
        assert!(!format!("{id:?}").contains("a1b2"));
    }
}
