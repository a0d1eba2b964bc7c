//! Turns at something slow, shared out so that one who wants much of it does not keep the others from theirs.
//!
//! Whoever wants a turn says in whose name: an account's, a household's, a partner's. Of each name so many go at once, a few more
//! wait in the order in which they came, and the next is sent away. Those who are known have places of their own to wait in, so
//! that strangers under the same name cannot have them sent away.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Names without anybody under them are forgotten when there are as many.
const TIDY_AT: usize = 1_024;

/// The turns of every name.
#[derive(Debug)]
pub struct Turns<K> {
    at_once: usize,
    waiting: usize,
    queues: Mutex<HashMap<K, Weak<Queue>>>,
}

/// Where to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Among everybody.
    Open,
    /// Among those who are known.
    Known,
}

/// Somebody's turn, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    _work: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
    _queue: Arc<Queue>,
}

#[derive(Debug)]
struct Queue {
    work: Arc<Semaphore>,
    open: Arc<Semaphore>,
    known: Arc<Semaphore>,
}

impl<K: Eq + Hash> Turns<K> {
    /// Of each name `at_once` go, and `waiting` more of each lane wait.
    pub fn new(at_once: usize, waiting: usize) -> Self {
        Self {
            at_once,
            waiting,
            queues: Mutex::default(),
        }
    }

    /// Waits for a turn in this name; `None` when too many wait already.
    pub async fn turn(&self, name: K, lane: Lane) -> Option<Turn> {
        let queue = self.queue(name);
        let places = match lane {
            Lane::Open => &queue.open,
            Lane::Known => &queue.known,
        };
        let place = Arc::clone(places).try_acquire_owned().ok()?;
        let work = Arc::clone(&queue.work).acquire_owned().await.ok()?;
        Some(Turn {
            _work: work,
            _place: place,
            _queue: queue,
        })
    }

    fn queue(&self, name: K) -> Arc<Queue> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(&name).and_then(Weak::upgrade) {
            return queue;
        }
        if queues.len() >= TIDY_AT {
            queues.retain(|_, queue| queue.strong_count() > 0);
        }
        let places = self.at_once + self.waiting;
        let queue = Arc::new(Queue {
            work: Arc::new(Semaphore::new(self.at_once)),
            open: Arc::new(Semaphore::new(places)),
            known: Arc::new(Semaphore::new(places)),
        });
        queues.insert(name, Arc::downgrade(&queue));
        queue
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use futures_util::{FutureExt, poll};

    use super::*;

    #[tokio::test]
    async fn each_name_has_its_own_turns_and_places() {
        let turns = Turns::new(1, 1);
        let first = turns.turn("ann", Lane::Open).await.expect("nobody waits");
        let mut second = Box::pin(turns.turn("ann", Lane::Open));
        assert!(poll!(&mut second).is_pending());
        let third = turns.turn("ann", Lane::Open).now_or_never();
        assert!(matches!(third, Some(None)), "sent away");
        let mut known = Box::pin(turns.turn("ann", Lane::Known));
        assert!(poll!(&mut known).is_pending(), "not sent away");
        let other = turns.turn("ben", Lane::Open).now_or_never();
        assert!(matches!(other, Some(Some(_))), "another name");

        drop(first);
        let Poll::Ready(Some(second)) = poll!(&mut second) else {
            panic!("it is the second's turn");
        };
        assert!(poll!(&mut known).is_pending(), "one at a time");
        drop(second);
        assert!(matches!(poll!(&mut known), Poll::Ready(Some(_))));
    }

    #[tokio::test]
    async fn names_that_nobody_uses_are_forgotten() {
        let turns = Turns::new(1, 0);
        let held = turns.turn(0, Lane::Open).await.expect("free");
        for name in 1..3 * TIDY_AT {
            turns.turn(name, Lane::Open).await.expect("free");
        }
        assert!(turns.queues.lock().expect("whole").len() <= TIDY_AT);
        assert!(turns.turn(0, Lane::Open).await.is_none(), "it is held");
        drop(held);
        assert!(turns.turn(0, Lane::Open).await.is_some());
    }
}
