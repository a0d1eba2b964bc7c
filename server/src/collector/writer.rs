//! The one task that puts down what hardware sends: group commit, to where it is safe.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Notify, mpsc, oneshot};

use super::{figures::IngestFigures, insist::Insistence, keeper::Keeper};
use crate::{
    clock,
    crash_points::{Point, point},
    store::{Arrival, Group, NewLine, Result, Spool},
};

/// Entries waiting for the writer before connections have to wait.
const QUEUE: usize = 4_096;

/// Entries in one group at most. Each commit writes the last page of every tree once more, so that behind a disk that is slow many
/// small groups never catch up; a group of this size is stored within tens of milliseconds.
const GROUP: usize = 4_096;

/// Something to keep.
#[derive(Debug)]
pub(super) enum Entry {
    /// A read.
    Read(Arrival),
    /// A line that was no read.
    Line(NewLine),
    /// Tell when everything before it is safe on disk.
    Barrier(oneshot::Sender<()>),
}

/// Where everything is safe.
#[derive(Debug)]
pub(super) enum Shelf {
    /// The database, which lies on the server's own disk.
    Database(Keeper),
    /// A file before the database, which lies elsewhere; see [`super::shipper`].
    Spool(SpoolShelf),
}

/// The spool with what its writer needs.
#[derive(Debug)]
pub(super) struct SpoolShelf {
    pub(super) spool: Spool,
    pub(super) insistence: Insistence,
    pub(super) figures: Arc<IngestFigures>,
    /// Told when there is more to ship.
    pub(super) more: Arc<Notify>,
}

/// The queue before the writer. Sending waits while it is full.
pub(super) fn queue() -> (mpsc::Sender<Entry>, mpsc::Receiver<Entry>) {
    mpsc::channel(QUEUE)
}

/// Puts down what comes until every sender of the queue is gone and the queue is empty.
///
/// The error is the database's or the spool's, when it still refuses a while after the server was to stop; what was not stored by
/// then the hardware sends again to the next server.
pub(super) async fn run(
    shelf: Shelf,
    mut queue: mpsc::Receiver<Entry>,
    figures: Arc<IngestFigures>,
) -> Result<()> {
    let mut entries = Vec::with_capacity(GROUP);
    while queue.recv_many(&mut entries, GROUP).await > 0 {
        point(Point::Taken);
        let mut barriers = Vec::new();
        let group = group(entries.drain(..), &mut barriers);
        let received: Vec<_> = group
            .reads
            .iter()
            .map(|arrival| arrival.read.received_at)
            .collect();
        shelf.put(group).await?;
        for barrier in barriers {
            // Who no longer waits has gone.
            let _ = barrier.send(());
        }
        let now = clock::now();
        for received_at in received {
            let waited_ms = now.since_ms(received_at).max(0).unsigned_abs();
            figures.observe_commit(Duration::from_millis(waited_ms));
        }
    }
    Ok(())
}

impl Shelf {
    async fn put(&self, group: Group) -> Result<()> {
        match self {
            Self::Database(keeper) => keeper.keep(group).await,
            Self::Spool(SpoolShelf {
                spool,
                insistence,
                figures,
                more,
            }) => {
                let append = || spool.append(&group, clock::now());
                insistence.on(append).await?;
                point(Point::Spooled);
                figures.spooled(group.reads.len() as u64);
                more.notify_one();
                Ok(())
            }
        }
    }
}

fn group(entries: impl Iterator<Item = Entry>, barriers: &mut Vec<oneshot::Sender<()>>) -> Group {
    let mut group = Group::default();
    for entry in entries {
        match entry {
            Entry::Read(read) => group.reads.push(read),
            Entry::Line(line) => group.lines.push(line),
            Entry::Barrier(barrier) => barriers.push(barrier),
        }
    }
    group
}
