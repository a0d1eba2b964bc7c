//! One-time codes: what an owner reads out to a colleague, and the colleague types.

use rand::{TryRngCore, rngs::OsRng};
use serde::Deserialize;

use super::token;
use crate::{
    display::id::{ALPHABET, meant},
    store::TokenHash,
};

/// Eighty random bits as four groups of four letters and digits. It is a secret, so it has no [`Debug`](std::fmt::Debug) text.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Code(String);

const LENGTH: usize = 16;

/// How long a code for a new password is good, in milliseconds: a day.
pub const RESET_LIFE_MS: i64 = 24 * 3_600_000;

/// How many hours an invitation is good where nothing else is said: a week.
pub const INVITATION_HOURS: i64 = 168;

/// A text that cannot be a code.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a code of {LENGTH} letters and digits is accepted")]
pub struct NotACode;

impl Code {
    /// A new code from the operating system's random source; fails only when that does.
    pub fn random() -> Result<Self, rand::rand_core::OsError> {
        let mut bytes = [0; LENGTH];
        OsRng.try_fill_bytes(&mut bytes)?;
        let code = bytes
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
            .collect();
        Ok(Self(code))
    }

    /// The code as it is told, once, to whoever asked for it.
    pub fn told(&self) -> String {
        let mut told = String::new();
        for (at, character) in self.0.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                told.push('-');
            }
            told.push(character);
        }
        told
    }

    /// What is kept of it. Eighty random bits need no slow hash.
    pub fn hash(&self) -> TokenHash {
        token::hash(&self.0)
    }
}

/// Reads what somebody typed: in any case, with or without dashes and spaces, and with look-alikes for what they look like.
impl TryFrom<String> for Code {
    type Error = NotACode;

    fn try_from(typed: String) -> Result<Self, NotACode> {
        let code: String = typed
            .chars()
            .filter(|typed| !matches!(typed, '-' | ' '))
            .map(meant)
            .take(LENGTH + 1)
            .collect();
        let is_code = code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte));
        is_code.then_some(Self(code)).ok_or(NotACode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_understood_as_it_is_told_and_typed() {
        let code = Code::random().expect("random");
        let told = code.told();
        assert_eq!(told.len(), LENGTH + 3);
        for typed in [told.clone(), told.to_uppercase(), told.replace('-', " ")] {
            let typed = Code::try_from(typed).expect("a code");
            assert_eq!(typed.hash(), code.hash());
        }
        assert_ne!(Code::random().expect("random").hash(), code.hash());
        let alike = Code::try_from("OIL0-0000-0000-0000".to_owned());
        assert_eq!(alike.expect("a code").told(), "0110-0000-0000-0000");
        for typed in [
            "",
            "0110-0000-0000-000",
            "0110-0000-0000-0000-0",
            "u110-0000-0000-0000",
        ] {
            assert_eq!(
                Code::try_from(typed.to_owned()).err(),
                Some(NotACode),
                "{typed}"
            );
        }
    }
}
