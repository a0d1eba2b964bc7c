//! Whose hardware it is: two timing companies with hardware of four makes on one server, and hardware that nobody knows. Nothing
//! crosses, and what was in quarantine is handed over without a read lost or stored twice, while its hardware goes on sending.

use std::{collections::BTreeSet, process::Stdio};

use anyhow::{Context as _, Result, ensure};
use gantry_core::{
    hardware::{
        jchip::Reader,
        mylaps::{Exporter, Passing},
        raceresult::DecoderBox,
    },
    time::Moment,
};
use gantry_tests::{
    console::Console,
    database::{Kind, OwnedRead},
    hardware::Hardware,
    operator::Operator,
    programs,
    race::EVENT,
    repository,
    venue::{Server, Venue},
    wait,
};
use jiff::civil::{DateTime, datetime};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    process::Child,
    task::JoinHandle,
};

const NORTHERN: &str = "Northern Timing";
const SOUTHERN: &str = "Southern Timing";
const PASSWORD: &str = "correct horse battery";
const AT: DateTime = datetime(2026, 7, 12, 13, 0, 0, 0);

#[tokio::test]
async fn hardware_comes_to_whom_it_belongs_with_a_file() -> Result<()> {
    nothing_crosses(Kind::Sqlite).await
}

#[tokio::test]
async fn hardware_comes_to_whom_it_belongs_with_postgres() -> Result<()> {
    nothing_crosses(Kind::Postgres).await
}

#[tokio::test]
async fn a_race_is_handed_over_while_it_goes_on_with_a_file() -> Result<()> {
    hand_over_mid_race(Kind::Sqlite).await
}

#[tokio::test]
async fn a_race_is_handed_over_while_it_goes_on_with_postgres() -> Result<()> {
    hand_over_mid_race(Kind::Postgres).await
}

#[tokio::test]
async fn a_hand_over_that_a_crash_interrupted_is_finished_with_a_file() -> Result<()> {
    hand_over_through_a_crash(Kind::Sqlite).await
}

#[tokio::test]
async fn a_hand_over_that_a_crash_interrupted_is_finished_with_postgres() -> Result<()> {
    hand_over_through_a_crash(Kind::Postgres).await
}

#[tokio::test]
async fn an_owner_keeps_feeds_by_keys() -> Result<()> {
    let (venue, server, northern, _) = two_companies(Kind::Sqlite).await?;
    let mut console = Console::start(&server.url(""))?;
    console.shows("Password").await?;
    console.keys(&format!("owner@north.org\t{PASSWORD}\r"))?;
    console.shows("No timing session yet").await?;
    console.keys("4")?;
    console.shows("Press n to make one").await?;

    // What could be somebody else's hardware waits, and the console says for what.
    console.keys("n")?;
    console.shows("New feed").await?;
    console.keys(&format!("Harbour\t\t\t10.0.0.x\t{EVENT}\r"))?;
    console.shows("an address or a network is accepted").await?;
    console.keys("\x15127.0.0.1\r")?;
    console.shows("○ waiting").await?;
    let line = console.line("gantry-server feed confirm");
    let id = line.split_whitespace().last().context("no id")?;
    venue.shell(&["feed", "confirm", id], "").await?;
    console.shows("● in force").await?;

    // Before the feed is in force it would be nobody's.
    let _known = Hardware::play(server.addresses.timing, "harbour-start.ctp").await?;
    console.shows("1 connection").await?;
    console.shows("START").await?;
    let _stranger = Hardware::converse(server.addresses.timing, &stranger()?).await?;
    let status = server.addresses.status.to_string();
    wait::until("the stranger in the quarantine", async || {
        let list = ["quarantine", "list", "--status", &status];
        let listed = venue.shell(&list, "").await?;
        Ok(listed.contains("connected now: 127.0.0.1:").then_some(()))
    })
    .await?;
    let elsewhere = ["quarantine", "list", "--status", "127.0.0.1:1"];
    let listed = venue.shell(&elsewhere, "").await?;
    ensure!(
        listed.contains("is not known: no server tells it"),
        "{listed}"
    );

    console.keys("x")?;
    console.shows("Remove the feed").await?;
    console.keys("y")?;
    console.shows("Press n to make one").await?;
    let feeds = northern.get("/api/feeds").await?;
    ensure!(feeds["feeds"] == json!([]), "{feeds}");
    Ok(())
}

