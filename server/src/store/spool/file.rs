//! The file itself.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
    sync::Arc,
};

use anyhow::{Context, bail};
use futures_util::TryStreamExt as _;
use gantry_core::time::Moment;
use sqlx::{
    FromRow, SqlitePool,
    sqlite::{
        SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode,
        SqlitePoolOptions, SqliteSynchronous,
    },
};

use super::{memory, written::Written};
use crate::store::{Arrival, Database, NewLine, Result, Source, db::is_sound, sql::Common};

/// The mode of a file that is its owner's alone.
const OWNERS: u32 = 0o600;

/// What others may do with a file.
const OTHERS: u32 = 0o077;

/// How a group is written. A spool that holds groups written otherwise is refused, so that none of them is misread.
const VERSION: i64 = 1;

const MAKE: Common = Common::new(
    "create table if not exists spooled_groups (
    position integer not null primary key autoincrement,
    version integer not null, reads integer not null, spooled_at integer not null, body blob not null)",
);

const MAKE_OWNER: Common =
    Common::new("create table if not exists spool_owner (database text not null)");

const OWNER: Common = Common::new("select database from spool_owner");

const DISOWN: Common = Common::new("delete from spool_owner");

const OWN: Common = Common::new("insert into spool_owner (database) values ($1)");

const SHRINK: Common = Common::new("pragma incremental_vacuum");

const APPEND: Common = Common::new(
    "insert into spooled_groups (version, reads, spooled_at, body) values ($1, $2, $3, $4)",
);

const AFTER: Common = Common::new(
    "select position, version, body from spooled_groups where position > $1 order by position",
);

const REMOVE: Common = Common::new("delete from spooled_groups where position <= $1");

/// Positions are given out once, also when what had them is removed.
const NEWEST: Common = Common::new(
    "select coalesce(max(seq), 0) as position from sqlite_sequence where name = 'spooled_groups'",
);

const BACKLOG: Common = Common::new(
    "select coalesce(sum(reads), 0) as reads, min(spooled_at) as oldest from spooled_groups
    where position > $1",
);

/// The file. Cheap to clone; clones are the same.
#[derive(Clone, Debug)]
pub struct Spool {
    pub(super) pool: SqlitePool,
}

/// What is written down or stored together.
#[derive(Debug, Default)]
pub struct Group {
    /// Reads.
    pub reads: Vec<Arrival>,
    /// Lines that were no reads.
    pub lines: Vec<NewLine>,
}

/// What waits in a spool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Backlog {
    /// Reads.
    pub reads: i64,
    /// When the oldest of them was written down, in Unix milliseconds.
    pub oldest: Option<i64>,
}

#[derive(FromRow)]
struct Newest {
    position: i64,
}

#[derive(FromRow)]
struct Owner {
    database: String,
}

#[derive(FromRow)]
struct GroupRow {
    position: i64,
    version: i64,
    body: Vec<u8>,
}

