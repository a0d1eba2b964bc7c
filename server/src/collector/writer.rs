//! The one task that stores reads: group commit, then publication.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{broadcast, mpsc, oneshot},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::store::{NewLine, NewRead, Result, Store, StoredRead, TimingSessionId, is_about_data};

/// Lines waiting for the writer before connections have to wait.
const QUEUE: usize = 4_096;

/// Lines in one transaction. A commit costs the same for one line as for hundreds; beyond this it only grows longer.
const GROUP: usize = 1_024;

/// Batches that a subscriber may be behind before it has to read on from the store.
const PUBLISHED: usize = 1_024;

/// How long to wait before trying again to store a group that the database refused.
const RETRY: Duration = Duration::from_millis(500);

/// How long the database may go on refusing once the server is to stop.
const LAST_CHANCE: Duration = Duration::from_secs(5);

/// Something to keep.
#[derive(Debug)]
pub enum Entry {
    /// A read.
    Read(NewRead),
    /// A line that was no read.
    Line(NewLine),
    /// Tell when everything before it is safe on disk.
    Barrier(oneshot::Sender<()>),
}

/// Reads that became safe on disk together, of any partner and timing session, in order of position.
///
/// They are not split up, so that whoever follows several timing sessions gets them in the order in which a replay would.
#[derive(Debug)]
pub struct CommittedBatch {
    /// The reads, none of which was there before; never empty.
    pub reads: Vec<StoredRead>,
}

/// What subscribers are told.
#[derive(Clone, Debug)]
pub enum News {
    /// Reads became safe on disk.
    Committed(Arc<CommittedBatch>),
    /// Reads may have become safe on disk that are in no batch: a commit failed and may have taken effect nevertheless.
    /// What to do is the same as after lagging: read on from the store.
    Missed,
    /// Which timing sessions show the reads of these recordings, or when they happened, is another now. Whoever shows them has to
    /// begin again.
    Rearranged(Arc<[TimingSessionId]>),
}

/// Where committed reads can be subscribed to. A subscriber that lagged reads on with [`Store::reads_after`].
pub type Published = broadcast::Sender<News>;

/// A publication that nobody follows yet.
pub fn publication() -> Published {
    broadcast::Sender::new(PUBLISHED)
}

/// The queue before the writer. Sending waits while it is full.
pub fn queue() -> (mpsc::Sender<Entry>, mpsc::Receiver<Entry>) {
    mpsc::channel(QUEUE)
}

/// Stores and publishes until every sender of the queue is gone and the queue is empty.
///
/// The error is the database's, when it still refuses a while after `shutdown`; what was not stored by then the hardware
/// sends again to the next server.
pub async fn run(
    store: Store,
    mut queue: mpsc::Receiver<Entry>,
    published: Published,
    shutdown: CancellationToken,
) -> Result<()> {
    let mut group = Vec::with_capacity(GROUP);
    while queue.recv_many(&mut group, GROUP).await > 0 {
        let mut barriers = Vec::new();
        let waiting = Group::of(group.drain(..), &mut barriers);
        let kept = keep(&store, waiting, &shutdown).await?;
        for barrier in barriers {
            // Who no longer waits has gone.
            let _ = barrier.send(());
        }
        // Nobody listening is no fault: whoever comes later reads from the store.
        if kept.after_failure {
            let _ = published.send(News::Missed);
        }
        if !kept.reads.is_empty() {
            let batch = CommittedBatch { reads: kept.reads };
            let _ = published.send(News::Committed(Arc::new(batch)));
        }
    }
    Ok(())
}

/// What is stored in one transaction.
#[derive(Default)]
struct Group {
    reads: Vec<NewRead>,
    lines: Vec<NewLine>,
}

/// A group that is in the store.
#[derive(Default)]
struct Kept {
    /// The reads that were not there before.
    reads: Vec<StoredRead>,
    /// Whether an earlier attempt failed, which may have left some of the group there.
    after_failure: bool,
}