/// A server for two companies, and an owner of each.
async fn two_companies(kind: Kind) -> Result<(Venue, Server, Operator, Operator)> {
    let venue = Venue::empty(kind).await?;
    for (partner, email) in [(NORTHERN, "owner@north.org"), (SOUTHERN, "owner@south.org")] {
        venue.add_partner(partner).await?;
        venue.add_user(email, PASSWORD, partner, "owner").await?;
    }
    let server = venue.serve().await?;
    let base = server.url("");
    let northern = Operator::log_in_as(&base, "owner@north.org", PASSWORD).await?;
    let southern = Operator::log_in_as(&base, "owner@south.org", PASSWORD).await?;
    Ok((venue, server, northern, southern))
}

async fn nothing_crosses(kind: Kind) -> Result<()> {
    let (venue, server, northern, southern) = two_companies(kind).await?;
    let (box_address, _answering) = decoder_box().await?;
    let jchip = json!({"name": "Mat", "protocol": "jchip", "port": free_port().await?});
    let mylaps = json!({"name": "Loops", "protocol": "mylaps", "port": free_port().await?});
    let race_result =
        json!({"name": "Box", "protocol": "race-result", "call_address": box_address});
    let by_event =
        json!({"name": "Harbour", "protocol": "chronotrack", "event": EVENT.to_uppercase()});
    let jchip = feed(&northern, &jchip, "listening").await?;
    let mylaps = feed(&southern, &mylaps, "listening").await?;
    for (owner, wanted) in [(&northern, &race_result), (&southern, &by_event)] {
        let waiting = feed(owner, wanted, "waiting").await?;
        let id = waiting["id"].as_str().context("no id")?;
        let listed = venue.shell(&["feed", "list"], "").await?;
        ensure!(listed.starts_with(&format!("{id}\twaits")), "{listed}");
        venue.shell(&["feed", "confirm", id], "").await?;
        until_state(owner, id, &["in_force", "connected"]).await?;
    }

    let reader = tokio::spawn(jchip_reader(port_of(&jchip)?));
    let exporter = tokio::spawn(mylaps_exporter(port_of(&mylaps)?));
    let _known = Hardware::play(server.addresses.timing, "harbour-start.ctp").await?;
    let _stranger = Hardware::converse(server.addresses.timing, &stranger()?).await?;
    let known = reads_of("harbour-start.ctp")?;
    let owned = wait::until("reads of everybody", async || {
        let owned = venue.database.owners().await?;
        Ok((owned.len() == 2 * known + 3).then_some(owned))
    })
    .await?;
    for (partner, event, location, count) in [
        (NORTHERN, "Unnamed event", "FINISH", 1),
        (NORTHERN, "Unnamed event", "Box", 1),
        (SOUTHERN, "Unnamed event", "10KM", 1),
        (SOUTHERN, EVENT, "START", known),
        ("", "Somebody's Run", "START", known),
    ] {
        let is_meant = |read: &&OwnedRead| {
            (&*read.partner, &*read.event, &*read.location) == (partner, event, location)
        };
        let found = owned.iter().filter(is_meant).count();
        ensure!(
            found == count,
            "{partner} {event} {location}: {found}: {owned:?}"
        );
    }
    reader.await??;
    exporter.await??;

    // A feed that is removed lets its hardware go, and its port is free.
    let path = format!("/api/feeds/{}", jchip["id"].as_str().context("no id")?);
    let removed = northern
        .request(reqwest::Method::DELETE, &path)
        .send()
        .await?;
    ensure!(removed.status() == 204, "{removed:?}");
    let again = json!({"name": "Mat", "protocol": "jchip", "port": port_of(&jchip)?});
    feed(&southern, &again, "listening").await?;

    let listed = venue.shell(&["quarantine", "list"], "").await?;
    let session = listed
        .split_whitespace()
        .next()
        .context("nothing is listed")?;
    ensure!(
        listed.contains("Somebody's Run") && listed.contains("127.0.0.1"),
        "{listed}"
    );
    venue
        .shell(&["quarantine", "hand-over", session, "--to", NORTHERN], "")
        .await?;
    let timing = northern.timing_session("Somebody's Run").await?;
    ensure!(timing == session, "{timing} is another session");
    let owned = venue.database.owners().await?;
    ensure!(
        owned.iter().all(|read| !read.partner.is_empty()),
        "{owned:?}"
    );
    ensure!(owned.len() == 2 * known + 3);
    ensure!(server.stop().await?.success());
    Ok(())
}

