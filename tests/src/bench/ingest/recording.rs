//! A recording of a long race, from its file to a session that an operator can ask for.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use hdrhistogram::Histogram;

use super::{EVENT, MATS, mats};
use crate::{
    bench::screens::histogram,
    operator::Operator,
    programs,
    venue::{Server, Venue},
    wait,
};

/// How often each question is asked.
const QUESTIONS: usize = 1_000;

/// Replays so many reads of all mats and answers how long it took until the list of sessions tells them all.
pub(super) async fn replay(venue: &Venue, server: &Server, reads: u64) -> Result<Duration> {
    let file = venue.path().join("recording.ctp");
    record(&file, reads)?;
    let operator = Operator::log_in(server).await?;
    let began = Instant::now();
    let mut player = programs::command("gantry-server")?
        .arg("replay")
        .arg(&file)
        .args([
            "--to",
            &server.addresses.timing.to_string(),
            "--speed",
            "max",
        ])
        .stdout(Stdio::null())
        .spawn()
        .context("start the player")?;
    let ended = player.wait().await?;
    ensure!(ended.success(), "the player ended with {ended}");
    wait::until("the whole recording", async || {
        let answer = operator.get("/api/chronotrack/sessions").await?;
        let told = answer["sessions"][0]["reads"].as_u64();
        Ok((told == Some(reads)).then_some(()))
    })
    .await?;
    let took = began.elapsed();
    std::fs::remove_file(file)?;
    Ok(took)
}

/// How long the answers about the one session take, in microseconds, one question after the other.
pub(super) async fn ask(server: &Server) -> Result<[(&'static str, Histogram<u64>); 2]> {
    let operator = Operator::log_in(server).await?;
    let sessions = "/api/chronotrack/sessions";
    let answer = operator.get(sessions).await?;
    let id = answer["sessions"][0]["id"].as_str().context("a session")?;
    let preview = format!("{sessions}/{id}/preview?limit=500");
    let asked = async |path: &str| {
        let mut micros = histogram()?;
        for _ in 0..QUESTIONS {
            let began = Instant::now();
            operator.get(path).await?;
            micros.saturating_record(began.elapsed().as_micros() as u64);
        }
        anyhow::Ok(micros)
    };
    Ok([
        ("list timing sessions", asked(sessions).await?),
        ("preview of 500 reads", asked(&preview).await?),
    ])
}

/// Reads of all mats in turn, as one connection has them.
fn record(file: &Path, reads: u64) -> Result<()> {
    let mut out = BufWriter::new(File::create(file).context("make the recording")?);
    write!(out, "ack~geteventinfo~{EVENT}~0~{EVENT}\r\n")?;
    let mut lines = Vec::new();
    for sequence in 1..=reads / MATS as u64 {
        lines.clear();
        for mat in mats() {
            mat.write_line(sequence, &mut lines)?;
        }
        out.write_all(&lines)?;
    }
    out.flush().context("write the recording")
}
