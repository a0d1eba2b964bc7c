//! `bench`: what the real programs achieve on this machine. Build it with `--release` for figures that mean something.

use std::{
    io::{Write as _, stdout},
    path::PathBuf,
};

use anyhow::{Result, ensure};
use clap::{Parser, ValueEnum};
use gantry_tests::{
    bench::{ingest, kiosk, latency, peers, walls},
    database::Kind,
};

/// Measures Gantry on this machine.
#[derive(Debug, Parser)]
struct Args {
    /// What to measure.
    #[arg(value_enum)]
    what: What,

    /// Little of everything, to see that it works.
    #[arg(long)]
    short: bool,

    /// For walls: keep the grown databases, the file in this folder and the other one on its server, and use again what is there.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,

    /// For walls and ingest: on this kind of database only.
    #[arg(long, value_enum)]
    database: Option<Kind>,

    /// For ingest: so many reads instead of twenty million.
    #[arg(long, value_name = "N")]
    reads: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// From a byte on the timing port to the frame on the screens' sockets.
    Latency,
    /// Start, frame cost and frame rate of the kiosk.
    Kiosk,
    /// Reads stored a second and what their commits take, on both databases.
    Ingest,
    /// Operators' questions among thirteen partners' data, on both databases.
    Walls,
    /// What a connection to the timing port costs that is no hardware's.
    Peers,
    /// Everything.
    All,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Args {
        what,
        short,
        keep,
        database,
        reads,
    } = Args::parse();
    let mut out = stdout();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism()?;
    writeln!(out, "{cores} cores, load before: {}\n", load.trim())?;
    if matches!(what, What::Latency | What::All) {
        let load = if short {
            latency::Load::SHORT
        } else {
            latency::Load::FULL
        };
        latency::run(load, &mut out).await?;
    }
    if matches!(what, What::Kiosk | What::All) {
        let effort = if short {
            kiosk::Effort::SHORT
        } else {
            kiosk::Effort::FULL
        };
        kiosk::run(effort, &mut out).await?;
    }
    if matches!(what, What::Peers | What::All) {
        let crowd = if short {
            peers::Crowd::SHORT
        } else {
            peers::Crowd::FULL
        };
        peers::run(crowd, &mut out).await?;
    }
    if matches!(what, What::Ingest | What::All) {
        let load = if short {
            ingest::Load::SHORT
        } else {
            ingest::Load::FULL
        };
        let load = ingest::Load {
            reads: reads.unwrap_or(load.reads),
            ..load
        };
        let mut missed = Vec::new();
        for kind in [Kind::Sqlite, Kind::Postgres] {
            if database.is_none_or(|chosen| chosen == kind) {
                missed.extend(ingest::run(kind, load, &mut out).await?);
            }
        }
        ensure!(missed.is_empty(), "missed: {}", missed.join("; "));
    }
    if matches!(what, What::Walls | What::All) {
        let scale = if short {
            walls::Scale::SHORT
        } else {
            walls::Scale::FULL
        };
        let mut missed = Vec::new();
        for kind in [Kind::Sqlite, Kind::Postgres] {
            if database.is_none_or(|chosen| chosen == kind) {
                missed.extend(walls::run(kind, scale, keep.as_deref(), &mut out).await?);
            }
        }
        ensure!(missed.is_empty(), "missed: {}", missed.join("; "));
    }
    Ok(())
}
