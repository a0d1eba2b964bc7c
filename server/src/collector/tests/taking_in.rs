//! What hardware sends is taken in, once each, and hardware goes on where it was.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use gantry_core::decoder::protocol::Protocol;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::timeout,
};

use super::{Hardware, PATIENCE, Server};
use crate::collector::news::News;

/// Mats that are switched on in the same second. They come from a few addresses, because one does not get so many places.
const HALL: u64 = 400;

#[tokio::test]
async fn a_hall_of_mats_that_come_at_once_is_served_and_keeps_nobody_waiting_who_is_known() {
    let server = Server::start().await;
    let mut familiar = Hardware::introduce(&server, "AA").await;
    familiar.hear("start~FINISH").await;

    let served = Arc::new(AtomicUsize::new(0));
    let mut hall = JoinSet::new();
    for number in 1..=HALL {
        let (timing, served) = (server.timing, Arc::clone(&served));
        hall.spawn(async move {
            let socket = TcpSocket::new_v4().expect("a socket");
            let address = [127, 0, 1 + (number / 50) as u8, 1];
            socket.bind((address, 0).into()).expect("an address");
            let socket = socket.connect(timing).await.expect("the port is open");
            let socket = BufReader::new(socket);
            let mut mat = Hardware { socket };
            let connection = format!("{number:040}");
            mat.greet(&connection, "21ROTM", "FINISH").await;
            mat.hear("start~FINISH").await;
            served.fetch_add(1, Relaxed);
            mat.reads(number..=number).await;
            mat
        });
    }
    let begun = async |_: &Server| served.load(Relaxed) > 0;
    server.until("a mat is served", begun).await;
    let mut again = Hardware::introduce(&server, "AA").await;
    again.hear("start~FINISH").await;
    let before = served.load(Relaxed);
    assert!(before < HALL as usize, "it waited for all of them");

    let hall = hall.join_all().await;
    server.has_stored(HALL as i64).await;
    assert_eq!(server.services.registry.faults(), 0);
    drop((hall, familiar, again));
    let (store, _place) = server.stop().await;
    assert_eq!(store.totals().await.expect("counts").reads, HALL as i64);
}

#[tokio::test]
async fn reads_are_published_once_they_are_stored() {
    let server = Server::start().await;
    let mut published = server.services.published.subscribe();
    let mut hardware = Hardware::introduce(&server, "AA").await;
    hardware.hear("start~FINISH").await;
    hardware.reads(1..=3).await;

    let mut tags = Vec::new();
    while tags.len() < 3 {
        let news = timeout(PATIENCE, published.recv()).await.expect("in time");
        let Ok(News::Committed(batch)) = news else {
            panic!("{news:?} is no batch");
        };
        tags.extend(batch.reads.iter().map(|read| read.tag.clone()));
    }
    assert_eq!(tags, ["1", "2", "3"]);
    let sessions = server.sessions().await;
    assert_eq!(
        (sessions[0].event_name.as_str(), sessions[0].reads),
        ("21ROTM", 3)
    );
    assert_eq!(sessions[0].locations, ["FINISH"]);
    let connection = server
        .services
        .registry
        .connections()
        .pop()
        .expect("it is connected");
    assert_eq!(
        (connection.reads, connection.event.as_deref()),
        (3, Some("21ROTM"))
    );
    assert_eq!(connection.program.as_deref(), Some("SimpleClient 0.6.0"));
}

#[tokio::test]
async fn a_reconnect_goes_on_where_it_was_and_a_repeated_upload_stores_nothing_twice() {
    let server = Server::start().await;
    let mut hardware = Hardware::introduce(&server, "AA").await;
    hardware.reads(1..=50).await;
    server.has_stored(50).await;
    drop(hardware);

    let mut again = Hardware::introduce(&server, "AA").await;
    again.hear("start~FINISH~51").await;
    again.reads(1..=51).await;
    server.has_stored(51).await;
    assert_eq!(server.sessions().await.len(), 1);
}

#[tokio::test]
async fn a_restarted_client_stores_nothing_twice_and_is_resumed_by_its_new_name() {
    let server = Server::start().await;
    Hardware::introduce(&server, "AA").await.reads(1..=50).await;
    server.has_stored(50).await;

    let mut restarted = Hardware::introduce(&server, "BB").await;
    restarted.hear("start~FINISH").await;
    restarted.reads(1..=51).await;
    server.has_stored(51).await;
    drop(restarted);
    Hardware::introduce(&server, "BB")
        .await
        .hear("start~FINISH~52")
        .await;
    assert_eq!(server.sessions().await.len(), 1);
}

#[tokio::test]
async fn what_is_missing_is_asked_for_again_after_a_reconnect() {
    let server = Server::start().await;
    let mut hardware = Hardware::introduce(&server, "AA").await;
    hardware.reads([1, 2, 900_000].into_iter()).await;
    hardware.hear("start~FINISH~3").await;
    server.has_stored(3).await;
    drop(hardware);
    Hardware::introduce(&server, "AA")
        .await
        .hear("start~FINISH~3")
        .await;
}

#[tokio::test]
async fn what_was_received_is_stored_before_the_server_stops() {
    let server = Server::start().await;
    let mut hardware = Hardware::introduce(&server, "AA").await;
    hardware.reads(1..=5_000).await;
    server
        .until("receipt", async |server| {
            server.services.registry.reads(Protocol::ChronoTrack) > 100
        })
        .await;
    let services = server.services.clone();
    let (store, _dir) = server.stop().await;
    let stored = store.totals().await.expect("counts").reads;
    assert_eq!(
        stored.cast_unsigned(),
        services.registry.reads(Protocol::ChronoTrack)
    );
}

#[tokio::test]
async fn the_status_port_tells_what_is_going_on() {
    let server = Server::start().await;
    let mut hardware = Hardware::introduce(&server, "AA").await;
    hardware.reads(1..=2).await;
    server.has_stored(2).await;

    let get = async |path: &str| {
        let mut socket = TcpStream::connect(server.status)
            .await
            .expect("the port is open");
        let request = format!("GET {path} HTTP/1.0\r\n\r\n");
        socket
            .write_all(request.as_bytes())
            .await
            .expect("the server listens");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.starts_with("HTTP/1.0 200 "), "{head}");
        body.to_owned()
    };
    assert_eq!(get("/health").await, "ok\n");
    let report: serde_json::Value = serde_json::from_str(&get("/status").await).expect("JSON");
    assert_eq!(report["status"], "ok");
    assert_eq!(report["tcp_port"], server.timing.port());
    assert_eq!(
        (&report["connections"], &report["total_reads"]),
        (&1.into(), &2.into())
    );
    assert_eq!(
        (&report["sessions"], &report["database_connected"]),
        (&1.into(), &true.into())
    );
    assert!(
        get("/metrics")
            .await
            .contains("\ngantry_timing_reads_stored 2\n")
    );
}

#[tokio::test]
async fn half_a_request_does_not_keep_the_server_from_stopping() {
    let server = Server::start().await;
    let mut socket = TcpStream::connect(server.status)
        .await
        .expect("the port is open");
    socket
        .write_all(b"GET /health HTTP/1.1\r\nHost: ")
        .await
        .expect("the server listens");
    timeout(PATIENCE, server.stop())
        .await
        .expect("the server should stop");
}
