//! Whose hardware it is: two timing companies with hardware of four makes on one server, and hardware that nobody knows. Nothing
//! crosses, and what was in quarantine is handed over without a read lost or stored twice, while its hardware goes on sending.

mod companies;
mod hand_over;
mod makes;

use anyhow::{Context as _, Result, ensure};
use gantry_tests::{
    console::Console,
    database::{Kind, OwnedRead},
    hardware::Hardware,
    operator::Operator,
    race::EVENT,
    repository,
    venue::free_port,
    wait,
};
use serde_json::{Value, json};

use companies::{NORTHERN, PASSWORD, SOUTHERN, hand_over, two_companies};
use makes::{decoder_box, jchip_reader, mylaps_exporter};

#[tokio::test]
async fn hardware_comes_to_whom_it_belongs_with_a_file() -> Result<()> {
    nothing_crosses(Kind::Sqlite).await
}

#[tokio::test]
async fn hardware_comes_to_whom_it_belongs_with_postgres() -> Result<()> {
    nothing_crosses(Kind::Postgres).await
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
    ensure!(
        listed.contains("Somebody's Run") && listed.contains("127.0.0.1"),
        "{listed}"
    );
    let session = hand_over(&venue).await?;
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
