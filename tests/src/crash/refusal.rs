//! A disk that takes nothing, from one moment to another, for a server that runs.

use std::{path::Path, process::Stdio};

use anyhow::{Context as _, Result, ensure};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::{programs, wait::PATIENCE};

/// Why the disk takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is full. A limit on the size of the server's files stands for that: it can be set and lifted from outside, by anybody,
    /// and the system refuses to write just as it does without room.
    Full,
    /// The system has made it read-only, as it does with a disk that has faults. `strace` has every call that would change the
    /// server's files end with what the system says then.
    ReadOnly,
}

/// A refusal under way.
pub enum Refusing {
    /// Of this process.
    Full(u32),
    /// By this one.
    ReadOnly(Child),
}

/// Bytes at which files end while the disk is full. What the server has written before is more than that.
const LIMIT: &str = "4096";

/// The calls that change a file that is open, and what they end with.
const CALLS: &str = "inject=pwrite64,ftruncate,fsync,fdatasync:error=EROFS";

impl Refusal {
    /// Has the process write nothing more to a database.
    pub async fn begin(self, process: u32, database: &Path) -> Result<Refusing> {
        Ok(match self {
            Self::Full => {
                limit(process, LIMIT).await?;
                Refusing::Full(process)
            }
            Self::ReadOnly => Refusing::ReadOnly(refuse(process, database).await?),
        })
    }
}

impl Refusing {
    /// Has it write again.
    pub async fn end(self) -> Result<()> {
        match self {
            Self::Full(process) => limit(process, "unlimited").await,
            Self::ReadOnly(mut strace) => {
                programs::terminate(strace.id().context("strace has ended")?)?;
                let ended = timeout(PATIENCE, strace.wait()).await;
                ended.context("strace does not end")??;
                Ok(())
            }
        }
    }
}

/// Has the process's files end there.
async fn limit(process: u32, bytes: &str) -> Result<()> {
    let set = Command::new("prlimit")
        .args(["--pid", &process.to_string()])
        .arg(format!("--fsize={bytes}:unlimited"))
        .status();
    let set = set.await.context("run prlimit")?;
    ensure!(set.success(), "prlimit: {set}");
    Ok(())
}

async fn refuse(process: u32, database: &Path) -> Result<Child> {
    let log = format!("{}-wal", database.display());
    let mut strace = Command::new("strace")
        .args(["-f", "-p", &process.to_string(), "-o", "/dev/null"])
        .args(["-e", CALLS, "-P"])
        .arg(database)
        .args(["-P", &log])
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("start strace: install the package strace")?;
    let stderr = strace.stderr.take().context("no standard error")?;
    let mut lines = BufReader::new(stderr).lines();
    let attached = async {
        while let Some(line) = lines.next_line().await? {
            if line.contains(" attached") {
                return anyhow::Ok(());
            }
        }
        anyhow::bail!("strace ended")
    };
    timeout(PATIENCE, attached)
        .await
        .context("strace does not come to the server")??;
    // What it says from now on is of no matter, but somebody has to take it.
    tokio::spawn(async move { while matches!(lines.next_line().await, Ok(Some(_))) {} });
    Ok(strace)
}
