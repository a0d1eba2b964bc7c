//! A race in quarantine that is handed over while it goes on, and one whose server dies meanwhile.

use std::{collections::BTreeSet, process::Stdio};

use anyhow::{Context as _, Result, ensure};
use gantry_tests::{
    database::Kind,
    programs,
    race::EVENT,
    venue::{Server, Venue},
    wait,
};
use tokio::process::Child;

use super::companies::{NORTHERN, SOUTHERN, hand_over, two_companies};

#[tokio::test]
async fn a_race_is_handed_over_while_it_goes_on_with_a_file() -> Result<()> {
    hand_over_mid_race(Kind::Sqlite).await
}

#[tokio::test]
async fn a_race_is_handed_over_while_it_goes_on_with_postgres() -> Result<()> {
    hand_over_mid_race(Kind::Postgres).await
}

#[tokio::test]
async fn a_hand_over_that_a_crash_interrupted_is_finished_with_a_file() -> Result<()> {
    hand_over_through_a_crash(Kind::Sqlite).await
}

#[tokio::test]
async fn a_hand_over_that_a_crash_interrupted_is_finished_with_postgres() -> Result<()> {
    hand_over_through_a_crash(Kind::Postgres).await
}

async fn hand_over_mid_race(kind: Kind) -> Result<()> {
    let (venue, server, northern, _) = two_companies(kind).await?;
    let hardware = simulate(&server)?;
    wait::until("a race in full swing", async || {
        let reads = venue.database.reads().await?;
        Ok((reads.len() > 150).then_some(()))
    })
    .await?;
    let session = hand_over(&venue).await?;
    let before = venue.database.reads().await?.len();
    let sent = sent(hardware).await?;
    ensure!(before < sent, "handed over too late");
    let owned = wait::until("the whole race", async || {
        let owned = venue.database.owners().await?;
        Ok((owned.len() >= sent).then_some(owned))
    })
    .await?;
    let reads = venue.database.reads().await?;
    assert_eq!(
        (owned.len(), reads.len()),
        (sent, sent),
        "sent once, stored once"
    );
    let partners: BTreeSet<&str> = owned.iter().map(|read| &*read.partner).collect();
    assert_eq!(partners, BTreeSet::from([NORTHERN]));
    let distinct: BTreeSet<_> = reads.iter().collect();
    assert_eq!(distinct.len(), sent, "each is another");
    assert_eq!(
        northern.timing_session(EVENT).await?,
        session,
        "it is the same session"
    );
    let sessions = northern.get("/api/chronotrack/sessions").await?;
    assert_eq!(
        sessions["sessions"].as_array().map(Vec::len),
        Some(1),
        "{sessions}"
    );
    let empty = venue.shell(&["quarantine", "list"], "").await?;
    assert!(empty.starts_with("the quarantine is empty"), "{empty}");
    ensure!(server.stop().await?.success());
    Ok(())
}

/// The server dies when reads have changed hands and their session has not.
async fn hand_over_through_a_crash(kind: Kind) -> Result<()> {
    let mut venue = Venue::empty(kind).await?;
    for partner in [NORTHERN, SOUTHERN] {
        venue.add_partner(partner).await?;
    }
    venue.run_by("gantry-server-crashing");
    venue.set_variable("CRASH_AT", Some("moving:1"));
    let mut server = venue.serve().await?;
    let addresses = server.addresses;
    let sent = sent(simulate(&server)?).await?;
    wait::until("the whole race", async || {
        let reads = venue.database.reads().await?;
        Ok((reads.len() >= sent).then_some(()))
    })
    .await?;
    hand_over(&venue).await?;
    wait::until("the server's death", async || {
        Ok(server.has_ended()?.then_some(()))
    })
    .await?;
    let halfway = venue.shell(&["quarantine", "list"], "").await?;
    ensure!(halfway.contains("is being handed over"), "{halfway}");

    venue.set_variable("CRASH_AT", None);
    let server = venue.serve_at(addresses).await?;
    wait::until("the hand-over", async || {
        let listed = venue.shell(&["quarantine", "list"], "").await?;
        Ok(listed.starts_with("the quarantine is empty").then_some(()))
    })
    .await?;
    let owned = venue.database.owners().await?;
    ensure!(owned.iter().all(|read| read.partner == NORTHERN));
    let reads: BTreeSet<_> = venue.database.reads().await?.into_iter().collect();
    assert_eq!((owned.len(), reads.len()), (sent, sent), "each once");
    ensure!(server.stop().await?.success());
    Ok(())
}

/// A race of three quarters of an hour in some seconds, over the shared port.
fn simulate(server: &Server) -> Result<Child> {
    programs::command("gantry-server")?
        .args(["simulate", "--to", &server.addresses.timing.to_string()])
        .args(["--runners", "200", "--seed", "11", "--start", "09:00"])
        .args(["--speed", "600", "--timing-zone", "UTC"])
        .stdout(Stdio::piped())
        .spawn()
        .context("start the simulator")
}

/// How many reads the hardware has sent when the race is over, however often.
async fn sent(hardware: Child) -> Result<usize> {
    let output = tokio::time::timeout(3 * wait::PATIENCE, hardware.wait_with_output())
        .await
        .context("the race does not end")??;
    let said = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "{said}");
    let mut words = said.split_whitespace().skip_while(|word| *word != "sent");
    let count = words.nth(1).context("no count")?;
    count
        .parse()
        .with_context(|| format!("no count in {said:?}"))
}
