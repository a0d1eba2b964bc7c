//! Waiting for a database that is away when the server starts, as it is when a venue's machines are switched on together.
//!
//! Whose reads are is known by the database, so that nothing can be taken in before it answers. Until then the timing port is
//! closed, which hardware understands, and the status port says what is waited for.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{
    net::TcpListener,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::{Claim, claim_store};
use crate::{
    alarms::{Alarms, Subject},
    config::Config,
    status,
    store::{Database, Standing, Store, is_away},
};

/// How long to wait before trying again.
const RETRY: Duration = Duration::from_secs(2);

/// How long a database may take to answer at all. A machine that is not there never says so.
const SILENCE: Duration = Duration::from_secs(10);

/// How often the log says that the server still waits.
const REMINDER: Duration = Duration::from_secs(30);

/// Opens the store for the one server that may write reads to it, as soon as its database answers. `None` when the server is to
/// stop before that.
pub(super) async fn claimed_store(
    config: &Config,
    shutdown: &CancellationToken,
) -> anyhow::Result<Option<(Store, Claim)>> {
    let database = config.database();
    if matches!(database, Database::Postgres(_))
        && let Some(reason) = absence(&database).await
    {
        let waiting = shutdown.run_until_cancelled(wait(config, &database, reason));
        let Some(waited) = waiting.await else {
            return Ok(None);
        };
        waited?;
    }
    claim_store(config).await.map(Some)
}

/// Waits until the database answers, with an alarm on the status port.
async fn wait(config: &Config, database: &Database, reason: String) -> anyhow::Result<()> {
    let alarms = Arc::new(Alarms::default());
    alarms.raise(Subject::Database, words(database, &reason));
    let listener = TcpListener::bind(config.status)
        .await
        .with_context(|| format!("cannot bind the status port {}", config.status))?;
    let answered = CancellationToken::new();
    let telling = tokio::spawn(status::tell_of_waiting(
        config.clone(),
        Arc::clone(&alarms),
        listener,
        answered.clone(),
    ));
    let mut told = Instant::now();
    loop {
        sleep(RETRY).await;
        let Some(reason) = absence(database).await else {
            break;
        };
        let words = words(database, &reason);
        if told.elapsed() >= REMINDER {
            told = Instant::now();
            error!("{words}");
        }
        alarms.raise(Subject::Database, words);
    }
    alarms.clear(Subject::Database);
    info!("the database answers, starting");
    // The port is the server's own again when this has ended.
    answered.cancel();
    telling.await.context("the status port failed")
}

fn words(database: &Database, reason: &str) -> String {
    format!(
        "the database {database} does not answer, and the server waits for it; until then it takes in no timing hardware, which \
        keeps its reads, and serves no screens: {reason}"
    )
}

/// Why a database does not answer, where waiting for it can help. What else is wrong with it is told by opening it.
async fn absence(database: &Database) -> Option<String> {
    match timeout(SILENCE, Standing::of(database)).await {
        Err(_elapsed) => Some("it says nothing".to_owned()),
        Ok(Ok(_)) => None,
        Ok(Err(error)) => {
            let reason = error.downcast_ref::<sqlx::Error>();
            reason
                .filter(|reason| is_away(reason))
                .map(ToString::to_string)
        }
    }
}
