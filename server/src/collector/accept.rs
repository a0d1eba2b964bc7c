//! Takes connections in on the timing port, one task each.

use std::{net::SocketAddr, time::Duration};

use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use super::{
    connection::{self, End},
    intake::Intake,
    storing::Inlet,
    way::Way,
};
use crate::{clock, services::Services};

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
                warn!(%error, "cannot accept a timing connection");
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
    let refuse = |reason: &dyn std::fmt::Display| {
        services.registry.count_fault();
        warn!(%peer, %reason, "refused a timing connection");
    };
    if !way.admits(peer.ip()) {
        return refuse(&"the feed of this port takes nobody from there");
    }
    let presence = match services.registry.enter(peer, way.protocol(), clock::now()) {
        Ok(presence) => presence,
        Err(reason) => return refuse(&reason),
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
        collector::storing::{self, Storing},
        config::Config,
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
        store: Store,
        address: SocketAddr,
        shutdown: CancellationToken,
        serving: JoinHandle<()>,
        inlet: Inlet,
        storing: Storing,
        _place: Place,
    }

    impl Port {
        async fn open(protocol: Protocol) -> Self {
            let (store, place) = testing::store().await;
            store.add_partner("Acme", NOW).await.expect("adds");
            let services = Services::new(Config::for_tests_at(&place), store.clone());
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address");
            let shutdown = CancellationToken::new();
            let started = storing::start(&services, shutdown.clone()).await;
            let (inlet, storing) = started.expect("starts");
            let serving = serve(
                services,
                listener,
                Way::shared(protocol),
                inlet.clone(),
                shutdown.clone(),
            );
            Self {
                store,
                address,
                shutdown,
                serving: tokio::spawn(serving),
                inlet,
                storing,
                _place: place,
            }
        }

        async fn dial(&self) -> TcpStream {
            TcpStream::connect(self.address).await.expect("listens")
        }

        async fn stored(&self) -> i64 {
            assert!(self.inlet.is_settled().await, "the server runs");
            self.store.totals().await.expect("counts").reads
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
        let mut exporter = Exporter::new("10KM");
        for count in 0..250 {
            let chip = format!("A{count:06}");
            let at = AT + jiff::SignedDuration::from_millis(count * 10);
            exporter.record(Passing { chip, at });
        }

        let mut socket = port.dial().await;
        say(&mut socket, &exporter.connect()).await;
        let pong = hear(&mut socket).await;
        say(&mut socket, &exporter.receive(&pong, clock::steady())).await;
        let first = hear(&mut socket).await;
        assert!(first.starts_with(b"Gantry@AckPassing@1@$"));
        assert!(port.stored().await >= 100);
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
    async fn a_reader_is_let_begin_and_what_it_sends_twice_is_stored_once() {
        let port = Port::open(Protocol::JChip).await;
        let mut lines = Vec::new();
        for _connection in 0..2 {
            let mut socket = port.dial().await;
            let (mut reader, greeting) = Reader::connect("FINISH");
            say(&mut socket, &greeting).await;
            while !reader.is_started() {
                let heard = hear(&mut socket).await;
                let answer = reader.receive(&heard, AT);
                say(&mut socket, &answer).await;
            }
            lines.extend(reader.read("0041", AT));
            say(&mut socket, &lines).await;
            socket.shutdown().await.expect("is open");
            let mut rest = Vec::new();
            let closed = timeout(PATIENCE, socket.read_to_end(&mut rest)).await;
            closed.expect("the server closes").expect("without a reset");
        }
        let store = port.store.clone();
        port.close().await;
        assert_eq!(store.totals().await.expect("counts").reads, 1);
    }
}
