//! The streams that connected since the program started, and how far each has come.
//!
//! The database knows both, but it may be away or, with a spool before it, behind. What was handed over to be stored here is
//! asked for no second time, and what is found out about a source holds for all its reads, wherever they wait.
//!
//! A hall of mats that is switched on connects within a second, and each new stream is written down by the one connection that
//! writes, which has reads to store besides. So few ask at once, and the others wait here in the order in which they came, where
//! nothing gives them up. Hardware that is known has turns of its own, so that strangers cannot stand in its way.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

use gantry_core::time::Moment;
use tokio::{sync::Semaphore, time::timeout};
use tracing::warn;

use super::{
    insist::Insistence,
    news::{Published, tell_of_move},
};
use crate::{
    store::{Dating, Opened, PAUSE_MS, PartnerId, Result, Source, Store, is_about_data},
    turns::Lane,
};

/// Streams that are remembered. A server sees a few hundred in a weekend; when there are more all are forgotten, which costs
/// asking the database.
const MOST: usize = 4_096;

/// How many of each lane ask the store at once.
const AT_ONCE: usize = 2;

/// A stream that reads come in on.
#[derive(Debug)]
pub(super) struct Stream {
    /// Where it comes from.
    pub(super) source: Arc<Source>,
    /// The last sequence before which none is missing.
    last: AtomicI64,
    /// When hardware came last that said the same.
    opened_at: AtomicI64,
    /// By what its reads were dated when the store told last.
    dating: Mutex<Dating>,
}

/// The streams that are known.
#[derive(Debug)]
pub(super) struct Streams {
    published: Published,
    answers: Answers,
    known: Mutex<HashMap<Key, Arc<Stream>>>,
    turns_of_known: Semaphore,
    turns_of_others: Semaphore,
}

/// What is done without the store's answers.
#[derive(Debug)]
pub(super) enum Answers {
    /// Hardware is kept waiting: the disk that does not tell would not take its reads either.
    Awaited(Insistence),
    /// Reads wait elsewhere for what the store does not tell within this time, waiting for one's turn included.
    Dispensable(Duration),
}

/// A source, found by what the hardware calls its stream.
#[derive(Debug)]
struct Key(Arc<Source>);

impl Stream {
    fn new(source: Arc<Source>, last: i64) -> Self {
        Self {
            opened_at: AtomicI64::new(source.opened_at.0),
            source,
            last: AtomicI64::new(last),
            dating: Mutex::default(),
        }
    }

    /// By what its reads are dated.
    pub(super) fn dating(&self) -> Dating {
        *self.dating.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn date_by(&self, dating: Dating) {
        *self.dating.lock().unwrap_or_else(PoisonError::into_inner) = dating;
    }

    /// Whether what a source sends goes on where this stream does: it belongs to the same place or, while that is not known, came
    /// so soon after it that the store will find them the same.
    fn goes_on_as(&self, source: &Source) -> bool {
        let opened_at = Moment(self.opened_at.load(Relaxed));
        match self.source.origin().zip(source.origin()) {
            Some((known, now)) => known == now,
            None => source.opened_at.since_ms(opened_at).abs() < PAUSE_MS,
        }
    }

    /// The last sequence before which none is missing: where to resume. 0 before the first.
    pub(super) fn last(&self) -> i64 {
        self.last.load(Relaxed)
    }

    /// A read of this sequence is handed over; answers where to resume after it. A number that leaves some out cannot make the
    /// hardware skip them.
    pub(super) fn hand_over(&self, sequence: i64) -> i64 {
        // When it fails the sequence was another one.
        let _ = self
            .last
            .compare_exchange(sequence - 1, sequence, Relaxed, Relaxed);
        self.last()
    }
}

impl Streams {
    /// None yet. Whoever follows `published` is told when a stream goes on elsewhere.
    pub(super) fn new(published: Published, answers: Answers) -> Self {
        Self {
            published,
            answers,
            known: Mutex::default(),
            turns_of_known: Semaphore::new(AT_ONCE),
            turns_of_others: Semaphore::new(AT_ONCE),
        }
    }

