//! Keeps the figures of timing sessions that are made of parts of recordings up to date, without being in anybody's way.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::store::{Result, Store};

/// How often it is looked for what came in.
const PULSE: Duration = Duration::from_secs(1);

/// How long somebody who asked for another part waits for its figures. They would have to be millions of reads to take longer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Counts what came in until `shutdown`.
pub async fn run(store: Store, shutdown: CancellationToken) {
    let mut pulse = interval(PULSE);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_told = false;
    while shutdown.run_until_cancelled(pulse.tick()).await.is_some() {
        match shutdown.run_until_cancelled(count(&store)).await {
            Some(Err(error)) => {
                // A database may be away for hours.
                if !std::mem::replace(&mut is_told, true) {
                    warn!(%error, "cannot count reads, trying again");
                }
            }
            _ => is_told = false,
        }
    }
}

/// Counts what is there now, or what of it can be counted while somebody waits.
pub async fn count_for_a_moment(store: &Store) -> Result<()> {
    let counted = tokio::time::timeout(PATIENCE, count(store));
    counted.await.unwrap_or(Ok(()))
}

async fn count(store: &Store) -> Result<()> {
    while store.count_parts().await? {}
    Ok(())
}
