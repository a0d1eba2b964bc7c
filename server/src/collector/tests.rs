//! The timing port as hardware, scanners and vandals meet it: real TCP, a real database file.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use gantry_core::{dating::Correction, decoder::protocol::Protocol};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpSocket, TcpStream},
    task::{JoinHandle, JoinSet},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    collector::{news::News, strangers::Strangers},
    config::Config,
    edge::budget::Quota,
    launch::{Listeners, launch},
    services::Services,
    store::{
        FeedTerms, PartnerId, Store, TimingSession,
        testing::{self, NOW, Place},
    },
};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

struct Server {
    services: Services,
    partner: PartnerId,
    timing: SocketAddr,
    status: SocketAddr,
    shutdown: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
    place: Place,
}

impl Server {
    async fn start() -> Self {
        let (store, place) = testing::store().await;
        let partner = store
            .add_partner("Acme", NOW)
            .await
            .expect("adds")
            .expect("is new")
            .id;
        Self::start_on(store, place, partner).await
    }

    async fn start_on(store: Store, place: Place, partner: PartnerId) -> Self {
        Self::start_with(store, place, partner, Strangers::default()).await
    }

    async fn start_with(
        store: Store,
        place: Place,
        partner: PartnerId,
        strangers: Strangers,
    ) -> Self {
        let config = Config::for_tests_at(&place);
        let listeners = Listeners::bind(&config).await.expect("port 0 is free");
        let addresses = listeners.addresses().expect("they are bound");
        let mut services = Services::new(config, store);
        services.strangers = Arc::new(strangers);
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(launch(services.clone(), listeners, shutdown.clone()));
        let (timing, status) = (addresses.timing, addresses.status);
        Self {
            services,
            partner,
            timing,
            status,
            shutdown,
            running,
            place,
        }
    }

    /// Stops the server and gives the store that it leaves behind.
    async fn stop(self) -> (Store, Place) {
        self.shutdown.cancel();
        self.running.await.expect("no panic").expect("a clean end");
        let store = Store::open(&self.place.database)
            .await
            .expect("opens again");
        (store, self.place)
    }

    async fn sessions(&self) -> Vec<TimingSession> {
        self.services
            .store
            .timing_sessions(self.partner, None, 100)
            .await
            .expect("lists")
    }

    async fn stored(&self) -> i64 {
        self.services.store.totals().await.expect("counts").reads
    }

    /// Waits until something has come true.
    async fn until(&self, what: &str, mut come_true: impl AsyncFnMut(&Self) -> bool) {
        let waiting = async {
            while !come_true(self).await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, waiting)
            .await
            .unwrap_or_else(|_| panic!("{what} should come true"));
    }
}

/// The hardware's side of one connection.
struct Hardware {
    socket: BufReader<TcpStream>,
}

impl Hardware {
    async fn dial(server: &Server) -> Self {
        let socket = TcpStream::connect(server.timing)
            .await
            .expect("the port is open");
        Self {
            socket: BufReader::new(socket),
        }
    }

    /// Introduces itself with one location, FINISH.
    async fn introduce(server: &Server, connection: &str) -> Self {
        Self::introduce_as(server, connection, "21ROTM", "FINISH").await
    }

    async fn introduce_as(server: &Server, connection: &str, event: &str, location: &str) -> Self {
        let mut hardware = Self::dial(server).await;
        hardware.greet(connection, event, location).await;
        hardware
    }

    async fn greet(&mut self, connection: &str, event: &str, location: &str) {
        let hardware = self;
        hardware.send(b"SimpleClient~0.6.0~CTP01\r\n").await;
        hardware.hear("getlocations").await;
        hardware
            .send(format!("ack~getconnectionid~{connection}\r\n").as_bytes())
            .await;
        hardware
            .send(format!("ack~geteventinfo~{event}~0~{event}\r\n").as_bytes())
            .await;
        hardware
            .send(format!("ack~getlocations~{location}\r\n").as_bytes())
            .await;
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.socket
            .write_all(bytes)
            .await
            .expect("the server listens");
    }

    /// Sends the reads of these sequences; the tag is the sequence.
    async fn reads(&mut self, sequences: impl Iterator<Item = u64>) {
        let lines: String = sequences.map(line).collect();
        self.send(lines.as_bytes()).await;
    }

