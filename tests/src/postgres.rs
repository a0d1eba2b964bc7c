//! A database of a test's own on a PostgreSQL server that was started for tests.

use anyhow::{Context as _, Result};
use sqlx::{AssertSqlSafe, ConnectOptions as _, postgres::PgConnectOptions};
use uuid::Uuid;

/// The variable that names the server, by the URL of somebody who may make databases.
const SERVER: &str = "GANTRY_TEST_POSTGRES";

/// Makes a database that nobody knows of. It stays until the server that was started for tests is thrown away.
pub async fn database() -> Result<PgConnectOptions> {
    let url = std::env::var(SERVER).with_context(|| {
        format!("{SERVER} is not set: expected the URL that `tests/postgres start DIR` prints")
    })?;
    let server: PgConnectOptions = url
        .parse()
        .with_context(|| format!("invalid value {url:?} for {SERVER}: expected a URL"))?;
    let name = format!("venue_{}", Uuid::new_v4().simple());
    let mut connection = server
        .connect()
        .await
        .with_context(|| format!("the PostgreSQL server that {SERVER} names does not answer"))?;
    // A name cannot be bound to a statement; this one is letters and digits.
    sqlx::query(AssertSqlSafe(format!("create database {name}")))
        .execute(&mut connection)
        .await
        .context("make a database")?;
    Ok(server.database(&name))
}
