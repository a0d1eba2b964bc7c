//! Into the database, and from there to whoever follows: what is stored is published, in that order.

use std::sync::Arc;

use gantry_core::read::TimingRead;
use tracing::error;

use super::{
    insist::Insistence,
    news::{BATCH, CommittedBatch, News, Published, tell_of_move},
};
use crate::{
    crash_points::{Point, point},
    store::{
        Group, NewLine, NewRead, Origin, PartnerId, Result, Source, Store, StoredRead,
        is_about_data,
    },
};

/// Stores and publishes groups, one after the other.
#[derive(Debug)]
pub(super) struct Keeper {
    store: Store,
    published: Published,
    insistence: Insistence,
}

/// What is stored in one transaction.
#[derive(Default)]
struct Batch {
    reads: Vec<NewRead>,
    lines: Vec<NewLine>,
}

/// A batch that is in the store.
#[derive(Default)]
struct Kept {
    /// The reads that were not there before.
    reads: Vec<StoredRead>,
    after_failure: bool,
}

impl Keeper {
    pub(super) fn new(store: Store, published: Published, insistence: Insistence) -> Self {
        Self {
            store,
            published,
            insistence,
        }
    }

    /// Stores a group, all of it at once, if the database takes it so, and publishes what of it is new.
    ///
    /// Where the database refuses something for what it says, as a read of a session that is not there, the group is split until
    /// only that is left out: nobody's reads may wait for what is wrong with another's.
    ///
    /// The error is the database's, when it still refuses a while after the server was to stop.
    pub(super) async fn keep(&self, group: Group) -> Result<()> {
        let mut kept = Kept::default();
        let mut waiting = vec![self.placed(group).await?];
        while let Some(batch) = waiting.pop() {
            let append = || self.store.append(&batch.reads, &batch.lines);
            match self.insistence.on(append).await {
                Ok(taken) => {
                    kept.after_failure |= taken.after_failure;
                    kept.reads.extend(taken.value);
                }
                Err(error) if is_about_data(&error) && batch.len() > 1 => {
                    let (first, rest) = batch.split();
                    waiting.extend([rest, first]);
                }
                Err(error) if is_about_data(&error) => waiting.extend(remains(batch, &error)),
                Err(error) => return Err(error),
            }
        }
        self.publish(kept);
        Ok(())
    }

    fn publish(&self, kept: Kept) {
        // Nobody listening is no fault: whoever comes later reads from the store.
        if kept.after_failure {
            let _ = self.published.send(News::Missed);
        }
        let mut reads = kept.reads.into_iter().peekable();
        while reads.peek().is_some() {
            let batch = CommittedBatch {
                reads: reads.by_ref().take(BATCH).collect(),
            };
            let _ = self.published.send(News::Committed(Arc::new(batch)));
            point(Point::Published);
        }
    }

