//! Connects to timing hardware that waits to be called, and calls again whenever it is gone.

use std::{sync::Arc, time::Duration};

use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{accept::collect, ports::Standing, storing::Inlet, way::Way};
use crate::services::Services;

/// How long hardware may take to answer a call.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait before calling again.
const PAUSE: Duration = Duration::from_secs(1);

/// Collects from the hardware at `address` (`host:port`) until `shutdown`; returns when everything received is handed over.
pub async fn follow(
    services: Services,
    address: String,
    way: Way,
    inlet: Inlet,
    shutdown: CancellationToken,
) {
    // Hardware that is switched off is off for hours: it is told once, not each second.
    let mut is_told = false;
    let ports = Arc::clone(&services.ports);
    let note = |standing| {
        if let Some(feed) = way.feed() {
            ports.note(feed, standing);
        }
    };
    loop {
        let called = tokio::select! {
            () = shutdown.cancelled() => return,
            called = timeout(PATIENCE, TcpStream::connect(&address)) => called,
        };
        let answered = called.map_err(|_elapsed| std::io::ErrorKind::TimedOut.into());
        match answered
            .flatten()
            .and_then(|socket| Ok((socket.peer_addr()?, socket)))
        {
            Ok((peer, socket)) => {
                is_told = false;
                note(Standing::Connected);
                let (services, inlet) = (services.clone(), inlet.clone());
                collect(services, socket, peer, way.clone(), inlet, shutdown.clone()).await;
            }
            Err(error) if !is_told => {
                is_told = true;
                note(Standing::Trouble("the hardware does not answer".to_owned()));
                warn!(address, %error, "timing hardware cannot be reached, trying on");
            }
            Err(_) => {}
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = sleep(PAUSE) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use gantry_core::{decoder::protocol::Protocol, hardware::raceresult::DecoderBox};
    use jiff::civil::{DateTime, datetime};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::{
        collector::storing,
        config::Config,
        store::{
            Store,
            testing::{self, NOW},
        },
    };

    const AT: DateTime = datetime(2026, 7, 12, 13, 0, 0, 0);

    /// A decoder that answers one caller at a time, and hangs up on all when it is told to.
    async fn answer(
        listener: TcpListener,
        hardware: Arc<Mutex<DecoderBox>>,
        hang_up: CancellationToken,
    ) {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut chunk = vec![0; 4096];
            loop {
                let count = tokio::select! {
                    () = hang_up.cancelled() => return,
                    count = socket.read(&mut chunk) => count.unwrap_or(0),
                };
                if count == 0 {
                    break;
                }
                let answer = hardware
                    .lock()
                    .expect("a lock")
                    .receive(&chunk[..count], AT);
                if socket.write_all(&answer).await.is_err() {
                    break;
                }
            }
        }
    }

    async fn until_stored(store: &Store, expected: i64) {
        let stored = async {
            while store.totals().await.expect("counts").reads != expected {
                sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = timeout(Duration::from_secs(30), stored).await;
        waited.unwrap_or_else(|_| panic!("{expected} reads should be stored"));
    }

    #[tokio::test]
    async fn a_decoder_is_followed_through_a_broken_connection_and_a_new_file() {
        let (store, place) = testing::store().await;
        store.add_partner("Acme", NOW).await.expect("adds");
        let services = Services::new(Config::for_tests_at(&place), store.clone());
        let shutdown = CancellationToken::new();
        let started = storing::start(&services, shutdown.clone()).await;
        let (inlet, storing) = started.expect("starts");

        let hardware = Arc::new(Mutex::new(DecoderBox::default()));
        let record = |count: i64, second: i64| {
            let mut hardware = hardware.lock().expect("a lock");
            for passing in 0..count {
                let since = jiff::SignedDuration::from_millis(second * 1000 + passing);
                hardware.record(&format!("T{passing}"), AT + since);
            }
        };
        record(1_200, 0);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let hang_up = CancellationToken::new();
        let answering = tokio::spawn(answer(listener, hardware.clone(), hang_up.clone()));
        let following = tokio::spawn(follow(
            services,
            address.to_string(),
            Way::shared(Protocol::RaceResult),
            inlet,
            shutdown.clone(),
        ));
        until_stored(&store, 1_200).await;

        hang_up.cancel();
        answering.await.expect("no panic");
        record(3, 60);
        let listener = TcpListener::bind(address).await.expect("the same port");
        tokio::spawn(answer(listener, hardware.clone(), CancellationToken::new()));
        until_stored(&store, 1_203).await;

        hardware.lock().expect("a lock").clear();
        record(2, 120);
        until_stored(&store, 1_205).await;
        shutdown.cancel();
        following.await.expect("no panic");
        storing.end().await.expect("is stored");
    }
}
