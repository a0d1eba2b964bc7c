//! A MYLAPS exporter, which forgets what is acknowledged and sends again what is not: an acknowledgement that comes too early
//! loses what it acknowledges, and nothing else tells.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use gantry_core::{
    hardware::mylaps::{self, Passing},
    time::Moment,
};
use jiff::{
    SignedDuration,
    civil::{DateTime, datetime},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::peers::{IDLE, MOST, PAUSE};
use crate::walls::chance::Chance;

/// What every exporter's stream is called.
pub const CONNECTION: &str = "MYLAPS";

/// When the first passing was.
const START: DateTime = datetime(2026, 6, 14, 8, 0, 0, 0);

/// The exporter of one race, whose n-th passing is always the same.
#[derive(Clone, Debug)]
pub struct Exporter {
    location: String,
}

impl Exporter {
    /// The exporter of an event.
    pub fn new(event: &str) -> Self {
        let location = format!("{event} loop");
        Self { location }
    }

    /// The mat that it exports.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// Its passing of that number, from 1, as it is kept.
    pub fn line(&self, number: u64) -> String {
        format!("{}@Passing@{}", self.location, passing(number).record())
    }

    /// The number of the passing with this tag; `None` when it is none of its first `each`.
    pub fn number(tag: &str, each: u64) -> Option<u64> {
        let number = tag.parse().ok()?;
        (1..=each).contains(&number).then_some(number)
    }

    /// Exports so many passings, over as many connections as it takes, and stays connected then.
    pub async fn run(self, address: SocketAddr, each: u64, mut chance: Chance) {
        let started = Instant::now();
        let mut program = mylaps::Exporter::new(&self.location);
        let mut recorded = 0;
        loop {
            if let Ok(socket) = TcpStream::connect(address).await {
                let talked = talk(socket, &mut program, started, || {
                    let more = (1 + chance.below(MOST) as u64).min(each - recorded);
                    let first = recorded + 1;
                    recorded += more;
                    first..=recorded
                });
                // A server that has died is back in a moment.
                let _ = talked.await;
            }
            sleep(PAUSE).await;
        }
    }
}

/// Exports until the connection breaks. The next passings are recorded while the server answers.
async fn talk(
    mut socket: TcpStream,
    program: &mut mylaps::Exporter,
    started: Instant,
    mut next: impl FnMut() -> std::ops::RangeInclusive<u64>,
) -> Result<()> {
    socket.set_nodelay(true)?;
    socket.write_all(&program.connect()).await?;
    let mut heard = [0; 1024];
    loop {
        let count = timeout(IDLE, socket.read(&mut heard)).await??;
        ensure!(count > 0, "the server hung up");
        for number in next() {
            program.record(passing(number));
        }
        let elapsed: Duration = started.elapsed();
        let answer = program.receive(&heard[..count], Moment(elapsed.as_millis() as i64));
        socket.write_all(&answer).await?;
    }
}

fn passing(number: u64) -> Passing {
    Passing {
        chip: format!("{number:06}"),
        at: START + SignedDuration::from_millis(number as i64 * 10),
    }
}