    /// The group with the places where its reads belong. A read that can have none is a fault, and its line is kept.
    async fn placed(&self, group: Group) -> Result<Batch> {
        let mut batch = Batch {
            reads: Vec::with_capacity(group.reads.len()),
            lines: group.lines,
        };
        for arrival in group.reads {
            match self.place(&arrival.source).await {
                Ok(origin) => batch.reads.push(NewRead {
                    origin,
                    resume_after: arrival.resume_after,
                    read: arrival.read,
                }),
                Err(error) if is_about_data(&error) => {
                    batch
                        .lines
                        .push(line_of(arrival.source.partner_id, arrival.read, &error));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(batch)
    }

    async fn place(&self, source: &Source) -> Result<Origin> {
        if let Some(origin) = source.origin() {
            return Ok(origin);
        }
        let open = || self.store.open_source(source);
        let opened = self.insistence.on(open).await?.value;
        tell_of_move(&self.published, &opened);
        Ok(opened.origin)
    }
}

impl Batch {
    fn len(&self) -> usize {
        self.reads.len() + self.lines.len()
    }

    /// Two smaller batches of one that has several entries, in order.
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

/// What is left of a single entry that the database refuses: of a read the line that it came in.
fn remains(mut batch: Batch, error: &sqlx::Error) -> Option<Batch> {
    let Some(NewRead { origin, read, .. }) = batch.reads.pop() else {
        error!(%error, "the database refuses a line; it is not kept");
        return None;
    };
    batch.lines.push(line_of(origin.partner_id, read, error));
    Some(batch)
}

fn line_of(partner_id: PartnerId, read: TimingRead, error: &sqlx::Error) -> NewLine {
    error!(%error, "the database refuses a read; its line is kept as a fault");
    NewLine::of_read(partner_id, read, "the database refused the read".to_owned())
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{
        alarms::{Alarms, Subject},
        collector::news::publication,
        store::{
            Arrival, TimingSessionId,
            testing::{self, NOW, arrival, race, read},
        },
    };

    struct Kept {
        keeper: Keeper,
        alarms: Arc<Alarms>,
        published: Published,
        shutdown: CancellationToken,
    }

    fn keeper(store: &Store) -> Kept {
        let (alarms, published) = (Arc::default(), publication());
        let shutdown = CancellationToken::new();
        let insistence = Insistence::new(
            &alarms,
            Subject::Database,
            "no reads are stored".to_owned(),
            &shutdown,
        );
        Kept {
            keeper: Keeper::new(store.clone(), published.clone(), insistence),
            alarms,
            published,
            shutdown,
        }
    }

    fn group(reads: impl IntoIterator<Item = Arrival>) -> Group {
        Group {
            reads: reads.into_iter().collect(),
            lines: vec![],
        }
    }

    #[tokio::test]
    async fn what_is_published_is_stored_already_and_only_once() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let Kept {
            keeper, published, ..
        } = keeper(&store);
        let mut follower = published.subscribe();
        let mut seen = Vec::new();
        for sequence in [1, 2, 1, 2, 3] {
            let group = group([arrival(origin, sequence, &sequence.to_string())]);
            keeper.keep(group).await.expect("stores");
            while let Ok(News::Committed(batch)) = follower.try_recv() {
                let session = batch.reads[0].timing_session_id;
                let after = batch.reads[0].position - 1;
                let kept = store
                    .reads_after(origin.partner_id, session, after, batch.reads.len())
                    .await;
                assert_eq!(kept.expect("reads"), batch.reads);
                seen.extend(batch.reads.iter().map(|read| read.sequence));
            }
        }
        assert_eq!(seen, [1, 2, 3]);
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
        stored.expect("takes the position that the keeper is to use");

        let Kept {
            keeper,
            published,
            alarms,
            ..
        } = keeper(&store);
        let mut follower = published.subscribe();
        let group = group([arrival(origin, 2, "8")]);
        keeper
            .keep(group)
            .await
            .expect("the second attempt succeeds");
        assert!(matches!(follower.recv().await, Ok(News::Missed)));
        assert!(matches!(follower.recv().await, Ok(News::Committed(_))));
        assert_eq!(alarms.list(), [], "it is over");
    }

    #[tokio::test]
    async fn what_is_wrong_with_one_read_keeps_no_other_from_the_store() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let Kept {
            keeper, published, ..
        } = keeper(&store);
        let mut follower = published.subscribe();
        let nowhere = Origin {
            timing_session_id: TimingSessionId::new(),
            ..origin
        };
        let nobodys = Origin {
            partner_id: PartnerId::new(),
            ..origin
        };
        let reads = (1..=9).map(|sequence| {
            let origin = match sequence {
                4 => nowhere,
                7 => nobodys,
                _ => origin,
            };
            arrival(origin, sequence, &sequence.to_string())
        });
        let stored = keeper.keep(group(reads)).await;
        stored.expect("the others are stored");
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
    async fn what_comes_from_a_new_source_makes_its_session() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let day = "2021-05-08".to_owned();
        let source = Source::new(origin.partner_id, "22ROTM", "9C", "START", day, NOW);
        let source = Arc::new(source);
        let mut arrival = arrival(origin, 1, "7");
        arrival.source = Arc::clone(&source);
        let Kept { keeper, .. } = keeper(&store);
        keeper.keep(group([arrival])).await.expect("stores");
        let placed = source.origin().expect("is found out");
        let session = placed.timing_session_id;
        assert_ne!(session, origin.timing_session_id);
        let kept = store.reads_after(origin.partner_id, session, 0, 9).await;
        assert_eq!(kept.expect("reads").len(), 1);
    }

    #[tokio::test]
    async fn who_shows_a_closed_session_hears_first_that_hardware_goes_on_elsewhere() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let (partner, session) = (origin.partner_id, origin.timing_session_id);
        let closed = store.close_timing_session(partner, session, NOW).await;
        assert!(closed.expect("closes"));
        let day = "2021-05-08".to_owned();
        let mut arrival = arrival(origin, 1, "7");
        arrival.source = Arc::new(Source::new(partner, "21ROTM", "255F", "FINISH", day, NOW));
        let Kept {
            keeper, published, ..
        } = keeper(&store);
        let mut follower = published.subscribe();
        keeper.keep(group([arrival])).await.expect("stores");
        let told = follower.recv().await;
        assert!(matches!(told, Ok(News::Rearranged(of)) if *of == [session]));
        assert!(matches!(follower.recv().await, Ok(News::Committed(_))));
    }

    #[tokio::test]
    async fn a_database_that_is_gone_is_an_alarm_and_does_not_keep_the_server_from_stopping() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        store.close().await;
        let Kept {
            keeper,
            alarms,
            shutdown,
            ..
        } = keeper(&store);
        shutdown.cancel();
        let ended = keeper.keep(group([arrival(origin, 1, "7")])).await;
        assert!(matches!(ended, Err(sqlx::Error::PoolClosed)), "{ended:?}");
        let standing = alarms.list();
        assert_eq!(standing[0].subject, Subject::Database);
        assert!(standing[0].words.starts_with("no reads are stored: "));
    }

    #[tokio::test]
    async fn lines_are_kept_beside_reads() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let group = Group {
            reads: vec![],
            lines: vec![testing::line(origin.partner_id, b"\xff\xfe")],
        };
        let Kept { keeper, .. } = keeper(&store);
        keeper.keep(group).await.expect("is stored");
        let faults = store.faulty_lines(origin.partner_id).await;
        assert_eq!(faults.expect("counts"), 1);
    }
}
