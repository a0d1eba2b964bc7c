//! Bearer tokens: 32 random bytes that their owner keeps, and a hash that we keep.

use std::fmt::Write;

use gantry_core::time::Moment;
use rand::{TryRngCore, rngs::OsRng};
use sha2::{Digest, Sha256};

use crate::store::TokenHash;

/// How long a token is good for without being used, in milliseconds: a week. From one race weekend to the next nobody signs in
/// again, and a machine that was left behind is signed out before the next but one.
pub const IDLE_MS: i64 = 7 * DAY_MS;

/// The longest life of a token, however much it is used, in milliseconds: thirty days. A token that was copied is worth nothing
/// after that, and people still know their passwords.
pub const LONGEST_MS: i64 = 30 * DAY_MS;

/// A use is noted when the last one noted is as long ago, in milliseconds: five minutes. Noting each would make every read a
/// write.
const NOTED_EVERY_MS: i64 = 5 * 60_000;

const DAY_MS: i64 = 24 * 3_600_000;

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

/// Until when a token of somebody who signed in at `signed_in_at` is good when it is used at `now`.
pub fn expiry(signed_in_at: Moment, now: Moment) -> Moment {
    (now + IDLE_MS).min(signed_in_at + LONGEST_MS)
}

/// Until when a use at `now` makes a token good, if it is worth noting after the one at `used_at`.
pub fn prolonged(signed_in_at: Moment, used_at: Moment, now: Moment) -> Option<Moment> {
    (now.0 - used_at.0 >= NOTED_EVERY_MS).then(|| expiry(signed_in_at, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn use_prolongs_a_token_within_limits() {
        let start = Moment(1_000);
        assert_eq!(expiry(start, start), start + 7 * DAY_MS);
        assert_eq!(prolonged(start, start, start + 60_000), None);
        let later = start + DAY_MS;
        assert_eq!(prolonged(start, start, later), Some(later + 7 * DAY_MS));
        let late = start + 29 * DAY_MS;
        assert_eq!(prolonged(start, later, late), Some(start + 30 * DAY_MS));
    }

    #[test]
    fn tokens_differ_and_so_do_their_hashes() {
        let (one, two) = (random().expect("random"), random().expect("random"));
        assert_eq!(one.len(), 2 * BYTES);
        assert_ne!(one, two);
        assert_ne!(hash(&one), hash(&two));
        assert_eq!(hash(&one), hash(&one));
    }
}
