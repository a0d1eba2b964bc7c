//! Who sends rubbish, knocks without a word or never reads.

use std::time::Duration;

use tokio::{io::AsyncWriteExt, net::TcpSocket, time::timeout};

use super::{Hardware, Server, line};

#[tokio::test]
async fn rubbish_is_counted_and_kept_and_harms_nobody() {
    let server = Server::start().await;
    let mut good = Hardware::introduce(&server, "AA").await;
    let mut bad = Hardware::introduce(&server, "BB").await;
    let rubbish: [&[u8]; 7] = [
        b"GET / HTTP/1.1",
        b"CT01_33~1~FINISH",
        b"CT01_33,1;FINISH|7~07:58:21.95~1~11FD4E~4",
        b"CT01_33~x~FINISH~7~07:58:21.95~1~11FD4E~4",
        b"CT01_33~1~FINISH~7~noon~1~11FD4E~4",
        b"\xff\xfe\x80\x81",
        &b"x".repeat(1_000_000),
    ];
    for line in rubbish {
        bad.send(line).await;
        bad.send(b"\r\n").await;
        good.reads(1..=1).await;
    }
    // A line in two halves is no fault.
    let whole = line(2);
    let (first, second) = whole.split_at(20);
    bad.send(first.as_bytes()).await;
    server
        .until("the faults", async |server| {
            server.services.registry.faults() == 7
        })
        .await;
    bad.send(second.as_bytes()).await;

    server.has_stored(2).await;
    let kept = server
        .services
        .store
        .faulty_lines(server.partner)
        .await
        .expect("counts");
    assert_eq!(kept, 7);
    let by_faults = server.services.registry.connections();
    let by_faults: Vec<_> = by_faults
        .iter()
        .map(|connection| connection.faults)
        .collect();
    assert_eq!(by_faults, [0, 7]);
}

#[tokio::test]
async fn answered_pings_are_not_kept_and_faults_have_their_own_room() {
    let server = Server::start().await;
    let mut hardware = Hardware::introduce(&server, "AA").await;
    for _ in 0..3 {
        hardware.send(&b"ack~ping\r\n".repeat(4_000)).await;
    }
    hardware.send(b"rubbish\r\n").await;
    hardware.reads(1..=1).await;
    server.has_stored(1).await;
    let kept = server.services.store.faulty_lines(server.partner).await;
    assert_eq!(kept.expect("counts"), 1);
}

#[tokio::test]
async fn whoever_only_knocks_is_let_go_and_leaves_no_session() {
    let server = Server::start().await;
    let mut scanner = Hardware::dial(&server).await;
    scanner.send(b"GET / HTTP/1.1\r\n\r\n").await;
    scanner.is_closed().await;
    let mut test_button = Hardware::dial(&server).await;
    test_button.send(b"SimpleClient~0.6.0~CTP01\r\n").await;
    test_button.hear("getlocations").await;
    drop(test_button);

    server
        .until("nobody", async |server| server.services.registry.is_empty())
        .await;
    assert!(server.services.registry.faults() >= 1);
    assert!(server.sessions().await.is_empty());
}

#[tokio::test]
async fn whoever_never_greets_is_let_go() {
    let server = Server::start().await;
    Hardware::dial(&server).await.is_closed().await;
    assert_eq!(server.services.registry.faults(), 1);
}

#[tokio::test]
async fn whoever_stops_reading_is_let_go_and_harms_nobody() {
    let server = Server::start().await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let mut deaf = socket
        .connect(server.timing)
        .await
        .expect("the port is open");
    deaf.write_all(b"SimpleClient~0.6.0~CTP01\r\n")
        .await
        .expect("the server listens");
    let flood = b"ping\r\n".repeat(10_000);
    let mut flooding = tokio::spawn(async move { while deaf.write_all(&flood).await.is_ok() {} });

    let mut good = Hardware::introduce(&server, "AA").await;
    for sequence in 1.. {
        good.reads(std::iter::once(sequence)).await;
        server.has_stored(sequence as i64).await;
        if timeout(Duration::from_millis(20), &mut flooding)
            .await
            .is_ok()
        {
            break;
        }
    }
    assert_eq!(server.services.registry.faults(), 1);
}
