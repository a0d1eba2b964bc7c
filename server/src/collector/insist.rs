//! Trying on until a database takes something, with an alarm while it does not.

use std::{
    mem::forget,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::{
    alarms::{Alarms, Subject},
    store::{Result, is_about_data, plain_words},
};

/// How long to wait before trying again.
const RETRY: Duration = Duration::from_millis(500);

/// How long an attempt may take. A database that answers ends every statement of its own accord before; one whose machine
/// vanished never says so.
const SILENCE: Duration = Duration::from_secs(40);

/// How long a database may go on refusing once the server is to stop.
const LAST_CHANCE: Duration = Duration::from_secs(5);

/// Insists on one database's taking what it is given: waiting only makes the hardware wait, or a spool grow. Clones are the same.
#[derive(Clone, Debug)]
pub(super) struct Insistence {
    alarms: Arc<Alarms>,
    subject: Subject,
    /// What is wrong and what that means, before the database's own words.
    words: String,
    shutdown: CancellationToken,
    /// How many wait for it now.
    waiting: Arc<AtomicUsize>,
}

/// Somebody who waits. The alarm ends with the last of them, also when they were given up on.
struct Waiting<'a>(&'a Insistence);

/// What was taken in the end.
#[derive(Debug)]
pub(super) struct Taken<T> {
    pub(super) value: T,
    /// Whether an earlier attempt failed, which may have taken effect.
    pub(super) after_failure: bool,
}

impl Insistence {
    /// Alarms are about `subject` and say `words`, a colon, and why.
    pub(super) fn new(
        alarms: &Arc<Alarms>,
        subject: Subject,
        words: String,
        shutdown: &CancellationToken,
    ) -> Self {
        Self {
            alarms: Arc::clone(alarms),
            subject,
            words,
            shutdown: shutdown.clone(),
            waiting: Arc::default(),
        }
    }

    /// Tries until it is taken, or refused for what it says. A server that is to stop does not wait for ever.
    pub(super) async fn on<T, F>(&self, mut attempt: impl FnMut() -> F) -> Result<Taken<T>>
    where
        F: Future<Output = Result<T>>,
    {
        let overdue = async {
            self.shutdown.cancelled().await;
            sleep(LAST_CHANCE).await;
        };
        tokio::pin!(overdue);
        let mut waiting = None;
        let ended = loop {
            let attempted = timeout(SILENCE, attempt()).await;
            let error = match attempted.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
                Err(error) if !is_about_data(&error) => error,
                settled => break settled,
            };
            debug!(%error, "the database does not take it, trying again");
            waiting.get_or_insert_with(|| Waiting::new(self));
            let words = format!("{}: {}", self.words, plain_words(&error));
            self.alarms.raise(self.subject, words);
            tokio::select! {
                () = &mut overdue => {
                    // It is as wrong as it was.
                    forget(waiting);
                    return Err(error);
                }
                () = sleep(RETRY) => {}
            }
        };
        ended.map(|value| Taken {
            value,
            after_failure: waiting.is_some(),
        })
    }
}

impl<'a> Waiting<'a> {
    fn new(insistence: &'a Insistence) -> Self {
        insistence.waiting.fetch_add(1, SeqCst);
        Self(insistence)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.0.waiting.fetch_sub(1, SeqCst) == 1 {
            self.0.alarms.clear(self.0.subject);
        }
    }
}
