//! A place where a real server runs: its data directory, its people and its process.

use std::{
    collections::BTreeMap,
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
    net::TcpListener,
    process::Child,
    time::timeout,
};

use crate::{
    database::{Database, Kind},
    programs,
};

/// The timing partner of every venue.
pub const PARTNER: &str = "Northern Timing";
/// Who works for it.
pub const EMAIL: &str = "operator@example.org";
/// And logs in with this.
pub const PASSWORD: &str = "correct horse battery";

/// How long a server may take to start, replay included, or to stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// A data directory and a database that outlive the servers started on them. The directory is gone with the test.
pub struct Venue {
    folder: TempDir,
    data_dir: PathBuf,
    /// Where the servers keep everything.
    pub database: Database,
    /// The program that is started.
    program: &'static str,
    log_file: Option<PathBuf>,
    variables: BTreeMap<&'static str, String>,
    /// Of the hardware's clocks.
    zone: String,
    /// The program, with its arguments, that starts the servers.
    under: Vec<String>,
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

/// A port that was free a moment ago.
pub async fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    Ok(listener.local_addr()?.port())
}

impl Venue {
    /// A new place with one timing partner and one operator, and a database of the kind that needs nothing.
    pub async fn new() -> Result<Self> {
        Self::on(Kind::Sqlite).await
    }

    /// A new place with one timing partner and one operator.
    pub async fn on(kind: Kind) -> Result<Self> {
        Self::empty(kind).await?.peopled().await
    }

    /// A new place with one timing partner and one operator, in a database that is there.
    pub async fn with(database: Database) -> Result<Self> {
        Self::over(database, None)?.peopled().await
    }

    async fn peopled(self) -> Result<Self> {
        let venue = self;
        venue.add_partner(PARTNER).await?;
        venue.add_user(EMAIL, PASSWORD, PARTNER, "operator").await?;
        Ok(venue)
    }

    /// A new place where nobody is known.
    pub async fn empty(kind: Kind) -> Result<Self> {
        let folder = tempfile::tempdir().context("make a data directory")?;
        let data_dir = folder.path().join("data");
        let database = Database::new(kind, &data_dir).await?;
        Ok(Self {
            folder,
            data_dir,
            database,
            program: "gantry-server",
            log_file: None,
            variables: BTreeMap::new(),
            zone: "UTC".to_owned(),
            under: Vec::new(),
        })
    }

    /// A place over a database that is there. A data directory that is given outlives it.
    pub fn over(database: Database, data_dir: Option<PathBuf>) -> Result<Self> {
        let folder = tempfile::tempdir().context("make a data directory")?;
        Ok(Self {
            data_dir: data_dir.unwrap_or_else(|| folder.path().join("data")),
            folder,
            database,
            program: "gantry-server",
            log_file: None,
            variables: BTreeMap::new(),
            zone: "UTC".to_owned(),
            under: Vec::new(),
        })
    }

    /// From now on another program is the server.
    pub fn run_by(&mut self, program: &'static str) {
        self.program = program;
    }

    /// From now on the hardware's clocks are in this zone; before they show UTC.
    pub fn set_zone(&mut self, zone: String) {
        self.zone = zone;
    }

    /// From now on the servers are started by this program with these arguments before their own.
    pub fn run_under(&mut self, command: Vec<String>) {
        self.under = command;
    }

    /// From now on the servers have this variable in their environment, or have it no longer.
    pub fn set_variable(&mut self, name: &'static str, value: Option<&str>) {
        self.variables.remove(name);
        self.variables
            .extend(value.map(|value| (name, value.to_owned())));
    }

    /// What the servers have logged so far.
    pub fn log(&self) -> Result<String> {
        let log = std::fs::read(self.log_file()).context("read the server's log")?;
        Ok(String::from_utf8_lossy(&log).into_owned())
    }

    /// Adds a timing partner from the shell.
    pub async fn add_partner(&self, name: &str) -> Result<()> {
        self.manage(&["partner", "add", name], "").await
    }

    /// Lets a new person work for a partner, from the shell.
    pub async fn add_user(
        &self,
        email: &str,
        password: &str,
        partner: &str,
        role: &str,
    ) -> Result<()> {
        let add = ["user", "add", email, "--partner", partner, "--role", role];
        let add = [&add[..], &["--password-stdin"]].concat();
        self.manage(&add, &format!("{password}\n")).await
    }

    /// Lets a person who is known work for another partner, from the shell.
    pub async fn employ(&self, email: &str, partner: &str, role: &str) -> Result<()> {
        let add = ["user", "add", email, "--partner", partner, "--role", role];
        self.manage(&[&add[..], &["--known"]].concat(), "").await
    }

    async fn manage(&self, command: &[&str], input: &str) -> Result<()> {
        self.shell(command, input).await.map(drop)
    }

    /// Runs a command of the server's on what is kept here, and answers what it said.
    pub async fn shell(&self, command: &[&str], input: &str) -> Result<String> {
        let store = self.store_options();
        let store = store.iter().map(String::as_str);
        let arguments: Vec<&str> = command.iter().copied().chain(store).collect();
        programs::succeed("gantry-server", &arguments, input).await
    }

    /// The options that say where everything is kept.
    pub fn store_options(&self) -> Vec<String> {
        let data_dir = self.data_dir.display().to_string();
        let mut options = vec!["--data-dir".to_owned(), data_dir];
        if let Some(url) = self.database.url() {
            options.extend(["--database-url".to_owned(), url]);
        }
        options
    }

    /// The server's own directory.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    fn log_file(&self) -> PathBuf {
        let own = || self.folder.path().join("server.log");
        self.log_file.clone().unwrap_or_else(own)
    }

    /// From now on the servers log there.
    pub fn log_to(&mut self, file: &str) {
        self.log_file = Some(file.into());
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
        let log = self.log_file();
        let stderr = File::options().create(true).append(true).open(&log)?;
        let mut process = programs::command_under(&self.under, self.program)?
            .envs(&self.variables)
            .arg("serve")
            .args(self.store_options())
            .args(["--http", &addresses.http.to_string()])
            .args(["--timing", &addresses.timing.to_string()])
            .args(["--status", &addresses.status.to_string()])
            .args(["--timing-zone", &self.zone])
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

    /// Whether the process has ended.
    pub fn has_ended(&mut self) -> Result<bool> {
        let ended = self.process.try_wait().context("ask for the server")?;
        Ok(ended.is_some())
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
