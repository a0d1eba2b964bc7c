//! A server that starts while its database is away, as when the power of a whole venue comes back.

use std::{collections::BTreeSet, net::SocketAddr};

use anyhow::{Context as _, Result, ensure};
use gantry_tests::{
    crash::{
        count,
        outage::postgres,
        peers::Peers,
        status::{has_alarm, no_alarm},
    },
    database::{Database, Placed, StoredRead},
    mat::Mat,
    operator::Operator,
    programs,
    venue::{Addresses, EMAIL, PASSWORD, Server, Venue},
    wait,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    process::Command,
};

const NORTHERN: &str = "Northern Timing";
const SOUTHERN: &str = "Southern Timing";

/// Vienna's clocks are ahead of UTC's by so much in June.
const VIENNA_MS: i64 = 2 * 3_600_000;

/// A PostgreSQL of a test's own, which is gone with it.
struct Cluster {
    folder: tempfile::TempDir,
    database: Database,
}

impl Cluster {
    async fn start() -> Result<Self> {
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        // The path of a socket must be short.
        let folder = tempfile::tempdir_in("/tmp")?;
        let url = postgres("start", &folder.path().join("pg")).await?;
        Ok(Self {
            folder,
            database: Database::Postgres(Box::new(url.parse()?)),
        })
    }

    async fn tell(&self, command: &str) -> Result<()> {
        let dir = self.folder.path().join("pg");
        postgres(command, &dir).await.map(drop)
    }

    /// Has nobody be answered who calls from now on, or answers them.
    async fn freeze(&self, is_frozen: bool) -> Result<()> {
        let file = self.folder.path().join("pg/data/postmaster.pid");
        let told = std::fs::read_to_string(file).context("read whose process it is")?;
        let id = told.lines().next().context("it has no process")?;
        let signal = if is_frozen { "-STOP" } else { "-CONT" };
        let kill = Command::new("kill").args([signal, id]).status().await?;
        ensure!(kill.success(), "{signal} to {id}");
        Ok(())
    }

    /// Stops it, whatever the outcome is.
    async fn after(self, outcome: Result<()>) -> Result<()> {
        // A frozen one does not stop, and one that is away cannot be thawed.
        self.freeze(false).await.ok();
        let stopped = self.tell("stop").await;
        outcome.and(stopped)
    }
}

#[tokio::test]
async fn a_server_that_has_served_its_database_takes_reads_in_without_it() -> Result<()> {
    let cluster = Cluster::start().await?;
    let outcome = one_partner(&cluster).await;
    cluster.after(outcome).await
}

async fn one_partner(cluster: &Cluster) -> Result<()> {
    let venue = Venue::with(cluster.database.clone()).await?;
    let mats: Vec<Mat> = (0..3).map(|number| Mat::new("Early", number)).collect();
    let server = venue.serve().await?;
    let addresses = server.addresses;
    let peers = Peers::start(&mats, addresses.timing, 50, 1);
    stored(&venue, 3 * 50).await?;
    peers.stop().await;
    server.stop().await?;
    cluster.tell("crash").await?;

    let server = venue.serve_at(addresses).await?;
    let peers = Peers::start(&mats, addresses.timing, 100, 2);
    spooled(&server, 3 * 100).await?;
    is_told(&venue, &server).await?;
    // The power fails once more, and the database takes connections this time without ever saying anything.
    server.kill().await?;
    cluster.tell("again").await?;
    cluster.freeze(true).await?;
    let server = venue.serve_at(addresses).await?;
    peers.stop().await;
    let peers = Peers::start(&mats, addresses.timing, 150, 3);
    spooled(&server, 3 * 100 + 3 * 150).await?;

    cluster.freeze(false).await?;
    stored(&venue, 3 * 150).await?;
    no_alarm(&server, "database").await?;
    let health = reqwest::get(status_url(&addresses, "health")).await?;
    ensure!(health.status() == StatusCode::OK, "{health:?}");
    Operator::log_in(&server).await?;
    peers.stop().await;
    server.stop().await?;
    count::all_once(&mats, 150, &venue.database.reads().await?)?;
    for mat in &mats {
        of_one_session(mat, &venue.database.placed().await?)?;
    }
    Ok(())
}

