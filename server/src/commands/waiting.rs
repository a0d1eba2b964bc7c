//! Starting while the database is away, as it is when a venue's machines are switched on together in any order.
//!
//! Whose reads are is known by the database, and remembered by the spool of a server that has served it before. Such a server starts
//! as into an outage: reads are taken in and wait in the spool while the database is tried again and again. One that remembers
//! nothing can take nothing in. Its timing port stays closed, which hardware understands, and the status port says what is waited
//! for.

use std::{future::ready, io, sync::Arc, time::Duration};

use anyhow::Context;
use futures_util::{FutureExt, future::LocalBoxFuture};
use tokio::{
    net::TcpListener,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{Claim, claim, claim_store, newer};
use crate::{
    alarms::{Alarms, Subject},
    collector::{
        partner::{NoPartner, Unmatched, unmatched},
        storing::away,
    },
    config::Config,
    status,
    store::{Database, Ownership, Spool, Standing, Store, is_away, plain_words},
};

/// How long a database is waited for before the server starts without it.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long to wait before trying again.
const RETRY: Duration = Duration::from_secs(2);

/// How long a database may take to answer at all. A machine that is not there never says so.
const SILENCE: Duration = Duration::from_secs(10);

/// How often the log says that the server still waits.
const REMINDER: Duration = Duration::from_secs(30);

/// What a server starts with.
pub(super) struct Opening {
    /// The store, which may be away.
    pub(super) store: Store,
    /// With what the server waits for, if it does.
    pub(super) alarms: Arc<Alarms>,
    /// Whose hardware was whose, where the store does not tell.
    pub(super) remembered: Option<Ownership>,
    /// The claim of the database for the one server that may write reads to it, once it is made and the store is there.
    pub(super) claim: LocalBoxFuture<'static, anyhow::Result<Claim>>,
}

/// Opens the store, or goes on without it where reads can be taken in meanwhile. `None` when the server is to stop before that.
pub(super) async fn open(
    config: &Config,
    shutdown: &CancellationToken,
) -> anyhow::Result<Option<Opening>> {
    let database = config.database();
    let Database::Postgres(options) = &database else {
        let (store, claim) = claim_store(config).await?;
        check_timing_partner(config, &store).await?;
        return Ok(Some(Opening::of(store, claim)));
    };
    let store = Store::later(options);
    let remembered = Spool::recall(&config.spool(), &database).await;
    let waiting = Waiting {
        config: config.clone(),
        store: store.clone(),
        alarms: Arc::default(),
        words: if remembered.is_some() {
            away(&database)
        } else {
            nothing_is_known(&database)
        },
        is_away: CancellationToken::new(),
    };
    let (alarms, is_away) = (Arc::clone(&waiting.alarms), waiting.is_away.clone());
    let mut claim = waiting.claimed().boxed_local();
    tokio::select! {
        claimed = &mut claim => return Ok(Some(Opening::of(store, claimed?))),
        () = is_away.cancelled() => {}
        () = shutdown.cancelled() => return Ok(None),
    }
    if remembered.is_some() {
        return Ok(Some(Opening {
            store,
            alarms,
            remembered,
            claim,
        }));
    }
    let telling = tell(config, &alarms, claim);
    match shutdown.run_until_cancelled(telling).await {
        Some(claimed) => Ok(Some(Opening::of(store, claimed?))),
        None => Ok(None),
    }
}

impl Opening {
    /// With a store that is there.
    fn of(store: Store, claim: Claim) -> Self {
        Self {
            store,
            alarms: Arc::default(),
            remembered: None,
            claim: ready(Ok(claim)).boxed_local(),
        }
    }
}

/// Comes to what `claim` does, and tells on the status port meanwhile what is waited for.
async fn tell(
    config: &Config,
    alarms: &Arc<Alarms>,
    claim: impl Future<Output = anyhow::Result<Claim>>,
) -> anyhow::Result<Claim> {
    let listener = TcpListener::bind(config.status)
        .await
        .with_context(|| format!("cannot bind the status port {}", config.status))?;
    let answered = CancellationToken::new();
    let telling = tokio::spawn(status::tell_of_waiting(
        config.clone(),
        Arc::clone(alarms),
        listener,
        answered.clone(),
    ));
    let claimed = claim.await;
    // The port is the server's own again when this has ended.
    answered.cancel();
    telling.await.context("the status port failed")?;
    claimed
}

fn nothing_is_known(database: &Database) -> String {
    format!(
        "the database {database} does not answer; the server has not served it before and cannot know whose reads are, so until \
        then it takes in no timing hardware, which keeps its reads, and serves no screens"
    )
}

/// Waits for a database.
struct Waiting {
    config: Config,
    store: Store,
    alarms: Arc<Alarms>,
    /// What it means that it is away, before the reason.
    words: String,
    /// Cancelled when it is waited for.
    is_away: CancellationToken,
}

impl Waiting {
    /// Claims the database and lets the store ask it, as soon as it answers. It is an error when waiting does not help.
    async fn claimed(self) -> anyhow::Result<Claim> {
        let mut told = Instant::now();
        loop {
            let attempt = self.attempt();
            tokio::pin!(attempt);
            let attempted = match timeout(PATIENCE, &mut attempt).await {
                Ok(attempted) => attempted,
                Err(_elapsed) => {
                    self.tell(&mut told, "it says nothing yet");
                    attempt.await
                }
            };
            match attempted {
                Ok(claim) => {
                    if self.is_away.is_cancelled() {
                        self.alarms.clear(Subject::Database);
                        info!("the database answers");
                    }
                    return Ok(claim);
                }
                Err(error) => self.tell(&mut told, &absence(&error).ok_or(error)?),
            }
            sleep(RETRY).await;
        }
    }

    async fn attempt(&self) -> anyhow::Result<Claim> {
        let database = self.config.database();
        if answer(Standing::of(&database)).await? == Standing::Newer {
            anyhow::bail!(newer(&self.config));
        }
        // First the claim, then the store: what it counts on from must not grow in between.
        let claim = answer(claim(&database)).await?;
        let cannot = || format!("cannot open the database {database}");
        self.store.arrive().await.with_context(cannot)?;
        check_timing_partner(&self.config, &self.store).await?;
        Ok(claim)
    }

    /// Says why the database is away, in the log now and then.
    fn tell(&self, told: &mut Instant, reason: &str) {
        let reason = format!("the server was started without it and waits for it: {reason}");
        self.store.stay_away(&reason);
        let words = format!("{}: {reason}", self.words);
        if told.elapsed() >= REMINDER {
            *told = Instant::now();
            error!("{words}");
        }
        self.alarms.raise(Subject::Database, words);
        self.is_away.cancel();
    }
}

/// What a database answers, which it has to do in time.
async fn answer<T>(asked: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let silent = || sqlx::Error::Io(io::Error::other("it says nothing"));
    timeout(SILENCE, asked)
        .await
        .unwrap_or_else(|_elapsed| Err(silent().into()))
}

/// Why a database does not answer, where waiting for it can help.
fn absence(error: &anyhow::Error) -> Option<String> {
    let mut causes = error
        .chain()
        .filter_map(<dyn std::error::Error>::downcast_ref);
    causes
        .find(|cause: &&sqlx::Error| is_away(cause))
        .map(plain_words)
}

/// Reads must belong to somebody. A partner can still be added while the server runs, so only a wrong name is an error.
async fn check_timing_partner(config: &Config, store: &Store) -> anyhow::Result<()> {
    match unmatched(store, config.timing_partner.as_deref()).await {
        Ok(Unmatched::Partners(_)) => {}
        Ok(Unmatched::Quarantine) => info!(
            "there are several timing partners: hardware that no feed is about goes into quarantine; see `gantry-server quarantine list`"
        ),
        Err(reason @ NoPartner::None) => warn!("reads are refused: {reason}"),
        Err(reason) => return Err(reason.into()),
    }
    Ok(())
}