impl Spool {
    /// Opens the spool of a server that keeps everything in `database`, and makes the file that is missing.
    ///
    /// It is an error when another server has it, and when what waits in it is meant for another database.
    pub async fn open(file: &Path, database: &Database) -> anyhow::Result<Self> {
        let named = || format!("cannot open the spool {}", file.display());
        make_private(file).with_context(named)?;
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            // Its lock is the connection's: giving that up would let another server in.
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(async { Ok(is_sound(connection)) }))
            .connect_with(options(file))
            .await
            .with_context(named)?;
        let spool = Self { pool };
        spool.own(&database.to_string()).await.with_context(named)?;
        Ok(spool)
    }

    /// What waits for one database must not be shipped to another, which would refuse it.
    async fn own(&self, database: &str) -> anyhow::Result<()> {
        for make in [MAKE, MAKE_OWNER, memory::MAKE] {
            make.query().execute(&self.pool).await?;
        }
        let owner: Option<Owner> = OWNER.query_as().fetch_optional(&self.pool).await?;
        let waiting = self.backlog(0).await?.reads;
        if let Some(owner) = owner
            .as_ref()
            .filter(|owner| owner.database != database && waiting > 0)
        {
            bail!(
                "{waiting} reads wait in it for the database {}, and this is {database}: \
                serve with that database once more, or move the file away",
                owner.database
            );
        }
        if owner.is_none_or(|owner| owner.database != database) {
            for forget in [DISOWN, memory::FORGET] {
                forget.query().execute(&self.pool).await?;
            }
            OWN.query().bind(database).execute(&self.pool).await?;
        }
        Ok(())
    }

    /// Writes a group down. When this returns `Ok`, it is on disk.
    pub async fn append(&self, group: &Group, at: Moment) -> Result<()> {
        let body = postcard::to_stdvec(&Written::of(group))
            .map_err(|error| sqlx::Error::Encode(error.into()))?;
        APPEND
            .query()
            .bind(VERSION)
            .bind(group.reads.len() as i64)
            .bind(at.0)
            .bind(body)
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// The first groups after a position, in order, each with its own position: so many that they have `enough` bytes, or all.
    /// Sources are passed through `known`, so that what is found out about one need not be found out for each group.
    pub async fn after(
        &self,
        position: i64,
        enough: usize,
        known: impl Fn(Source) -> Arc<Source>,
    ) -> Result<Vec<(i64, Group)>> {
        let rows = self.rows_after(position, enough).await?;
        rows.into_iter().map(|row| row.read(&known)).collect()
    }

    /// The rows as they are: the writer waits for the connection, so nothing is made of them here.
    async fn rows_after(&self, position: i64, enough: usize) -> Result<Vec<GroupRow>> {
        let (mut rows, mut bytes) = (Vec::new(), 0);
        let mut found = AFTER.query_as().bind(position).fetch(&self.pool);
        while bytes < enough
            && let Some(row) = found.try_next().await?
        {
            let row: GroupRow = row;
            bytes += row.body.len();
            rows.push(row);
        }
        Ok(rows)
    }

    /// Lets go of everything up to a position, which is in the database.
    pub async fn remove_through(&self, position: i64) -> Result<()> {
        REMOVE.query().bind(position).execute(&self.pool).await?;
        SHRINK.query().execute(&self.pool).await.map(drop)
    }

    /// The position of the newest group, shipped or not; 0 before the first.
    pub async fn last(&self) -> Result<i64> {
        let last: Newest = NEWEST.query_as().fetch_one(&self.pool).await?;
        Ok(last.position)
    }

    /// What waits after a position.
    pub async fn backlog(&self, position: i64) -> Result<Backlog> {
        BACKLOG
            .query_as()
            .bind(position)
            .fetch_one(&self.pool)
            .await
    }

    /// Closes the file, so that another server may open it.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// How the file is opened.
pub(super) fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .locking_mode(SqliteLockingMode::Exclusive)
        // Groups are large, and who reads them stops when there are enough.
        .row_buffer_size(1)
        .auto_vacuum(SqliteAutoVacuum::Incremental)
}

/// Makes sure that the file is there, with its directory, and that only the server's own user may read it: passwords of timing
/// hardware are in it. SQLite gives the files beside it the same mode.
fn make_private(file: &Path) -> io::Result<()> {
    if let Some(directory) = file.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(OWNERS | 0o100)
            .create(directory)?;
    }
    let create = File::options()
        .append(true)
        .create(true)
        .mode(OWNERS)
        .open(file);
    create?;
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    // An earlier version left them as the system makes files, and the log is there after a crash.
    for file in [file, Path::new(&log)] {
        let is_others = |found: fs::Metadata| found.permissions().mode() & OTHERS != 0;
        if fs::metadata(file).is_ok_and(is_others) {
            fs::set_permissions(file, Permissions::from_mode(OWNERS))?;
        }
    }
    Ok(())
}

