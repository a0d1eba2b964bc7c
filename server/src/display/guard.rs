//! Makes guessing display ids futile: lookups are limited per address and altogether.
//!
//! Every lookup counts, not only a failed one, because a guess that hits must be refused as well. At the limit of all lookups
//! together and with a hundred displays alive, a hit takes more than a year of guessing without pause.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

use crate::household::household;

/// One address: a venue's screens come from one address and all reconnect at once, so the burst is large.
const PER_ADDRESS: Quota = quota(10, 300);

/// All addresses together.
const ALTOGETHER: Quota = quota(200, 3000);

/// When this many addresses are remembered, those that have been quiet are forgotten.
const ADDRESSES: usize = 10_000;

/// Counts lookups of display ids.
#[derive(Debug)]
pub struct Guard {
    per_address: DefaultKeyedRateLimiter<IpAddr>,
    altogether: DefaultDirectRateLimiter,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            per_address: RateLimiter::keyed(PER_ADDRESS),
            altogether: RateLimiter::direct(ALTOGETHER),
        }
    }
}

impl Guard {
    /// Allows one more lookup, or says how long the asker has to wait.
    pub fn admit(&self, address: IpAddr) -> Result<(), Duration> {
        if self.per_address.len() > ADDRESSES {
            self.per_address.retain_recent();
        }
        let now = DefaultClock::default().now();
        self.per_address
            .check_key(&household(address))
            .and_then(|()| self.altogether.check())
            .map_err(|refused| refused.wait_time_from(now))
    }
}

const fn quota(per_second: u32, burst: u32) -> Quota {
    match (NonZeroU32::new(per_second), NonZeroU32::new(burst)) {
        (Some(per_second), Some(burst)) => Quota::per_second(per_second).allow_burst(burst),
        _ => panic!("a quota of nothing"),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    #[test]
    fn one_address_is_refused_and_others_are_not() {
        let guard = Guard::default();
        let guesser: IpAddr = "203.0.113.7".parse().expect("an address");
        let refused = (0..400).find_map(|_| guard.admit(guesser).err());
        let wait = refused.expect("a limit");
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
        let venue: IpAddr = "203.0.113.8".parse().expect("an address");
        assert_eq!(guard.admit(venue), Ok(()));
    }

    #[test]
    fn a_network_counts_as_one_address() {
        let guard = Guard::default();
        let refused = (0..400u128).any(|host| {
            let address = Ipv6Addr::from((0x2001_0db8_u128 << 96) + host);
            guard.admit(address.into()).is_err()
        });
        assert!(refused);
    }

    #[test]
    fn many_addresses_together_are_refused() {
        let guard = Guard::default();
        let refused = (0..4000u32).any(|host| {
            let address = std::net::Ipv4Addr::from(0xcb00_0000 + host);
            guard.admit(address.into()).is_err()
        });
        assert!(refused);
    }
}
