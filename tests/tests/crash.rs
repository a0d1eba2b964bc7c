//! `kill -9` in the middle of a race: nothing that was committed is lost, nothing is there twice, and everybody comes back by
//! themselves.

use std::{collections::BTreeSet, process::Stdio, sync::Arc};

use anyhow::{Context as _, Result};
use gantry_core::scene::Scene;
use gantry_tests::{
    database::{Kind, StoredRead},
    operator::Operator,
    programs,
    race::EVENT,
    screen::Screen,
    venue::{Server, Venue},
    wait,
};
use tokio::process::Child;

/// A race of three quarters of an hour in some seconds, over the timing port.
fn simulate(server: &Server, roster: &str) -> Result<Child> {
    programs::command("gantry-server")?
        .args(["simulate", "--to", &server.addresses.timing.to_string()])
        .args(["--runners", "200", "--seed", "11", "--start", "09:00"])
        .args(["--speed", "900", "--roster-out", roster])
        .args(["--timing-zone", "UTC"])
        .stdout(Stdio::piped())
        .spawn()
        .context("start the simulator")
}

#[tokio::test]
async fn a_killed_server_loses_nothing_of_a_file() -> Result<()> {
    kill_mid_race(Kind::Sqlite).await
}

#[tokio::test]
async fn a_killed_server_loses_nothing_on_postgres() -> Result<()> {
    kill_mid_race(Kind::Postgres).await
}

async fn kill_mid_race(kind: Kind) -> Result<()> {
    let venue = Venue::on(kind).await?;
    let server = venue.serve().await?;
    let roster = venue.path().join("roster.csv");
    let hardware = simulate(&server, &roster.display().to_string())?;

    let operator = Operator::log_in(&server).await?;
    let timing = operator.timing_session(EVENT).await?;
    let session = operator.session(&timing, "finish-line", "results").await?;
    operator
        .roster(&session, &std::fs::read_to_string(&roster)?)
        .await?;
    let display = operator.share(&session).await?;
    let mut screen = Screen::open(&display.url).await?;
    screen.scene_where("anything", |_| true).await?;
    wait::until("a race in full swing", async || {
        let reads = venue.database.reads().await?;
        Ok((reads.len() > 150).then_some(()))
    })
    .await?;

    let addresses = server.addresses;
    server.kill().await?;
    let committed = venue.database.reads().await?;
    while screen.next().await?.is_some() {}
    let server = venue.serve_at(addresses).await?;
    wait::until("the screen's link", async || {
        Ok(screen.reopen(&display.url).await.ok())
    })
    .await?;

    let sent = sent(hardware).await?;
    let reads = wait::until("the whole race", async || {
        let reads = venue.database.reads().await?;
        Ok((reads.len() >= sent).then_some(reads))
    })
    .await?;
    assert!(
        committed.len() > 150 && committed.len() < sent,
        "killed too late"
    );
    assert_eq!(reads.len(), sent, "sent once, stored once");
    assert_each_once(&reads);
    let stored: BTreeSet<&StoredRead> = reads.iter().collect();
    for read in &committed {
        assert!(stored.contains(read), "lost: {read:?}");
    }

    let mut fresh = Screen::open(&display.url).await?;
    let scene = caught_up(&mut screen, &mut fresh).await?;
    assert!(!scene.layers.is_empty());
    assert_eq!(server.stop().await?.code(), Some(0));
    Ok(())
}

/// How many reads the hardware has sent when the race is over, however often.
async fn sent(hardware: Child) -> Result<usize> {
    let output = tokio::time::timeout(3 * wait::PATIENCE, hardware.wait_with_output())
        .await
        .context("the race does not end")??;
    let said = String::from_utf8(output.stdout)?;
    assert!(output.status.success(), "{said}");
    said.split_whitespace()
        .skip_while(|word| *word != "sent")
        .nth(1)
        .and_then(|count| count.parse().ok())
        .with_context(|| format!("no count in {said:?}"))
}

/// Each stream has the numbers from 1 without holes, each once.
fn assert_each_once(reads: &[StoredRead]) {
    let streams: BTreeSet<(&str, &str)> = reads
        .iter()
        .map(|read| (read.connection.as_str(), read.location.as_str()))
        .collect();
    assert!(!streams.is_empty());
    for (connection, location) in streams {
        let sequences: Vec<i64> = reads
            .iter()
            .filter(|read| read.connection == connection && read.location == location)
            .map(|read| read.sequence)
            .collect();
        let expected: Vec<i64> = (1..=sequences.len() as i64).collect();
        assert_eq!(sequences, expected, "{location}");
    }
}

/// The picture on which a screen that was there before and one that came later agree.
async fn caught_up(old: &mut Screen, fresh: &mut Screen) -> Result<Arc<Scene>> {
    loop {
        let (held, newest) = (old.follower.revision(), fresh.follower.revision());
        if newest.is_some() && held == newest {
            break;
        }
        let behind = if held.is_none() || held < newest {
            &mut *old
        } else {
            &mut *fresh
        };
        behind.next().await?.context("a stream ended")?;
    }
    let scene = old.follower.scene().context("no picture")?;
    assert_eq!(Some(scene), fresh.follower.scene());
    Ok(Arc::clone(scene))
}
