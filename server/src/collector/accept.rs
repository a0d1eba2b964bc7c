//! Takes connections in on the timing port, one task each.

use std::{net::SocketAddr, time::Duration};

use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::info;

use super::{
    connection::{self, End},
    intake::Intake,
    storing::Inlet,
    way::Way,
};
use crate::{clock, edge::tally::Tally, services::Services};

/// How long to wait when the system has no more sockets to give.
const NO_SOCKETS: Duration = Duration::from_millis(200);

/// Collects from hardware that comes in by `way` until `shutdown`; returns when every connection has handed over what it
/// received.
pub async fn serve(
    services: Services,
    listener: TcpListener,
    way: Way,
    inlet: Inlet,
    shutdown: CancellationToken,
) {
    let connections = TaskTracker::new();
    let failures = Tally::new("cannot accept a timing connection");
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, peer)) => {
                let collected = collect(
                    services.clone(),
                    socket,
                    peer,
                    way.clone(),
                    inlet.clone(),
                    shutdown.clone(),
                );
                connections.spawn(collected);
            }
            Err(error) => {
                failures.add_nameless(&error);
                tokio::time::sleep(NO_SOCKETS).await;
            }
        }
    }
    connections.close();
    connections.wait().await;
}

/// One connection from accept to close.
pub(super) async fn collect(
    services: Services,
    socket: TcpStream,
    peer: SocketAddr,
    way: Way,
    inlet: Inlet,
    shutdown: CancellationToken,
) {
    if !way.admits(peer.ip()) {
        services.registry.count_fault();
        return services.strangers.misplaced_connections.add(peer.ip());
    }
    let presence = match services.registry.enter(peer, way.protocol(), clock::now()) {
        Ok(presence) => presence,
        Err(full) => {
            services.registry.count_fault();
            let refused = &services.strangers.refused_connections;
            return refused.add_because(peer.ip(), &full);
        }
    };
    let mut intake = Intake::new(&services, &way, peer, presence, inlet, shutdown.clone());
    match connection::converse(socket, &way, &mut intake, shutdown).await {
        End::Shutdown | End::LetGo => {}
        End::ByClient if intake.has_begun() => info!(%peer, "timing connection ended"),
        // Port scanners and the client's Test button are everyday.
        End::ByClient => tracing::debug!(%peer, "timing connection ended without a word of reads"),
        End::ByUs(reason) => intake.fault(&reason, None).await,
    }
    intake.place_lines().await;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gantry_core::{
        decoder::protocol::Protocol,
        hardware::{
            jchip::Reader,
            mylaps::{Exporter, Passing},
        },
    };
    use jiff::civil::{DateTime, datetime};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        task::JoinHandle,
        time::timeout,
    };

    use super::*;
    use crate::{
        collector::{
            registry::MOST_PER_ADDRESS,
            storing::{self, Storing},
            strangers::Strangers,
        },
        config::Config,
        edge::budget::Quota,
        store::{
            Store,
            testing::{self, NOW, Place},
        },
    };

    /// Longer than anything here takes on a busy machine.
    const PATIENCE: Duration = Duration::from_secs(30);

    const AT: DateTime = datetime(2026, 7, 12, 13, 0, 0, 0);

    /// A port for hardware of another make, with a store behind it.
    struct Port {
        services: Services,
        store: Store,
        address: SocketAddr,
        shutdown: CancellationToken,
        serving: JoinHandle<()>,
        inlet: Inlet,
        storing: Storing,
        place: Place,
    }

    impl Port {
        async fn open(protocol: Protocol) -> Self {
            Self::open_to(Way::shared(protocol)).await
        }

        async fn open_to(way: Way) -> Self {
            Self::open_with(way, Strangers::default()).await
        }

        async fn open_with(way: Way, strangers: Strangers) -> Self {
            let (store, place) = testing::store().await;
            store.add_partner("Acme", NOW).await.expect("adds");
            let mut services = Services::new(Config::for_tests_at(&place), store.clone());
            services.strangers = Arc::new(strangers);
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address");
            let shutdown = CancellationToken::new();
            let started = storing::start(&services, shutdown.clone()).await;
            let (inlet, storing) = started.expect("starts");
            let serving = serve(
                services.clone(),
                listener,
                way,
                inlet.clone(),
                shutdown.clone(),
            );
            Self {
                services,
                store,
                address,
                shutdown,
                serving: tokio::spawn(serving),
                inlet,
                storing,
                place,
            }
        }

        async fn dial(&self) -> TcpStream {
            TcpStream::connect(self.address).await.expect("listens")
        }

        async fn stored(&self) -> i64 {
            let settled = self.inlet.is_settled().await;
            assert!(settled.expect("tells"), "the server runs");
            self.store.totals().await.expect("counts").reads
        }

        /// Whether these chips are safe now, as somebody finds who opens what the server writes: in the spool's files, where there
        /// are some, or in the database, of which `beside` is another opening. The server is not asked, so nothing is waited for.
        async fn are_safe(&self, chips: &[String], beside: &Store) -> bool {
            let spool = self.services.config.spool();
            let files = [spool.with_extension("db-wal"), spool];
            // What leaves the spool is in the database, so the spool comes first.
            let spooled = files.map(|file| std::fs::read(file).unwrap_or_default());
            let is_there = |chip: &str, bytes: &[u8]| {
                let mut places = bytes.windows(chip.len());
                places.any(|place| place == chip.as_bytes())
            };
            let is_spooled = |chip: &String| spooled.iter().any(|bytes| is_there(chip, bytes));
            let stored = beside.totals().await.expect("counts").reads;
            chips.iter().all(is_spooled) || stored >= chips.len() as i64
        }

        async fn close(self) {
            self.shutdown.cancel();
            drop(self.inlet);
            self.serving.await.expect("no panic");
            self.storing.end().await.expect("is stored");
        }
    }

    /// What the server says next.
    async fn hear(socket: &mut TcpStream) -> Vec<u8> {
        let mut chunk = vec![0; 4096];
        let read = timeout(PATIENCE, socket.read(&mut chunk)).await;
        let count = read.expect("the server answers").expect("is open");
        assert_ne!(count, 0, "the server closed");
        chunk.truncate(count);
        chunk
    }

    async fn say(socket: &mut TcpStream, bytes: &[u8]) {
        socket.write_all(bytes).await.expect("the server listens");
    }

    #[tokio::test]
    async fn an_exporter_is_told_to_forget_only_what_is_stored_and_nothing_is_stored_twice() {
        let port = Port::open(Protocol::Mylaps).await;
        let beside = Store::open(&port.place.database).await;
        let beside = beside.expect("opens beside the server");
        let chips: Vec<String> = (0..250).map(|count| format!("A{count:06}")).collect();
        let mut exporter = Exporter::new("10KM");
        for (chip, count) in chips.iter().cloned().zip(0..) {
            let at = AT + jiff::SignedDuration::from_millis(count * 10);
            exporter.record(Passing { chip, at });
        }

        let mut socket = port.dial().await;
        say(&mut socket, &exporter.connect()).await;
        let pong = hear(&mut socket).await;
        say(&mut socket, &exporter.receive(&pong, clock::steady())).await;
        let first = hear(&mut socket).await;
        let is_safe = port.are_safe(&chips[..100], &beside).await;
        assert!(first.starts_with(b"Gantry@AckPassing@1@$"));
        assert!(is_safe, "it is told to forget what is not safe");
        // The connection breaks before the exporter has heard it.
        drop(socket);

        let mut socket = port.dial().await;
        say(&mut socket, &exporter.connect()).await;
        while !exporter.is_done() {
            let heard = hear(&mut socket).await;
            let answer = exporter.receive(&heard, clock::steady());
            say(&mut socket, &answer).await;
        }
        assert_eq!(port.stored().await, 250);
        port.close().await;
    }

    #[tokio::test]
    async fn what_is_acknowledged_is_kept_whatever_characters_are_in_it() {
        let port = Port::open(Protocol::Mylaps).await;
        let mut socket = port.dial().await;
        say(&mut socket, b"Fin\0ish@Pong@$").await;
        hear(&mut socket).await;
        let passings = "t=13:11:30.904|c=000\x00041|d=260712@t=13:\0:30|c=7@t=13:11:31|c=8|an=\0";
        let message = format!("Fin\0ish@Passing@{passings}@1@$");
        say(&mut socket, message.as_bytes()).await;
        assert_eq!(hear(&mut socket).await, b"Gantry@AckPassing@1@$");
        assert_eq!(port.stored().await, 2);
        let acme = port.store.partner_named("Acme").await.expect("reads");
        let faults = port.store.faulty_lines(acme.expect("is there").id).await;
        assert_eq!(faults.expect("counts"), 1);
        port.close().await;
    }

    #[tokio::test]
    async fn a_reader_is_let_begin_and_what_it_sends_twice_is_stored_once() {
        let port = Port::open(Protocol::JChip).await;
        let mut lines = Vec::new();
        for _connection in 0..2 {
            let (mut socket, mut reader) = begin(&port).await;
            lines.extend(reader.read("0041", AT));
            say(&mut socket, &lines).await;
            hang_up(socket).await;
        }
        let store = port.store.clone();
        port.close().await;
        assert_eq!(store.totals().await.expect("counts").reads, 1);
    }

    /// A reader that has been let begin.
    async fn begin(port: &Port) -> (TcpStream, Reader) {
        let mut socket = port.dial().await;
        let (mut reader, greeting) = Reader::connect("FINISH");
        say(&mut socket, &greeting).await;
        while !reader.is_started() {
            let heard = hear(&mut socket).await;
            let answer = reader.receive(&heard, AT);
            say(&mut socket, &answer).await;
        }
        (socket, reader)
    }

    #[tokio::test]
    async fn the_system_asks_a_reader_without_a_sign_of_life_whether_it_is_there() {
        let port = Port::open(Protocol::JChip).await;
        let (socket, _reader) = begin(&port).await;
        let reader = socket.local_addr().expect("an address");
        // Until all that was said has arrived, another of the system's timers runs.
        let asking = async {
            while !asks_within_half_a_minute(port.address, reader) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let asks = timeout(PATIENCE, asking).await;
        asks.expect("it would never be missed");
        port.close().await;
    }

    /// Whether the system asks within half a minute who is silent so long, as its table of sockets has it.
    fn asks_within_half_a_minute(ours: SocketAddr, theirs: SocketAddr) -> bool {
        const ASKING: &str = "02";
        const HUNDREDTHS: u64 = 30 * 100;
        let sockets = std::fs::read_to_string("/proc/net/tcp").expect("the system's table");
        let ends = [ours, theirs].map(|end| format!(":{:04X}", end.port()));
        let timer = sockets.lines().find_map(|socket| {
            let fields: Vec<&str> = socket.split_whitespace().collect();
            let is_it = fields[1].ends_with(&ends[0]) && fields[2].ends_with(&ends[1]);
            is_it.then(|| fields[5].split_once(':'))?
        });
        timer.is_some_and(|(kind, goes_off)| {
            let goes_off = u64::from_str_radix(goes_off, 16).expect("a number");
            kind == ASKING && goes_off <= HUNDREDTHS
        })
    }

    #[tokio::test]
    async fn an_exporter_keeps_a_message_of_which_a_line_was_let_go() {
        let strangers = Strangers::new(
            Quota::hourly(1, 1),
            Quota::hourly(1, 9),
            Quota::hourly(1, 9),
        );
        let port = Port::open_with(Way::shared(Protocol::Mylaps), strangers).await;
        let mut socket = port.dial().await;
        say(&mut socket, b"Finish@Pong@$").await;
        hear(&mut socket).await;
        let good = "t=13:11:30.904|c=0000041|d=260712";
        let unacknowledged = [
            // There is room for one line at fault.
            format!("Finish@Passing@{good}@t=rubbish@1@$"),
            format!("Finish@Passing@{good}@t=rubbish@2@$"),
            format!("Finish@Passing@{good}@3@$"),
        ];
        say(&mut socket, unacknowledged.concat().as_bytes()).await;
        let mut heard = Vec::new();
        while !heard.ends_with(b"@3@$") {
            heard.extend(hear(&mut socket).await);
        }
        let heard = String::from_utf8(heard).expect("text");
        assert_eq!(heard, "Gantry@AckPassing@1@$Gantry@AckPassing@3@$");
        let there = port.services.registry.connections();
        let fault = there[0].last_fault.as_deref().unwrap_or_default();
        assert!(fault.contains("not acknowledged"), "{fault}");
        assert_eq!(port.stored().await, 1);
        port.close().await;
    }

    #[tokio::test]
    async fn lines_of_hardware_that_waits_for_its_session_are_kept() {
        let port = Port::open(Protocol::ChronoTrack).await;
        let added = port.store.add_partner("Other", NOW).await.expect("adds");
        let other = added.expect("is new").id;
        let quarantine = port.store.quarantine(NOW).await.expect("is there");
        let session = port
            .store
            .open_timing_session(quarantine, "10K", "AA", "2021-05-08", NOW)
            .await
            .expect("opens");
        let ordered = port.store.order_hand_over(session, other, NOW).await;
        ordered.expect("is ordered");
        let directory = &port.services.feeds;
        directory.renew(&port.store).await.expect("reads");

        let mut socket = port.dial().await;
        say(&mut socket, b"SimpleClient~0.6.0~CTP01\r\n").await;
        say(&mut socket, b"ack~geteventinfo~10K~0~10K\r\nrubbish\r\n").await;
        hang_up(socket).await;
        let store = port.store.clone();
        port.close().await;
        assert_eq!(store.faulty_lines(other).await.expect("counts"), 1);
    }

    #[tokio::test]
    async fn connections_without_a_place_and_faults_are_counted_for_the_log() {
        let port = Port::open(Protocol::ChronoTrack).await;
        let services = port.services.clone();
        let strangers = &services.strangers;
        let mut rubbish = port.dial().await;
        say(&mut rubbish, b"rubbish\r\n").await;
        is_closed(rubbish).await;

        let mut connections = Vec::new();
        for _ in 0..MOST_PER_ADDRESS {
            connections.push(port.dial().await);
        }
        for _ in 0..2 {
            is_closed(port.dial().await).await;
        }
        drop(connections);
        port.close().await;
        let refused = strangers.refused_connections.total();
        assert!(refused >= 2, "{refused} were refused");
        let faults = strangers.faults_of_strangers.total();
        assert!(faults > 0, "rubbish is a fault");
        assert_eq!(services.registry.faults(), refused + faults);
        assert_eq!(strangers.faults_of_known.total(), 0);
    }

    /// Says that no more comes, and waits until the server has taken all that came.
    async fn hang_up(mut socket: TcpStream) {
        socket.shutdown().await.expect("is open");
        let closed = timeout(PATIENCE, socket.read_to_end(&mut Vec::new())).await;
        closed.expect("the server closes").expect("without a reset");
    }

    /// Waits for the server to close.
    async fn is_closed(mut socket: TcpStream) {
        let closed = timeout(PATIENCE, socket.read_to_end(&mut Vec::new())).await;
        // A reset is a close as well: the server had not read everything.
        drop(closed.expect("the server closes"));
    }

    /// What hardware says to begin with, and then every now and then.
    fn smalltalk(protocol: Protocol) -> (&'static [u8], &'static [u8]) {
        match protocol {
            Protocol::ChronoTrack => (
                b"SimpleClient~0.6.0~CTP01\r\nack~getconnectionid~255F\r\nack~geteventinfo~10K~0~10K\r\nack~getlocations~FINISH\r\n",
                b"ping\r\n",
            ),
            Protocol::JChip => (
                b"N0000FINISH\r",
                b"DJ413A35 10:11:16.443300 10  0003E      C7 date=20260712\r",
            ),
            Protocol::Mylaps => (b"Finish@Pong@$", b"Finish@AckPing@$"),
            Protocol::RaceResult => (
                b"GETPROTOCOL;2.0;1.0;2.0\r\nPASSINGS;0;1\r\n",
                b"GETTEMPERATURE;20\r\n",
            ),
        }
    }

    /// What a message may take here; messages of slow hardware take a fifth of it.
    const LONGEST_MESSAGE: Duration = Duration::from_secs(3);

    /// Begins a message and sends one byte of it after the other, for ever. Ends when the server has closed.
    async fn dribble(mut socket: TcpStream) {
        let mut pulse = tokio::time::interval(LONGEST_MESSAGE / 30);
        let mut heard = [0; 4096];
        loop {
            tokio::select! {
                read = socket.read(&mut heard) => match read {
                    Ok(1..) => {}
                    Ok(0) | Err(_) => return,
                },
                _ = pulse.tick() => {
                    // When it fails the server has closed, which the next read tells.
                    let _ = socket.write_all(b"D").await;
                }
            }
        }
    }

    /// Says whole messages, but slowly, for longer than one may take.
    async fn drawl(mut socket: TcpStream, message: &[u8]) -> TcpStream {
        for _ in 0..7 {
            for part in message.chunks(message.len().div_ceil(4)) {
                say(&mut socket, part).await;
                tokio::time::sleep(LONGEST_MESSAGE / 20).await;
            }
        }
        socket
    }

    async fn lets_go_who_never_ends_a_message(protocol: Protocol) {
        let limit = LONGEST_MESSAGE.as_millis() as i64;
        let port = Port::open_to(Way::shared(protocol).for_messages_of(limit)).await;
        let (opening, message) = smalltalk(protocol);
        let [mut endless, mut slow] = [port.dial().await, port.dial().await];
        say(&mut endless, opening).await;
        say(&mut slow, opening).await;
        let endless_peer = endless.local_addr().expect("an address");
        let gone = timeout(PATIENCE, dribble(endless));
        let (gone, slow) = tokio::join!(gone, drawl(slow, message));
        gone.unwrap_or_else(|_| panic!("{protocol} listens to {endless_peer} for ever"));
        let there = port.services.registry.connections();
        let [left] = &there[..] else {
            panic!("one is there, whose messages end: {there:?}");
        };
        assert_eq!(left.peer, slow.local_addr().expect("an address"));
        assert_eq!(left.faults, 0, "{:?}", left.last_fault);
        assert_eq!(port.services.registry.faults(), 1, "the one without an end");
        drop(slow);
        port.close().await;
    }

    #[tokio::test]
    async fn who_never_ends_a_message_is_let_go_and_who_is_slow_is_not() {
        tokio::join!(
            lets_go_who_never_ends_a_message(Protocol::ChronoTrack),
            lets_go_who_never_ends_a_message(Protocol::JChip),
            lets_go_who_never_ends_a_message(Protocol::Mylaps),
            lets_go_who_never_ends_a_message(Protocol::RaceResult),
        );
    }
}
