//! One server per database.
//!
//! A server gives positions out by counting, so two that write to one database would take each other's.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use tokio::time::{Duration, Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use crate::store::Database;

/// A database that nobody else serves for as long as this lives. The system, or PostgreSQL, lets go of it when the process
/// ends, however that comes about.
#[derive(Debug)]
pub(super) enum Claim {
    /// By a file beside SQLite's.
    File(File),
    /// By a lock that PostgreSQL keeps for a connection.
    Connection(Box<Held>),
}

/// The connection that holds PostgreSQL's lock, and how to come by another.
#[derive(Debug)]
pub(super) struct Held {
    connection: PgConnection,
    options: PgConnectOptions,
}

/// How often is looked whether the connection is still there.
const PULSE: Duration = Duration::from_secs(2);

/// A connection that does not answer for as long is not there.
const SILENT: Duration = Duration::from_secs(5);

/// After how much silence PostgreSQL asks whether the claim's connection is there, how often then, and how often in vain. A machine
/// whose power fails takes no leave, and the system would hold its claim for two hours.
const LEAVE: [(&str, &str); 3] = [
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
];

/// For as long a lock that is held may still be our own, of a connection that PostgreSQL does not know to be cut.
const OWN_GHOST: Duration = Duration::from_secs(30);

/// Works while the database is being claimed, and for as long as the claim holds after that. When it cannot be claimed, work is told
/// to stop by `shutdown`, and what it comes to is an error.
pub(super) async fn under(
    claim: impl Future<Output = anyhow::Result<Claim>>,
    shutdown: CancellationToken,
    work: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    tokio::pin!(work);
    let claimed = tokio::select! {
        done = &mut work => return done,
        claimed = claim => claimed,
    };
    match claimed {
        Ok(claim) => claim.during(shutdown, work).await,
        Err(error) => {
            error!("{error:#}: stopping");
            shutdown.cancel();
            work.await?;
            Err(error)
        }
    }
}

impl Claim {
    /// Works for as long as the claim holds. When another server took the database, work is told to stop by `shutdown`, and what it
    /// comes to is an error.
    pub(super) async fn during(
        self,
        shutdown: CancellationToken,
        work: impl Future<Output = anyhow::Result<()>>,
    ) -> anyhow::Result<()> {
        let mut held = match self {
            Self::File(_lock) => return work.await,
            Self::Connection(held) => held,
        };
        tokio::pin!(work);
        tokio::select! {
            done = &mut work => return done,
            () = held.keep(OWN_GHOST) => {}
        }
        error!("another gantry-server took the database: stopping");
        shutdown.cancel();
        work.await?;
        bail!("another gantry-server took the database while it was away")
    }
}

impl Held {
    /// Claims the database again whenever the connection is gone. Ends when somebody else holds it for longer than `own_ghost`.
    async fn keep(&mut self, own_ghost: Duration) {
        loop {
            sleep(PULSE).await;
            if let Ok(Ok(())) = timeout(SILENT, self.connection.ping()).await {
                continue;
            }
            warn!("the claim of the database is lost, claiming it again");
            let mut taken_since = None;
            self.connection = loop {
                match timeout(SILENT, lock(&self.options)).await {
                    Ok(Ok(Some(connection))) => break connection,
                    Ok(Ok(None)) => {
                        let since: &mut Instant = taken_since.get_or_insert_with(Instant::now);
                        if since.elapsed() >= own_ghost {
                            return;
                        }
                        warn!("another gantry-server seems to use the database");
                    }
                    Ok(Err(error)) => debug!("cannot claim the database yet: {error:#}"),
                    Err(_elapsed) => debug!("cannot claim the database yet"),
                }
                sleep(PULSE).await;
            };
            info!("the database is claimed again");
        }
    }
}

/// Among the advisory locks of a database, the one that says that a server uses it.
const SERVED: i64 = 0x67_61_6e_74_72_79;

/// Claims the database, the directory of whose file is there. Commands that only add people may still use it.
pub(super) async fn claim(database: &Database) -> anyhow::Result<Claim> {
    let (claim, name) = match database {
        Database::Sqlite(file) => (claim_file(file)?, database),
        Database::Postgres(options) => (claim_connection(options).await?, database),
    };
    claim.with_context(|| format!("another gantry-server uses {name}"))
}

fn claim_file(file: &Path) -> anyhow::Result<Option<Claim>> {
    let lock = lock_file(file);
    let named = || format!("cannot lock {}", lock.display());
    let held = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&lock)
        .with_context(named)?;
    match held.try_lock() {
        Ok(()) => Ok(Some(Claim::File(held))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).with_context(named),
    }
}

