//! The disk takes no more while reads come, and takes them again later.
//!
//! A limit on the size of the server's files stands for a full disk: it can be set and lifted from outside, by anybody, and the
//! system refuses to write just as it does without room.

use std::io::Write;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use super::{
    count,
    peers::Peers,
    status::{has_alarm, no_alarm},
};
use crate::{
    database::Kind,
    mat::Mat,
    venue::{PARTNER, Venue},
    wait,
};

/// Mats that send meanwhile.
const MATS: usize = 3;

/// How many reads each mat sends.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What the server keeps everything in; with PostgreSQL it is the spool's disk that is full.
    pub kind: Kind,
    /// Reads of each mat.
    pub each: u64,
    /// How often the disk is full.
    pub times: u64,
}

/// Has the system ignore the signal by which it would end a process that writes too much: writing is refused then.
const UNHARMED: [&str; 4] = ["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"];

/// Bytes at which files end while the disk is full. What the server has written before is more than that.
const LIMIT: &str = "4096";

/// Fills the disk and empties it again while reads come; fails when one is lost or twice, or when nobody was told.
pub async fn run(plan: Plan, out: &mut impl Write) -> Result<()> {
    let mut venue = Venue::empty(plan.kind).await?;
    venue.add_partner(PARTNER).await?;
    venue.run_under(UNHARMED.map(str::to_owned).to_vec());
    let server = venue.serve().await?;
    let process = server.id().context("the server has ended")?;
    for time in 0..plan.times {
        let event = format!("Full-{time}");
        let mats: Vec<Mat> = (0..MATS).map(|number| Mat::new(&event, number)).collect();
        let before = venue.database.reads().await?.len();
        let timing = server.addresses.timing;
        // The streams are known before there is no room even for them.
        let opening = Peers::start(&mats, timing, 1, time);
        wait::until("a read of each mat", async || {
            let stored = venue.database.reads().await?.len();
            Ok((stored >= before + MATS).then_some(()))
        })
        .await?;
        opening.stop().await;

        limit(process, LIMIT).await?;
        let peers = Peers::start(&mats, timing, plan.each, time);
        has_alarm(&server, "disk").await?;
        let stored = venue.database.reads().await?.len();
        ensure!(
            stored < before + MATS * plan.each as usize,
            "nothing was held back"
        );
        limit(process, "unlimited").await?;
        let stored = wait::until("all reads", async || {
            let stored = venue.database.reads().await?;
            let all = before + MATS * plan.each as usize;
            Ok((stored.len() >= all).then_some(stored))
        })
        .await?;
        no_alarm(&server, "disk").await?;
        peers.stop().await;
        count::all_once(&mats, plan.each, &stored)?;
    }
    server.stop().await?;
    venue.database.ensure_sound().await?;
    let (kind, times) = (plan.kind, plan.times);
    writeln!(
        out,
        "{kind:?}: {times} times no room, no read lost and none twice"
    )?;
    Ok(())
}

/// Has the process's files end there.
async fn limit(process: u32, bytes: &str) -> Result<()> {
    let set = Command::new("prlimit")
        .args(["--pid", &process.to_string()])
        .arg(format!("--fsize={bytes}:unlimited"))
        .status();
    let set = set.await.context("run prlimit")?;
    ensure!(set.success(), "prlimit: {set}");
    Ok(())
}
