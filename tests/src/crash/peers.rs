//! Peers that outlive the server: they connect again and again and go on where the server wants them to.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Result, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::exporter::Exporter;
use crate::{mat::Mat, walls::chance::Chance};

/// Before a peer connects again.
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// How long a peer that has sent everything waits for the server to want more of it.
pub(super) const IDLE: Duration = Duration::from_mins(10);

/// The most reads that are written at once.
pub(super) const MOST: usize = 40;

/// Peers at work. They end with this.
pub struct Peers {
    tasks: JoinSet<()>,
}

impl Peers {
    /// Has each mat send so many reads in pieces of random size.
    pub fn start(mats: &[Mat], timing: SocketAddr, each: u64, seed: u64) -> Self {
        let mut tasks = JoinSet::new();
        for (number, mat) in mats.iter().cloned().enumerate() {
            let mut chance = Chance::new(seed.wrapping_mul(31).wrapping_add(number as u64));
            tasks.spawn(async move {
                loop {
                    // A server that has died is back in a moment.
                    if let Ok(link) = mat.connect(timing).await {
                        let _ = talk(&mat, link, each, &mut chance).await;
                    }
                    sleep(PAUSE).await;
                }
            });
        }
        Self { tasks }
    }

    /// Has an exporter send so many passings in messages of random size.
    pub fn export(&mut self, exporter: &Exporter, address: SocketAddr, each: u64, seed: u64) {
        let chance = Chance::new(seed.wrapping_mul(31).wrapping_sub(1));
        self.tasks
            .spawn(exporter.clone().run(address, each, chance));
    }

    /// Lets the peers go.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

/// Sends until the connection breaks.
async fn talk(
    mat: &Mat,
    (mut socket, from): (BufReader<TcpStream>, u64),
    each: u64,
    chance: &mut Chance,
) -> Result<()> {
    let mut next = from;
    let mut lines = Vec::new();
    while next <= each {
        let end = (next + 1 + chance.below(MOST) as u64).min(each + 1);
        lines.clear();
        for sequence in next..end {
            mat.write_line(sequence, &mut lines)?;
        }
        // A piece may end within a line.
        let cut = chance.below(lines.len());
        socket.write_all(&lines[..cut]).await?;
        tokio::task::yield_now().await;
        socket.write_all(&lines[cut..]).await?;
        next = end;
    }
    let mut unread = [0; 1024];
    loop {
        let count = timeout(IDLE, socket.read(&mut unread)).await??;
        ensure!(count > 0, "the server hung up");
    }
}