    /// Waits for a line.
    async fn hear(&mut self, expected: &str) {
        let hearing = async {
            let mut line = String::new();
            while line.trim_end() != expected {
                line.clear();
                let count = self.socket.read_line(&mut line).await.expect("text");
                assert_ne!(count, 0, "the server closed instead of saying {expected}");
            }
        };
        timeout(PATIENCE, hearing)
            .await
            .unwrap_or_else(|_| panic!("the server should say {expected}"));
    }

    /// Waits for the server to close.
    async fn is_closed(&mut self) {
        let mut rest = Vec::new();
        let closed = timeout(PATIENCE, self.socket.read_to_end(&mut rest)).await;
        // A reset is a close as well: the server had not read everything.
        drop(closed.expect("the server should close"));
    }
}

fn line(sequence: u64) -> String {
    format!("CT01_33~{sequence}~FINISH~{sequence}~2021-05-08T07:58:21.95~1~11FD4E~4\r\n")
}

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
    let all = async |server: &Server| server.stored().await == HALL as i64;
    server.until("a read of each", all).await;
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
    server
        .until("50 reads", async |server| server.stored().await == 50)
        .await;
    drop(hardware);

    let mut again = Hardware::introduce(&server, "AA").await;
    again.hear("start~FINISH~51").await;
    again.reads(1..=51).await;
    server
        .until("read 51", async |server| server.stored().await == 51)
        .await;
    assert_eq!(server.sessions().await.len(), 1);
}

#[tokio::test]
async fn a_restarted_client_stores_nothing_twice_and_is_resumed_by_its_new_name() {
    let server = Server::start().await;
    Hardware::introduce(&server, "AA").await.reads(1..=50).await;
    server
        .until("50 reads", async |server| server.stored().await == 50)
        .await;

    let mut restarted = Hardware::introduce(&server, "BB").await;
    restarted.hear("start~FINISH").await;
    restarted.reads(1..=51).await;
    server
        .until("read 51", async |server| server.stored().await == 51)
        .await;
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
    server
        .until("3 reads", async |server| server.stored().await == 3)
        .await;
    drop(hardware);
    Hardware::introduce(&server, "AA")
        .await
        .hear("start~FINISH~3")
        .await;
}

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

    server
        .until("both reads", async |server| server.stored().await == 2)
        .await;
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

/// A server for Acme and another company, so that hardware must be known, with few lines and streams for each address.
async fn server_with_quarantine() -> Server {
    let (store, place) = testing::store().await;
    let mut partners = Vec::new();
    for name in ["Acme", "Other"] {
        let added = store.add_partner(name, NOW).await.expect("adds");
        partners.push(added.expect("is new").id);
    }
    let acme = partners[0];
    let terms = testing::by_event("21ROTM");
    let added = store.add_feed(acme, &terms, Some(NOW), 9, NOW);
    added.await.expect("adds").expect("is room");
    let strangers = Strangers::new(
        Quota::hourly(1, 9),
        Quota::hourly(1, 3),
        Quota::hourly(1, 3),
    );
    Server::start_with(store, place, acme, strangers).await
}

#[tokio::test]
async fn who_comes_again_and_again_with_rubbish_fills_no_disk() {
    let server = server_with_quarantine().await;
    for connection in 1..=4 {
        let mut rubbish = Hardware::introduce_as(&server, "AA", "Another", "FINISH").await;
        rubbish.hear("start~FINISH").await;
        for _ in 0..6 {
            rubbish.send(b"GET / HTTP/1.1\r\n").await;
        }
        server
            .until("the faults", async |server| {
                server.services.registry.faults() >= 6 * connection
            })
            .await;
    }
    // Hardware that is known has lines of its own, and its reads are stored whatever there was.
    let mut known = Hardware::introduce(&server, "AA").await;
    known.send(b"CT01_33~1~FINISH\r\n").await;
    known.reads(1..=3).await;
    server
        .until("the reads", async |server| server.stored().await == 3)
        .await;
    let partner = server.partner;
    let (store, _place) = server.stop().await;
    let quarantine = store.quarantine(NOW).await.expect("is there");
    let of_strangers = store.faulty_lines(quarantine).await;
    assert_eq!(of_strangers.expect("counts"), 9);
    assert_eq!(store.faulty_lines(partner).await.expect("counts"), 1);
}

