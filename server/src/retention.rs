//! Lets go of what the hardware sent long ago, without being in anybody's way.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use crate::{
    clock,
    store::{Result, Retention, Store},
};

/// How often it is looked for what has become too old.
const PULSE: Duration = Duration::from_hours(1);

/// How many times as long as a step took there is nothing done after it: reads that come in have nine tenths of the disk's time.
const REST: u32 = 9;

/// Lets go of what is too old, now and every hour, until `shutdown`, and counts it.
pub async fn run(store: Store, pruned: &AtomicU64, shutdown: CancellationToken) {
    let mut pulse = interval(PULSE);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while shutdown.run_until_cancelled(pulse.tick()).await.is_some() {
        if let Some(Err(error)) = shutdown.run_until_cancelled(sweep(&store, pruned)).await {
            warn!(%error, "cannot let go of old reads");
        }
    }
}

/// Lets go of everything that is too old by now.
async fn sweep(store: &Store, pruned: &AtomicU64) -> Result<()> {
    for retention in store.retentions().await? {
        let (reads, lines) = (
            reads(store, retention).await?,
            lines(store, retention).await?,
        );
        if reads + lines > 0 {
            pruned.fetch_add(reads + lines, Relaxed);
            info!(partner = %retention.partner_id, reads, lines, "let go of what was too old");
        }
    }
    Ok(())
}

async fn reads(store: &Store, retention: Retention) -> Result<u64> {
    let (partner, mut gone) = (retention.partner_id, 0);
    let now = clock::now();
    let cutoff = retention.cutoff(now);
    let mut last = None;
    while let Some(part) = store
        .outdated_part(partner, cutoff, now, last.as_ref())
        .await?
    {
        let mut next = Some(0);
        while let Some(after) = next {
            let began = Instant::now();
            let step = store.forget_reads(partner, &part, cutoff, clock::now(), after);
            let step = step.await?;
            gone += step.forgotten;
            next = step.next;
            rest_since(began).await;
        }
        last = Some(part);
    }
    Ok(gone)
}

async fn lines(store: &Store, retention: Retention) -> Result<u64> {
    let (cutoff, mut gone) = (retention.cutoff(clock::now()), 0);
    let mut next = Some(Uuid::nil());
    while let Some(after) = next {
        let began = Instant::now();
        let step = store
            .forget_lines(retention.partner_id, cutoff, after)
            .await?;
        gone += step.forgotten;
        next = step.next;
        rest_since(began).await;
    }
    Ok(gone)
}

async fn rest_since(began: Instant) {
    sleep(began.elapsed() * REST).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, NOW, race, read};

    #[tokio::test]
    async fn a_sweep_takes_all_that_is_too_old() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let mut reads: Vec<_> = (1..=700).map(|n| read(origin, n, "7")).collect();
        reads[699].read.received_at = clock::now();
        store.append(&reads, &[]).await.expect("stores");
        assert!(
            NOW < clock::now() - 30 * 86_400_000,
            "the race is long over"
        );

        sweep(&store, &AtomicU64::new(0)).await.expect("sweeps");
        let (partner, session) = (origin.partner_id, origin.timing_session_id);
        let kept = store.reads_after(partner, session, 0, 1_000).await;
        let kept: Vec<_> = kept
            .expect("reads")
            .iter()
            .map(|read| read.sequence)
            .collect();
        assert_eq!(kept, [700]);
        let seen = store.timing_session(partner, session).await.expect("reads");
        assert_eq!(
            seen.expect("stays").reads,
            700,
            "what came in stays counted"
        );
    }
}
