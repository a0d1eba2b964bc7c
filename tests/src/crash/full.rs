//! The disk takes no more while reads come, and takes them again later: it is full, or read-only.

use std::io::Write;

use anyhow::{Context as _, Result, ensure};

use super::{
    count,
    peers::Peers,
    refusal::Refusal,
    status::{has_alarm, no_alarm},
    trace::may_watch,
};
use crate::{
    database::{Database, Kind},
    mat::Mat,
    operator::Operator,
    progress::tell,
    venue::Venue,
    wait,
};

/// Mats that send meanwhile.
const MATS: usize = 3;

/// How many reads each mat sends.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What the server keeps everything in; with PostgreSQL it is the spool's disk that takes no more.
    pub kind: Kind,
    /// Why it does not.
    pub refusal: Refusal,
    /// Reads of each mat.
    pub each: u64,
    /// How often.
    pub times: u64,
}

/// Has the system ignore the signal by which it would end a process that writes too much: writing is refused then.
const UNHARMED: [&str; 4] = ["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"];

/// Has the disk refuse and take again while reads come; fails when one is lost or twice, or when nobody was told.
pub async fn run(plan: Plan, out: &mut impl Write) -> Result<()> {
    if plan.refusal == Refusal::ReadOnly && !may_watch().await? {
        writeln!(out, "skipped: no process may be watched here (ptrace)")?;
        return Ok(());
    }
    let mut venue = Venue::on(plan.kind).await?;
    let file = match &venue.database {
        Database::Sqlite(file) => file.clone(),
        Database::Postgres(_) => venue.data_dir().join("spool.db"),
    };
    venue.run_under(UNHARMED.map(str::to_owned).to_vec());
    let server = venue.serve().await?;
    let process = server.id().context("the server has ended")?;
    let operator = Operator::log_in(&server).await?;
    for time in 0..plan.times {
        let event = format!("Refusal-{time}");
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

        let refusing = plan.refusal.begin(process, &file).await?;
        let peers = Peers::start(&mats, timing, plan.each, time);
        has_alarm(&server, "disk").await?;
        let stored = venue.database.reads().await?.len();
        ensure!(
            stored < before + MATS * plan.each as usize,
            "nothing was held back"
        );
        let told = operator.get("/api/alarms").await?;
        ensure!(
            told["alarms"][0]["name"] == "disk",
            "nobody is told: {told}"
        );
        let log = venue.log()?;
        let words = "and hardware is kept waiting: ";
        ensure!(log.contains(words), "the log does not tell:\n{log}");
        refusing.end().await?;
        let stored = wait::until("all reads", async || {
            let stored = venue.database.reads().await?;
            let all = before + MATS * plan.each as usize;
            Ok((stored.len() >= all).then_some(stored))
        })
        .await?;
        no_alarm(&server, "disk").await?;
        peers.stop().await;
        count::all_once(&mats, plan.each, &stored)?;
        tell(out, format!("{} of {} times", time + 1, plan.times))?;
    }
    server.stop().await?;
    venue.database.ensure_sound().await?;
    let Plan {
        kind,
        refusal,
        times,
        ..
    } = plan;
    writeln!(
        out,
        "{kind:?}: {refusal:?} {times} times, no read lost and none twice"
    )?;
    Ok(())
}
