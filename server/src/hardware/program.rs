//! A timing program: it records by its script and keeps a connection up for as long as it runs.

use std::time::Duration;

use gantry_core::chronotrack::client::RECONNECT_MS;
use tokio::{net::TcpStream, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::{
    Summary,
    link::{self, AtEnd, End},
    pace::Pace,
    script::Script,
};

/// Plays every script as a program of its own until all are done or `shutdown`.
pub(super) async fn run_all(
    scripts: Vec<Script>,
    pace: Pace,
    to: &str,
    at_end: AtEnd,
    shutdown: &CancellationToken,
) -> Summary {
    let programs = scripts.into_iter().map(|script| async move {
        let mut program = Program {
            script,
            summary: Summary::default(),
        };
        tokio::select! {
            () = program.run(pace, to, at_end) => {}
            () = shutdown.cancelled() => {}
        }
        program.summary
    });
    futures_util::future::join_all(programs)
        .await
        .into_iter()
        .fold(Summary::default(), |all, one| Summary {
            recorded: all.recorded + one.recorded,
            connections: all.connections + one.connections,
        })
}

struct Program {
    script: Script,
    summary: Summary,
}

impl Program {
    /// Connects again and again, as real software does, until the server has read everything.
    async fn run(&mut self, pace: Pace, to: &str, at_end: AtEnd) {
        loop {
            if let Some(until_ms) = self.script.down_until(pace.now_ms()) {
                sleep(pace.until(until_ms)).await;
            }
            match TcpStream::connect(to).await {
                Err(error) => warn!(to, %error, "timing hardware cannot connect"),
                Ok(socket) => {
                    self.summary.connections += 1;
                    let recorded = &mut self.summary.recorded;
                    match link::converse(socket, &mut self.script, recorded, &pace, at_end).await {
                        Ok(End::Done) => return,
                        Ok(End::Down) => info!("timing hardware dropped out"),
                        Ok(End::Broken(reason)) => warn!(reason, "timing hardware disconnected"),
                        Err(error) => debug!(%error, "timing hardware disconnected"),
                    }
                }
            }
            sleep(Duration::from_millis(RECONNECT_MS as u64)).await;
        }
    }
}
