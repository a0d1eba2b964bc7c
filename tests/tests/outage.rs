//! A database that goes away in the middle of a race and comes back.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use gantry_tests::{
    bench::runners::{self, Sent},
    database::Database,
    operator::Operator,
    repository,
    venue::Venue,
    wait,
};
use reqwest::StatusCode;
use tokio::process::Command;

/// What `tests/postgres` says.
async fn postgres(command: &str, dir: &Path) -> Result<String> {
    let output = Command::new(repository::root().join("tests/postgres"))
        .arg(command)
        .arg(dir)
        .output()
        .await?;
    ensure!(
        output.status.success(),
        "{command}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[tokio::test]
async fn reads_wait_for_a_database_that_restarts_and_none_is_lost() -> Result<()> {
    // The path of a socket must be short.
    let folder = tempfile::tempdir_in("/tmp")?;
    let dir = folder.path().join("pg");
    let url = postgres("start", &dir).await?;
    let database = Database::Postgres(Box::new(url.parse()?));
    let outcome = race(&database, &dir).await;
    postgres("stop", &dir).await?;
    outcome
}

async fn race(database: &Database, dir: &Path) -> Result<()> {
    let venue = Venue::with(database.clone()).await?;
    let server = venue.serve().await?;
    let operator = Operator::log_in(&server).await?;
    let sent = Sent::none_of(400);
    let mut hardware = runners::connect(server.addresses.timing, "outage").await?;
    let sending = tokio::spawn(async move {
        runners::run(&mut hardware, &sent, 100).await?;
        anyhow::Ok(hardware)
    });
    let stored = async |enough: usize| {
        wait::until(&format!("{enough} reads"), async || {
            let reads = database.reads().await?;
            Ok((reads.len() >= enough).then_some(reads))
        })
        .await
    };
    stored(50).await?;

    postgres("crash", dir).await?;
    let asked = operator
        .request(reqwest::Method::GET, "/api/me")
        .send()
        .await?;
    assert_eq!(asked.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(asked.headers().contains_key("retry-after"));
    let hardware = sending.await.context("the hardware panicked")??;
    postgres("again", dir).await?;

    // The gun is a read as well.
    let reads = stored(401).await?;
    let sequences: Vec<i64> = reads.iter().map(|read| read.sequence).collect();
    assert_eq!(sequences, (1..=401).collect::<Vec<i64>>());
    operator.get("/api/me").await?;
    drop(hardware);

    // Every pooled connection holds the news that it was cut.
    postgres("fast", dir).await?;
    postgres("again", dir).await?;
    for _ in 0..20 {
        operator.get("/api/me").await?;
    }
    server.stop().await?;
    Ok(())
}
