//! Slows down whoever guesses passwords: after a few failures each further one costs twice the wait.
//!
//! Failures are counted for the address that they come from and for the account that they are about, so that neither one stranger
//! with many accounts in mind nor many strangers with one get far. But strangers must not keep anybody out on race day. What an
//! account has to wait for holds only where somebody failed before, with whatever account: whoever knows an operator's name cannot
//! shut the door of a place where nobody guesses. And where a person signed in lately they are familiar; there only the failures for
//! this person at this very place count, with shorter waits. No wait is longer than a minute, so nobody is ever locked out for good.

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{email::Email, token};
use crate::{household::household, store::TokenHash};

/// Failures that cost nothing: people mistype.
const FREE: u32 = 4;

/// The longest wait between two attempts.
const LONGEST: Duration = Duration::from_mins(1);

/// The longest wait of somebody familiar. Spectators may share the venue's address with an operator and try the operator's name;
/// between their attempts there has to be room for the operator's own.
const LONGEST_FAMILIAR: Duration = Duration::from_secs(8);

/// Failures are forgotten after this long without another one.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(15);

/// A place is familiar for as long after a success.
const FAMILIAR_FOR: Duration = Duration::from_hours(30 * 24);

/// As many addresses, accounts and places of each kind are remembered; the one that has been quiet for longest gives way to
/// another. An account is kept as a hash, so this is a few megabytes at most.
const REMEMBERED: usize = 10_000;

/// Who failed to show who they are, and who did not.
#[derive(Debug, Default)]
pub struct Patience {
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    addresses: HashMap<IpAddr, Failures>,
    /// Failures in the neighbourhood of an address, which say only whether anybody failed there.
    regions: HashMap<IpAddr, Failures>,
    accounts: HashMap<TokenHash, Failures>,
    /// The share of an account in an address's failures, which a success there forgives.
    places: HashMap<(TokenHash, IpAddr), Failures>,
    familiar: HashMap<(TokenHash, IpAddr), Familiar>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

/// A place where a person got in, and the failures there since.
#[derive(Clone, Copy, Debug)]
struct Familiar {
    success: Instant,
    failures: Failures,
}

impl Patience {
    /// How long an attempt with this account from this address has to wait before it is looked at.
    pub fn wait(&self, account: &Email, address: IpAddr, now: Instant) -> Option<Duration> {
        let (account, address) = key(account, address);
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = if let Some(familiar) = memory.familiar(account, address, now) {
            familiar.failures.wait(now, LONGEST_FAMILIAR)
        } else {
            memory.strangers_wait(account, address, now)
        };
        (!wait.is_zero()).then_some(wait)
    }

    /// Whether this account's person got in from this address lately.
    pub fn is_familiar(&self, account: &Email, address: IpAddr, now: Instant) -> bool {
        let (account, address) = key(account, address);
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.familiar(account, address, now).is_some()
    }

    /// Remembers a failure.
    pub fn failed(&self, account: &Email, address: IpAddr, now: Instant) {
        let (account, address) = key(account, address);
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.familiar(account, address, now).is_some() {
            if let Some(familiar) = memory.familiar.get_mut(&(account, address)) {
                familiar.failures.add(now);
            }
            return;
        }
        count(&mut memory.addresses, address, now);
        count(&mut memory.regions, region(address), now);
        count(&mut memory.accounts, account, now);
        count(&mut memory.places, (account, address), now);
    }