async fn claim_connection(options: &PgConnectOptions) -> anyhow::Result<Option<Claim>> {
    let options = options.clone().options(LEAVE);
    let connection = lock(&options).await?;
    Ok(connection.map(|connection| {
        Claim::Connection(Box::new(Held {
            connection,
            options,
        }))
    }))
}

/// A connection that holds the lock, unless another does.
async fn lock(options: &PgConnectOptions) -> anyhow::Result<Option<PgConnection>> {
    let mut connection = options
        .connect()
        .await
        .context("cannot connect to the database")?;
    let is_free: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)")
        .bind(SERVED)
        .fetch_one(&mut connection)
        .await
        .context("cannot lock the database")?;
    Ok(is_free.then_some(connection))
}

/// Beside the database, under its name: the database's own file is locked by SQLite in its own way.
fn lock_file(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing;

    #[tokio::test]
    async fn a_database_is_claimed_once_at_a_time() {
        let place = testing::place().await;
        let database = &place.database;
        let held = claim(database).await.expect("is free");
        let refused = claim(database).await.expect_err("is taken").to_string();
        assert_eq!(refused, format!("another gantry-server uses {database}"));
        drop(held);
        // PostgreSQL notices a moment after a connection went away.
        while let Err(refused) = claim(database).await {
            assert!(refused.to_string().starts_with("another"), "{refused:#}");
        }
    }

    #[tokio::test]
    async fn who_cannot_claim_the_database_stops_and_says_why() {
        let shutdown = CancellationToken::new();
        let work = async {
            shutdown.cancelled().await;
            Ok(())
        };
        let claim = async { bail!("another gantry-server uses it") };
        let ended = under(claim, shutdown.clone(), work).await;
        let reason = ended.expect_err("it is another's").to_string();
        assert_eq!(reason, "another gantry-server uses it");
    }

    /// Who holds the lock: the only one of its kind in a test's database.
    const HOLDER: &str = "select pid from pg_locks where granted and locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database())";

    const WAITING: &str =
        "select count(*) from pg_locks where not granted and locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database())";

    /// Only PostgreSQL loses a claim.
    async fn claimed() -> Option<(Box<Held>, PgConnection, testing::Place)> {
        let place = testing::place().await;
        let Database::Postgres(options) = &place.database else {
            return None;
        };
        let Ok(Claim::Connection(held)) = claim(&place.database).await else {
            panic!("it is free");
        };
        let other = options.connect().await.expect("connects");
        Some((held, other, place))
    }

    async fn holder(connection: &mut PgConnection) -> Option<i32> {
        let holder = sqlx::query_scalar(HOLDER).fetch_optional(connection);
        holder.await.expect("answers")
    }

    async fn cut(connection: &mut PgConnection, holder: i32) {
        let cut = sqlx::query("select pg_terminate_backend($1)").bind(holder);
        cut.execute(connection).await.expect("is cut");
    }

    #[tokio::test]
    async fn a_claim_that_was_cut_is_made_again() {
        let Some((mut held, mut other, _place)) = claimed().await else {
            return;
        };
        let first = holder(&mut other).await.expect("it is held");
        let keeping = tokio::spawn(async move { held.keep(OWN_GHOST).await });
        cut(&mut other, first).await;
        let again = async {
            loop {
                if let Some(next) = holder(&mut other).await
                    && next != first
                {
                    return;
                }
            }
        };
        let again = timeout(Duration::from_secs(20), again).await;
        again.expect("somebody else holds it: the server again");
        assert!(!keeping.is_finished());
        keeping.abort();
    }

    #[tokio::test]
    async fn who_lost_the_database_to_another_stops() {
        let Some((held, mut other, place)) = claimed().await else {
            return;
        };
        let Database::Postgres(options) = &place.database else {
            return;
        };
        let mut rival = options.connect().await.expect("connects");
        let waiting = tokio::spawn(async move {
            let lock = sqlx::query("select pg_advisory_lock($1)").bind(SERVED);
            lock.execute(&mut rival).await.expect("gets it");
            rival
        });
        let queued = async {
            loop {
                let queue: i64 = sqlx::query_scalar(WAITING)
                    .fetch_one(&mut other)
                    .await
                    .expect("counts");
                if queue > 0 {
                    return;
                }
            }
        };
        queued.await;
        let first = holder(&mut other).await.expect("it is held");
        cut(&mut other, first).await;
        let rival = waiting.await.expect("no panic");

        let mut held = held;
        let lost = timeout(Duration::from_secs(20), held.keep(Duration::ZERO)).await;
        lost.expect("it is another's");
        drop(rival);
    }

    #[tokio::test]
    async fn who_works_under_a_claim_ends_by_itself() {
        let place = testing::place().await;
        let held = claim(&place.database).await.expect("is free");
        let done = held
            .during(CancellationToken::new(), async { Ok(()) })
            .await;
        done.expect("is done");
    }
}
