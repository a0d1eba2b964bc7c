//! How often strangers may have something: each household, each network of households, and perhaps all together.
//!
//! Whoever has a whole network (65,536 households of IPv6, 256 addresses of IPv4) gets no more than that network may, so it can
//! neither use up what is there for all nor fill the memory in which callers are counted. What is refused on one account is
//! charged to none, so one caller that asks too much costs its neighbours nothing.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use super::lately::Lately;
use crate::household::{household, network};

/// Households and networks that are remembered each. Whoever is forgotten begins anew, as one that has been quiet does.
const REMEMBERED: usize = 32_768;

/// A rate that can be kept up, after so many at once.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    pause: Duration,
    burst: u32,
}

/// What is there to be had, and who had of it.
#[derive(Debug)]
pub struct Budget {
    household: Quota,
    network: Quota,
    all: Option<Quota>,
    households: Lately<IpAddr, Used>,
    networks: Lately<IpAddr, Used>,
    everybody: Option<Used>,
}

/// When a quota that was used is full again; it holds as many as there are pauses until then.
type Used = Instant;

impl Quota {
    /// So many a second, and so many at once for whoever was quiet. Both are at least one.
    pub const fn new(per_second: u32, burst: u32) -> Self {
        let per_second = if per_second == 0 { 1 } else { per_second };
        Self {
            pause: Duration::from_nanos(1_000_000_000 / per_second as u64),
            burst: if burst == 0 { 1 } else { burst },
        }
    }

    /// So many an hour, and so many at once for whoever was quiet. Both are at least one.
    pub const fn hourly(per_hour: u32, burst: u32) -> Self {
        let per_hour = if per_hour == 0 { 1 } else { per_hour };
        Self {
            pause: Duration::from_millis(3_600_000 / per_hour as u64),
            burst: if burst == 0 { 1 } else { burst },
        }
    }

    /// The same for so many callers together.
    #[must_use]
    pub const fn times(self, callers: u32) -> Self {
        Self {
            pause: Duration::from_nanos(self.pause.as_nanos() as u64 / callers as u64),
            burst: self.burst.saturating_mul(callers),
        }
    }

    /// How long until one can be had.
    fn wait(self, used: Option<Used>, now: Instant) -> Duration {
        let until_full = used.map_or(Duration::ZERO, |used| used.saturating_duration_since(now));
        until_full.saturating_sub(self.pause * (self.burst - 1))
    }

    fn have_one(self, used: Option<Used>, now: Instant) -> Used {
        used.map_or(now, |used| used.max(now)) + self.pause
    }
}

impl Budget {
    /// Nobody had anything yet.
    pub fn new(household: Quota, network: Quota, all: Option<Quota>) -> Self {
        Self {
            household,
            network,
            all,
            households: Lately::of(REMEMBERED),
            networks: Lately::of(REMEMBERED),
            everybody: None,
        }
    }

    /// Gives an address one, or says how long it has to wait for it.
    pub fn take(&mut self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let (household, network) = (household(address), network(address));
        let at_home = self.households.get(&household).copied();
        let nearby = self.networks.get(&network).copied();
        let all = self
            .all
            .map_or(Duration::ZERO, |all| all.wait(self.everybody, now));
        let wait = self
            .household
            .wait(at_home, now)
            .max(self.network.wait(nearby, now))
            .max(all);
        if !wait.is_zero() {
            return Err(wait);
        }
        let at_home = self.household.have_one(at_home, now);
        self.households.put(household, at_home);
        let nearby = self.network.have_one(nearby, now);
        self.networks.put(network, nearby);
        self.everybody = self.all.map(|all| all.have_one(self.everybody, now));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    fn budget(all: Option<Quota>) -> Budget {
        Budget::new(Quota::new(2, 3), Quota::new(4, 6), all)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    /// How many an address gets at once.
    fn gets(budget: &mut Budget, address: IpAddr, now: Instant) -> usize {
        (0..100)
            .take_while(|_| budget.take(address, now).is_ok())
            .count()
    }

    #[test]
    fn whoever_was_quiet_gets_many_and_then_the_rate() {
        let (mut budget, now) = (budget(None), Instant::now());
        let here = address("203.0.113.7");
        assert_eq!(gets(&mut budget, here, now), 3);
        let wait = budget.take(here, now).expect_err("too much");
        assert_eq!(wait, Duration::from_millis(500));
        assert_eq!(gets(&mut budget, here, now + wait), 1);
        assert_eq!(gets(&mut budget, here, now + Duration::from_mins(1)), 3);
    }

    #[test]
    fn a_network_is_not_the_sum_of_its_households() {
        let (mut budget, now) = (budget(None), Instant::now());
        let given: usize = (0..1_000_u128)
            .map(|net| Ipv6Addr::from((0x2001_0db8_0007 << 80) | (net << 64)))
            .map(|host| gets(&mut budget, host.into(), now))
            .sum();
        assert_eq!(given, 6, "the network's");
        assert_eq!(gets(&mut budget, address("2001:db8:8::1"), now), 3);
        let given: usize = (0..=255)
            .map(|host| gets(&mut budget, IpAddr::from([203, 0, 113, host]), now))
            .sum();
        assert_eq!(given, 6);
    }

    #[test]
    fn what_one_caller_asks_too_much_costs_its_neighbour_nothing() {
        let all = Quota::new(1, 8);
        let (mut budget, now) = (budget(Some(all)), Instant::now());
        for _ in 0..100 {
            let _ = budget.take(address("203.0.113.7"), now);
        }
        assert_eq!(gets(&mut budget, address("203.0.113.8"), now), 3);
        assert_eq!(
            gets(&mut budget, address("198.51.100.1"), now),
            2,
            "all had 8"
        );
    }

    #[test]
    fn however_many_come_memory_is_bounded() {
        let quota = Quota::new(1, 1);
        let (mut budget, now) = (Budget::new(quota, quota.times(9), None), Instant::now());
        for net in 0..100_000_u128 {
            let host = Ipv6Addr::from((0x2001 << 112) | (net << 64));
            let _ = budget.take(host.into(), now);
            let elsewhere = Ipv6Addr::from((0x2002 << 112) | (net << 80));
            assert_eq!(budget.take(elsewhere.into(), now), Ok(()));
        }
        assert!(budget.households.len() <= REMEMBERED);
        assert!(budget.networks.len() <= REMEMBERED);
    }
}
