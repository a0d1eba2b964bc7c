//! The database of a venue, and what somebody finds in it who opens it beside the server.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, FromRow, postgres::PgConnectOptions,
    query::QueryAs, sqlite::SqliteConnectOptions,
};
use uuid::Uuid;

use crate::postgres;

/// The kinds of database that a server can keep everything in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// A file in the data directory.
    Sqlite,
    /// A database of a PostgreSQL server.
    Postgres,
}

/// One database, used by one venue.
#[derive(Clone, Debug)]
pub enum Database {
    /// The file, which the server makes.
    Sqlite(PathBuf),
    /// The database by its URL.
    Postgres(Box<PgConnectOptions>),
}

/// A read as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, FromRow)]
pub struct StoredRead {
    /// The hardware's connection id.
    pub connection: String,
    /// The mat.
    pub location: String,
    /// Its number on that connection and mat.
    pub sequence: i64,
    /// The tag's text.
    pub tag: String,
    /// The line as it came.
    pub raw: Vec<u8>,
}

/// Whose a stored read is. A read whose session is another partner's is nobody's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, FromRow)]
pub struct OwnedRead {
    /// The partner's name; empty for the quarantine.
    pub partner: String,
    /// The event as the hardware tells it.
    pub event: String,
    /// The mat.
    pub location: String,
    /// The tag's text.
    pub tag: String,
}

/// When and where a read was, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Placed {
    /// The hardware's connection id.
    pub connection: String,
    /// Its number on that connection.
    pub sequence: i64,
    /// The moment that was made of its time, in milliseconds since 1970.
    pub at: i64,
    /// The recording that it belongs to.
    pub session: Uuid,
}

/// A line that was kept although it was no read.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct StoredLine {
    /// Who sent it.
    pub peer: String,
    /// Why it was refused; `None` when it was understood.
    pub fault: Option<String>,
    /// The line as it came.
    pub raw: Vec<u8>,
}

const READS: &str = "select connection, timing_reads.location, sequence, tag, raw
    from timing_reads join timing_streams on timing_streams.id = stream_id";

/// Every row of a query's answer, over a connection of its own.
macro_rules! rows {
    ($database:expr, $query:expr) => {
        match $database {
            Database::Sqlite(file) => {
                let options = SqliteConnectOptions::new().filename(file).read_only(true);
                let mut connection = options
                    .connect()
                    .await
                    .with_context(|| format!("open {}", file.display()))?;
                $query.fetch_all(&mut connection).await
            }
            Database::Postgres(options) => {
                let mut connection = options.connect().await.context("open the database")?;
                $query.fetch_all(&mut connection).await
            }
        }
    };
}

impl Database {
    /// A new database of this kind, for a server with this data directory.
    pub async fn new(kind: Kind, data_dir: &Path) -> Result<Self> {
        Ok(match kind {
            Kind::Sqlite => Self::Sqlite(data_dir.join("gantry.db")),
            Kind::Postgres => Self::Postgres(Box::new(postgres::database().await?)),
        })
    }

    /// The database of this name, kept in a data directory or on the PostgreSQL server, where there is one.
    pub async fn kept(kind: Kind, data_dir: &Path, name: &str) -> Result<Option<Self>> {
        Ok(match kind {
            Kind::Sqlite => {
                let file = data_dir.join("gantry.db");
                file.is_file().then_some(Self::Sqlite(file))
            }
            Kind::Postgres => postgres::kept(name)
                .await?
                .map(|options| Self::Postgres(Box::new(options))),
        })
    }

    /// Whether what is committed is on the disk, which a server that was started for tests does not care for.
    pub async fn is_durable(&self) -> Result<bool> {
        match self {
            Self::Sqlite(_) => Ok(true),
            Self::Postgres(options) => {
                let mut connection = options.connect().await?;
                let fsync: String = sqlx::query_scalar("show fsync")
                    .fetch_one(&mut connection)
                    .await?;
                Ok(fsync == "on")
            }
        }
    }