    /// Makes a place familiar to whoever got in there, and forgets their failures at it, but nobody else's.
    pub fn succeeded(&self, account: &Email, address: IpAddr, now: Instant) {
        let (account, address) = key(account, address);
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (account, address);
        if let Some(own) = memory.places.remove(&place) {
            let memory = &mut *memory;
            let here = memory.addresses.get_mut(&address);
            let around = memory.regions.get_mut(&region(address));
            for failures in here.into_iter().chain(around) {
                failures.count = failures.count.saturating_sub(own.count);
            }
        }
        let familiar = Familiar {
            success: now,
            failures: Failures::none(now),
        };
        *remembered(&mut memory.familiar, place, familiar, |familiar| {
            familiar.success
        }) = familiar;
    }
}

/// An account by a hash of bounded size, and a household by its network.
fn key(account: &Email, address: IpAddr) -> (TokenHash, IpAddr) {
    (token::hash(account.as_str()), household(address))
}

/// The address; of IPv6 the network of 48 bits around it, because one stranger has thousands of households' networks to fail from.
fn region(household: IpAddr) -> IpAddr {
    match household {
        IpAddr::V4(_) => household,
        IpAddr::V6(network) => IpAddr::V6(Ipv6Addr::from(u128::from(network) >> 80 << 80)),
    }
}

/// Counts a failure.
fn count<K: Copy + Eq + Hash>(map: &mut HashMap<K, Failures>, key: K, now: Instant) {
    let failures = remembered(map, key, Failures::none(now), |failures| failures.last);
    failures.add(now);
}

/// The entry of a key, for which the quietest gives way when there are too many.
fn remembered<K: Copy + Eq + Hash, V: Copy>(
    map: &mut HashMap<K, V>,
    key: K,
    new: V,
    last: impl Fn(&V) -> Instant,
) -> &mut V {
    if map.len() >= REMEMBERED && !map.contains_key(&key) {
        let quietest = map.iter().min_by_key(|(_, value)| last(value));
        if let Some(quietest) = quietest.map(|(key, _)| *key) {
            map.remove(&quietest);
        }
    }
    map.entry(key).or_insert(new)
}

impl Memory {
    fn familiar(&self, account: TokenHash, address: IpAddr, now: Instant) -> Option<&Familiar> {
        let familiar = self.familiar.get(&(account, address))?;
        (now.duration_since(familiar.success) <= FAMILIAR_FOR).then_some(familiar)
    }

    fn strangers_wait(&self, account: TokenHash, address: IpAddr, now: Instant) -> Duration {
        let wait = |failures: Option<&Failures>| {
            failures.map_or(Duration::ZERO, |failures| failures.wait(now, LONGEST))
        };
        let of_address = wait(self.addresses.get(&address));
        let around = self.regions.get(&region(address));
        if around.is_none_or(|around| around.count == 0 || around.is_forgotten(now)) {
            return of_address;
        }
        of_address.max(wait(self.accounts.get(&account)))
    }
}

impl Failures {
    const fn none(now: Instant) -> Self {
        Self {
            count: 0,
            last: now,
        }
    }

    fn is_forgotten(self, now: Instant) -> bool {
        now.duration_since(self.last) > FORGOTTEN_AFTER
    }

    fn add(&mut self, now: Instant) {
        if self.is_forgotten(now) {
            self.count = 0;
        }
        self.count += 1;
        self.last = now;
    }