/// Whoever looks after the server finds out what it waits for.
async fn is_told(venue: &Venue, server: &Server) -> Result<()> {
    has_alarm(server, "database").await?;
    let health = reqwest::get(status_url(&server.addresses, "health")).await?;
    ensure!(
        health.status() == StatusCode::SERVICE_UNAVAILABLE,
        "{health:?}"
    );
    let sign_in = json!({"email": EMAIL, "password": PASSWORD});
    let asked = reqwest::Client::new()
        .post(server.url("/api/login"))
        .json(&sign_in)
        .send()
        .await?;
    ensure!(
        asked.status() == StatusCode::SERVICE_UNAVAILABLE,
        "{asked:?}"
    );
    let told = status(&server.addresses).await?;
    let words = told["alarms"][0]["words"].as_str().context("no words")?;
    for part in ["takes no reads, which wait in a spool", "waits for it"] {
        ensure!(words.contains(part), "{words}");
    }
    ensure!(
        venue.log()?.contains(part_of(words)),
        "the log does not tell"
    );
    let status = server.addresses.status.to_string();
    let store = venue.store_options();
    let doctor = [&["doctor", "--status", &status][..], &texts(&store)].concat();
    let said = programs::run("gantry-server", &doctor, "").await?.stdout;
    let said = String::from_utf8_lossy(&said);
    ensure!(said.contains(part_of(words)), "{said}");
    Ok(())
}

/// What stays the same of an alarm's words while the reasons change.
fn part_of(words: &str) -> &str {
    words.split(": ").next().unwrap_or_default()
}

fn texts(options: &[String]) -> Vec<&str> {
    options.iter().map(String::as_str).collect()
}

#[tokio::test]
async fn a_server_without_its_database_remembers_whose_hardware_is_whose() -> Result<()> {
    let cluster = Cluster::start().await?;
    let outcome = two_partners(&cluster).await;
    cluster.after(outcome).await
}

async fn two_partners(cluster: &Cluster) -> Result<()> {
    let venue = Venue::over(cluster.database.clone(), None)?;
    for (partner, email) in [(NORTHERN, "owner@north.org"), (SOUTHERN, "owner@south.org")] {
        venue.add_partner(partner).await?;
        venue.add_user(email, PASSWORD, partner, "owner").await?;
    }
    let server = venue.serve().await?;
    let addresses = server.addresses;
    let own = feeds(&venue, &server).await?;
    server.stop().await?;
    cluster.tell("crash").await?;

    let by_event = [Mat::new("Harbour", 0)];
    let by_port = [Mat::new("Hill", 1)];
    let strange = [Mat::new("Strange", 2)];
    let named = [Mat::new("Named", 3)];
    let server = venue.serve_at(addresses).await?;
    let peers = [
        Peers::start(&by_event, addresses.timing, 60, 1),
        Peers::start(&by_port, own, 60, 2),
        Peers::start(&strange, addresses.timing, 60, 3),
    ];
    spooled(&server, 3 * 60).await?;
    for peers in peers {
        peers.stop().await;
    }
    server.kill().await?;
    let to_southern = ["--timing-partner", SOUTHERN];
    let server = venue.serve_with(addresses, &to_southern).await?;
    let peers = Peers::start(&named, addresses.timing, 60, 4);
    spooled(&server, 4 * 60).await?;
    peers.stop().await;
    server.stop().await?;

    // What is wrong with a name is known when the database answers. What waits goes on waiting.
    let to_nobody = ["--timing-partner", "Eastern Timing"];
    let mut server = venue.serve_with(addresses, &to_nobody).await?;
    cluster.tell("again").await?;
    wait::until("the end of the server", async || {
        Ok(server.has_ended()?.then_some(()))
    })
    .await?;
    let log = venue.log()?;
    ensure!(log.contains("there is no timing partner 'Eastern Timing'"));

    let server = venue.serve_at(addresses).await?;
    let reads = stored(&venue, 4 * 60).await?;
    server.stop().await?;
    let mats = [&by_event[..], &by_port, &strange, &named].concat();
    count::all_once(&mats, 60, &reads)?;
    let owned = venue.database.owners().await?;
    for (partner, event) in [
        (NORTHERN, "Harbour"),
        (SOUTHERN, "Hill"),
        ("", "Strange"),
        (SOUTHERN, "Named"),
    ] {
        let of_event = owned.iter().filter(|read| read.event == event);
        let owners: Vec<&str> = of_event.map(|read| read.partner.as_str()).collect();
        ensure!(owners == [partner; 60], "{event}: {owners:?}");
    }
    let placed = venue.database.placed().await?;
    for (mat, ahead_ms) in [(&by_event[0], 0), (&by_port[0], VIENNA_MS)] {
        for read in of_one_session(mat, &placed)? {
            let at = Mat::passing(read.sequence.unsigned_abs()).at;
            ensure!(read.at == at - ahead_ms, "{read:?}");
        }
    }
    Ok(())
}

