//! Moving a grown installation from a file into PostgreSQL: every row of every table, or nothing.
//!
//! Which tables and columns there are is asked of PostgreSQL, whose migrations are the same as the file's, so that a table that is
//! added later is copied without a word here. Rows go through `copy`, as text, a mebibyte at a time.

use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use anyhow::{Context, ensure};
use futures_util::TryStreamExt;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row, SqliteConnection,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use uuid::Uuid;

use super::{Database, Store};

/// Bytes that are sent at once.
const PORTION: usize = 1 << 20;

/// How many rows go by between two words about a long table.
const WORD_EVERY: u64 = 1_000_000;

/// Which table refers to which.
const REFERENCES: &str = "select distinct conrelid::regclass::text, confrelid::regclass::text
    from pg_constraint where contype = 'f' and conrelid <> confrelid";

const COLUMNS: &str = "select table_name::text, column_name::text, udt_name::text
    from information_schema.columns where table_schema = 'public' and table_name <> '_sqlx_migrations'
    order by table_name, ordinal_position";

struct Table {
    name: String,
    /// Name and PostgreSQL's type.
    columns: Vec<(String, String)>,
}

/// Copies everything from the file into a PostgreSQL database that holds nothing yet, and answers how many rows that was.
///
/// Both are brought up to date first. `told` hears of every table, and now and then within a long one. An error leaves the
/// target as empty as it was.
pub async fn copy(
    from: &Path,
    to: &PgConnectOptions,
    mut told: impl FnMut(&str, u64),
) -> anyhow::Result<u64> {
    for database in [
        Database::Sqlite(from.to_owned()),
        Database::Postgres(Box::new(to.clone())),
    ] {
        let store = Store::open(&database)
            .await
            .with_context(|| format!("cannot open {database}"))?;
        store.close().await;
    }
    let mut source = SqliteConnectOptions::new()
        .filename(from)
        .read_only(true)
        .connect()
        .await?;
    let mut target = to.connect().await?;
    let tables = tables(&mut target).await?;
    sqlx::query("begin").execute(&mut target).await?;
    for table in &tables {
        let held: i64 = sqlx::query_scalar(counting(&table.name))
            .fetch_one(&mut target)
            .await?;
        ensure!(
            held == 0,
            "the target's table {} holds {held} rows: expected a database that holds nothing yet",
            table.name
        );
    }
    let mut copied = 0;
    for table in &tables {
        let rows = copy_table(table, &mut source, &mut target, &mut told)
            .await
            .with_context(|| format!("cannot copy the table {}", table.name))?;
        told(&table.name, rows);
        copied += rows;
    }
    sqlx::query("commit").execute(&mut target).await?;
    // What was never looked at is planned for as if it were small.
    sqlx::query("analyze").execute(&mut target).await?;
    source.close().await?;
    target.close().await?;
    Ok(copied)
}

fn counting(table: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("select count(*) from {table}"))
}

/// The tables, those that others refer to first.
async fn tables(target: &mut PgConnection) -> anyhow::Result<Vec<Table>> {
    let mut waiting: Vec<Table> = Vec::new();
    let columns: Vec<(String, String, String)> =
        sqlx::query_as(COLUMNS).fetch_all(&mut *target).await?;
    for (table, column, kind) in columns {
        match waiting.last_mut().filter(|last| last.name == table) {
            Some(last) => last.columns.push((column, kind)),
            None => waiting.push(Table {
                name: table,
                columns: vec![(column, kind)],
            }),
        }
    }
    let mut references: BTreeSet<(String, String)> = sqlx::query_as(REFERENCES)
        .fetch_all(&mut *target)
        .await?
        .into_iter()
        .collect();
    let mut sorted = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let free = waiting
            .iter()
            .position(|table| !references.iter().any(|(from, _)| *from == table.name))
            .context("the tables refer to each other in a circle")?;
        let table = waiting.remove(free);
        references.retain(|(_, to)| *to != table.name);
        sorted.push(table);
    }
    Ok(sorted)
}

async fn copy_table(
    table: &Table,
    source: &mut SqliteConnection,
    target: &mut PgConnection,
    told: &mut impl FnMut(&str, u64),
) -> anyhow::Result<u64> {
    let names: Vec<&str> = table
        .columns
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let (name, names) = (&table.name, names.join(", "));
    let mut sink = target
        .copy_in_raw(&format!("copy {name} ({names}) from stdin"))
        .await?;
    let mut rows = sqlx::query(AssertSqlSafe(format!("select {names} from {name}"))).fetch(source);
    let (mut count, mut portion) = (0, String::new());
    while let Some(row) = rows.try_next().await? {
        write_row(&mut portion, &row, &table.columns)?;
        count += 1;
        if portion.len() >= PORTION {
            sink.send(portion.as_bytes()).await?;
            portion.clear();
        }
        if count % WORD_EVERY == 0 {
            told(name, count);
        }
    }
    sink.send(portion.as_bytes()).await?;
    let arrived = sink.finish().await?;
    ensure!(
        arrived == count,
        "{count} rows were sent and {arrived} arrived"
    );
    Ok(count)
}

/// A row in `copy`'s text form: tabs between the values, `\N` for none.
fn write_row(
    text: &mut String,
    row: &SqliteRow,
    columns: &[(String, String)],
) -> anyhow::Result<()> {
    for (index, (name, kind)) in columns.iter().enumerate() {
        if index > 0 {
            text.push('\t');
        }
        let found = match kind.as_str() {
            "uuid" => row
                .try_get::<Option<Uuid>, _>(index)?
                .map(|id| write!(text, "{id}")),
            "int8" => row
                .try_get::<Option<i64>, _>(index)?
                .map(|number| write!(text, "{number}")),
            "bytea" => row.try_get::<Option<Vec<u8>>, _>(index)?.map(|bytes| {
                text.push_str("\\\\x");
                bytes.iter().try_for_each(|byte| write!(text, "{byte:02x}"))
            }),
            "text" => row.try_get::<Option<String>, _>(index)?.map(|value| {
                escape(text, &value);
                Ok(())
            }),
            other => {
                anyhow::bail!("the column {name} is {other}: expected uuid, int8, bytea or text")
            }
        };
        if found.transpose()?.is_none() {
            text.push_str("\\N");
        }
    }
    text.push('\n');
    Ok(())
}

fn escape(text: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            // PostgreSQL keeps every character but this one.
            '\0' => text.push('\u{fffd}'),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_separates_values_is_not_taken_for_one() {
        let mut text = String::new();
        escape(&mut text, "a\tb\nc\\N\r\0é");
        assert_eq!(text, "a\\tb\\nc\\\\N\\r\u{fffd}é");
    }
}
