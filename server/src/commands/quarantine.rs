//! `gantry-server quarantine`

use std::collections::BTreeMap;

use anyhow::bail;
use serde_json::json;
use uuid::Uuid;

use super::{audit::note, open_store, partners::named, running::ask, say};
use crate::{
    clock,
    config::Config,
    household::network,
    status::TimingConnection,
    store::{KnownBy, Ordered, TimingSession, TimingSessionId, audit::Action},
};

/// Sessions that are read at once.
const PAGE: usize = 100;

/// Writes a few lines for each session in quarantine, newest first. What is connected now is known to the server that runs alone,
/// which tells the machine itself.
pub(super) async fn list(config: &Config) -> anyhow::Result<()> {
    let running = ask(config.status).await;
    let connections = running.map(|report| report.timing_connections);
    let store = open_store(config).await?;
    let quarantine = store.quarantine(clock::now()).await?;
    let orders = store.hand_overs().await?;
    let mut before = None;
    let mut is_empty = true;
    loop {
        let page = store.timing_sessions(quarantine, before, PAGE).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        for session in &page {
            is_empty = false;
            let peers = store.peers(quarantine, session.id).await?;
            let is_moving = orders.iter().any(|order| order.session == session.id);
            say(&described(session, &addresses(peers), is_moving))?;
            if let Some(connections) = &connections {
                say(&connected(session, connections))?;
            }
        }
    }
    store.close().await;
    if is_empty {
        return say("the quarantine is empty: of all hardware it is known whose it is");
    }
    if connections.is_none() {
        let status = config.status;
        say(&format!(
            "what of it is connected now is not known: no server tells it at the status port {status} of this machine (--status)"
        ))?;
    }
    say(
        "`gantry-server quarantine hand-over SESSION --to NAME` gives a session to a timing partner",
    )
}

/// Orders that a session becomes a timing company's. One that hardware of several networks sent must be wanted as a whole: two
/// companies that time events of the same name on the same day share a session here.
pub(super) async fn hand_over(
    config: &Config,
    session: Uuid,
    to: &str,
    is_all: bool,
) -> anyhow::Result<()> {
    let store = open_store(config).await?;
    let partner = named(&store, to).await?;
    let id = TimingSessionId(session);
    let quarantine = store.quarantine(clock::now()).await?;
    let networks = networks(&addresses(store.peers(quarantine, id).await?));
    if networks.len() > 1 && !is_all {
        bail!(
            "the hardware of the session {session} is in several networks, so that it may be several companies': {}; \
             if all of it is {to}'s, say so with --all",
            networks.join("; ")
        );
    }
    let unknown = store.connections_from_nowhere(quarantine, id).await?;
    if unknown > 0 && !is_all {
        bail!(
            "of {unknown} of the connections of the session {session} it is not known where they come from, so that they may be another \
             company's: the lines that would tell it were not kept, because the database was away or there were too many of them; \
             if all of it is {to}'s, say so with --all"
        );
    }
    let known_by = match store.order_hand_over(id, partner.id, clock::now()).await? {
        Ordered::Taken(known_by) => known_by,
        Ordered::Before => bail!("the session {session} is being handed over already"),
        Ordered::Unknown => {
            bail!("no session {session} is in quarantine: see `gantry-server quarantine list`")
        }
    };
    let action = Action::QuarantineHandedOver;
    let detail = json!({"timing_session_id": session});
    note(
        &store,
        Some(partner.id),
        action,
        &session.to_string(),
        detail,
    )
    .await?;
    store.close().await;
    say(&format!(
        "the session is handed over to {to} by the server that runs, within seconds, or else by the next one that is started"
    ))?;
    known_again(&known_by, to)
        .iter()
        .try_for_each(|line| say(line))
}

/// By what the hardware is known from now on, and what will not be known.
fn known_again(known_by: &KnownBy, to: &str) -> Vec<String> {
    let mut lines: Vec<String> = known_by
        .feeds
        .iter()
        .map(|feed| match (&feed.event, &feed.connection) {
            (Some(event), _) => {
                format!("hardware that tells the event {event} is {to}'s from now on")
            }
            (None, Some(connection)) => {
                format!("hardware that calls itself {connection} is {to}'s from now on")
            }
            (None, None) => format!("the feed {} is in force", feed.name),
        })
        .collect();
    if known_by.unknown > 0 {
        lines.push(format!(
            "{} of its connections cannot be known again, because they told neither an event nor a name of their own, or are too \
             many: give that hardware a port of its own, with a feed of {to}'s in the console (4 Feeds), or have it tell an event",
            known_by.unknown
        ));
    }
    lines
}

/// The networks of addresses, each with those that are in it.
fn networks(addresses: &[String]) -> Vec<String> {
    let mut networks: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for address in addresses {
        let network = address
            .parse()
            .map_or_else(|_| address.clone(), |address| network(address).to_string());
        networks.entry(network).or_default().push(address);
    }
    networks
        .into_values()
        .map(|addresses| addresses.join(", "))
        .collect()
}

fn described(session: &TimingSession, peers: &[String], is_moving: bool) -> String {
    let last = match session.last_read_at {
        Some(at) => format!("the last at {}", at.to_rfc3339()),
        None => "none yet".to_owned(),
    };
    let moving = if is_moving {
        "  (is being handed over)"
    } else {
        ""
    };
    format!(
        "{}  {} on {}{moving}\n    {} reads, {last}; locations: {}; from: {}",
        session.id,
        session.event_name,
        session.race_day,
        session.reads,
        or_dash(&session.locations),
        or_dash(peers),
    )
}