impl Group {
    fn of(entries: impl Iterator<Item = Entry>, barriers: &mut Vec<oneshot::Sender<()>>) -> Self {
        let mut group = Self::default();
        for entry in entries {
            match entry {
                Entry::Read(read) => group.reads.push(read),
                Entry::Line(line) => group.lines.push(line),
                Entry::Barrier(barrier) => barriers.push(barrier),
            }
        }
        group
    }

    fn len(&self) -> usize {
        self.reads.len() + self.lines.len()
    }

    /// Two smaller groups of one that has several entries, in order.
    fn split(mut self) -> (Self, Self) {
        let mut rest = Self::default();
        match (self.reads.len(), self.lines.len()) {
            (0, lines) => rest.lines = self.lines.split_off(lines / 2),
            (reads, 0) => rest.reads = self.reads.split_off(reads / 2),
            _ => std::mem::swap(&mut rest.lines, &mut self.lines),
        }
        (self, rest)
    }
}

/// Stores a group, all of it at once, if the database takes it so.
///
/// Where it refuses something for what it says, as a read of a session that is not there, the group is split until only that is
/// left out: nobody's reads may wait for what is wrong with another's.
async fn keep(store: &Store, group: Group, shutdown: &CancellationToken) -> Result<Kept> {
    let mut kept = Kept::default();
    let mut waiting = vec![group];
    while let Some(group) = waiting.pop() {
        match insist(store, &group, shutdown, &mut kept.after_failure).await {
            Ok(reads) => kept.reads.extend(reads),
            Err(error) if is_about_data(&error) && group.len() > 1 => {
                let (first, rest) = group.split();
                waiting.extend([rest, first]);
            }
            Err(error) if is_about_data(&error) => waiting.extend(remains(group, &error)),
            Err(error) => return Err(error),
        }
    }
    Ok(kept)
}

/// Tries until the database takes the group or refuses it for what it says: waiting only makes the hardware wait. A server that is to
/// stop does not wait for ever.
async fn insist(
    store: &Store,
    Group { reads, lines }: &Group,
    shutdown: &CancellationToken,
    after_failure: &mut bool,
) -> Result<Vec<StoredRead>> {
    let overdue = async {
        shutdown.cancelled().await;
        sleep(LAST_CHANCE).await;
    };
    tokio::pin!(overdue);
    loop {
        let error = match store.append(reads, lines).await {
            Err(error) if !is_about_data(&error) => error,
            settled => return settled,
        };
        error!(%error, reads = reads.len(), "cannot store reads, trying again");
        *after_failure = true;
        tokio::select! {
            () = &mut overdue => return Err(error),
            () = sleep(RETRY) => {}
        }
    }
}

