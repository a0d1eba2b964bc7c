//! Where passwords are hashed: one at a time, in two queues that are never long.
//!
//! Hashing is slow by design and takes a processor and 19 MiB while it lasts. A flood of sign-ins must neither take the processors
//! from the race nor keep out people who sign in from where they did before, so these have a queue of their own.

use std::sync::Arc;

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::{JoinError, spawn_blocking},
};

use super::password::{self, Password};

/// Passwords that are hashed at the same time. One, so that many attempts at once cannot all slip in before the first has failed.
const AT_ONCE: usize = 1;

/// Attempts of each kind that wait for their turn; at some thirty milliseconds each the last has waited for a second.
const QUEUE: usize = 16;

/// The place where passwords are hashed.
#[derive(Debug)]
pub struct Hashing {
    at_work: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    familiar: Arc<Semaphore>,
}

/// Somebody's turn, which lasts until it is dropped and the hashing that it began is over.
#[derive(Clone, Debug)]
pub struct Turn {
    _permits: Arc<[OwnedSemaphorePermit; 2]>,
}

impl Default for Hashing {
    fn default() -> Self {
        Self {
            at_work: Arc::new(Semaphore::new(AT_ONCE)),
            strangers: Arc::new(Semaphore::new(QUEUE)),
            familiar: Arc::new(Semaphore::new(QUEUE)),
        }
    }
}

impl Hashing {
    /// Waits for a turn; `None` when too many wait already.
    pub async fn turn(&self, is_familiar: bool) -> Option<Turn> {
        let queue = if is_familiar {
            &self.familiar
        } else {
            &self.strangers
        };
        let place = Arc::clone(queue).try_acquire_owned().ok()?;
        let work = Arc::clone(&self.at_work).acquire_owned().await.ok()?;
        Some(Turn {
            _permits: Arc::new([place, work]),
        })
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
    use super::*;

    #[tokio::test]
    async fn a_crowd_of_strangers_is_sent_away_and_the_familiar_are_not() {
        let hashing = Arc::new(Hashing::default());
        let first = hashing.turn(false).await.expect("nobody is there");
        let waiting: Vec<_> = (1..QUEUE)
            .map(|_| {
                let hashing = Arc::clone(&hashing);
                tokio::spawn(async move { hashing.turn(false).await.is_some() })
            })
            .collect();
        while hashing.strangers.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(hashing.turn(false).await.is_none(), "too many wait");
        let friend = Arc::clone(&hashing);
        let friend = tokio::spawn(async move { friend.turn(true).await.is_some() });
        drop(first);
        assert!(friend.await.expect("no panic"));
        for stranger in waiting {
            assert!(stranger.await.expect("no panic"));
        }
        assert!(hashing.turn(false).await.is_some(), "the queue is empty");
    }
}
