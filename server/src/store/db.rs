//! The database: opening it, bringing it up to date, and the one place that knows its kinds.

use std::{path::Path, sync::Arc, time::Duration};

use sqlx::{
    ConnectOptions, Connection, PgPool, SqliteConnection, SqlitePool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::Mutex;

use super::{Database, Result, fence::Server, gate::Gate, sql::Across};

pub(super) static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");
pub(super) static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("../migrations/postgres");

/// Connections of a pool; more than this only wait for the CPU.
pub(super) const CONNECTIONS: u32 = 8;

/// Connections to PostgreSQL that only store under positions. One does at a time. When the database's machine vanishes, one after
/// the other is given up that the system goes on waiting for, for a quarter of an hour each; there must always be another.
const STORING: u32 = 32;

/// Statements that a connection keeps prepared: all that there are, with room.
const PREPARED: usize = 256;

/// How long a query may wait for a free connection.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Pages of write-ahead log (64 MiB) at which a commit brings them into the database itself. [`Store::checkpoint`] comes
/// long before: a commit that has to do it takes tens of milliseconds longer.
const WAL_PAGES: &str = "16384";

/// What PostgreSQL is told of every connection: a query that hangs is ended before its caller's patience is, and a commit is
/// on disk when it returns, whatever the server's own configuration says.
const POSTGRES_SETTINGS: [(&str, &str); 4] = [
    ("statement_timeout", "30s"),
    ("lock_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "60s"),
    ("synchronous_commit", "on"),
];

const LAST_POSITION: Across = Across::new(
    "select coalesce(max(position), 0) from (
    select max(position) as position from timing_reads
    union all
    select max(position) from session_events) positions",
    "positions are counted over all partners",
);

/// Connections to one of the databases that are spoken.
#[derive(Clone, Debug)]
pub(super) enum Db {
    /// A file beside the server; the default.
    Sqlite(SqlitePools),
    /// A server of its own.
    Postgres(PostgresPools),
}

/// Connections to PostgreSQL. What the hardware sends never waits for one that answers somebody's questions.
#[derive(Clone, Debug)]
pub(super) struct PostgresPools {
    /// Connections for whatever is asked and changed.
    pub(super) asking: PgPool,
    /// Connections for what is stored under positions.
    pub(super) storing: PgPool,
    /// Before all of them.
    pub(super) gate: Gate,
    /// To connect as the owner of the tables.
    owner: Arc<PgConnectOptions>,
}

/// SQLite lets one connection write at a time and has the others try again and again, so that one can starve while another
/// writes often. Who waits for the only connection that writes is served in turn. Readers wait for nobody.
#[derive(Clone, Debug)]
pub(super) struct SqlitePools {
    /// Connections that cannot write.
    pub(super) readers: SqlitePool,
    /// The only connection that can.
    pub(super) writer: SqlitePool,
}

/// Runs the same body on one connection of whichever database there is, fenced for a partner or for the [`Server`]. It must
/// only read: `reading!(self.db, partner, conn => …)`.
macro_rules! reading {
    ($db:expr, $scope:expr, $conn:ident => $body:expr) => {
        $crate::store::db::on!($db, readers, asking, $scope, $conn => $body)
    };
}
pub(crate) use reading;

/// Like [`reading!`], for what also writes. While it runs nothing else writes to SQLite, so it must not wait for another one.
macro_rules! writing {
    ($db:expr, $scope:expr, $conn:ident => $body:expr) => {
        $crate::store::db::on!($db, writer, asking, $scope, $conn => $body)
    };
}
pub(crate) use writing;

/// Like [`writing!`], for whoever holds the counter of positions: everybody who stores waits for them, so they wait for nobody's
/// questions.
macro_rules! storing {
    ($db:expr, $scope:expr, $conn:ident => $body:expr) => {
        $crate::store::db::on!($db, writer, storing, $scope, $conn => $body)
    };
}
pub(crate) use storing;

macro_rules! on {
    ($db:expr, $sqlite:ident, $postgres:ident, $scope:expr, $conn:ident => $body:expr) => {
        match &$db {
            $crate::store::db::Db::Sqlite(pools) => {
                // The type of the query's text is the fence here; see `sql`.
                let _: $crate::store::fence::Scope = $scope.into();
                let mut held = pools.$sqlite.acquire().await?;
                let $conn = &mut *held;
                $body
            }
            $crate::store::db::Db::Postgres(pools) => {
                pools.gate.pass()?;
                let mut held =
                    $crate::store::fence::fenced(&pools.$postgres, $scope.into()).await?;
                let $conn = &mut *held;
                $body
            }
        }
    };
}
pub(crate) use on;

impl Db {
    /// The highest position that is stored; 0 when nothing is.
    pub(super) async fn last_position(&self) -> Result<i64> {
        storing!(*self, Server, conn => LAST_POSITION.query_scalar().fetch_one(conn).await)
    }
}

/// The store: a database that is up to date, and the counter of positions.
///
/// Cheap to clone; clones are the same store.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) db: Db,
    /// It is held locked until what took a position is committed, so positions become visible in order and whoever reads on
    /// from a position misses nothing.
    positions: Arc<Mutex<Positions>>,
}

