//! PostgreSQL is gone for a while under load: what comes meanwhile waits in the spool, and the hardware notices nothing.

use std::{io::Write, path::Path, time::Duration};

use anyhow::{Result, ensure};
use tokio::{process::Command, time::sleep};

use super::{
    count,
    peers::Peers,
    status::{has_alarm, no_alarm},
};
use crate::{
    database::Database,
    mat::Mat,
    progress::tell,
    repository,
    venue::{PARTNER, Venue},
    wait,
};

/// Mats that send meanwhile.
const MATS: usize = 4;

/// How long it is gone, and what comes.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How long PostgreSQL is gone.
    pub gone: Duration,
    /// Reads that each mat sends before, and again while it is gone.
    pub each: u64,
}

/// What `tests/postgres` says.
pub async fn postgres(command: &str, dir: &Path) -> Result<String> {
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

/// Stops a PostgreSQL of its own while reads come, and starts it again; fails when one is lost or twice.
pub async fn run(plan: Plan, out: &mut impl Write) -> Result<()> {
    // The path of a socket must be short.
    let folder = tempfile::tempdir_in("/tmp")?;
    let dir = folder.path().join("pg");
    let url = postgres("start", &dir).await?;
    let database = Database::Postgres(Box::new(url.parse()?));
    let outcome = race(plan, database, &dir, out).await;
    postgres("stop", &dir).await?;
    outcome?;
    writeln!(
        out,
        "{:?} without PostgreSQL: no read lost and none twice",
        plan.gone
    )?;
    Ok(())
}

async fn race(plan: Plan, database: Database, dir: &Path, out: &mut impl Write) -> Result<()> {
    let venue = Venue::over(database, None)?;
    venue.add_partner(PARTNER).await?;
    let server = venue.serve().await?;
    let timing = server.addresses.timing;
    let mats: Vec<Mat> = (0..MATS).map(|number| Mat::new("Outage", number)).collect();
    let stored = async |each: u64| {
        wait::until("all reads", async || {
            let stored = venue.database.reads().await?;
            Ok((stored.len() as u64 >= each * MATS as u64).then_some(stored))
        })
        .await
    };
    tell(out, format!("{MATS} mats send {} reads each", plan.each))?;
    let peers = Peers::start(&mats, timing, plan.each, 1);
    stored(plan.each).await?;
    peers.stop().await;

    postgres("crash", dir).await?;
    // Hardware that comes now and hardware that was there go on.
    let peers = Peers::start(&mats, timing, 2 * plan.each, 2);
    has_alarm(&server, "database").await?;
    tell(out, "PostgreSQL is gone, and as many reads come again")?;
    sleep(plan.gone).await;
    postgres("again", dir).await?;
    tell(out, "PostgreSQL is there again and takes what has waited")?;
    let reads = stored(2 * plan.each).await?;
    no_alarm(&server, "database").await?;
    peers.stop().await;
    count::all_once(&mats, 2 * plan.each, &reads)?;
    server.stop().await?;
    count::all_once(&mats, 2 * plan.each, &venue.database.reads().await?)
}
