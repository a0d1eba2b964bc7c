//! How what hardware sends gets into the database: the tasks between the connections and the store, put together.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{
    sync::{Notify, mpsc, oneshot, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{
    insist::Insistence,
    keeper::Keeper,
    shipper::Shipper,
    streams::{Answers, Streams},
    writer::{self, Entry, Shelf, SpoolShelf},
};
use crate::{
    alarms::Subject,
    services::Services,
    store::{Database, Ownership, Result, Spool},
};

/// How long a connection waits for a database that lies elsewhere before it goes on without it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The connections' way in. When all of them are gone, what they handed over is stored and the tasks behind end.
#[derive(Clone, Debug)]
pub struct Inlet {
    /// The writer's queue.
    pub(super) entries: mpsc::Sender<Entry>,
    /// The streams that are known.
    pub(super) streams: Arc<Streams>,
    /// The spool, and through which position it is shipped.
    spool: Option<(Spool, watch::Receiver<i64>)>,
}

impl Inlet {
    /// Waits until everything that was handed over so far is safe on disk; false when the writer ended first.
    pub(super) async fn is_safe(&self) -> bool {
        let (tell, told) = oneshot::channel();
        let asked = self.entries.send(Entry::Barrier(tell)).await;
        asked.is_ok() && told.await.is_ok()
    }

    /// Waits until everything that was handed over so far is in the database, however long that is away; false when the server
    /// ended first. The error is the spool's, which does not tell what that is.
    pub(super) async fn is_settled(&self) -> Result<bool> {
        if !self.is_safe().await {
            return Ok(false);
        }
        let Some((spool, shipped)) = &self.spool else {
            return Ok(true);
        };
        let last = spool.last().await?;
        let mut shipped = shipped.clone();
        Ok(shipped.wait_for(|shipped| *shipped >= last).await.is_ok())
    }

    /// Has the spool, where there is one, remember whose hardware is whose. What cannot be written now is only older then at a start
    /// without the database.
    pub(super) async fn remember(&self, ownership: &Ownership) {
        if let Some((spool, _)) = &self.spool
            && let Err(error) = spool.remember(ownership).await
        {
            warn!(%error, "cannot write down whose hardware is whose");
        }
    }
}

/// What is wrong while a database that lies elsewhere does not answer, before the reason.
pub fn away(database: &Database) -> String {
    format!("the database {database} takes no reads, which wait in a spool")
}

/// The tasks behind an [`Inlet`].
#[derive(Debug)]
pub struct Storing {
    writer: JoinHandle<anyhow::Result<()>>,
    shipper: Option<JoinHandle<anyhow::Result<()>>>,
}

/// Starts the tasks. One that fails stops the server, which could store nothing any more: whoever started it is to hear of it.
pub async fn start(
    services: &Services,
    shutdown: CancellationToken,
) -> anyhow::Result<(Inlet, Storing)> {
    if services.store.is_beside() {
        Ok(beside(services, shutdown))
    } else {
        before_spool(services, shutdown).await
    }
}

/// With the database on the server's own disk.
fn beside(services: &Services, shutdown: CancellationToken) -> (Inlet, Storing) {
    let database = services.config.database();
    let words = format!("reads cannot be stored in {database}, and hardware is kept waiting");
    // The database is a file here, whatever is wrong with it.
    let insistence = Insistence::new(&services.alarms, Subject::Disk, words, &shutdown);
    let streams = streams(services, Answers::Awaited(insistence.clone()));
    let shelf = Shelf::Database(keeper(services, insistence));
    let (entries, writer) = write(shelf, services, shutdown, CancellationToken::new());
    let spool = None;
    let inlet = Inlet {
        entries,
        streams,
        spool,
    };
    let shipper = None;
    (inlet, Storing { writer, shipper })
}

/// With a spool before a database that lies elsewhere.
async fn before_spool(
    services: &Services,
    shutdown: CancellationToken,
) -> anyhow::Result<(Inlet, Storing)> {
    let database = services.config.database();
    let streams = streams(services, Answers::Dispensable(PATIENCE));
    let file = services.config.spool();
    let spool = Spool::open(&file, &database).await?;
    let (more, complete) = (Arc::new(Notify::new()), CancellationToken::new());
    let (through, shipped) = watch::channel(0);
    let behind = Some((spool.clone(), shipped));
    let shelf = Shelf::Spool(SpoolShelf {
        spool: spool.clone(),
        insistence: on_spool(services, &file, &shutdown),
        figures: Arc::clone(&services.ingest),
        more: Arc::clone(&more),
    });
    let unread = format!(
        "the spool {} cannot be read, and what is in it waits",
        file.display()
    );
    let away = away(&database);
    let shipper = Shipper {
        spool,
        keeper: keeper(
            services,
            Insistence::new(&services.alarms, Subject::Database, away, &shutdown),
        ),
        insistence: Insistence::new(&services.alarms, Subject::Disk, unread, &shutdown),
        streams: Arc::clone(&streams),
        figures: Arc::clone(&services.ingest),
        more,
        through,
        complete: complete.clone(),
    };
    let (entries, writer) = write(shelf, services, shutdown.clone(), complete);
    let inlet = Inlet {
        entries,
        streams,
        spool: behind,
    };
    let shipper = Some(ship(shipper, shutdown));
    Ok((inlet, Storing { writer, shipper }))
}

fn streams(services: &Services, answers: Answers) -> Arc<Streams> {
    Arc::new(Streams::new(services.published.clone(), answers))
}

fn keeper(services: &Services, insistence: Insistence) -> Keeper {
    let (store, published) = (services.store.clone(), services.published.clone());
    Keeper::new(store, published, insistence)
}

fn on_spool(services: &Services, file: &Path, shutdown: &CancellationToken) -> Insistence {
    let words = format!(
        "reads cannot be written to the spool {}, and hardware is kept waiting",
        file.display()
    );
    Insistence::new(&services.alarms, Subject::Disk, words, shutdown)
}

/// The writer before a shelf. It cancels `complete` when it has put down everything.
fn write(
    shelf: Shelf,
    services: &Services,
    shutdown: CancellationToken,
    complete: CancellationToken,
) -> (mpsc::Sender<Entry>, JoinHandle<anyhow::Result<()>>) {
    let (entries, queue) = writer::queue();
    let figures = Arc::clone(&services.ingest);
    let task = tokio::spawn(async move {
        let _ends = (shutdown.drop_guard(), complete.drop_guard());
        let written = writer::run(shelf, queue, figures).await;
        written.context("cannot store what was received")
    });
    (entries, task)
}

fn ship(shipper: Shipper, shutdown: CancellationToken) -> JoinHandle<anyhow::Result<()>> {
    tokio::spawn(async move {
        let _stop = shutdown.drop_guard();
        let shipped = shipper.run().await;
        shipped.context("cannot ship what is in the spool")
    })
}

impl Storing {
    /// Waits until everything that came in is where it belongs, or in the spool for the next server.
    pub async fn end(self) -> anyhow::Result<()> {
        self.writer.await.context("the writer failed")??;
        match self.shipper {
            Some(shipper) => shipper.await.context("the shipper failed")?,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing;

    #[tokio::test]
    async fn a_spool_that_cannot_be_read_is_no_end_of_the_server() {
        let place = testing::place().await;
        let file = place.directory().join("spool.db");
        let spool = Spool::open(&file, &place.database).await.expect("opens");
        let (entries, mut queue) = writer::queue();
        let writing = tokio::spawn(async move {
            while let Some(Entry::Barrier(tell)) = queue.recv().await {
                // Who asked waits below.
                let _ = tell.send(());
            }
        });
        let (_through, shipped) = watch::channel(0);
        let inlet = Inlet {
            entries,
            streams: Arc::new(Streams::new(
                crate::collector::news::publication(),
                Answers::Dispensable(PATIENCE),
            )),
            spool: Some((spool.clone(), shipped)),
        };
        assert!(inlet.is_settled().await.expect("tells"));
        spool.close().await;
        inlet.is_settled().await.expect_err("nothing is known");
        drop(inlet);
        writing.await.expect("no panic");
    }
}