async fn hand_over_mid_race(kind: Kind) -> Result<()> {
    let (venue, server, northern, _) = two_companies(kind).await?;
    let hardware = simulate(&server)?;
    wait::until("a race in full swing", async || {
        let reads = venue.database.reads().await?;
        Ok((reads.len() > 150).then_some(()))
    })
    .await?;
    let listed = venue.shell(&["quarantine", "list"], "").await?;
    let session = listed
        .split_whitespace()
        .next()
        .context("nothing is listed")?;
    venue
        .shell(&["quarantine", "hand-over", session, "--to", NORTHERN], "")
        .await?;
    let before = venue.database.reads().await?.len();
    let sent = sent(hardware).await?;
    ensure!(before < sent, "handed over too late");
    let owned = wait::until("the whole race", async || {
        let owned = venue.database.owners().await?;
        Ok((owned.len() >= sent).then_some(owned))
    })
    .await?;
    let reads = venue.database.reads().await?;
    assert_eq!(
        (owned.len(), reads.len()),
        (sent, sent),
        "sent once, stored once"
    );
    let partners: BTreeSet<&str> = owned.iter().map(|read| &*read.partner).collect();
    assert_eq!(partners, BTreeSet::from([NORTHERN]));
    let distinct: BTreeSet<_> = reads.iter().collect();
    assert_eq!(distinct.len(), sent, "each is another");
    assert_eq!(
        northern.timing_session(EVENT).await?,
        session,
        "it is the same session"
    );
    let sessions = northern.get("/api/chronotrack/sessions").await?;
    assert_eq!(
        sessions["sessions"].as_array().map(Vec::len),
        Some(1),
        "{sessions}"
    );
    let empty = venue.shell(&["quarantine", "list"], "").await?;
    assert!(empty.starts_with("the quarantine is empty"), "{empty}");
    ensure!(server.stop().await?.success());
    Ok(())
}

/// The server dies when reads have changed hands and their session has not.
async fn hand_over_through_a_crash(kind: Kind) -> Result<()> {
    let mut venue = Venue::empty(kind).await?;
    for partner in [NORTHERN, SOUTHERN] {
        venue.add_partner(partner).await?;
    }
    venue.run_by("gantry-server-crashing");
    venue.set_variable("CRASH_AT", Some("moving:1"));
    let mut server = venue.serve().await?;
    let addresses = server.addresses;
    let sent = sent(simulate(&server)?).await?;
    wait::until("the whole race", async || {
        let reads = venue.database.reads().await?;
        Ok((reads.len() >= sent).then_some(()))
    })
    .await?;
    let listed = venue.shell(&["quarantine", "list"], "").await?;
    let session = listed
        .split_whitespace()
        .next()
        .context("nothing is listed")?;
    venue
        .shell(&["quarantine", "hand-over", session, "--to", NORTHERN], "")
        .await?;
    wait::until("the server's death", async || {
        Ok(server.has_ended()?.then_some(()))
    })
    .await?;
    let halfway = venue.shell(&["quarantine", "list"], "").await?;
    ensure!(halfway.contains("is being handed over"), "{halfway}");

    venue.set_variable("CRASH_AT", None);
    let server = venue.serve_at(addresses).await?;
    wait::until("the hand-over", async || {
        let listed = venue.shell(&["quarantine", "list"], "").await?;
        Ok(listed.starts_with("the quarantine is empty").then_some(()))
    })
    .await?;
    let owned = venue.database.owners().await?;
    ensure!(owned.iter().all(|read| read.partner == NORTHERN));
    let reads: BTreeSet<_> = venue.database.reads().await?.into_iter().collect();
    assert_eq!((owned.len(), reads.len()), (sent, sent), "each once");
    ensure!(server.stop().await?.success());
    Ok(())
}

/// A race of three quarters of an hour in some seconds, over the shared port.
fn simulate(server: &Server) -> Result<Child> {
    programs::command("gantry-server")?
        .args(["simulate", "--to", &server.addresses.timing.to_string()])
        .args(["--runners", "200", "--seed", "11", "--start", "09:00"])
        .args(["--speed", "600", "--timing-zone", "UTC"])
        .stdout(Stdio::piped())
        .spawn()
        .context("start the simulator")
}

