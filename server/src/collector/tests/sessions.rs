//! Which timing session it is that hardware goes on in.

use gantry_core::decoder::protocol::Protocol;
use tokio::{
    io::BufReader,
    net::{TcpListener, TcpStream},
};

use super::{Hardware, Server};
use crate::store::{
    FeedTerms,
    testing::{self, NOW},
};

#[tokio::test]
async fn hardware_of_a_closed_session_goes_on_in_another_and_nothing_is_stored_twice() {
    let server = Server::start().await;
    let mut hardware = Hardware::introduce(&server, "AA").await;
    hardware.hear("start~FINISH").await;
    hardware.reads(1..=3).await;
    server.has_stored(3).await;

    let (store, partner) = (&server.services.store, server.partner);
    let first = server.sessions().await[0].id;
    let closed = store.close_timing_session(partner, first, crate::clock::now());
    assert!(closed.await.expect("closes"));
    server.services.registry.let_go(|_| true, "a test");
    hardware.is_closed().await;
    assert_eq!(
        server.sessions().await.len(),
        1,
        "nothing came yet that is of another"
    );

    // The same program goes on, and one that was restarted sends everything again.
    for connection in ["AA", "BB"] {
        let mut hardware = Hardware::introduce(&server, connection).await;
        let start = if connection == "AA" {
            "start~FINISH~4"
        } else {
            "start~FINISH"
        };
        hardware.hear(start).await;
        hardware.reads(1..=5).await;
        hardware.send(b"CT01_33~6~FINISH~x~").await;
        server.has_stored(5).await;
    }
    while store.count_parts().await.expect("counts") {}
    let sessions = server.sessions().await;
    let reads: Vec<_> = sessions.iter().map(|session| session.reads).collect();
    assert_eq!(reads, [2, 3], "the closed one keeps what it had");
    assert_eq!(sessions[1].id, first);
    server.stop().await;
}

#[tokio::test]
async fn hardware_that_tells_no_event_times_the_one_that_its_feed_names() {
    let server = Server::start().await;
    let store = &server.services.store;
    let mut readers = Vec::new();
    for (protocol, event) in [
        (Protocol::JChip, Some("City Run")),
        (Protocol::JChip, Some("Hill Climb")),
        (Protocol::JChip, None),
        (Protocol::ChronoTrack, Some("City Run")),
    ] {
        let free = TcpListener::bind("127.0.0.1:0").await;
        let port = free.expect("a port").local_addr().expect("an address");
        let terms = FeedTerms {
            protocol,
            port: Some(port.port()),
            event: event.map(str::to_owned),
            ..testing::by_event("own")
        };
        let added = store.add_feed(server.partner, &terms, Some(NOW), 9, NOW);
        added.await.expect("adds").expect("is room");
        server.services.feeds.tell().await;
        let socket = TcpStream::connect(port).await.expect("the port is open");
        let socket = BufReader::new(socket);
        let mut reader = Hardware { socket };
        if protocol == Protocol::JChip {
            reader.send(b"N0000FINISH\rDJ413A35 10:11:16.44\r").await;
        } else {
            reader.greet("AA", "21ROTM", "FINISH").await;
            reader.reads(1..=1).await;
        }
        readers.push(reader);
    }
    server.has_stored(4).await;
    let mut events: Vec<String> = server
        .sessions()
        .await
        .into_iter()
        .map(|session| session.event_name)
        .collect();
    events.sort_unstable();
    assert_eq!(
        events,
        ["21ROTM", "City Run", "Hill Climb", "Unnamed event"]
    );
    server.stop().await;
}
