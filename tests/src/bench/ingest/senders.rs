//! The hardware of the bench: eight mats over eight connections, as fast as the server takes it or at a steady rate.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;
use tokio::{
    io::{AsyncWriteExt as _, BufReader},
    net::TcpStream,
    sync::mpsc,
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use super::{MATS, histogram, mats, watch::Watch};
use crate::{
    mat::Mat,
    venue::{Server, Venue},
};

/// Lines written at once by a mat that does not wait.
const CHUNK: u64 = 256;

/// How often a mat that keeps to a rate writes what is due.
const BEAT: Duration = Duration::from_millis(2);

/// Lines that were written together.
pub(super) struct Written {
    /// The mat that wrote them.
    pub(super) mat: usize,
    /// The number of the last of them.
    pub(super) last: u64,
    /// How many they are.
    pub(super) count: u64,
    /// Just before they were written.
    pub(super) at: Instant,
}

/// Sends so many reads of each mat as fast as they are taken. The connections are answered, to be kept until all is stored: when one
/// ends on which the server has said something unread, the system throws away what is still on its way.
pub(super) async fn flood(server: &Server, each: u64) -> Result<Vec<BufReader<TcpStream>>> {
    let mut sending = JoinSet::new();
    for mat in mats() {
        let timing = server.addresses.timing;
        sending.spawn(async move {
            let (mut socket, from) = mat.connect(timing).await?;
            let mut lines = Vec::new();
            for first in (from..=each).step_by(CHUNK as usize) {
                lines.clear();
                for sequence in first..(first + CHUNK).min(each + 1) {
                    mat.write_line(sequence, &mut lines)?;
                }
                socket.write_all(&lines).await.context("send")?;
            }
            anyhow::Ok(socket)
        });
    }
    let mut sockets = Vec::new();
    while let Some(sent) = sending.join_next().await {
        sockets.push(sent??);
    }
    Ok(sockets)
}

/// Sends so many reads of each mat at a steady rate of all together, and takes how long each is on its way, in microseconds.
pub(super) async fn steady(
    venue: &Venue,
    server: &Server,
    rate: u64,
    each: u64,
) -> Result<Histogram<u64>> {
    let (tell, told) = mpsc::channel(65_536);
    let mut sending = JoinSet::new();
    for (number, mat) in mats().enumerate() {
        let (socket, _) = mat.connect(server.addresses.timing).await?;
        let tell = tell.clone();
        sending.spawn(async move {
            let rate = rate / MATS as u64;
            keep_rate(socket, &mat, number, rate, each, &tell).await
        });
    }
    drop(tell);
    let watch = Watch::open(&venue.database).await?;
    let micros = watch.delays(told, histogram()?).await?;
    let mut sockets = Vec::new();
    while let Some(sent) = sending.join_next().await {
        sockets.push(sent??);
    }
    Ok(micros)
}

async fn keep_rate(
    mut socket: BufReader<TcpStream>,
    mat: &Mat,
    number: usize,
    rate: u64,
    each: u64,
    tell: &mpsc::Sender<Written>,
) -> Result<BufReader<TcpStream>> {
    let began = Instant::now();
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut lines = Vec::new();
    let mut sent = 0;
    while sent < each {
        beat.tick().await;
        let due = (began.elapsed().as_micros() as u64 * rate / 1_000_000).min(each);
        if due == sent {
            continue;
        }
        lines.clear();
        for sequence in sent + 1..=due {
            mat.write_line(sequence, &mut lines)?;
        }
        let written = Written {
            mat: number,
            last: due,
            count: due - sent,
            at: Instant::now(),
        };
        socket.write_all(&lines).await.context("send")?;
        tell.send(written).await.context("nobody watches")?;
        sent = due;
    }
    Ok(socket)
}
