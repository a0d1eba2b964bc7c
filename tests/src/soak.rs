//! A long race of eight readers whose network comes and goes, over midnight, some hundred times as fast as it would be run.
//!
//! The readers send times of day without a date, as most hardware does, and keep what they read while they are offline. Who checks
//! knows when each read was and compares that with what the database says.

use std::{
    io::Write,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use gantry_core::time::Moment;
use gantry_server::clock;
use tokio::{io::AsyncWriteExt as _, task::JoinSet, time::sleep};

use crate::{
    database::{Database, Kind, Placed},
    mat::Mat,
    progress::tell,
    venue::{PARTNER, Venue},
    wait,
    walls::chance::Chance,
};

/// Readers.
const READERS: usize = 8;

/// Race time between a reader's reads, in milliseconds.
const BETWEEN_MS: i64 = 1_000;

const HOUR_MS: i64 = 3_600_000;

const DAY_MS: i64 = 24 * HOUR_MS;

/// A race.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What the server keeps everything in.
    pub kind: Kind,
    /// How long it is run, in race time.
    pub race: Duration,
    /// How many times faster than that it comes.
    pub speed: i64,
}

impl Plan {
    /// An hour in 36 seconds.
    pub const FULL: Plan = Plan {
        kind: Kind::Sqlite,
        race: Duration::from_hours(1),
        speed: 100,
    };

    /// The same in four seconds.
    pub const SHORT: Plan = Plan {
        speed: 900,
        ..Self::FULL
    };
}

/// The race as all readers know it.
#[derive(Clone, Copy, Debug)]
struct Race {
    /// When it began as the clocks on the wall tell, and when we began to run it.
    began: (Moment, Instant),
    /// What the clock on the wall shows then, in milliseconds since midnight: it is between eleven and midnight.
    shows_ms: i64,
    speed: i64,
    /// Reads of each reader.
    each: u64,
}

/// Runs the race and compares.
pub async fn run(plan: Plan, out: &mut impl Write) -> Result<()> {
    let mut venue = Venue::empty(plan.kind).await?;
    venue.add_partner(PARTNER).await?;
    // It ends about now: what a clock without a date shows is never ahead of the server's.
    let began = clock::now() - plan.race.as_millis() as i64;
    let hour = began.0.rem_euclid(DAY_MS) / HOUR_MS;
    // The zone in which it is the last hour of the day. Its name counts the other way.
    let ahead = (23 - hour + 12).rem_euclid(24) - 12;
    let zone = format!(
        "Etc/GMT{}{}",
        if ahead > 0 { "-" } else { "+" },
        ahead.abs()
    );
    venue.set_zone(zone);
    let server = venue.serve().await?;
    let race = Race {
        began: (began, Instant::now()),
        shows_ms: (began.0 + ahead * HOUR_MS).rem_euclid(DAY_MS),
        speed: plan.speed,
        each: plan.race.as_millis() as u64 / BETWEEN_MS as u64,
    };
    let (race_lasts, run_in) = (plan.race, race.real_ms(plan.race.as_millis() as i64));
    let words = format!("{READERS} readers run a race of {race_lasts:?} in {run_in:?}");
    tell(out, words)?;
    let mut readers = JoinSet::new();
    for number in 0..READERS {
        readers.spawn(race.run_reader(number, server.addresses.timing));
    }
    let mut connections = 0;
    let mut open = Vec::new();
    while let Some(reader) = readers.join_next().await {
        let (count, socket) = reader??;
        connections += count;
        open.push(socket);
    }
    let expected = race.each * READERS as u64;
    let stored = wait::until("all reads", async || {
        let stored = venue.database.placed().await?;
        Ok((stored.len() as u64 >= expected).then_some(stored))
    })
    .await?;
    race.compare(&stored)?;
    let sessions = sessions(&venue.database).await?;
    ensure!(sessions == 1, "one race was stored as {sessions} sessions");
    server.stop().await?;
    writeln!(
        out,
        "{:?}: {expected} reads of {READERS} readers over {connections} connections and midnight, each once and when it was",
        plan.kind
    )?;
    Ok(())
}

