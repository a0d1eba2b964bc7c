//! The one task that stores reads: group commit, then publication.

use std::{sync::Arc, time::Duration};

use tokio::sync::{broadcast, mpsc};
use tracing::error;

use crate::store::{NewLine, NewRead, Store, StoredRead};

/// Lines waiting for the writer before connections have to wait.
const QUEUE: usize = 4_096;

/// Lines in one transaction. A commit costs the same for one line as for hundreds; beyond this it only grows longer.
const GROUP: usize = 1_024;

/// Batches that a subscriber may be behind before it has to read on from the store.
const PUBLISHED: usize = 1_024;

/// How long to wait before trying again to store a group that the database refused.
const RETRY: Duration = Duration::from_millis(500);

/// Something to keep.
#[derive(Debug)]
pub enum Entry {
    /// A read.
    Read(NewRead),
    /// A line that was no read.
    Line(NewLine),
}

/// Reads that became safe on disk together, of any partner and timing session, in order of position.
///
/// They are not split up, so that whoever follows several timing sessions gets them in the order in which a replay would.
#[derive(Debug)]
pub struct CommittedBatch {
    /// The reads, none of which was there before; never empty.
    pub reads: Vec<StoredRead>,
}

/// Where committed reads can be subscribed to. A subscriber that lagged reads on with [`Store::reads_after`].
pub type Published = broadcast::Sender<Arc<CommittedBatch>>;

/// A publication that nobody follows yet.
pub fn publication() -> Published {
    broadcast::Sender::new(PUBLISHED)
}

/// The queue before the writer. Sending waits while it is full.
pub fn queue() -> (mpsc::Sender<Entry>, mpsc::Receiver<Entry>) {
    mpsc::channel(QUEUE)
}

/// Stores and publishes until every sender of the queue is gone and the queue is empty.
pub async fn run(store: Store, mut queue: mpsc::Receiver<Entry>, published: Published) {
    let mut group = Vec::with_capacity(GROUP);
    while queue.recv_many(&mut group, GROUP).await > 0 {
        let (reads, lines) = sort(group.drain(..));
        let stored = keep(&store, &reads, &lines).await;
        if !stored.is_empty() {
            // Nobody listening is no fault: whoever comes later reads from the store.
            let _ = published.send(Arc::new(CommittedBatch { reads: stored }));
        }
    }
}

fn sort(group: impl Iterator<Item = Entry>) -> (Vec<NewRead>, Vec<NewLine>) {
    let (mut reads, mut lines) = (Vec::new(), Vec::new());
    for entry in group {
        match entry {
            Entry::Read(read) => reads.push(read),
            Entry::Line(line) => lines.push(line),
        }
    }
    (reads, lines)
}

/// Tries until the database takes the group. Giving up would lose reads; waiting only makes the hardware wait.
async fn keep(store: &Store, reads: &[NewRead], lines: &[NewLine]) -> Vec<StoredRead> {
    loop {
        match store.append(reads, lines).await {
            Ok(stored) => return stored,
            Err(error) => {
                error!(%error, reads = reads.len(), "cannot store reads, trying again");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, NOW, race, read};

    #[tokio::test]
    async fn what_is_published_is_stored_already_and_only_once() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let published = publication();
        let mut follower = published.subscribe();
        let (entries, queue) = queue();
        let writer = tokio::spawn(run(store.clone(), queue, published));

        for sequence in [1, 2, 1, 2, 3] {
            let entry = Entry::Read(read(origin, sequence, &sequence.to_string()));
            entries.send(entry).await.expect("the writer runs");
        }
        drop(entries);
        let mut seen = Vec::new();
        while let Ok(batch) = follower.recv().await {
            let session = batch.reads[0].timing_session_id;
            let after = batch.reads[0].position - 1;
            let kept = store
                .reads_after(origin.partner_id, session, after, batch.reads.len())
                .await;
            assert_eq!(kept.expect("reads"), batch.reads);
            seen.extend(batch.reads.iter().map(|read| read.sequence));
        }
        assert_eq!(seen, [1, 2, 3]);
        writer.await.expect("the writer ends by itself");
    }

    #[tokio::test]
    async fn lines_are_kept_beside_reads() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let line = NewLine {
            partner_id: origin.partner_id,
            timing_session_id: None,
            peer: "127.0.0.1:9".to_owned(),
            received_at: NOW,
            fault: Some("no fields".to_owned()),
            raw: b"\xff\xfe".to_vec(),
        };
        let (entries, queue) = queue();
        entries
            .send(Entry::Line(line))
            .await
            .expect("there is room");
        drop(entries);
        run(store.clone(), queue, publication()).await;
        assert_eq!(
            store.faulty_lines(origin.partner_id).await.expect("counts"),
            1
        );
    }
}