    /// Opens a source's stream, which is known when it was opened before or comes in the lane of those who are. Where reads may
    /// wait for the answer, the stream goes on by what is known here when the store gives none.
    pub(super) async fn open(
        &self,
        store: &Store,
        wanted: Arc<Source>,
        lane: Lane,
    ) -> Result<Arc<Stream>> {
        let wanted = Key(wanted);
        let known = self.lock().get(&wanted).cloned();
        let lane = if known.is_some() { Lane::Known } else { lane };
        let is_unplaced =
            |known: &Arc<Stream>| known.source.origin().is_none() && known.goes_on_as(&wanted.0);
        let unplaced = known.filter(is_unplaced);
        let source = unplaced.map_or(wanted.0, |known| Arc::clone(&known.source));
        let ask = || self.ask(store, &source, lane);
        let opened = match &self.answers {
            Answers::Awaited(insistence) => insistence.on(ask).await.map(|taken| taken.value),
            Answers::Dispensable(patience) => match timeout(*patience, ask()).await {
                Ok(answered) => answered,
                Err(_elapsed) => Err(sqlx::Error::PoolTimedOut),
            },
        };
        match opened {
            Ok(opened) => {
                tell_of_move(&self.published, &opened);
                let stream = self.know(source, opened.last_sequence);
                stream.date_by(opened.dating);
                Ok(stream)
            }
            Err(error) if self.answers.are_awaited() || is_about_data(&error) => Err(error),
            Err(error) => {
                warn!(%error, location = source.location, "the database does not tell where a stream belongs; its reads wait");
                let stream = self.know(source, 0);
                stream.source.go_unplaced();
                Ok(stream)
            }
        }
    }

    /// Whether a stream of what says the same is known.
    pub(super) fn knows(&self, source: &Arc<Source>) -> bool {
        self.lock().contains_key(&Key(Arc::clone(source)))
    }

    /// Asks the store when it is one's turn.
    async fn ask(&self, store: &Store, source: &Source, lane: Lane) -> Result<Opened> {
        let turns = match lane {
            Lane::Known => &self.turns_of_known,
            Lane::Open => &self.turns_of_others,
        };
        let turn = turns.acquire().await;
        let _turn = turn.map_err(|_closed| sqlx::Error::PoolClosed)?;
        store.open_source(source).await
    }

    /// The one that is known of what says the same, or this one from now on.
    pub(super) fn known(&self, source: Source) -> Arc<Source> {
        if source.origin().is_some() {
            return Arc::new(source);
        }
        Arc::clone(&self.know(Arc::new(source), 0).source)
    }