    fn wait(self, now: Instant, longest: Duration) -> Duration {
        let Some(doublings) = self.count.checked_sub(FREE) else {
            return Duration::ZERO;
        };
        let wait = Duration::from_secs(1 << doublings.min(10)).min(longest);
        wait.saturating_sub(now.duration_since(self.last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: &str = "ann@example.org";

    fn email(text: &str) -> Email {
        Email::try_from(text).expect("an address")
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn after(failures: u32) -> (Patience, IpAddr, Instant) {
        let (patience, now) = (Patience::default(), Instant::now());
        let address = address("203.0.113.7");
        for _ in 0..failures {
            patience.failed(&email(ANN), address, now);
        }
        (patience, address, now)
    }

    #[test]
    fn waits_grow_and_pass() {
        for (failures, wait) in [
            (1, None),
            (3, None),
            (4, Some(seconds(1))),
            (5, Some(seconds(2))),
            (8, Some(seconds(16))),
            (40, Some(seconds(60))),
        ] {
            let (patience, address, now) = after(failures);
            let ann = email(ANN);
            assert_eq!(
                patience.wait(&ann, address, now),
                wait,
                "{failures} failures"
            );
            assert_eq!(patience.wait(&ann, address, now + LONGEST), None);
        }
    }

    #[test]
    fn an_address_waits_for_all_accounts_and_an_account_where_somebody_failed() {
        let (patience, here, now) = after(5);
        let (ann, olga) = (email(ANN), email("olga@example.org"));
        let elsewhere = address("203.0.113.8");
        assert_eq!(patience.wait(&olga, here, now), Some(seconds(2)));
        assert_eq!(patience.wait(&ann, elsewhere, now), None, "nobody did");
        assert_eq!(patience.wait(&olga, elsewhere, now), None);
        patience.failed(&olga, elsewhere, now);
        assert_eq!(patience.wait(&ann, elsewhere, now), Some(seconds(2)));
        assert_eq!(patience.wait(&olga, elsewhere, now), None);
        let later = now + FORGOTTEN_AFTER;
        for _ in 0..4 {
            patience.failed(&ann, here, later);
        }
        let forgotten = now + FORGOTTEN_AFTER + seconds(1);
        assert_eq!(patience.wait(&ann, elsewhere, forgotten), None);
    }

    #[test]
    fn a_success_forgives_nobody_elses_failures() {
        let (patience, here, now) = after(5);
        let (ann, mallory) = (email(ANN), email("mallory@example.org"));
        patience.failed(&mallory, here, now);
        patience.succeeded(&mallory, here, now);
        let wait = Some(seconds(2));
        assert_eq!(patience.wait(&ann, here, now), wait, "her own is forgiven");
        patience.succeeded(&mallory, here, now);
        assert_eq!(patience.wait(&ann, here, now), wait, "once");
    }

    #[test]
    fn strangers_keep_nobody_out_where_they_got_in_lately() {
        let (patience, now) = (Patience::default(), Instant::now());
        let (ann, venue) = (email(ANN), address("203.0.113.7"));
        patience.succeeded(&ann, venue, now);
        for stranger in 0..200 {
            let stranger = IpAddr::from([198, 51, 100, stranger]);
            patience.failed(&ann, stranger, now);
        }
        // Somebody else at the venue mistypes as well.
        for _ in 0..20 {
            patience.failed(&email("olga@example.org"), venue, now);
        }
        assert!(patience.is_familiar(&ann, venue, now));
        assert_eq!(patience.wait(&ann, venue, now), None);
        let elsewhere = IpAddr::from([198, 51, 100, 7]);
        assert_eq!(patience.wait(&ann, elsewhere, now), Some(seconds(60)));

        for _ in 0..40 {
            patience.failed(&ann, venue, now);
        }
        let wait = patience.wait(&ann, venue, now);
        assert_eq!(wait, Some(LONGEST_FAMILIAR), "also there guessing is slow");
        let later = now + FAMILIAR_FOR + Duration::from_secs(1);
        assert!(!patience.is_familiar(&ann, venue, later));
    }

    #[test]
    fn success_and_quiet_are_forgiven() {
        let (patience, address, now) = after(8);
        patience.succeeded(&email(ANN), address, now);
        assert_eq!(patience.wait(&email(ANN), address, now), None);
        assert_eq!(patience.wait(&email("new@example.org"), address, now), None);

        let (patience, address, now) = after(8);
        let later = now + FORGOTTEN_AFTER + Duration::from_secs(1);
        patience.failed(&email(ANN), address, later);
        assert_eq!(patience.wait(&email(ANN), address, later), None);
    }

    #[test]
    fn a_household_waits_as_a_whole() {
        let (patience, now) = (Patience::default(), Instant::now());
        for host in 1..=8 {
            let account = email(&format!("a{host}@example.org"));
            patience.failed(&account, address(&format!("2001:db8::{host}")), now);
        }
        let ann = email(ANN);
        assert!(patience.wait(&ann, address("2001:db8::9"), now).is_some());
        assert_eq!(patience.wait(&ann, address("2001:db8:0:1::9"), now), None);
    }

    #[test]
    fn a_stranger_with_many_networks_has_failed_in_all_of_them() {
        let (patience, now) = (Patience::default(), Instant::now());
        let ann = email(ANN);
        for network in 1..=8 {
            patience.failed(&ann, address(&format!("2001:db8:0:{network}::1")), now);
        }
        let wait = |from| patience.wait(&ann, address(from), now);
        assert!(wait("2001:db8:0:9::1").is_some());
        assert_eq!(wait("2001:db8:1:9::1"), None, "somebody else's");
    }

    #[test]
    fn many_other_failures_do_not_free_the_newest() {
        let patience = Patience::default();
        let start = Instant::now();
        let address = |host: u32| IpAddr::from(std::net::Ipv4Addr::from(host));
        let account = |host: u32| email(&format!("a{host}@example.org"));
        for host in 0..=REMEMBERED as u32 {
            let now = start + Duration::from_millis(host.into());
            for _ in 0..FREE {
                patience.failed(&account(host), address(host), now);
            }
        }
        let end = start + Duration::from_millis(REMEMBERED as u64);
        assert_eq!(patience.wait(&account(0), address(0), start), None);
        let newest = REMEMBERED as u32;
        assert!(patience.wait(&email(ANN), address(newest), end).is_some());
        patience.failed(&email(ANN), address(1 << 30), end);
        let elsewhere = patience.wait(&account(newest), address(1 << 30), end);
        assert!(elsewhere.is_some());
        let memory = patience.memory.lock().expect("whole");
        assert_eq!(
            (memory.addresses.len(), memory.accounts.len()),
            (REMEMBERED, REMEMBERED)
        );
    }
}
