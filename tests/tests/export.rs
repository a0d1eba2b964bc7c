//! What was collected leaves the server whole: as a table, and as a stream that makes the same session again.

use anyhow::{Context as _, Result};
use gantry_tests::{
    hardware::Hardware,
    operator::Operator,
    programs,
    venue::{Server, Venue},
    wait,
};
use reqwest::Method;

const EVENT: &str = "Harbour Lights Run";

/// The recording ends with the gun and the start of 60 runners.
async fn collected(server: &Server, reads: u64) -> Result<(Operator, String)> {
    let operator = Operator::log_in(server).await?;
    let session = wait::until("the session", async || {
        Ok(operator.timing_session(EVENT).await.ok())
    })
    .await?;
    let path = format!("/api/chronotrack/sessions/{session}/preview?limit=1");
    wait::until("all reads", async || {
        let preview = operator.get(&path).await?;
        Ok((preview["session"]["reads"].as_u64() >= Some(reads)).then_some(()))
    })
    .await?;
    Ok((operator, session))
}

async fn table(operator: &Operator, session: &str) -> Result<Vec<String>> {
    let path = format!("/api/chronotrack/sessions/{session}/reads");
    let answer = operator.request(Method::GET, &path).send().await?;
    let text = answer.error_for_status()?.text().await?;
    // When a read was received is told last, and is another time each time.
    let cut = |line: &str| line.rsplit_once(',').map(|(read, _)| read.to_owned());
    text.lines()
        .map(|line| cut(line).context("a row"))
        .collect()
}

#[tokio::test]
async fn an_exported_stream_makes_the_same_session_again() -> Result<()> {
    let (venue, other) = (Venue::new().await?, Venue::new().await?);
    let (server, again) = (venue.serve().await?, other.serve().await?);
    let _hardware = Hardware::play(server.addresses.timing, "harbour-start.ctp").await?;
    let (operator, session) = collected(&server, 24).await?;
    let there = table(&operator, &session).await?;
    assert!(
        there[0].starts_with("kind,location,sequence,tag,time"),
        "{}",
        there[0]
    );
    assert!(there[1].starts_with("gun,START,1,GUNTIME,"), "{}", there[1]);

    let file = venue.path().join("start.ctp").display().to_string();
    let mut arguments = vec!["export-reads", &session, "--format", "raw", "--out", &file];
    let store = venue.store_options();
    arguments.extend(store.iter().map(String::as_str));
    programs::succeed("gantry-server", &arguments, "").await?;
    let occupied = programs::run("gantry-server", &arguments, "").await?;
    assert_eq!(
        occupied.status.code(),
        Some(1),
        "a file that is there is not written over"
    );

    let to = again.addresses.timing.to_string();
    let replay = ["replay", &file, "--to", &to, "--speed", "100000"];
    programs::succeed("gantry-server", &replay, "").await?;
    let reads = there.len() as u64 - 1;
    let (operator, session) = collected(&again, reads).await?;
    assert_eq!(table(&operator, &session).await?, there);
    Ok(())
}

#[tokio::test]
async fn a_session_that_is_not_there_is_answered_with_those_that_are() -> Result<()> {
    let venue = Venue::new().await?;
    let server = venue.serve().await?;
    let _hardware = Hardware::play(server.addresses.timing, "harbour-start.ctp").await?;
    let (_, session) = collected(&server, 1).await?;
    let mut arguments = vec!["export-reads", "018f0000-0000-7000-8000-000000000000"];
    let store = venue.store_options();
    arguments.extend(store.iter().map(String::as_str));
    let output = programs::run("gantry-server", &arguments, "").await?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&session) && said.contains(EVENT), "{said}");
    Ok(())
}
