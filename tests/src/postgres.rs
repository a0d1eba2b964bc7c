//! A database of a test's own on a PostgreSQL server that was started for tests.

use anyhow::{Context as _, Result};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection, postgres::PgConnectOptions};
use uuid::Uuid;

/// The variable that names the server, by the URL of somebody who may make databases.
const SERVER: &str = "GANTRY_TEST_POSTGRES";

/// Makes a database that nobody knows of. It stays until the server that was started for tests is thrown away.
pub async fn database() -> Result<PgConnectOptions> {
    let name = format!("venue_{}", Uuid::new_v4().simple());
    anew(&name).await
}

/// Makes a database of this name, letters and digits, in place of one that is there.
pub async fn anew(name: &str) -> Result<PgConnectOptions> {
    // A name cannot be bound to a statement.
    run(format!("drop database if exists {name}")).await?;
    run(format!("create database {name}")).await?;
    Ok(server()?.database(name))
}

/// The database of this name, where there is one.
pub async fn kept(name: &str) -> Result<Option<PgConnectOptions>> {
    let mut connection = connect().await?;
    let found: Option<i32> = sqlx::query_scalar("select 1 from pg_database where datname = $1")
        .bind(name)
        .fetch_optional(&mut connection)
        .await?;
    Ok(found
        .map(|_| server())
        .transpose()?
        .map(|server| server.database(name)))
}

/// Runs one statement beside all databases.
pub async fn run(statement: String) -> Result<()> {
    sqlx::query(AssertSqlSafe(statement.clone()))
        .execute(&mut connect().await?)
        .await
        .with_context(|| format!("run {statement:?}"))
        .map(drop)
}

async fn connect() -> Result<PgConnection> {
    server()?
        .connect()
        .await
        .with_context(|| format!("the PostgreSQL server that {SERVER} names does not answer"))
}

fn server() -> Result<PgConnectOptions> {
    let url = std::env::var(SERVER).with_context(|| {
        format!("{SERVER} is not set: expected the URL that `tests/postgres start DIR` prints")
    })?;
    url.parse()
        .with_context(|| format!("invalid value {url:?} for {SERVER}: expected a URL"))
}