#[tokio::test]
async fn who_comes_again_and_again_with_another_event_fills_no_quarantine() {
    let server = server_with_quarantine().await;
    for number in 0..5 {
        let event = format!("Event {number}");
        // What there is costs nothing.
        for _again in 0..2 {
            let mut stranger = Hardware::introduce_as(&server, "AA", &event, "FINISH").await;
            if number < 3 {
                stranger.hear("start~FINISH").await;
            } else {
                stranger.is_closed().await;
            }
        }
    }
    let mut known = Hardware::introduce(&server, "AA").await;
    known.hear("start~FINISH").await;
    known.reads(1..=1).await;
    server
        .until("the read", async |server| server.stored().await == 1)
        .await;
    let (store, _place) = server.stop().await;
    let quarantine = store.quarantine(NOW).await.expect("is there");
    let made = store.timing_sessions(quarantine, None, 100).await;
    assert_eq!(made.expect("lists").len(), 3);
}

#[tokio::test]
async fn reads_of_nobody_come_in_at_a_pace_and_none_is_lost() {
    let server = server_with_quarantine().await;
    let mut stranger = Hardware::introduce_as(&server, "AA", "Another", "FINISH").await;
    stranger.hear("start~FINISH").await;
    stranger.reads(1..=10).await;
    let some = async |server: &Server| server.stored().await >= 3;
    server.until("as many as may come at once", some).await;
    let mut known = Hardware::introduce(&server, "AA").await;
    known.reads(1..=10).await;
    let all_of_known = async |server: &Server| server.stored().await >= 13;
    server
        .until("all of hardware that is known", all_of_known)
        .await;
    assert_eq!(server.stored().await, 13, "the others wait");
    let (store, _place) = server.stop().await;
    assert_eq!(store.totals().await.expect("counts").reads, 20);
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
        server
            .until("the read", async |server| {
                server.stored().await == sequence as i64
            })
            .await;
        if timeout(Duration::from_millis(20), &mut flooding)
            .await
            .is_ok()
        {
            break;
        }
    }
    assert_eq!(server.services.registry.faults(), 1);
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

#[tokio::test]
async fn answered_pings_are_not_kept_and_faults_have_their_own_room() {
    let server = Server::start().await;
    let mut hardware = Hardware::introduce(&server, "AA").await;
    for _ in 0..3 {
        hardware.send(&b"ack~ping\r\n".repeat(4_000)).await;
    }
    hardware.send(b"rubbish\r\n").await;
    hardware.reads(1..=1).await;
    server
        .until("the read", async |server| server.stored().await == 1)
        .await;
    let kept = server.services.store.faulty_lines(server.partner).await;
    assert_eq!(kept.expect("counts"), 1);
}

#[tokio::test]
async fn reads_of_nobody_are_refused() {
    let (store, place) = testing::store().await;
    let server = Server::start_on(store, place, PartnerId::new()).await;
    Hardware::dial(&server).await.is_closed().await;
    assert_eq!(server.services.registry.faults(), 1);
}

#[tokio::test]
async fn the_status_port_tells_what_is_going_on() {
    let server = Server::start().await;
    let mut hardware = Hardware::introduce(&server, "AA").await;
    hardware.reads(1..=2).await;
    server
        .until("2 reads", async |server| server.stored().await == 2)
        .await;

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
async fn hardware_of_a_closed_session_goes_on_in_another_and_nothing_is_stored_twice() {
    let server = Server::start().await;
    let mut hardware = Hardware::introduce(&server, "AA").await;
    hardware.hear("start~FINISH").await;
    hardware.reads(1..=3).await;
    server
        .until("three reads", async |server| server.stored().await == 3)
        .await;

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
        server
            .until("five reads", async |server| server.stored().await == 5)
            .await;
    }
    while store.count_parts().await.expect("counts") {}
    let sessions = server.sessions().await;
    let reads: Vec<_> = sessions.iter().map(|session| session.reads).collect();
    assert_eq!(reads, [2, 3], "the closed one keeps what it had");
    assert_eq!(sessions[1].id, first);
    server.stop().await;
}

/// What a clock that is 3.2 s ahead is corrected by.
const AHEAD: Correction = Correction {
    ahead_ms: 3_200,
    first_day: None,
};

async fn moments(server: &Server) -> Vec<i64> {
    let session = server.sessions().await[0].id;
    let kept = server
        .services
        .store
        .kept_reads_after(server.partner, session, 0, 100);
    let kept = kept.await.expect("reads");
    for kept in &kept {
        assert_eq!(kept.read.wire_time, "2021-05-08T07:58:21.95");
        assert_eq!(
            kept.raw,
            line(kept.read.sequence.cast_unsigned())
                .trim_end()
                .as_bytes()
        );
    }
    kept.iter().map(|kept| kept.read.at.0 - NOW.0).collect()
}

