//! The server dies at a point of its own choosing, is started again, and dies again.

use std::{io::Write, net::SocketAddr};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::{
    count,
    exporter::{self, Exporter},
    peers::Peers,
};
use crate::{
    database::{Kind, StoredRead},
    mat::Mat,
    operator::Operator,
    progress::tell,
    venue::{Addresses, EMAIL, PARTNER, PASSWORD, Server, Venue, free_port},
    wait,
    walls::chance::Chance,
};

/// The server that can be told to die.
const PROGRAM: &str = "gantry-server-crashing";

/// Where it can be told to: at every step from the socket to whoever listens. The last two are the spool's, which is there where
/// the database lies elsewhere.
const POINTS: [&str; 9] = [
    "received",
    "decoded",
    "queued",
    "taken",
    "inserted",
    "committed",
    "published",
    "spooled",
    "shipped",
];

/// Those that every read comes past.
const WITHOUT_SPOOL: usize = 7;

/// Mats of each race, beside which there is an exporter.
const MATS: usize = 3;

/// Reads of each mat, and passings of the exporter.
const EACH: u64 = 150;

/// Reads of each race.
const ALL: u64 = EACH * (MATS as u64 + 1);

/// How often the server dies in each race, at most: it may have all reads before it comes past its point so often.
const DEATHS: usize = 3;

/// After every how manieth race it is said how far it is.
const PROGRESS: u64 = 50;

/// Races to run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What the server keeps everything in.
    pub kind: Kind,
    /// The first seed: the same seed dies at the same points.
    pub first: u64,
    /// How many seeds.
    pub seeds: u64,
}

/// Runs the races and answers how often the server died at each point.
pub async fn run(plan: Plan, out: &mut impl Write) -> Result<()> {
    let mut venue = Venue::empty(plan.kind).await?;
    venue.add_partner(PARTNER).await?;
    venue.add_user(EMAIL, PASSWORD, PARTNER, "owner").await?;
    venue.run_by(PROGRAM);
    let server = venue.serve().await?;
    let ways = Ways {
        addresses: server.addresses,
        exporters: exporters(&server).await?,
    };
    server.stop().await?;
    let points = match plan.kind {
        Kind::Sqlite => &POINTS[..WITHOUT_SPOOL],
        Kind::Postgres => &POINTS,
    };
    let mut deaths = vec![0; points.len()];
    for (seed, done) in (plan.first..).zip(1..=plan.seeds) {
        let race = Race::new(seed);
        race.run(&mut venue, ways, points, &mut deaths)
            .await
            .with_context(|| format!("seed {seed} of {:?}", plan.kind))?;
        if done % PROGRESS == 0 {
            let all = plan.seeds;
            let words = format!("{done} of {all} races, no read lost and none twice");
            tell(out, words)?;
        }
    }
    for (point, deaths) in points.iter().zip(deaths) {
        writeln!(out, "died {deaths} times when reads were {point}")?;
        ensure!(
            deaths > 0 || plan.seeds < points.len() as u64,
            "the server never died at {point}: nothing was tried there"
        );
    }
    writeln!(
        out,
        "{:?}: {} races, no read lost and none twice",
        plan.kind, plan.seeds
    )?;
    Ok(())
}

/// Where hardware comes in.
#[derive(Clone, Copy)]
struct Ways {
    addresses: Addresses,
    /// The port of a feed's own for exporters.
    exporters: SocketAddr,
}

/// Makes a feed for exporters.
async fn exporters(server: &Server) -> Result<SocketAddr> {
    let port = free_port().await?;
    let feed = json!({"name": "Loops", "protocol": "mylaps", "port": port});
    let owner = Operator::log_in(server).await?;
    owner.post("/api/feeds", &feed).await?;
    Ok(([127, 0, 0, 1], port).into())
}

/// One race, in which all that happens follows from the seed.
struct Race {
    mats: Vec<Mat>,
    exporter: Exporter,
    seed: u64,
}

impl Race {
    fn new(seed: u64) -> Self {
        let event = format!("Crash-{seed}");
        let mats = (0..MATS).map(|number| Mat::new(&event, number)).collect();
        let exporter = Exporter::new(&event);
        Self {
            mats,
            exporter,
            seed,
        }
    }

    async fn run(
        &self,
        venue: &mut Venue,
        ways: Ways,
        points: &[&str],
        deaths: &mut [usize],
    ) -> Result<()> {
        let Ways {
            addresses,
            exporters,
        } = ways;
        let mut chance = Chance::new(self.seed);
        let mut peers = Peers::start(&self.mats, addresses.timing, EACH, self.seed);
        peers.export(&self.exporter, exporters, EACH, self.seed);
        for death in 0..DEATHS {
            // Each point has its turn to be the first.
            let point = (self.seed as usize + death * DEATHS) % points.len();
            let times = 1 + chance.below(often(points[point]));
            let crash = format!("{}:{times}", points[point]);
            venue.set_variable("CRASH_AT", Some(&crash));
            let server = venue.serve_at(addresses).await?;
            let has_died = self.outlive(venue, server).await.context(crash)?;
            let stored = self.stored(venue).await?;
            count::counted(&self.mats, &stored)?;
            count::exported(&self.exporter, EACH, &stored)?;
            if !has_died {
                break;
            }
            deaths[point] += 1;
        }
        venue.set_variable("CRASH_AT", None);
        let server = venue.serve_at(addresses).await?;
        let stored = wait::until("all reads", async || {
            let stored = self.stored(venue).await?;
            Ok((stored.len() as u64 >= ALL).then_some(stored))
        })
        .await?;
        peers.stop().await;
        self.count(&stored)?;
        server.stop().await?;
        // What the last transaction held may have come after all was counted.
        self.count(&self.stored(venue).await?)
    }

    fn count(&self, stored: &[StoredRead]) -> Result<()> {
        count::all_once(&self.mats, EACH, stored)?;
        count::all_exported(&self.exporter, EACH, stored)
    }

    /// Waits until the server dies, or has all reads; true when it died.
    async fn outlive(&self, venue: &Venue, mut server: Server) -> Result<bool> {
        let all = wait::until("its death", async || {
            if server.has_ended()? {
                return Ok(Some(true));
            }
            let stored = self.stored(venue).await?.len() as u64;
            Ok((stored >= ALL).then_some(false))
        });
        let has_died = all.await?;
        if !has_died {
            server.kill().await?;
        }
        Ok(has_died)
    }

    /// The reads of this race, by somebody who opens the database beside the server.
    async fn stored(&self, venue: &Venue) -> Result<Vec<StoredRead>> {
        let mats = self.mats.iter();
        let mut streams: Vec<(String, String)> =
            mats.map(|mat| (mat.connection(), mat.location())).collect();
        let location = self.exporter.location().to_owned();
        streams.push((exporter::CONNECTION.to_owned(), location));
        venue.database.reads_of(&streams).await
    }
}

/// How often the server comes past a point in a race, at least: once for each read, or once for each group of them, and groups are
/// shipped together.
fn often(point: &str) -> usize {
    match point {
        "decoded" | "queued" => ALL as usize / 2,
        "shipped" => 1,
        _ => 4,
    }
}