impl Race {
    /// Sends a reader's reads as they come due, with interruptions; answers how often it connected, and the last connection.
    async fn run_reader(
        self,
        number: usize,
        timing: SocketAddr,
    ) -> Result<(usize, tokio::io::BufReader<tokio::net::TcpStream>)> {
        let mat = Mat::new("Soak", number);
        let mut chance = Chance::new(number as u64);
        let mut connections = 0;
        loop {
            let (mut socket, mut next) = mat.connect(timing).await?;
            connections += 1;
            // From half a minute to ten minutes, of the race.
            let online = self.real_ms(30_000 + chance.below(570_000) as i64);
            let ends = Instant::now() + online;
            while next <= self.each && Instant::now() < ends {
                let due = self.due().min(self.each);
                let mut lines = Vec::new();
                for sequence in next..=due {
                    self.write_line(&mat, sequence, &mut lines)?;
                }
                socket.write_all(&lines).await.context("send")?;
                next = next.max(due + 1);
                sleep(Duration::from_millis(2)).await;
            }
            if next > self.each {
                return Ok((connections, socket));
            }
            drop(socket);
            sleep(self.real_ms(chance.below(300_000) as i64)).await;
        }
    }

    /// How many reads of each reader there are by now.
    fn due(&self) -> u64 {
        let elapsed = self.began.1.elapsed().as_millis() as i64 * self.speed;
        (elapsed / BETWEEN_MS) as u64
    }

    fn real_ms(&self, race_ms: i64) -> Duration {
        Duration::from_millis((race_ms / self.speed) as u64)
    }

    /// Milliseconds from the beginning to a read; hundredths, as the wire has them.
    fn after_ms(number: usize, sequence: u64) -> i64 {
        sequence as i64 * BETWEEN_MS + number as i64 * 10
    }

    fn write_line(&self, mat: &Mat, sequence: u64, out: &mut Vec<u8>) -> Result<()> {
        let shows = self.shows_ms / 10 * 10 + Self::after_ms(mat.number(), sequence);
        let hundredths = shows.rem_euclid(DAY_MS) / 10;
        let (seconds, rest) = (hundredths / 100, hundredths % 100);
        let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        let (location, reader) = (mat.location(), mat.reader());
        write!(
            out,
            "CT01_33~{sequence}~{location}~{sequence}~{hours:02}:{minutes:02}:{seconds:02}.{rest:02}~1~{reader}~1\r\n"
        )
        .context("write to memory")
    }

    /// Fails unless each read is there once, with the moment at which it was.
    fn compare(&self, stored: &[Placed]) -> Result<()> {
        let began = self.began.0.0 - self.shows_ms % 10;
        for number in 0..READERS {
            let connection = Mat::new("Soak", number).connection();
            let mut reads: Vec<&Placed> = stored
                .iter()
                .filter(|read| read.connection == connection)
                .collect();
            reads.sort_by_key(|read| read.sequence);
            let count = reads.len() as u64;
            ensure!(
                count == self.each,
                "{connection} has sent {} reads and {count} are stored",
                self.each
            );
            for (read, sequence) in reads.into_iter().zip(1..) {
                ensure!(
                    read.sequence == sequence as i64,
                    "{connection} lacks read {sequence}"
                );
                let off = read.at - began - Self::after_ms(number, sequence);
                ensure!(
                    off == 0,
                    "read {sequence} of {connection} is dated {off} ms off"
                );
            }
        }
        Ok(())
    }
}

async fn sessions(database: &Database) -> Result<usize> {
    let placed = database.placed().await?;
    let sessions: std::collections::BTreeSet<_> =
        placed.into_iter().map(|read| read.session).collect();
    Ok(sessions.len())
}