    /// Remembers a source's stream, which has come at least to `last`. What was known of one that belongs elsewhere by now is
    /// forgotten.
    fn know(&self, source: Arc<Source>, last: i64) -> Arc<Stream> {
        let key = Key(Arc::clone(&source));
        let mut all = self.lock();
        if let Some(known) = all.get(&key).filter(|known| known.goes_on_as(&source)) {
            known.last.fetch_max(last, Relaxed);
            known.opened_at.fetch_max(source.opened_at.0, Relaxed);
            return Arc::clone(known);
        }
        if all.len() >= MOST {
            all.clear();
        }
        let stream = Arc::new(Stream::new(source, last));
        all.insert(key, Arc::clone(&stream));
        stream
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Arc<Stream>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answers {
    fn are_awaited(&self) -> bool {
        matches!(self, Self::Awaited(_))
    }
}

impl Key {
    fn names(&self) -> (PartnerId, &str, &str, &str) {
        let source = &self.0;
        (
            source.partner_id,
            &source.event_name,
            &source.connection,
            &source.location,
        )
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.names() == other.names()
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.names().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;
    use gantry_core::dating::Correction;
    use tokio::task::yield_now;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{
        alarms::{Alarms, Subject},
        collector::news,
        store::testing::{self, NOW, race},
    };

    fn streams(answers: Answers) -> Streams {
        Streams::new(news::publication(), answers)
    }

    fn source(partner: PartnerId, connection: &str, opened_at: Moment) -> Arc<Source> {
        let day = "2021-05-08".to_owned();
        let source = Source::new(partner, "21ROTM", connection, "FINISH", day, opened_at);
        Arc::new(source)
    }

    #[tokio::test]
    async fn hardware_that_is_known_does_not_wait_for_strangers() {
        let (store, _place) = testing::store().await;
        let partner = race(&store).await.partner_id;
        let source = |connection: &str| source(partner, connection, NOW);
        let streams = streams(Answers::Dispensable(Duration::from_mins(1)));
        let opened = streams.open(&store, source("FAMILIAR"), Lane::Open);
        opened.await.expect("opens");

        // Strangers have every turn.
        let turns = streams.turns_of_others.acquire_many(AT_ONCE as u32).await;
        let mut stranger = Box::pin(streams.open(&store, source("NEW"), Lane::Open));
        assert!(poll!(&mut stranger).is_pending());
        for (connection, lane) in [("FAMILIAR", Lane::Open), ("FED", Lane::Known)] {
            let opened = streams.open(&store, source(connection), lane);
            opened.await.expect("opens");
        }
        assert!(poll!(&mut stranger).is_pending());
        drop(turns);
        stranger.await.expect("opens in its turn");
    }

    #[tokio::test]
    async fn what_came_while_the_store_was_away_is_dated_again_by_its_correction() {
        let (store, place) = testing::store().await;
        let origin = race(&store).await;
        let correction = Correction {
            ahead_ms: 3_200,
            first_day: None,
        };
        let (partner, session) = (origin.partner_id, origin.timing_session_id);
        let set = store.set_correction(partner, session, "FINISH", correction, NOW);
        assert!(set.await.expect("sets"));
        let pending = async || store.pending_corrections().await.expect("lists");
        let at_first = pending().await.remove(0);
        store.redated(&at_first, NOW).await.expect("notes");

        let away = Store::open(&place.database).await.expect("opens beside it");
        away.close().await;
        let streams = streams(Answers::Dispensable(Duration::from_mins(1)));
        let open = async |store: &Store| {
            let stream = streams.open(store, source(partner, "255F", NOW), Lane::Open);
            stream.await.expect("goes on")
        };
        let blind = open(&away).await;
        assert_eq!(blind.source.origin(), None);
        assert_eq!(blind.dating(), Dating::default());

        let placed = open(&store).await;
        assert_eq!(placed.dating().correction, correction);
        assert_eq!(blind.source.origin(), Some(origin), "they are the same");
        assert_eq!(pending().await.len(), 1, "what waits was dated without it");
        let again = pending().await.remove(0);
        store.redated(&again, NOW).await.expect("notes");
        open(&store).await;
        assert_eq!(pending().await, []);
    }

    #[tokio::test]
    async fn while_the_store_is_away_only_a_race_that_goes_on_is_known_by_its_names() {
        let (store, _place) = testing::store().await;
        let origin = race(&store).await;
        let streams = streams(Answers::Dispensable(Duration::from_mins(1)));
        let open = async |hours: i64| {
            let at = NOW + hours * 3_600_000;
            let source = source(origin.partner_id, "255F", at);
            let stream = streams.open(&store, source, Lane::Open).await;
            stream.expect("opens").source.origin()
        };
        assert_eq!(open(0).await, Some(origin));
        store.close().await;
        assert_eq!(open(5).await, Some(origin), "after a pause");
        assert_eq!(open(10).await, Some(origin), "after another one");
        assert_eq!(open(168).await, None, "the store is asked when it is back");
    }

    #[tokio::test]
    async fn a_disk_that_does_not_tell_where_a_stream_belongs_is_an_alarm() {
        let (store, _place) = testing::store().await;
        let partner = race(&store).await.partner_id;
        store.close().await;
        let alarms = Arc::<Alarms>::default();
        let shutdown = CancellationToken::new();
        let insistence = Insistence::new(
            &alarms,
            Subject::Disk,
            "hardware waits".to_owned(),
            &shutdown,
        );
        let streams = streams(Answers::Awaited(insistence));
        let opening = streams.open(&store, source(partner, "255F", NOW), Lane::Open);
        let is_told = async {
            while alarms.list().is_empty() {
                yield_now().await;
            }
        };
        tokio::select! {
            opened = opening => panic!("hardware is kept waiting, not {opened:?}"),
            () = is_told => {}
        }
        assert_eq!(alarms.list(), [], "nobody waits any more");
    }
}
