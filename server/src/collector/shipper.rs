//! From the spool into the database, in order.
//!
//! What is shipped is removed from the spool afterwards and not always at once, so after a crash some of it may be shipped again: the
//! database knows it then.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{figures::IngestFigures, insist::Insistence, keeper::Keeper, streams::Streams};
use crate::{
    crash_points::{Point, point},
    store::{Group, Result, Spool, is_away},
};

/// Bytes of the spool that are shipped in one transaction when it is behind, and a group more; some eight thousand reads. What a
/// distant database takes its time for is the asking, and what is under way takes memory.
const TOGETHER: usize = 1024 * 1024;

/// How often what was shipped is removed while there is more. Each time costs the writer an `fsync` that it waits for.
const REMOVE_EVERY: Duration = Duration::from_secs(1);

/// What ships.
#[derive(Debug)]
pub(super) struct Shipper {
    pub(super) spool: Spool,
    pub(super) keeper: Keeper,
    /// On the spool's being readable.
    pub(super) insistence: Insistence,
    pub(super) streams: Arc<Streams>,
    pub(super) figures: Arc<IngestFigures>,
    /// Told when there is more to ship.
    pub(super) more: Arc<Notify>,
    /// Told through which position everything is in the database.
    pub(super) through: watch::Sender<i64>,
    /// Cancelled when nothing more is written into the spool.
    pub(super) complete: CancellationToken,
}

impl Shipper {
    /// Ships until the spool is complete and empty, or until the database refuses a while after the server was to stop: what
    /// waits then is shipped by the next server.
    pub(super) async fn run(self) -> Result<()> {
        let waiting = self.spool.backlog(0).await?.reads;
        if waiting > 0 {
            info!(reads = waiting, "reads wait in the spool");
            self.figures.spooled(waiting.unsigned_abs());
        }
        let ended = self.ship().await;
        self.spool.close().await;
        match ended {
            Err(error) if is_away(&error) => {
                info!(%error, "what is in the spool is shipped after the next start");
                Ok(())
            }
            ended => ended,
        }
    }

    async fn ship(&self) -> Result<()> {
        let mut shipped = self.already().await?;
        let mut removed = shipped;
        self.through.send_replace(shipped);
        let mut remove_at = Instant::now() + REMOVE_EVERY;
        loop {
            // Looked at before the spool is: what was written before it was complete is found then.
            let is_complete = self.complete.is_cancelled();
            let groups = self.next(shipped).await?;
            let is_empty = groups.is_empty();
            if let Some(&(last, _)) = groups.last() {
                let groups = groups.into_iter().map(|(_, group)| group);
                self.keep(groups).await?;
                point(Point::Shipped);
                shipped = last;
                self.through.send_replace(shipped);
            }
            let is_over = is_empty && is_complete;
            if shipped > removed && (is_over || Instant::now() >= remove_at) {
                removed = self.remove(shipped, removed).await;
                remove_at = Instant::now() + REMOVE_EVERY;
            }
            if is_over {
                return Ok(());
            }
            if is_empty {
                self.figures.oldest_waiting(None);
                tokio::select! {
                    () = self.more.notified() => {}
                    () = self.complete.cancelled() => {}
                    () = sleep_until(remove_at), if shipped > removed => {}
                }
            }
        }
    }

    /// Through where everything is shipped before anything is.
    async fn already(&self) -> Result<i64> {
        // In this order: what the writer adds meanwhile is found.
        let last = self.spool.last().await?;
        let is_empty = self.next(0).await?.is_empty();
        Ok(if is_empty { last } else { 0 })
    }

    async fn next(&self, shipped: i64) -> Result<Vec<(i64, Group)>> {
        let known = |source| self.streams.known(source);
        let look = || self.spool.after(shipped, TOGETHER, known);
        Ok(self.insistence.on(look).await?.value)
    }

    /// Removes what was shipped, and answers through where. What cannot be removed now can be later.
    async fn remove(&self, shipped: i64, removed: i64) -> i64 {
        match self.spool.remove_through(shipped).await {
            Ok(()) => shipped,
            Err(error) => {
                warn!(%error, "cannot remove from the spool what is in the database");
                removed
            }
        }
    }

    async fn keep(&self, groups: impl Iterator<Item = Group>) -> Result<()> {
        let mut all = Group::default();
        for group in groups {
            all.reads.extend(group.reads);
            all.lines.extend(group.lines);
        }
        let oldest = all
            .reads
            .iter()
            .map(|arrival| arrival.read.received_at)
            .min();
        self.figures.oldest_waiting(oldest);
        let count = all.reads.len() as u64;
        self.keeper.keep(all).await?;
        self.figures.shipped(count);
        Ok(())
    }
}
