//! Numbers for reads that the hardware does not number.

use crate::read::FIRST_MADE_UP;

/// A number for a read by what the hardware says of it, in the place of a sequence: the same words are the same number,
/// however often they arrive, and other words another.
///
/// FNV-1a over 62 bits, written out here because it is stored and must never change. Two different reads of one stream of
/// 100,000 share a number once in a billion races.
pub(crate) fn fingerprint(words: &[u8]) -> u64 {
    let hash = words.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    FIRST_MADE_UP | ((hash ^ (hash >> 62)) & (FIRST_MADE_UP - 1))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_numbers_never_change_and_fit_into_a_database() {
        assert_eq!(fingerprint(b""), 5_472_609_002_491_880_230);
        assert!(i64::try_from(fingerprint(b"DJ413A35 10:11:16.4433")).is_ok());
    }

    #[test]
    fn likely_neighbours_are_told_apart() {
        let numbers: HashSet<u64> = (0..200_000)
            .map(|count| {
                fingerprint(
                    format!("DJ{:05} 10:11:{:02}.{:04}", count % 977, count % 60, count).as_bytes(),
                )
            })
            .collect();
        assert_eq!(numbers.len(), 200_000);
    }
}
