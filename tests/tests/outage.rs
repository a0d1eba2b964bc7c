//! A database that goes away in the middle of a race and comes back.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result};
use gantry_tests::{
    bench::runners::{self, Sent},
    crash::outage::{self, postgres},
    database::{Database, StoredRead},
    operator::Operator,
    venue::{Server, Venue},
    wait,
};
use reqwest::StatusCode;
use tokio::{io::BufReader, net::TcpStream};

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
    drop(hardware);
    // Hardware that comes back during the outage sends everything again and goes on, and some comes for the first time.
    let known = send(&server, "outage", 450).await?;
    let new = send(&server, "newcomer", 100).await?;
    postgres("again", dir).await?;
    // The gun is a read as well.
    let expected = 451 + 101;
    complete(
        &stored(expected).await?,
        &[("NEWCOMER", 101), ("OUTAGE", 451)],
    );
    drop((known, new));
    operator.get("/api/me").await?;

    postgres("crash", dir).await?;
    let last = send(&server, "last", 100).await?;
    wait::until("the last reads", async || {
        let received = received(&server).await?;
        Ok((received >= 401 + 451 + 101 + 101).then_some(()))
    })
    .await?;
    server.stop().await?;
    drop(last);
    postgres("again", dir).await?;
    let server = venue.serve().await?;
    let reads = stored(expected + 101).await?;
    complete(&reads, &[("LAST", 101), ("NEWCOMER", 101), ("OUTAGE", 451)]);
    let operator = Operator::log_in(&server).await?;

    // Every pooled connection holds the news that it was cut.
    postgres("fast", dir).await?;
    postgres("again", dir).await?;
    for _ in 0..20 {
        operator.get("/api/me").await?;
    }
    server.stop().await?;
    Ok(())
}

/// Hardware that sends so many reads of its event, and stays.
async fn send(server: &Server, event: &str, reads: usize) -> Result<BufReader<TcpStream>> {
    let mut hardware = runners::connect(server.addresses.timing, event).await?;
    runners::run(&mut hardware, &Sent::none_of(reads), 1_000).await?;
    Ok(hardware)
}

/// Reads that the server has received since it started, repeats included.
async fn received(server: &Server) -> Result<u64> {
    let url = format!("http://{}/metrics", server.addresses.status);
    let text = reqwest::get(url).await?.text().await?;
    let counted = "gantry_timing_reads_received_total{protocol=\"chronotrack\"} ";
    let line = text.lines().find_map(|line| line.strip_prefix(counted));
    Ok(line.context("reads are not counted")?.parse()?)
}

/// Each connection's reads are there from the first to this one, once each. Connection ids are kept in upper case.
fn complete(reads: &[StoredRead], expected: &[(&str, i64)]) {
    let stored: Vec<_> = reads
        .iter()
        .map(|read| (read.connection.as_str(), read.sequence))
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .flat_map(|(connection, last)| (1..=*last).map(move |sequence| (*connection, sequence)))
        .collect();
    assert_eq!(stored, expected);
}

#[tokio::test]
async fn reads_of_many_mats_wait_for_a_database_that_is_gone_for_seconds() -> Result<()> {
    let plan = outage::Plan {
        gone: Duration::from_secs(3),
        each: 300,
    };
    outage::run(plan, &mut std::io::sink()).await
}
