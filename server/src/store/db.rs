//! The database: opening it, bringing it up to date, and the one place that knows its kinds.

use std::{path::Path, sync::Arc, time::Duration};

use sqlx::{
    SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::Mutex;

use super::Result;

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");

/// Readers do not wait for the one writer in WAL mode; more connections than this only wait for the CPU.
const CONNECTIONS: u32 = 8;

/// Pages of write-ahead log (64 MiB) at which a commit brings them into the database itself. [`Store::checkpoint`] comes
/// long before: a commit that has to do it takes tens of milliseconds longer.
const WAL_PAGES: &str = "16384";

const LAST_POSITION: &str = "select coalesce(max(position), 0) from (
    select max(position) as position from timing_reads
    union all
    select max(position) from session_events) positions";

/// A pool of connections to one of the databases that are spoken.
#[derive(Clone, Debug)]
pub enum Db {
    /// A file beside the server; the default.
    Sqlite(SqlitePool),
}

/// Runs the same body on whichever pool there is: `on!(self.db, pool => …)`.
macro_rules! on {
    ($db:expr, $pool:ident => $body:expr) => {
        match &$db {
            $crate::store::Db::Sqlite($pool) => $body,
        }
    };
}
pub(crate) use on;

impl Db {
    /// The highest position that is stored; 0 when nothing is.
    pub(super) async fn last_position(&self) -> Result<i64> {
        on!(self, pool => sqlx::query_scalar(LAST_POSITION).fetch_one(pool).await)
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
    /// Opens the SQLite database in `file`, makes it when missing and applies the migrations it lacks.
    pub async fn open(file: &Path) -> anyhow::Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A read that was acknowledged to nobody can only be asked for again while the hardware is there: the
            // commit must reach the disk.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .pragma("wal_autocheckpoint", WAL_PAGES)
            .statement_cache_capacity(256);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            // A file does not hang up; asking it first would cost each commit a round to the worker thread.
            .test_before_acquire(false)
            .connect_with(options)
            .await?;
        SQLITE_MIGRATIONS.run(&pool).await?;
        let db = Db::Sqlite(pool);
        let last = db.last_position().await?;
        Ok(Self {
            db,
            position: Arc::new(Mutex::new(last)),
        })
    }

    /// Brings what was committed from the write-ahead log into the database itself, so that commits need not.
    pub async fn checkpoint(&self) -> Result<()> {
        match &self.db {
            Db::Sqlite(pool) => sqlx::query("pragma wal_checkpoint(passive)")
                .execute(pool)
                .await
                .map(drop),
        }
    }

    /// The position through which everything is stored and committed.
    pub async fn last_position(&self) -> i64 {
        *self.position.lock().await
    }

    /// Waits until nobody uses the database and closes it.
    pub async fn close(&self) {
        on!(self.db, pool => pool.close().await);
    }
}
