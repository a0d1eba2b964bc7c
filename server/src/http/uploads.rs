//! Turns at sending and reading rosters, the largest bodies there are and the slowest to read, and at checking templates.
//!
//! A partner that sends many at once waits for itself: it has the memory of two bodies and one processor at most, and the others
//! theirs.

use std::{thread::available_parallelism, time::Duration};

use tokio::task::spawn_blocking;

use super::problem::Problem;
use crate::{
    store::PartnerId,
    turns::{Lane, Turn, Turns},
};

/// Rosters of one partner that are sent at the same time.
const BODIES: usize = 2;

/// Rosters of one partner that wait to be sent.
const WAITING: usize = 4;

/// Rosters of all partners that wait for a processor: more than partners fill.
const ALL_WAITING: usize = 1_024;

/// When there is a point in trying again after finding too many others waiting.
const CROWDED: Duration = Duration::from_secs(5);

/// Who is sending and reading rosters.
#[derive(Debug)]
pub struct Uploads {
    bodies: Turns<PartnerId>,
    reading: Turns<PartnerId>,
    processors: Turns<()>,
}

impl Default for Uploads {
    fn default() -> Self {
        // Two, where that is all there are: one that reads for long does not keep the others waiting for as long.
        let processors = available_parallelism().map_or(2, |all| all.get().div_ceil(2).max(2));
        Self {
            bodies: Turns::new(BODIES, WAITING),
            reading: Turns::new(1, BODIES + WAITING),
            processors: Turns::new(processors, ALL_WAITING),
        }
    }
}

impl Uploads {
    /// Waits until the partner may send a body, and holds its place for as long as it takes to deal with it.
    pub async fn begin(&self, partner: PartnerId) -> Result<Turn, Problem> {
        let turn = self.bodies.turn(partner, Lane::Open).await;
        turn.ok_or_else(crowded)
    }

    /// Does slow work for a partner when it is its turn, off the threads that serve the screens.
    pub async fn work<T: Send + 'static>(
        &self,
        partner: PartnerId,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let own = self.reading.turn(partner, Lane::Open).await;
        let own = own.ok_or_else(crowded)?;
        let processor = self.processors.turn((), Lane::Open).await;
        let processor = processor.ok_or_else(crowded)?;
        // The asker may hang up; the turns last until the processor is free.
        spawn_blocking(move || {
            let done = work();
            drop((own, processor));
            done
        })
        .await
        .map_err(|failed| Problem::internal(&failed))
    }
}

fn crowded() -> Problem {
    Problem::too_many("too many rosters or templates are being sent", CROWDED)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use super::*;

    #[tokio::test]
    async fn a_partner_that_reads_much_keeps_no_other_waiting() {
        let uploads = Arc::new(Uploads::default());
        let (busy, other) = (PartnerId::new(), PartnerId::new());
        let (release, released) = mpsc::sync_channel::<()>(0);
        let mut many = Vec::new();
        let slow = Arc::clone(&uploads);
        many.push(tokio::spawn(async move {
            let wait = move || released.recv().is_err();
            slow.work(busy, wait).await.is_ok()
        }));
        for _ in 0..5 {
            let uploads = Arc::clone(&uploads);
            many.push(tokio::spawn(async move {
                uploads.work(busy, || ()).await.is_ok()
            }));
        }
        tokio::task::yield_now().await;
        assert_eq!(uploads.work(other, || 7).await.ok(), Some(7));
        assert!(many.iter().all(|one| !one.is_finished()), "one at a time");
        drop(release);
        for one in many {
            assert!(one.await.expect("no panic"));
        }
    }

    #[tokio::test]
    async fn a_partner_sends_few_at_once_and_another_its_own() {
        let uploads = Uploads::default();
        let (busy, other) = (PartnerId::new(), PartnerId::new());
        let mut held = Vec::new();
        for _ in 0..BODIES {
            held.push(uploads.begin(busy).await.expect("free"));
        }
        let mut waiting: Vec<_> = (0..WAITING)
            .map(|_| Box::pin(uploads.begin(busy)))
            .collect();
        for one in &mut waiting {
            assert!(futures_util::poll!(one).is_pending());
        }
        let refused = uploads.begin(busy).await.map(drop);
        assert_eq!(refused, Err(crowded()));
        assert!(uploads.begin(other).await.is_ok());
        drop(held.pop());
        assert!(futures_util::poll!(&mut waiting[0]).is_ready());
    }
}
