//! How many reads a second are stored and on disk, how long each takes from the socket to its commit, and what that is beside
//! a plain loop that only inserts.

mod memory;
mod plain;
mod recording;
mod senders;
mod watch;

use std::{
    io::Write,
    process,
    time::{Duration, Instant},
};

use anyhow::Result;
use hdrhistogram::Histogram;

use self::{
    memory::{Memory, worked},
    watch::Watch,
};
use super::report;
use crate::{
    database::Kind,
    mat::Mat,
    venue::{Server, Venue},
};

/// Mats that send at once, each over a connection of its own.
const MATS: usize = 8;

/// The race of every part.
const EVENT: &str = "Bench";

/// Reads in one transaction of the plain loop, as in the server's.
const GROUP: usize = 4_096;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Reads as fast as they are taken; the plain loop inserts as many.
    pub reads: u64,
    /// Reads a second while the delay of commits is taken.
    pub rate: u64,
    /// How long they come.
    pub seconds: u64,
    /// Whether the goals must be reached.
    pub is_judged: bool,
}

impl Load {
    /// What the figures are made of.
    pub const FULL: Load = Load {
        reads: 20_000_000,
        rate: 60_000,
        seconds: 30,
        is_judged: true,
    };

    /// Whether it works at all.
    pub const SHORT: Load = Load {
        reads: 4_000,
        rate: 400,
        seconds: 1,
        is_judged: false,
    };
}

/// The part of the plain loop's rate that the server is to reach.
const SHARE: f64 = 0.6;

/// Reads a second that are to be stored.
const RATE: f64 = 60_000.0;

/// What a commit may take at the 99th percentile.
const COMMIT_WITHIN: Duration = Duration::from_millis(25);

/// What the server's memory may move by, in either direction.
const STEADY_MIB: f64 = 5.0;

/// What listing and previewing a recording may take at the 99th percentile.
const ANSWER_WITHIN: Duration = Duration::from_millis(20);

/// Reads a second of a recording, from the file to a session that can be asked for.
const REPLAYED: f64 = 100_000.0;

/// Measures everything on one kind of database; answers which goals were missed.
pub async fn run(kind: Kind, load: Load, out: &mut impl Write) -> Result<Vec<String>> {
    let mut goals = Goals {
        is_judged: load.is_judged,
        missed: Vec::new(),
        out,
    };
    writeln!(goals.out, "{kind:?}, {MATS} connections")?;
    let (worked, took) = (worked(process::id()), plain::run(kind, load.reads).await?);
    let floor = load.reads as f64 / took.as_secs_f64();
    let cpu = cost(worked, process::id(), load.reads);
    writeln!(
        goals.out,
        "a plain loop, {GROUP} rows each: {floor:.0} reads/s, {cpu:.1} µs of CPU each"
    )?;
    delays(kind, load, &mut goals).await?;
    sustained(kind, load, floor, &mut goals).await?;
    replayed(kind, load, &mut goals).await?;
    writeln!(goals.out)?;
    Ok(goals.missed)
}

/// What was to be reached, and what was not.
struct Goals<'a, W> {
    is_judged: bool,
    missed: Vec<String>,
    out: &'a mut W,
}

impl<W: Write> Goals<'_, W> {
    fn tell(&mut self, what: &str, is_reached: bool) -> Result<()> {
        let verdict = match (self.is_judged, is_reached) {
            (false, _) => "not judged",
            (true, true) => "kept",
            (true, false) => "missed",
        };
        writeln!(self.out, "{verdict}: {what}")?;
        if self.is_judged && !is_reached {
            self.missed.push(what.to_owned());
        }
        Ok(())
    }
}

/// At a steady rate: how long after it was written each read is in the database, seen from beside the server.
async fn delays(kind: Kind, load: Load, goals: &mut Goals<'_, impl Write>) -> Result<()> {
    let (venue, server) = serve(kind).await?;
    let each = load.rate * load.seconds / MATS as u64;
    let micros = senders::steady(&venue, &server, load.rate, each).await?;
    end(venue, server).await?;
    report::heading(goals.out)?;
    report::latency(
        goals.out,
        &format!("commit, {} reads/s", load.rate),
        &micros,
    )?;
    report::spread(goals.out, &micros)?;
    let p99 = Duration::from_micros(micros.value_at_quantile(0.99));
    let what = format!("committed within {COMMIT_WITHIN:?}, p99 is {p99:?}");
    goals.tell(&what, p99 <= COMMIT_WITHIN)
}

/// As fast as they are taken: the rate, and what the server's memory does meanwhile.
async fn sustained(
    kind: Kind,
    load: Load,
    floor: f64,
    goals: &mut Goals<'_, impl Write>,
) -> Result<()> {
    let (venue, server) = serve(kind).await?;
    let memory = Memory::watch(server.id());
    let began = Instant::now();
    let each = load.reads / MATS as u64;
    let sockets = senders::flood(&server, each).await?;
    Watch::open(&venue.database).await?.until(each).await?;
    drop(sockets);
    let rate = load.reads as f64 / began.elapsed().as_secs_f64();
    let cpu = cost(Duration::ZERO, server.id().unwrap_or_default(), load.reads);
    let memory = memory.end().await?;
    end(venue, server).await?;
    writeln!(
        goals.out,
        "the server: {rate:.0} reads/s stored of {}, {cpu:.1} µs of CPU each; {memory}",
        load.reads
    )?;
    let share = rate / floor;
    goals.tell(
        &format!("{SHARE} of the plain loop, it is {share:.2}"),
        share >= SHARE,
    )?;
    goals.tell(&format!("{RATE} reads/s, it is {rate:.0}"), rate >= RATE)?;
    let moved = memory.moved_mib();
    let what = format!("memory moves by ±{STEADY_MIB} MiB, it is ±{moved:.1}");
    goals.tell(&what, moved <= STEADY_MIB)
}

/// From a file: how long until all of it can be asked for.
async fn replayed(kind: Kind, load: Load, goals: &mut Goals<'_, impl Write>) -> Result<()> {
    let (venue, server) = serve(kind).await?;
    let took = recording::replay(&venue, &server, load.reads).await?;
    let asked = recording::ask(&server).await?;
    end(venue, server).await?;
    let goal = Duration::from_secs_f64(load.reads as f64 / REPLAYED);
    let what = format!(
        "{} reads of a recording within {goal:.1?}, it took {took:.1?}",
        load.reads
    );
    goals.tell(&what, took <= goal)?;
    report::heading(goals.out)?;
    for (case, micros) in asked {
        report::latency(goals.out, case, &micros)?;
        let p99 = Duration::from_micros(micros.value_at_quantile(0.99));
        let what = format!("{case} within {ANSWER_WITHIN:?}, p99 is {p99:?}");
        goals.tell(&what, p99 <= ANSWER_WITHIN)?;
    }
    Ok(())
}

/// Microseconds that a process has worked for each read since it had worked so long.
fn cost(before: Duration, process: u32, reads: u64) -> f64 {
    worked(process).saturating_sub(before).as_secs_f64() * 1e6 / reads as f64
}

async fn serve(kind: Kind) -> Result<(Venue, Server)> {
    let venue = Venue::on(kind).await?;
    let server = venue.serve().await?;
    Ok((venue, server))
}

async fn end(venue: Venue, server: Server) -> Result<()> {
    server.stop().await?;
    venue.database.clone().remove().await
}

fn mats() -> impl Iterator<Item = Mat> {
    (0..MATS).map(|number| Mat::new(EVENT, number))
}

fn histogram() -> Result<Histogram<u64>> {
    super::screens::histogram()
}