/// Corrects the finish's clock, and waits until what is stored is dated again.
async fn correct_finish(server: &Server) {
    let (store, session) = (&server.services.store, server.sessions().await[0].id);
    let now = crate::clock::now();
    let set = store.set_correction(server.partner, session, "FINISH", AHEAD, now);
    assert!(set.await.expect("sets"));
    server.services.corrected.notify_one();
    let settled = async |server: &Server| {
        let pending = server.services.store.pending_corrections().await;
        pending.expect("lists").is_empty()
    };
    server.until("the reads are dated again", settled).await;
}

#[tokio::test]
async fn the_first_read_of_a_mat_that_was_not_announced_is_corrected_as_well() {
    let server = Server::start().await;
    let mut hardware = Hardware::introduce(&server, "AA").await;
    hardware.reads(1..=1).await;
    server
        .until("the read", async |server| server.stored().await == 1)
        .await;
    correct_finish(&server).await;
    hardware.is_closed().await;

    let mut hardware = Hardware::introduce_as(&server, "BB", "21ROTM", "START").await;
    hardware.hear("start~START").await;
    hardware.reads(2..=2).await;
    server
        .until("one more", async |server| server.stored().await == 2)
        .await;
    assert_eq!(moments(&server).await, [-3_200; 2]);
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
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await;
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
    server
        .until("the reads", async |server| server.stored().await == 4)
        .await;
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

#[tokio::test]
async fn reads_are_dated_again_by_the_zone_that_they_were_dated_by() {
    let server = Server::start().await;
    let terms = FeedTerms {
        time_zone: Some("Europe/Vienna".to_owned()),
        ..testing::by_event("21ROTM")
    };
    let store = &server.services.store;
    let feed = store.add_feed(server.partner, &terms, Some(NOW), 9, NOW);
    let feed = feed.await.expect("adds").expect("is room").id;
    server.services.feeds.tell().await;
    let mut hardware = Hardware::introduce(&server, "AA").await;
    hardware.reads(1..=1).await;
    server
        .until("the read", async |server| server.stored().await == 1)
        .await;
    let two_hours = -2 * 3_600_000;
    assert_eq!(moments(&server).await, [two_hours]);

    let removed = store.remove_feed(server.partner, feed, NOW).await;
    removed.expect("removes");
    server.services.feeds.tell().await;
    hardware.is_closed().await;
    correct_finish(&server).await;
    assert_eq!(moments(&server).await, [two_hours - 3_200]);
    server.stop().await;
}

#[tokio::test]
async fn a_correction_dates_again_what_is_stored_and_what_comes() {
    let server = Server::start().await;
    let mut hardware = Hardware::introduce(&server, "AA").await;
    hardware.hear("start~FINISH").await;
    hardware.reads(1..=600).await;
    server
        .until("the reads", async |server| server.stored().await == 600)
        .await;
    assert_eq!(moments(&server).await, [0; 100]);

    let store = &server.services.store;
    let session = server.sessions().await[0].id;
    let set = async |location, correction| {
        let at = crate::clock::now();
        let set = store.set_correction(server.partner, session, location, correction, at);
        set.await.expect("sets")
    };
    assert!(!set("NOWHERE", AHEAD).await);
    assert!(set("FINISH", AHEAD).await);
    server.services.corrected.notify_one();
    hardware.is_closed().await;
    let settled = async |server: &Server| {
        let pending = server.services.store.pending_corrections().await;
        pending.expect("lists").is_empty()
    };
    server.until("the reads are dated again", settled).await;
    assert_eq!(moments(&server).await, [-3_200; 100]);

    let mut hardware = Hardware::introduce(&server, "AA").await;
    hardware.hear("start~FINISH~601").await;
    hardware.reads(601..=601).await;
    server
        .until("one more", async |server| server.stored().await == 601)
        .await;
    let newest = store
        .newest_reads(server.partner, session, 1)
        .await
        .expect("reads");
    assert_eq!(newest[0].at, NOW - 3_200);

    // A server that stops before it has dated anything again does so when it starts.
    assert!(set("FINISH", Correction::default()).await);
    let partner = server.partner;
    let (store, place) = server.stop().await;
    let server = Server::start_on(store, place, partner).await;
    server.until("what was left over is done", settled).await;
    assert_eq!(moments(&server).await, [0; 100]);
    server.stop().await;
}
