//! A place where a real server runs: its data directory, its people and its process.

use std::{
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Child,
    time::timeout,
};

use crate::programs;

/// The timing partner of every venue.
pub const PARTNER: &str = "Northern Timing";
/// Who works for it.
pub const EMAIL: &str = "operator@example.org";
/// And logs in with this.
pub const PASSWORD: &str = "correct horse battery";

/// How long a server may take to start, replay included, or to stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// A data directory that outlives the servers started on it, and is gone with the test.
pub struct Venue {
    folder: TempDir,
}

/// Where a server listens, as it says itself.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Addresses {
    /// Displays and operators.
    pub http: SocketAddr,
    /// Timing hardware.
    pub timing: SocketAddr,
    /// Monitoring.
    pub status: SocketAddr,
}

impl Addresses {
    /// Any free ports of this machine.
    pub fn any() -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            http: any,
            timing: any,
            status: any,
        }
    }
}

impl Venue {
    /// A new directory with one timing partner and one operator.
    pub async fn new() -> Result<Self> {
        let venue = Self {
            folder: tempfile::tempdir().context("make a data directory")?,
        };
        let data = venue.data_dir().display().to_string();
        let add = ["partner", "add", PARTNER, "--data-dir", &data];
        programs::succeed("gantry-server", &add, "").await?;
        let add = [
            "user",
            "add",
            EMAIL,
            "--partner",
            PARTNER,
            "--role",
            "operator",
        ];
        let add = [&add[..], &["--password-stdin", "--data-dir", &data]].concat();
        programs::succeed("gantry-server", &add, &format!("{PASSWORD}\n")).await?;
        Ok(venue)
    }

    /// Where the server keeps everything.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.data_dir().join("gantry.db")
    }

    /// A place for a test's own files.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a server on any free ports.
    pub async fn serve(&self) -> Result<Server> {
        self.serve_at(Addresses::any()).await
    }

    /// Starts a server on these ports and waits until it listens.
    pub async fn serve_at(&self, addresses: Addresses) -> Result<Server> {
        self.serve_with(addresses, &[]).await
    }

    /// Starts a server with more options.
    pub async fn serve_with(&self, addresses: Addresses, options: &[&str]) -> Result<Server> {
        let log = self.folder.path().join("server.log");
        let stderr = File::options().create(true).append(true).open(&log)?;
        let mut process = programs::command("gantry-server")?
            .arg("serve")
            .arg("--data-dir")
            .arg(self.data_dir())
            .args(["--http", &addresses.http.to_string()])
            .args(["--timing", &addresses.timing.to_string()])
            .args(["--status", &addresses.status.to_string()])
            .args(["--timing-zone", "UTC"])
            .args(options)
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .context("start gantry-server")?;
        let stdout = process.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let announcement = async {
            while let Some(line) = lines.next_line().await? {
                if let Some(json) = line.strip_prefix("listening ") {
                    return serde_json::from_str(json).with_context(|| format!("read {line:?}"));
                }
            }
            bail!("the server ended without listening")
        };
        let addresses = timeout(PATIENCE, announcement)
            .await
            .context("the server does not listen")
            .flatten()
            .with_context(|| std::fs::read_to_string(&log).unwrap_or_default())?;
        Ok(Server { process, addresses })
    }
}

/// A running `gantry-server serve`. Dropping it kills it.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub addresses: Addresses,
}

impl Server {
    /// The address of a page or of the API.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addresses.http)
    }

    /// The process's id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// `kill -9`, and waits for the end.
    pub async fn kill(mut self) -> Result<()> {
        self.process.kill().await.context("kill the server")
    }

    /// `SIGTERM`, and waits for the end.
    pub async fn stop(mut self) -> Result<ExitStatus> {
        programs::terminate(self.id().context("the server has ended")?)?;
        timeout(PATIENCE, self.process.wait())
            .await
            .context("the server does not stop")?
            .context("wait for the server")
    }
}
