//! Trying on until a database takes something, with an alarm while it does not.

use std::{sync::Arc, time::Duration};

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::{
    alarms::{Alarms, Subject},
    store::{Result, is_about_data, is_about_disk, plain_words},
};

/// How long to wait before trying again.
const RETRY: Duration = Duration::from_millis(500);

/// How long an attempt may take. A database that answers ends every statement of its own accord before; one whose machine
/// vanished never says so.
const SILENCE: Duration = Duration::from_secs(40);

/// How long a database may go on refusing once the server is to stop.
const LAST_CHANCE: Duration = Duration::from_secs(5);

/// Insists on one database's taking what it is given: waiting only makes the hardware wait, or a spool grow.
#[derive(Clone, Debug)]
pub(super) struct Insistence {
    alarms: Arc<Alarms>,
    /// What is wrong and what that means, before the database's own words.
    words: String,
    shutdown: CancellationToken,
}

/// What was taken in the end.
#[derive(Debug)]
pub(super) struct Taken<T> {
    pub(super) value: T,
    /// Whether an earlier attempt failed, which may have taken effect.
    pub(super) after_failure: bool,
}

impl Insistence {
    /// Alarms say `words`, a colon, and why.
    pub(super) fn new(alarms: &Arc<Alarms>, words: String, shutdown: &CancellationToken) -> Self {
        Self {
            alarms: Arc::clone(alarms),
            words,
            shutdown: shutdown.clone(),
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
        let mut alarmed = None;
        let ended = loop {
            let attempted = timeout(SILENCE, attempt()).await;
            let error = match attempted.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
                Err(error) if !is_about_data(&error) => error,
                settled => break settled,
            };
            debug!(%error, "the database does not take it, trying again");
            let subject = subject(&error);
            self.alarms
                .raise(subject, format!("{}: {}", self.words, plain_words(&error)));
            if let Some(earlier) = alarmed.replace(subject).filter(|was| *was != subject) {
                self.alarms.clear(earlier);
            }
            tokio::select! {
                () = &mut overdue => return Err(error),
                () = sleep(RETRY) => {}
            }
        };
        if let Some(subject) = alarmed {
            self.alarms.clear(subject);
        }
        ended.map(|value| Taken {
            value,
            after_failure: alarmed.is_some(),
        })
    }
}

fn subject(error: &sqlx::Error) -> Subject {
    if is_about_disk(error) {
        Subject::Disk
    } else {
        Subject::Database
    }
}
