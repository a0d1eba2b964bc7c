//! One server per database.
//!
//! A server gives positions out by counting, so two that write to one database would take each other's.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

use anyhow::Context;
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};

use crate::store::Database;

/// A database that nobody else serves for as long as this lives. The system, or PostgreSQL, lets go of it when the process
/// ends, however that comes about.
#[derive(Debug)]
pub(super) enum Claim {
    /// By a file beside SQLite's.
    File(#[expect(dead_code, reason = "it is held, not read")] File),
    /// By a lock that PostgreSQL keeps for a connection.
    Connection(#[expect(dead_code, reason = "it is held, not used")] PgConnection),
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
    let mut connection = options
        .connect()
        .await
        .context("cannot connect to the database")?;
    let is_free: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)")
        .bind(SERVED)
        .fetch_one(&mut connection)
        .await
        .context("cannot lock the database")?;
    Ok(is_free.then_some(Claim::Connection(connection)))
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
}
