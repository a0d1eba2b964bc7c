//! Passwords at rest: argon2id with a random salt, in the PHC text form that carries its own parameters.

use argon2::{
    Argon2, PasswordHash, PasswordHasher, PasswordVerifier,
    password_hash::{self, SaltString, rand_core::OsRng},
};

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
    fn two_hashes_of_one_password_differ() {
        assert_ne!(hash("a").expect("hashing"), hash("a").expect("hashing"));
    }

    #[test]
    fn nonsense_in_the_store_lets_nobody_in() {
        assert!(!verify("", ""));
        assert!(!verify("a", "a"));
    }
}
