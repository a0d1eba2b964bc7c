//! Bearer tokens: 32 random bytes that their owner keeps, and a hash that we keep.

use std::fmt::Write;

use rand::{TryRngCore, rngs::OsRng};
use sha2::{Digest, Sha256};

use crate::store::TokenHash;

/// How long a token is good for, in milliseconds: thirty days.
pub const LIFE_MS: i64 = 30 * 24 * 3_600_000;

const BYTES: usize = 32;

/// A new token's text, 64 hexadecimal digits; fails only when the operating system's random source does.
pub fn random() -> Result<String, rand::rand_core::OsError> {
    let mut bytes = [0; BYTES];
    OsRng.try_fill_bytes(&mut bytes)?;
    let mut text = String::with_capacity(2 * BYTES);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// What is kept of a token. A stolen database gives no token away, and 256 random bits need no slow hash.
pub fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_so_do_their_hashes() {
        let (one, two) = (random().expect("random"), random().expect("random"));
        assert_eq!(one.len(), 2 * BYTES);
        assert_ne!(one, two);
        assert_ne!(hash(&one), hash(&two));
        assert_eq!(hash(&one), hash(&one));
    }
}