/// The counter of positions.
#[derive(Debug)]
struct Positions {
    /// The last one given out. It never goes back.
    last: i64,
    /// Whether more may be stored than is known of, because a commit failed or nobody waited for it.
    in_doubt: bool,
}

impl Store {
    /// Opens the database, makes a file that is missing, and applies the migrations that it lacks.
    pub async fn open(database: &Database) -> anyhow::Result<Self> {
        let store = match database {
            Database::Sqlite(file) => Self::over(Db::Sqlite(open_sqlite(file).await?)),
            Database::Postgres(options) => Self::later(options),
        };
        store.arrive().await?;
        store.last_position().await?;
        Ok(store)
    }

    /// A store over PostgreSQL that begins as if its database were away, whether it is or not: nobody asks it anything before
    /// [`arrive`](Self::arrive).
    pub fn later(options: &PgConnectOptions) -> Self {
        Self::over(Db::Postgres(postgres(options)))
    }

    fn over(db: Db) -> Self {
        // Nobody has looked yet.
        let positions = Positions {
            last: 0,
            in_doubt: true,
        };
        Self {
            db,
            positions: Arc::new(Mutex::new(positions)),
        }
    }

    /// Applies the migrations that a database lacks that is reached only [`later`](Self::later), and lets everybody ask it.
    pub async fn arrive(&self) -> anyhow::Result<()> {
        if let Db::Postgres(pools) = &self.db {
            // Migrations run as the owner of the tables and take as long as they take.
            let mut owner = pools.owner.connect().await?;
            POSTGRES_MIGRATIONS.run(&mut owner).await?;
            pools.gate.open();
        }
        Ok(())
    }

    /// Says why the database has not been reached yet, to whoever asks it something.
    pub fn stay_away(&self, reason: &str) {
        if let Db::Postgres(pools) = &self.db {
            pools.gate.stay_shut(reason);
        }
    }

    /// Whether everything is on the server's own disk, and not with a database server that may be out of reach.
    pub fn is_beside(&self) -> bool {
        matches!(self.db, Db::Sqlite(_))
    }

    /// Brings what was committed from the write-ahead log into the database itself, so that commits need not, and answers how
    /// many of the log's pages are there by now. PostgreSQL does this by itself.
    pub async fn checkpoint(&self) -> Result<u64> {
        match &self.db {
            Db::Sqlite(pools) => {
                let (_busy, _log, done): (i64, i64, i64) =
                    sqlx::query_as("pragma wal_checkpoint(passive)")
                        .fetch_one(&pools.readers)
                        .await?;
                Ok(u64::try_from(done).unwrap_or_default())
            }
            Db::Postgres(_) => Ok(0),
        }
    }

    /// Does what stores under at most `count` positions after the last one, which it is given.
    ///
    /// A commit that fails, or that nobody waits for any more, may have taken effect. Then what comes next begins after whatever
    /// is stored.
    pub(super) async fn after_last<T>(
        &self,
        count: usize,
        work: impl AsyncFnOnce(i64) -> Result<T>,
    ) -> Result<T> {
        let mut positions = self.positions.lock().await;
        self.settle(&mut positions).await?;
        positions.in_doubt = true;
        let done = work(positions.last).await?;
        positions.last += count as i64;
        positions.in_doubt = false;
        Ok(done)
    }

    /// Finds out what is stored, where that is in doubt.
    async fn settle(&self, positions: &mut Positions) -> Result<()> {
        if positions.in_doubt {
            positions.last = positions.last.max(self.db.last_position().await?);
            positions.in_doubt = false;
        }
        Ok(())
    }

    /// The position through which everything is stored and committed.
    pub async fn last_position(&self) -> Result<i64> {
        let mut positions = self.positions.lock().await;
        self.settle(&mut positions).await?;
        Ok(positions.last)
    }