    /// Removes it; nobody may be using it.
    pub async fn remove(self) -> Result<()> {
        match self {
            Self::Sqlite(file) => std::fs::remove_file(file).context("remove the database"),
            Self::Postgres(options) => {
                let name = options.get_database().context("the database has no name")?;
                postgres::run(format!("drop database {name}")).await
            }
        }
    }

    /// The URL to name it by, where it is not the one that a server takes by itself.
    pub fn url(&self) -> Option<String> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(options) => Some(options.to_url_lossy().into()),
        }
    }

    /// Runs statements as the owner of the tables, beside whoever uses the database.
    pub async fn execute(&self, statements: String) -> Result<()> {
        let statements = AssertSqlSafe(statements);
        match self {
            Self::Sqlite(file) => {
                let mut connection = SqliteConnectOptions::new().filename(file).connect().await?;
                sqlx::raw_sql(statements).execute(&mut connection).await?;
                connection.close().await?;
            }
            Self::Postgres(options) => {
                let mut connection = options.connect().await?;
                sqlx::raw_sql(statements).execute(&mut connection).await?;
                connection.close().await?;
            }
        }
        Ok(())
    }

    /// Fails when a file is not sound. Opening it repairs what a crash has left, as opening it by the server would.
    pub async fn ensure_sound(&self) -> Result<()> {
        if let Self::Sqlite(file) = self {
            let mut connection = SqliteConnectOptions::new().filename(file).connect().await?;
            let found: Vec<String> = sqlx::query_scalar("pragma integrity_check")
                .fetch_all(&mut connection)
                .await
                .context("look whether the file is sound")?;
            ensure!(found == ["ok"], "the file is not sound: {found:?}");
            connection.close().await?;
        }
        Ok(())
    }

    /// Every read, sorted.
    pub async fn reads(&self) -> Result<Vec<StoredRead>> {
        let mut reads: Vec<StoredRead> =
            rows!(self, sqlx::query_as(READS)).context("list the reads")?;
        reads.sort();
        Ok(reads)
    }

    /// The reads of these connections and mats, of which there is at least one, sorted.
    pub async fn reads_of(&self, streams: &[(String, String)]) -> Result<Vec<StoredRead>> {
        let places: Vec<String> = (1..=streams.len())
            .map(|number| format!("(${}, ${})", 2 * number - 1, 2 * number))
            .collect();
        let query = format!(
            "{READS} where (connection, timing_streams.location) in (values {})",
            places.join(", ")
        );
        let reads = rows!(self, {
            let query = sqlx::query_as(AssertSqlSafe(query));
            let names = streams.iter().flat_map(|(name, mat)| [name, mat]);
            names.fold(query, QueryAs::bind)
        });
        let mut reads: Vec<StoredRead> = reads.context("list the reads")?;
        reads.sort();
        Ok(reads)
    }

    /// Whose each read is, sorted.
    pub async fn owners(&self) -> Result<Vec<OwnedRead>> {
        let query = "select p.name as partner, s.event_name as event, r.location, r.tag
             from timing_reads r join timing_partners p on p.id = r.partner_id
             join timing_sessions s on s.id = r.timing_session_id and s.partner_id = r.partner_id
             join timing_streams t on t.id = r.stream_id and t.partner_id = r.partner_id";
        let mut owned: Vec<OwnedRead> =
            rows!(self, sqlx::query_as(query)).context("list whose the reads are")?;
        owned.sort();
        Ok(owned)
    }

    /// When and where every read was.
    pub async fn placed(&self) -> Result<Vec<Placed>> {
        let query = "select connection, sequence, at, timing_reads.timing_session_id as session
             from timing_reads join timing_streams on timing_streams.id = stream_id";
        rows!(self, sqlx::query_as(query)).context("list the reads")
    }

    /// Every other line, in the order in which they came.
    pub async fn lines(&self) -> Result<Vec<StoredLine>> {
        let query = "select peer, fault, raw from timing_lines order by id";
        rows!(self, sqlx::query_as(query)).context("list the lines")
    }
}
