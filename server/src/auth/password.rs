//! Passwords at rest: argon2id with a random salt, in the PHC text form that carries its own parameters.

use std::sync::LazyLock;

use argon2::{
    Argon2, PasswordHash, PasswordHasher, PasswordVerifier,
    password_hash::{self, SaltString, rand_core::OsRng},
};
use serde::Deserialize;

use super::is_hidden;

/// The fewest characters of a new password. Length is what makes guessing hard; rules about kinds of characters do not.
pub const SHORTEST: usize = 8;

/// The most characters of a password: more than anybody types, and little enough to be hashed.
pub const LONGEST: usize = 256;

/// What somebody types as their password. It has no [`Debug`](std::fmt::Debug) text that could end up in a log.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Password(String);

/// A password that may become somebody's.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct NewPassword(pub Password);

/// A text that cannot be a password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPassword {
    /// It is too long, or has characters that nobody sees.
    #[error("at most {LONGEST} characters are accepted, none of them a control character")]
    Unusable,
    /// It is too short to become one.
    #[error("at least {SHORTEST} characters are accepted")]
    Short,
}

/// What an unknown person's password is compared with, so that it takes as long as anybody's.
pub static NOBODYS: LazyLock<String> = LazyLock::new(|| hash("").unwrap_or_default());

impl Password {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Password {
    type Error = NotAPassword;

    fn try_from(typed: String) -> Result<Self, NotAPassword> {
        let is_usable =
            typed.chars().take(LONGEST + 1).count() <= LONGEST && !typed.chars().any(is_hidden);
        is_usable
            .then_some(Self(typed))
            .ok_or(NotAPassword::Unusable)
    }
}

impl TryFrom<String> for NewPassword {
    type Error = NotAPassword;

    fn try_from(typed: String) -> Result<Self, NotAPassword> {
        if typed.chars().count() < SHORTEST {
            return Err(NotAPassword::Short);
        }
        typed.try_into().map(Self)
    }
}

/// The text to keep for a password. Takes tens of milliseconds of CPU by design: call it off the async threads.
pub fn hash(password: &str) -> Result<String, password_hash::Error> {
    let salt = SaltString::generate(&mut OsRng);
    Ok(Argon2::default()
        .hash_password(password.as_bytes(), &salt)?
        .to_string())
}

/// Whether `password` is the one that `kept` was made from; false when `kept` is no hash at all. As slow as [`hash`].
pub fn verify(password: &str, kept: &str) -> bool {
    PasswordHash::new(kept).is_ok_and(|kept| {
        Argon2::default()
            .verify_password(password.as_bytes(), &kept)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_password_verifies_and_another_does_not() {
        let kept = hash("correct horse").expect("hashing works");
        assert!(kept.starts_with("$argon2id$"));
        assert!(verify("correct horse", &kept));
        assert!(!verify("correct hors", &kept));
    }

    #[test]
    fn new_passwords_have_a_shortest_and_a_longest() {
        let new = |text: &str| NewPassword::try_from(text.to_owned()).err();
        assert_eq!(new("seven c"), Some(NotAPassword::Short));
        assert_eq!(new("pässwört"), None);
        assert_eq!(new(&"x".repeat(LONGEST)), None);
        assert_eq!(new(&"x".repeat(LONGEST + 1)), Some(NotAPassword::Unusable));
        for hidden in ["nul\0nul\0", "\u{202e}turned around"] {
            assert_eq!(new(hidden), Some(NotAPassword::Unusable), "{hidden:?}");
        }
    }

    #[test]
    fn two_hashes_of_one_password_differ() {
        assert_ne!(hash("a").expect("hashing"), hash("a").expect("hashing"));
    }

    #[test]
    fn nonsense_in_the_store_lets_nobody_in() {
        assert!(!verify("", ""));
        assert!(!verify("a", "a"));
    }
}