    /// Waits until nobody uses the database and closes it.
    pub async fn close(&self) {
        match &self.db {
            Db::Sqlite(pools) => {
                pools.readers.close().await;
                pools.writer.close().await;
            }
            Db::Postgres(pools) => {
                pools.asking.close().await;
                pools.storing.close().await;
            }
        }
    }
}

async fn open_sqlite(file: &Path) -> anyhow::Result<SqlitePools> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A read that was acknowledged to nobody can only be asked for again while the hardware is there: the commit must
        // reach the disk.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("wal_autocheckpoint", WAL_PAGES)
        .statement_cache_capacity(PREPARED);
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(LONGEST_WAIT)
            // A file does not hang up; asking it first would cost each commit a round to the worker thread.
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(async { Ok(is_sound(connection)) }))
    };
    // A table that others refer to can be made anew only while nobody looks at references.
    let mut migrating = options.clone().foreign_keys(false).connect().await?;
    SQLITE_MIGRATIONS.run(&mut migrating).await?;
    migrating.close().await?;
    let writer = pool(1).connect_with(options.clone()).await?;
    let readers = pool(CONNECTIONS)
        .connect_with(options.pragma("query_only", "on"))
        .await?;
    Ok(SqlitePools { readers, writer })
}

/// Whether a connection to a file can be used again: not when it takes itself to be in a transaction that nobody has open.
///
/// A commit that the disk refuses can leave it so. What it commits from then on would be part of that transaction, which never ends:
/// told as committed, and gone with the process. Such a connection is closed, and another one opened.
pub(super) fn is_sound(connection: &SqliteConnection) -> bool {
    !connection.is_in_transaction()
}

fn postgres(options: &PgConnectOptions) -> PostgresPools {
    let owner = options
        .clone()
        .application_name("gantry-server")
        .statement_cache_capacity(PREPARED);
    let options = owner.clone().options(POSTGRES_SETTINGS);
    let pool = |connections| {
        PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(LONGEST_WAIT)
            // Every connection is fenced before it is used, which shows whether it is still there.
            .test_before_acquire(false)
            .connect_lazy_with(options.clone())
    };
    PostgresPools {
        asking: pool(CONNECTIONS),
        storing: pool(STORING),
        gate: Gate::shut("it was not reached yet"),
        owner: Arc::new(owner),
    }
}

#[cfg(test)]
mod tests {
    use std::any::Any;

    use super::*;
    use crate::store::{
        Role, is_away,
        testing::{NOW, race, read, somebody, store, workspace},
    };

    #[tokio::test]
    async fn a_database_that_is_reached_later_is_asked_nothing_before() {
        let (store, place) = store().await;
        let origin = race(&store).await;
        let Database::Postgres(options) = &place.database else {
            return;
        };
        let later = Store::later(options);
        let read = [read(origin, 1, "7")];
        later.stay_away("nobody is there");
        let refused = later.append(&read, &[]).await.expect_err("is away");
        assert!(is_away(&refused), "{refused}");
        assert!(refused.to_string().ends_with("nobody is there"));
        // What is stored meanwhile is counted on from.
        let before = store.append(&read, &[]).await.expect("stores");
        later.arrive().await.expect("is there");
        let last = later.last_position().await.expect("is asked");
        assert_eq!(last, before[0].position);
    }

    #[tokio::test]
    async fn storing_waits_for_nobody_who_asks() {
        let (store, _place) = store().await;
        let origin = race(&store).await;
        let ann = somebody(&store, origin.partner_id, "ann@example.org", Role::Owner).await;
        let session = workspace(&store, ann, &[]).await;
        let mut asking = Vec::new();
        for _ in 0..CONNECTIONS {
            let connection: Box<dyn Any> = match &store.db {
                Db::Sqlite(pools) => Box::new(pools.readers.acquire().await.expect("is free")),
                Db::Postgres(pools) => Box::new(pools.asking.acquire().await.expect("is free")),
            };
            asking.push(connection);
        }
        let storing = async {
            let stored = store.append(&[read(origin, 1, "7")], &[]).await;
            assert_eq!(stored.expect("stores").len(), 1);
            let replaced = store.replace_roster(ann, session.id, None, "{}", 1, NOW);
            replaced.await.expect("stores").expect("is allowed");
        };
        let stored = tokio::time::timeout(LONGEST_WAIT / 2, storing).await;
        assert!(stored.is_ok(), "it waited for those who ask");
        drop(asking);
    }
}
