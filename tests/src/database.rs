//! The server's database as somebody finds it who opens the file.

use std::path::Path;

use anyhow::{Context as _, Result};
use sqlx::{FromRow, SqlitePool, sqlite::SqliteConnectOptions};

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

/// Every read, sorted.
pub async fn reads(database: &Path) -> Result<Vec<StoredRead>> {
    let pool = open(database).await?;
    let mut reads: Vec<StoredRead> = sqlx::query_as(
        "select connection, timing_reads.location, sequence, tag, raw
         from timing_reads join timing_streams on timing_streams.id = stream_id",
    )
    .fetch_all(&pool)
    .await
    .context("list the reads")?;
    pool.close().await;
    reads.sort();
    Ok(reads)
}

/// Every other line, in the order in which they came.
pub async fn lines(database: &Path) -> Result<Vec<StoredLine>> {
    let pool = open(database).await?;
    let lines = sqlx::query_as("select peer, fault, raw from timing_lines order by id")
        .fetch_all(&pool)
        .await
        .context("list the lines")?;
    pool.close().await;
    Ok(lines)
}

async fn open(database: &Path) -> Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .read_only(true);
    SqlitePool::connect_with(options)
        .await
        .with_context(|| format!("open {}", database.display()))
}