/// Has Northern know its hardware by an event, and Southern by a port of its own, which is answered. Southern's clocks are in Vienna.
async fn feeds(venue: &Venue, server: &Server) -> Result<SocketAddr> {
    let base = server.url("");
    let northern = Operator::log_in_as(&base, "owner@north.org", PASSWORD).await?;
    let southern = Operator::log_in_as(&base, "owner@south.org", PASSWORD).await?;
    let free = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let harbour = json!({"name": "Harbour", "protocol": "chronotrack", "event": "Harbour"});
    let hill = json!({"name": "Hill", "protocol": "chronotrack", "port": free.port(), "time_zone": "Europe/Vienna"});
    let harbour = northern.post("/api/feeds", &harbour).await?;
    let harbour = harbour["id"].as_str().context("no id")?;
    venue.shell(&["feed", "confirm", harbour], "").await?;
    let hill = southern.post("/api/feeds", &hill).await?;
    let hill = hill["id"].as_str().context("no id")?;
    for (owner, id, state) in [
        (&northern, harbour, "in_force"),
        (&southern, hill, "listening"),
    ] {
        wait::until(state, async || {
            let feed = owner.get(&format!("/api/feeds/{id}")).await?;
            Ok((feed["state"] == state).then_some(()))
        })
        .await?;
    }
    Ok(free)
}

#[tokio::test]
async fn a_server_that_never_served_its_database_waits_for_it() -> Result<()> {
    let cluster = Cluster::start().await?;
    let outcome = first_start(&cluster).await;
    cluster.after(outcome).await
}

async fn first_start(cluster: &Cluster) -> Result<()> {
    let venue = Venue::with(cluster.database.clone()).await?;
    let server = venue.serve().await?;
    let addresses = server.addresses;
    server.stop().await?;
    // Another machine, which knows nothing.
    let venue = Venue::over(cluster.database.clone(), None)?;
    cluster.tell("crash").await?;
    let waiting = async {
        let told = wait::until("the alarm", async || Ok(status(&addresses).await.ok())).await?;
        let alarm = &told["alarms"][0];
        assert_eq!(alarm["name"], "database");
        let words = alarm["words"].as_str().context("no words")?;
        ensure!(words.contains("has not served it before"), "{words}");
        let health = reqwest::get(status_url(&addresses, "health")).await?;
        assert_eq!(health.status(), StatusCode::SERVICE_UNAVAILABLE);
        let refused = TcpStream::connect(addresses.timing).await;
        ensure!(refused.is_err(), "nobody would take the reads in");
        ensure!(venue.log()?.contains(words), "the log does not tell");
        cluster.tell("again").await
    };
    let (server, waited) = tokio::join!(venue.serve_at(addresses), waiting);
    waited?;
    let mats = [Mat::new("Late", 0)];
    let server = server?;
    let peers = Peers::start(&mats, addresses.timing, 20, 1);
    stored(&venue, 20).await?;
    no_alarm(&server, "database").await?;
    peers.stop().await;
    server.stop().await?;
    Ok(())
}

/// Waits until so many reads are in the database.
async fn stored(venue: &Venue, enough: usize) -> Result<Vec<StoredRead>> {
    wait::until(&format!("{enough} reads"), async || {
        let reads = venue.database.reads().await?;
        Ok((reads.len() >= enough).then_some(reads))
    })
    .await
}

/// Waits until so many reads wait in the spool, repeats included.
async fn spooled(server: &Server, enough: u64) -> Result<()> {
    wait::until(&format!("{enough} reads in the spool"), async || {
        let status = status(&server.addresses).await?;
        let spooled = status["ingest"]["spooled_reads"].as_u64();
        Ok((spooled >= Some(enough)).then_some(()))
    })
    .await
}

/// A mat's reads, which are all of one session.
fn of_one_session<'a>(mat: &Mat, placed: &'a [Placed]) -> Result<Vec<&'a Placed>> {
    let connection = mat.connection();
    let of_mat = |read: &&Placed| read.connection == connection;
    let reads: Vec<&Placed> = placed.iter().filter(of_mat).collect();
    let sessions: BTreeSet<_> = reads.iter().map(|read| read.session).collect();
    ensure!(sessions.len() == 1, "{connection}: {sessions:?}");
    Ok(reads)
}

async fn status(addresses: &Addresses) -> Result<Value> {
    let url = status_url(addresses, "status");
    Ok(reqwest::get(url).await?.json().await?)
}

fn status_url(addresses: &Addresses, path: &str) -> String {
    format!("http://{}/{path}", addresses.status)
}
