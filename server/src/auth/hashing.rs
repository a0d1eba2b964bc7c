//! Where passwords are hashed: by turns.
//!
//! Hashing is slow by design and takes a processor and 19 MiB while it lasts. A flood of sign-ins must neither take the processors
//! from the race nor keep out people who sign in from elsewhere or from where they did before. So a household has two turns at a
//! time, however many accounts it tries, and an account one, so that many attempts at once cannot all slip in before the first has
//! failed.

use std::{net::IpAddr, sync::Arc, thread::available_parallelism, time::Duration};

use tokio::{
    task::{JoinError, spawn_blocking},
    time::timeout,
};

use super::{
    email::Email,
    password::{self, Password},
    token,
};
use crate::{
    household::household,
    store::TokenHash,
    turns::{self, Lane, Turns},
};

/// Passwords of one account that are hashed at the same time.
const OF_ACCOUNT: usize = 1;

/// Passwords from one household that are hashed at the same time.
const OF_HOUSEHOLD: usize = 2;

/// Attempts with one account, and from one household, that wait for their turn.
const WAITING: usize = 16;

/// Attempts of all accounts and households that wait for a processor; at some thirty milliseconds each the last waits for two
/// seconds.
const ALL_WAITING: usize = 64;

/// However it comes about, nobody waits longer.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The place where passwords are hashed.
#[derive(Debug)]
pub struct Hashing {
    households: Turns<IpAddr>,
    accounts: Turns<TokenHash>,
    processors: Turns<()>,
}

/// Somebody's turn, which lasts until it is dropped and the hashing that it began is over.
#[derive(Clone, Debug)]
pub struct Turn {
    _turns: Arc<[turns::Turn; 3]>,
}

impl Default for Hashing {
    fn default() -> Self {
        // The other half is the race's.
        let processors = available_parallelism().map_or(1, |all| all.get().div_ceil(2));
        Self {
            households: Turns::new(OF_HOUSEHOLD, WAITING),
            accounts: Turns::new(OF_ACCOUNT, WAITING),
            processors: Turns::new(processors, ALL_WAITING),
        }
    }
}

impl Hashing {
    /// Waits for a turn with this account at this address; `None` when too many wait already, or for too long.
    pub async fn turn(&self, account: &Email, address: IpAddr, lane: Lane) -> Option<Turn> {
        let turns = async {
            let household = self.households.turn(household(address), lane).await?;
            let account = token::hash(account.as_str());
            let account = self.accounts.turn(account, lane).await?;
            let processor = self.processors.turn((), lane).await?;
            Some(Turn {
                _turns: Arc::new([household, account, processor]),
            })
        };
        timeout(LONGEST_WAIT, turns).await.ok().flatten()
    }
}

impl Turn {
    /// Whether a password is the one that `kept` was made from. Without one it is not, and finding that out takes as long.
    pub async fn verify(
        &self,
        password: Password,
        kept: Option<String>,
    ) -> Result<bool, JoinError> {
        // The asker may hang up; the turn lasts until the processor is free.
        let turn = self.clone();
        spawn_blocking(move || {
            let _turn = turn;
            let is_somebody = kept.is_some();
            let kept = kept.unwrap_or_else(|| password::NOBODYS.clone());
            password::verify(password.as_str(), &kept) && is_somebody
        })
        .await
    }

    /// The text to keep for a password.
    pub async fn hash(
        &self,
        password: Password,
    ) -> Result<Result<String, argon2::password_hash::Error>, JoinError> {
        let turn = self.clone();
        spawn_blocking(move || {
            let _turn = turn;
            password::hash(password.as_str())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, poll};

    use super::*;

    /// On any machine as on one of eight processors.
    fn hashing() -> Hashing {
        Hashing {
            processors: Turns::new(4, ALL_WAITING),
            ..Hashing::default()
        }
    }

    fn account(number: usize) -> Email {
        Email::try_from(format!("a{number}@example.org").as_str()).expect("an address")
    }

    fn address(host: u8) -> IpAddr {
        IpAddr::from([203, 0, 113, host])
    }

    #[tokio::test]
    async fn a_household_has_two_turns_and_another_has_its_own() {
        let hashing = hashing();
        let at = async |number, host| {
            let account = account(number);
            hashing.turn(&account, address(host), Lane::Open).await
        };
        let _one = at(1, 7).now_or_never().flatten().expect("free");
        let two = at(2, 7).now_or_never().flatten().expect("free");
        let crowd: Vec<_> = (3..3 + WAITING).map(account).collect();
        let mut crowd: Vec<_> = crowd
            .iter()
            .map(|account| Box::pin(hashing.turn(account, address(7), Lane::Open)))
            .collect();
        for one in &mut crowd {
            assert!(poll!(one).is_pending());
        }
        assert!(matches!(at(99, 7).now_or_never(), Some(None)), "sent away");
        let elsewhere = at(99, 8).now_or_never().flatten();
        assert!(elsewhere.is_some(), "others do not wait for them");
        let friend = account(1);
        let mut friend = Box::pin(hashing.turn(&friend, address(7), Lane::Known));
        assert!(poll!(&mut friend).is_pending(), "not sent away");
        drop(two);
        assert!(poll!(&mut crowd[0]).is_ready());
    }

    #[tokio::test]
    async fn an_account_has_one_turn_wherever_it_is_tried() {
        let hashing = hashing();
        let ann = account(1);
        let one = hashing.turn(&ann, address(1), Lane::Open).now_or_never();
        let one = one.flatten().expect("free");
        let mut two = Box::pin(hashing.turn(&ann, address(2), Lane::Open));
        assert!(poll!(&mut two).is_pending());
        drop(one);
        assert!(poll!(&mut two).is_ready());
    }
}