/// What sends to the session now.
fn connected(session: &TimingSession, connections: &[TimingConnection]) -> String {
    let id = session.id.to_string();
    let feeding: Vec<String> = connections
        .iter()
        .filter(|connection| connection.session.as_ref() == Some(&id))
        .map(|connection| match connection.locations.as_slice() {
            [] => connection.peer.clone(),
            locations => format!("{} ({})", connection.peer, locations.join(", ")),
        })
        .collect();
    match feeding.as_slice() {
        [] => "    connected now: nothing".to_owned(),
        feeding => format!("    connected now: {}", feeding.join("; ")),
    }
}

fn or_dash(words: &[String]) -> String {
    match words {
        [] => "-".to_owned(),
        words => words.join(", "),
    }
}

/// The addresses of peers, without their ports, once each.
fn addresses(peers: Vec<String>) -> Vec<String> {
    let mut addresses: Vec<String> = peers
        .into_iter()
        .map(|peer| match peer.parse::<std::net::SocketAddr>() {
            Ok(peer) => peer.ip().to_string(),
            Err(_) => peer,
        })
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        NewLine,
        testing::{self, NOW},
    };

    #[test]
    fn addresses_are_told_by_their_networks() {
        let addresses = ["203.0.113.7", "198.51.100.1", "203.0.113.9"].map(str::to_owned);
        assert_eq!(
            networks(&addresses),
            ["198.51.100.1", "203.0.113.7, 203.0.113.9"]
        );
        assert_eq!(networks(&addresses[..1]), ["203.0.113.7"]);
    }

    #[tokio::test]
    async fn hardware_of_several_networks_is_handed_over_only_when_all_of_it_is_meant() {
        let (store, place) = testing::store().await;
        let quarantine = store.quarantine(NOW).await.expect("is made");
        store.add_partner("Acme", NOW).await.expect("adds");
        let session = store.open_timing_session(quarantine, "10K", "AA", "2021-05-08", NOW);
        let session = session.await.expect("opens");
        let lines = ["203.0.113.7:1", "198.51.100.1:1"].map(|peer| NewLine {
            timing_session_id: Some(session),
            peer: peer.to_owned(),
            fault: None,
            ..testing::line(quarantine, b"ack~ping")
        });
        store.append(&[], &lines).await.expect("stores");
        let config = Config::for_tests_at(&place);
        let refused = hand_over(&config, session.0, "Acme", false).await;
        let words = refused.expect_err("is refused").to_string();
        assert!(words.contains("198.51.100.1; 203.0.113.7"), "{words}");
        assert_eq!(store.hand_overs().await.expect("reads"), []);
        let taken = hand_over(&config, session.0, "Acme", true).await;
        taken.expect("is ordered");
        assert_eq!(store.hand_overs().await.expect("reads").len(), 1);
    }

    #[tokio::test]
    async fn hardware_that_came_from_nobody_knows_where_is_handed_over_only_when_it_is_meant() {
        let (store, place) = testing::store().await;
        let quarantine = store.quarantine(NOW).await.expect("is made");
        store.add_partner("Acme", NOW).await.expect("adds");
        let session = store.open_timing_session(quarantine, "10K", "AA", "2021-05-08", NOW);
        let session = session.await.expect("opens");
        for connection in ["AA", "BB", "nameless-1"] {
            let opened = store.open_stream(quarantine, session, connection, "FINISH", NOW);
            opened.await.expect("opens");
        }
        let tells = async |port: u16, words: &str| {
            let line = NewLine {
                timing_session_id: Some(session),
                peer: format!("203.0.113.7:{port}"),
                fault: None,
                raw: words.into(),
                ..testing::line(quarantine, b"")
            };
            store.append(&[], &[line]).await.expect("stores");
        };
        let config = Config::for_tests_at(&place);
        tells(1, "ack~getconnectionid~aa").await;
        tells(1, "ack~geteventinfo~10K~0~").await;
        for (unknown, port, words) in [
            (2, 2, "ack~getconnectionid~BB"),
            (1, 3, "ack~geteventinfo~10K~0~"),
        ] {
            let refused = hand_over(&config, session.0, "Acme", false).await;
            let refused = refused.expect_err("is refused").to_string();
            assert!(
                refused.starts_with(&format!("of {unknown} of the connections")),
                "{refused}"
            );
            tells(port, words).await;
        }
        let taken = hand_over(&config, session.0, "Acme", false).await;
        taken.expect("is ordered");
    }

    #[test]
    fn whoever_hands_over_hears_what_will_not_be_known_again() {
        let known_by = KnownBy {
            feeds: vec![testing::by_event("10K")],
            unknown: 0,
        };
        assert_eq!(
            known_again(&known_by, "Acme"),
            ["hardware that tells the event 10K is Acme's from now on"]
        );
        let nameless = KnownBy {
            feeds: Vec::new(),
            unknown: 3,
        };
        let [line] = &known_again(&nameless, "Acme")[..] else {
            panic!("it is said in one line");
        };
        assert!(line.starts_with("3 of its connections cannot be known again"));
        assert!(line.contains("a port of its own"));
    }
}