/// How many reads the hardware has sent when the race is over, however often.
async fn sent(hardware: Child) -> Result<usize> {
    let output = tokio::time::timeout(3 * wait::PATIENCE, hardware.wait_with_output())
        .await
        .context("the race does not end")??;
    let said = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "{said}");
    let mut words = said.split_whitespace().skip_while(|word| *word != "sent");
    let count = words.nth(1).context("no count")?;
    count
        .parse()
        .with_context(|| format!("no count in {said:?}"))
}

/// Adds a feed and waits until it is in this state.
async fn feed(owner: &Operator, wanted: &Value, state: &str) -> Result<Value> {
    let added = owner.post("/api/feeds", wanted).await?;
    let id = added["id"].as_str().context("no id")?;
    until_state(owner, id, &[state]).await
}

async fn until_state(owner: &Operator, id: &str, states: &[&str]) -> Result<Value> {
    wait::until(&format!("a feed {states:?}"), async || {
        let feed = owner.get(&format!("/api/feeds/{id}")).await?;
        let state = feed["state"].as_str().unwrap_or_default();
        Ok(states.contains(&state).then_some(feed.clone()))
    })
    .await
}

/// A port that was free a moment ago.
async fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    Ok(listener.local_addr()?.port())
}

fn port_of(feed: &Value) -> Result<u16> {
    let port = feed["port"].as_u64().context("no port")?;
    Ok(u16::try_from(port)?)
}

/// A recorded mat that says it is at another event.
fn stranger() -> Result<Vec<u8>> {
    let file = repository::root().join("tests/captures/harbour-start.ctp");
    let capture = std::fs::read_to_string(file)?;
    let told = format!("{EVENT}~0~{EVENT}");
    ensure!(capture.contains(&told));
    Ok(capture
        .replace(&told, "Somebody's Run~0~Somebody's Run")
        .into_bytes())
}

/// How many reads a recording sends.
fn reads_of(capture: &str) -> Result<usize> {
    let file = repository::root().join("tests/captures").join(capture);
    let lines = std::fs::read_to_string(file)?;
    let is_read = |line: &&str| line.starts_with("C: CT01_33~") && !line.contains("newlocation");
    Ok(lines.lines().filter(is_read).count())
}

/// A reader with one passing, which it sends once it may.
async fn jchip_reader(port: u16) -> Result<()> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
    let (mut reader, greeting) = Reader::connect("FINISH");
    socket.write_all(&greeting).await?;
    while !reader.is_started() {
        let heard = hear(&mut socket).await?;
        socket.write_all(&reader.receive(&heard, AT)).await?;
    }
    socket.write_all(&reader.read("0041", AT)).await?;
    socket.shutdown().await?;
    while socket.read(&mut [0; 64]).await? > 0 {}
    Ok(())
}

/// An exporter with one passing, which it sends until it is acknowledged.
async fn mylaps_exporter(port: u16) -> Result<()> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
    let mut exporter = Exporter::new("10KM");
    let chip = "A000041".to_owned();
    exporter.record(Passing { chip, at: AT });
    socket.write_all(&exporter.connect()).await?;
    while !exporter.is_done() {
        let heard = hear(&mut socket).await?;
        let answer = exporter.receive(&heard, Moment(0));
        socket.write_all(&answer).await?;
    }
    Ok(())
}

/// A decoder with one passing, which waits to be called; and where.
async fn decoder_box() -> Result<(String, JoinHandle<Result<()>>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let mut hardware = DecoderBox::default();
    hardware.record("T41", AT);
    let answering = tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await?;
            let mut chunk = vec![0; 4096];
            while let Ok(count) = socket.read(&mut chunk).await
                && count > 0
            {
                let answer = hardware.receive(&chunk[..count], AT);
                socket.write_all(&answer).await?;
            }
        }
    });
    Ok((address, answering))
}

/// What the server says next.
async fn hear(socket: &mut TcpStream) -> Result<Vec<u8>> {
    let mut chunk = vec![0; 4096];
    let read = tokio::time::timeout(wait::PATIENCE, socket.read(&mut chunk));
    let count = read.await.context("the server says nothing")??;
    ensure!(count > 0, "the server closed");
    chunk.truncate(count);
    Ok(chunk)
}
