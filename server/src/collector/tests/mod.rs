//! The timing port as hardware, scanners and vandals meet it: real TCP, a real database file.

mod corrections;
mod sessions;
mod strangers;
mod taking_in;
mod vandals;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::strangers::Strangers;
use crate::{
    config::Config,
    launch::{Listeners, launch},
    services::Services,
    store::{
        PartnerId, Store, TimingSession,
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

    /// Waits until so many reads are stored.
    async fn has_stored(&self, reads: i64) {
        let what = format!("{reads} reads");
        self.until(&what, async |server| server.stored().await == reads)
            .await;
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
