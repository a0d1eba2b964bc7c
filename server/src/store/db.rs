//! The database: opening it, bringing it up to date, and the one place that knows its kinds.

use std::{path::Path, sync::Arc, time::Duration};

use sqlx::{
    ConnectOptions, PgPool, SqlitePool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::Mutex;

use super::{Database, Result, fence::Server, sql::Across};

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("../migrations/postgres");

/// Readers do not wait for the one writer; more connections than this only wait for the CPU.
pub(super) const CONNECTIONS: u32 = 8;

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

/// A pool of connections to one of the databases that are spoken.
#[derive(Clone, Debug)]
pub(super) enum Db {
    /// A file beside the server; the default.
    Sqlite(SqlitePool),
    /// A server of its own.
    Postgres(PgPool),
}

/// Runs the same body on one connection of whichever pool there is, fenced for a partner or for the [`Server`]:
/// `on!(self.db, partner, conn => …)`.
macro_rules! on {
    ($db:expr, $scope:expr, $conn:ident => $body:expr) => {
        match &$db {
            $crate::store::db::Db::Sqlite(pool) => {
                // The type of the query's text is the fence here; see `sql`.
                let _: $crate::store::fence::Scope = $scope.into();
                let mut held = pool.acquire().await?;
                let $conn = &mut *held;
                $body
            }
            $crate::store::db::Db::Postgres(pool) => {
                let mut held = $crate::store::fence::fenced(pool, $scope.into()).await?;
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
        on!(*self, Server, conn => LAST_POSITION.query_scalar().fetch_one(conn).await)
    }
}

/// The store: a database that is up to date, and the counter of positions.
///
/// Cheap to clone; clones are the same store.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) db: Db,
    /// The last position given out. It is held locked until what took the position is committed, so positions become
    /// visible in order and whoever reads on from a position misses nothing.
    pub(super) position: Arc<Mutex<i64>>,
}

impl Store {
    /// Opens the database, makes a file that is missing, and applies the migrations that it lacks.
    pub async fn open(database: &Database) -> anyhow::Result<Self> {
        let db = match database {
            Database::Sqlite(file) => Db::Sqlite(open_sqlite(file).await?),
            Database::Postgres(options) => Db::Postgres(open_postgres(options).await?),
        };
        let last = db.last_position().await?;
        Ok(Self {
            db,
            position: Arc::new(Mutex::new(last)),
        })
    }

    /// Brings what was committed from the write-ahead log into the database itself, so that commits need not. PostgreSQL does
    /// this by itself.
    pub async fn checkpoint(&self) -> Result<()> {
        match &self.db {
            Db::Sqlite(pool) => sqlx::query("pragma wal_checkpoint(passive)")
                .execute(pool)
                .await
                .map(drop),
            Db::Postgres(_) => Ok(()),
        }
    }

    /// Does what stores under at most `count` positions after the last one, which it is given.
    ///
    /// A commit that fails may have taken effect. Then the next attempt begins after whatever is stored.
    pub(super) async fn after_last<T>(
        &self,
        count: usize,
        work: impl AsyncFnOnce(i64) -> Result<T>,
    ) -> Result<T> {
        let mut position = self.position.lock().await;
        let done = work(*position).await;
        if done.is_ok() {
            *position += count as i64;
        } else if let Ok(last) = self.db.last_position().await {
            *position = last.max(*position);
        }
        done
    }

    /// The position through which everything is stored and committed.
    pub async fn last_position(&self) -> i64 {
        *self.position.lock().await
    }

    /// Waits until nobody uses the database and closes it.
    pub async fn close(&self) {
        match &self.db {
            Db::Sqlite(pool) => pool.close().await,
            Db::Postgres(pool) => pool.close().await,
        }
    }
}

async fn open_sqlite(file: &Path) -> anyhow::Result<SqlitePool> {
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
    let pool = SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(LONGEST_WAIT)
        // A file does not hang up; asking it first would cost each commit a round to the worker thread.
        .test_before_acquire(false)
        .connect_with(options)
        .await?;
    SQLITE_MIGRATIONS.run(&pool).await?;
    Ok(pool)
}

async fn open_postgres(options: &PgConnectOptions) -> anyhow::Result<PgPool> {
    let options = options
        .clone()
        .application_name("gantry-server")
        .statement_cache_capacity(PREPARED);
    // Migrations run as the owner of the tables and take as long as they take.
    POSTGRES_MIGRATIONS
        .run(&mut options.connect().await?)
        .await?;
    Ok(PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(LONGEST_WAIT)
        // Every connection is fenced before it is used, which shows whether it is still there.
        .test_before_acquire(false)
        .connect_with(options.options(POSTGRES_SETTINGS))
        .await?)
}