/// What is left of a single entry that the database refuses: of a read the line that it came in.
fn remains(mut group: Group, error: &sqlx::Error) -> Option<Group> {
    let Some(NewRead { origin, read, .. }) = group.reads.pop() else {
        error!(%error, "the database refuses a line; it is not kept");
        return None;
    };
    error!(%error, "the database refuses a read; its line is kept as a fault");
    group.lines.push(NewLine {
        partner_id: origin.partner_id,
        timing_session_id: None,
        peer: String::new(),
        received_at: read.received_at,
        fault: Some("the database refused the read".to_owned()),
        raw: read.raw,
    });
    Some(group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        Origin, PartnerId, TimingSessionId,
        testing::{self, NOW, race, read},
    };

    #[tokio::test]
    async fn what_is_published_is_stored_already_and_only_once() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let published = publication();
        let mut follower = published.subscribe();
        let (entries, queue) = queue();
        let shutdown = CancellationToken::new();
        let writer = tokio::spawn(run(store.clone(), queue, published, shutdown));

        for sequence in [1, 2, 1, 2, 3] {
            let entry = Entry::Read(read(origin, sequence, &sequence.to_string()));
            entries.send(entry).await.expect("the writer runs");
        }
        drop(entries);
        let mut seen = Vec::new();
        while let Ok(News::Committed(batch)) = follower.recv().await {
            let session = batch.reads[0].timing_session_id;
            let after = batch.reads[0].position - 1;
            let kept = store
                .reads_after(origin.partner_id, session, after, batch.reads.len())
                .await;
            assert_eq!(kept.expect("reads"), batch.reads);
            seen.extend(batch.reads.iter().map(|read| read.sequence));
        }
        assert_eq!(seen, [1, 2, 3]);
        let ended = writer.await.expect("the writer ends by itself");
        ended.expect("everything is stored");
    }

    #[tokio::test]
    async fn whoever_waits_is_told_when_it_is_stored() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let (entries, queue) = queue();
        let shutdown = CancellationToken::new();
        let writer = tokio::spawn(run(store.clone(), queue, publication(), shutdown));
        let (tell, told) = oneshot::channel();
        for entry in [Entry::Read(read(origin, 1, "7")), Entry::Barrier(tell)] {
            entries.send(entry).await.expect("the writer runs");
        }
        told.await.expect("is told");
        let session = origin.timing_session_id;
        let kept = store.reads_after(origin.partner_id, session, 0, 10).await;
        assert_eq!(kept.expect("reads").len(), 1);
        drop(entries);
        writer.await.expect("ends").expect("without an error");
    }

    #[tokio::test]
    async fn followers_hear_that_a_commit_failed() {
        let (store, place) = testing::store().await;
        let origin = race(&store).await;
        let other = Store::open(&place.database).await;
        let stored = other
            .expect("opens beside it")
            .append(&[read(origin, 1, "7")], &[])
            .await;
        stored.expect("takes the position that the writer is to use");

        let published = publication();
        let mut follower = published.subscribe();
        let (entries, queue) = queue();
        let entry = Entry::Read(read(origin, 2, "8"));
        entries.send(entry).await.expect("there is room");
        drop(entries);
        run(store, queue, published, CancellationToken::new())
            .await
            .expect("the second attempt succeeds");
        assert!(matches!(follower.recv().await, Ok(News::Missed)));
        assert!(matches!(follower.recv().await, Ok(News::Committed(_))));
    }

    #[tokio::test]
    async fn what_is_wrong_with_one_read_keeps_no_other_from_the_store() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let published = publication();
        let mut follower = published.subscribe();
        let (entries, queue) = queue();
        let nowhere = Origin {
            timing_session_id: TimingSessionId::new(),
            ..origin
        };
        let nobodys = Origin {
            partner_id: PartnerId::new(),
            ..origin
        };
        for sequence in 1..=9 {
            let origin = match sequence {
                4 => nowhere,
                7 => nobodys,
                _ => origin,
            };
            let read = read(origin, sequence, &sequence.to_string());
            entries
                .send(Entry::Read(read))
                .await
                .expect("there is room");
        }
        drop(entries);
        let running = run(store.clone(), queue, published, CancellationToken::new());
        running.await.expect("the others are stored");
        let Ok(News::Committed(batch)) = follower.recv().await else {
            panic!("nothing else is told");
        };
        let session = origin.timing_session_id;
        let kept = store.reads_after(origin.partner_id, session, 0, 99).await;
        let kept = kept.expect("reads");
        assert_eq!(batch.reads, kept, "in order");
        let sequences: Vec<_> = kept.iter().map(|read| read.sequence).collect();
        assert_eq!(sequences, [1, 2, 3, 5, 6, 8, 9]);
        let faults = store.faulty_lines(origin.partner_id).await;
        assert_eq!(faults.expect("counts"), 1, "its line is kept");
    }

    #[tokio::test]
    async fn a_database_that_is_gone_does_not_keep_the_server_from_stopping() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        store.close().await;
        let (entries, queue) = queue();
        let entry = Entry::Read(read(origin, 1, "7"));
        entries.send(entry).await.expect("there is room");
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(run(store, queue, publication(), shutdown.clone()));
        shutdown.cancel();
        let ended = running.await.expect("no panic");
        assert!(matches!(ended, Err(sqlx::Error::PoolClosed)), "{ended:?}");
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
        run(
            store.clone(),
            queue,
            publication(),
            CancellationToken::new(),
        )
        .await
        .expect("is stored");
        assert_eq!(
            store.faulty_lines(origin.partner_id).await.expect("counts"),
            1
        );
    }
}