impl GroupRow {
    fn read(self, known: &impl Fn(Source) -> Arc<Source>) -> Result<(i64, Group)> {
        if self.version != VERSION {
            let words = format!(
                "group {} of the spool is of version {}; expected {VERSION}",
                self.position, self.version
            );
            return Err(sqlx::Error::Decode(words.into()));
        }
        let written: Written =
            postcard::from_bytes(&self.body).map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok((self.position, written.group(self.position, known)?))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::store::testing::{self, NOW, arrival, race};

    fn here(name: &str) -> Database {
        Database::Sqlite(name.into())
    }

    #[tokio::test]
    async fn what_is_written_down_is_there_after_a_restart_and_until_it_is_removed() {
        let (store, place) = testing::store().await;
        let origin = race(&store).await;
        let file = place.directory().join("spool.db");
        let spool = Spool::open(&file, &here("a")).await.expect("opens");
        let unplaced = Source::new(
            origin.partner_id,
            "22ROTM",
            "9C",
            "START",
            String::new(),
            NOW,
        );
        let mut second = arrival(origin, 2, "8");
        second.source = Arc::new(unplaced);
        second.read.raw = vec![0, 0xe9, 0xff];
        let line = NewLine {
            timing_session_id: Some(origin.timing_session_id),
            ..testing::line(origin.partner_id, &[0xff])
        };
        let group = Group {
            reads: vec![arrival(origin, 1, "7"), second],
            lines: vec![line],
        };
        spool.append(&group, NOW).await.expect("writes");
        spool
            .append(&Group::default(), NOW + 1)
            .await
            .expect("writes");
        spool.close().await;

        let spool = Spool::open(&file, &here("a")).await.expect("opens again");
        let groups = spool.after(0, usize::MAX, Arc::new).await.expect("reads");
        let shipped_again = spool.after(0, usize::MAX, Arc::new).await.expect("reads");
        assert_eq!(shipped_again[0].1.lines[0].id, groups[0].1.lines[0].id);
        let (first, kept) = &groups[0];
        assert_eq!(kept.reads[0].source.origin(), Some(origin));
        assert_eq!(kept.reads[1].source.origin(), None);
        assert_eq!(kept.reads[1].source.event_name, "22ROTM");
        for (kept, written) in kept.reads.iter().zip(&group.reads) {
            let location = kept.source.location.clone();
            let mut written = written.read.clone();
            written.location = location;
            written.connection = kept.source.connection.clone();
            assert_eq!(kept.read, written);
        }
        assert_eq!(kept.lines[0].raw, [0xff]);
        let enough = spool.after(0, 1, Arc::new).await.expect("reads");
        assert_eq!(enough.len(), 1, "the other one is for the next time");
        assert_eq!(
            (groups.len(), spool.last().await.expect("reads")),
            (2, first + 1)
        );
        let waiting = spool.backlog(0).await.expect("counts");
        assert_eq!((waiting.reads, waiting.oldest), (2, Some(NOW.0)));
        spool.remove_through(first + 1).await.expect("removes");
        assert_eq!(spool.backlog(0).await.expect("counts"), Backlog::default());
        assert_eq!(spool.last().await.expect("reads"), first + 1);
    }

    #[tokio::test]
    async fn only_the_servers_own_user_may_read_it() {
        let place = testing::place().await;
        let file = place.directory().join("here/spool.db");
        let log = place.directory().join("here/spool.db-wal");
        let mode = |file: &Path| {
            let found = fs::metadata(file).expect("is there");
            found.permissions().mode() & 0o777
        };
        for earlier in [OWNERS, 0o644] {
            let spool = Spool::open(&file, &here("a")).await.expect("opens");
            spool.append(&Group::default(), NOW).await.expect("writes");
            for file in [&file, &log] {
                assert_eq!(mode(file), OWNERS, "{}", file.display());
            }
            spool.close().await;
            fs::set_permissions(&file, Permissions::from_mode(earlier)).expect("is ours");
        }
        let spool = Spool::open(&file, &here("a")).await.expect("opens");
        assert_eq!(mode(&file), OWNERS);
        assert_eq!(mode(&place.directory().join("here")), 0o700);
        spool.close().await;
    }

    #[tokio::test]
    async fn it_belongs_to_one_server_and_one_database() {
        let (store, place) = testing::store().await;
        let origin = race(&store).await;
        let file = place.directory().join("spool.db");
        let spool = Spool::open(&file, &here("a")).await.expect("opens");
        let group = Group {
            reads: vec![arrival(origin, 1, "7")],
            lines: vec![],
        };
        spool.append(&group, NOW).await.expect("writes");
        spool.close().await;
        let refused = Spool::open(&file, &here("b")).await;
        let reason = format!("{:#}", refused.expect_err("is another database"));
        assert!(
            reason.contains("1 reads wait in it for the database a"),
            "{reason}"
        );
        let spool = Spool::open(&file, &here("a")).await.expect("opens");
        spool.remove_through(1).await.expect("removes");
        spool.close().await;
        let spool = Spool::open(&file, &here("b")).await.expect("nothing waits");
        let database = here("b");
        let held = timeout(Duration::from_secs(2), Spool::open(&file, &database));
        assert!(!matches!(held.await, Ok(Ok(_))), "another server has it");
        drop(spool);
    }
}
