//! What memory the server holds, looked at again and again while it works.

use std::{fmt, time::Duration};

use anyhow::Result;
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

/// How often it is looked.
const LOOK: Duration = Duration::from_millis(250);

/// The unit in which the system tells what a process has worked.
const TICK_MS: u64 = 10;

/// The part of the time at the beginning that does not count: queues and caches fill.
const SETTLING: usize = 10;

/// A watch over a process.
pub(super) struct Memory {
    end: oneshot::Sender<()>,
    looks: JoinHandle<Vec<u64>>,
}

/// The least and the most that was held once it had settled, in KiB.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    least: u64,
    most: u64,
}

impl Memory {
    /// Begins to look.
    pub(super) fn watch(process: Option<u32>) -> Self {
        let (end, mut ended) = oneshot::channel();
        let looks = tokio::spawn(async move {
            let mut looks = Vec::new();
            while timeout(LOOK, &mut ended).await.is_err() {
                looks.extend(process.and_then(resident_kib));
            }
            looks
        });
        Self { end, looks }
    }

    /// Ends looking.
    pub(super) async fn end(self) -> Result<Held> {
        // Who looks has not ended before.
        let _ = self.end.send(());
        let looks = self.looks.await?;
        let settled = &looks[looks.len() / SETTLING..];
        let least = settled.iter().min().copied().unwrap_or_default();
        let most = settled.iter().max().copied().unwrap_or_default();
        Ok(Held { least, most })
    }
}

impl Held {
    /// How far it moved from the middle, in MiB.
    pub(super) fn moved_mib(self) -> f64 {
        (self.most - self.least) as f64 / 2.0 / 1024.0
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |kib: u64| kib as f64 / 1024.0;
        write!(
            f,
            "it holds {:.1} to {:.1} MiB",
            mib(self.least),
            mib(self.most)
        )
    }
}

/// Memory of a process that is in use, in KiB.
fn resident_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// What a process has worked so far, on all cores together.
pub(super) fn worked(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The program's name may hold anything but ends with the last bracket.
    let fields = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace();
    let ticks: u64 = fields
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * TICK_MS)
}
