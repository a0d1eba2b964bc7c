//! Takes connections in at a port and gives each to the routes.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::ConnectInfo};
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    pin,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::debug;

use super::{door::Door, tally::Tally, tls::Tls, wire::Wire};

/// The largest head of a request; a larger one is answered with 431.
pub(super) const LARGEST_HEAD_BYTES: usize = 16 << 10;

/// What a connection reads ahead.
const BUFFER_BYTES: usize = 64 << 10;

/// How long to wait when the system has no more sockets to give.
const NO_SOCKETS: Duration = Duration::from_millis(200);

/// How long connections have to end when the server stops.
const FAREWELL: Duration = Duration::from_secs(3);

/// What every connection of a port has in common.
#[derive(Clone)]
struct Port {
    routes: TowerToHyperService<Router>,
    door: Arc<Door>,
    tls: Option<Arc<Tls>>,
    shutdown: CancellationToken,
}

/// Serves the routes until `shutdown`, over TLS where there is a certificate. Each request has its peer as
/// [`ConnectInfo<SocketAddr>`]. When it stops, requests and streams under way have a moment to end, and no caller can hold the
/// end up for longer.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    door: Arc<Door>,
    tls: Option<Arc<Tls>>,
    shutdown: CancellationToken,
) {
    let connections = TaskTracker::new();
    let overdue = CancellationToken::new();
    let _end_what_is_left = overdue.clone().drop_guard();
    let port = Port {
        routes: TowerToHyperService::new(routes),
        door,
        tls,
        shutdown: shutdown.clone(),
    };
    let failures = Tally::new("cannot accept a connection");
    while let Some(accepted) = shutdown.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, peer)) => {
                let Some(place) = port.door.enter(peer.ip()) else {
                    continue;
                };
                let wire = Wire::new(stream, place, connections.token());
                let (port, overdue) = (port.clone(), overdue.clone());
                tokio::spawn(async move {
                    let conversation = port.converse(wire, peer);
                    overdue.run_until_cancelled(conversation).await;
                });
            }
            Err(error) => {
                failures.add_nameless(&error);
                sleep(NO_SOCKETS).await;
            }
        }
    }
    drop(listener);
    connections.close();
    let _ = timeout(FAREWELL, connections.wait()).await;
}

impl Port {
    /// One connection from accept to close, or to its upgrade.
    async fn converse(self, wire: Wire, peer: SocketAddr) {
        let Some(tls) = &self.tls else {
            return self.answer(wire, peer).await;
        };
        let handshake = TlsAcceptor::from(tls.settings()).accept(wire);
        let handshake = timeout(self.door.limits.head, handshake);
        match self.shutdown.run_until_cancelled(handshake).await {
            Some(Ok(Ok(stream))) => self.answer(stream, peer).await,
            Some(Ok(Err(error))) => debug!(%peer, %error, "no TLS with a peer"),
            Some(Err(_elapsed)) => debug!(%peer, "no TLS with a peer in time"),
            None => {}
        }
    }

    /// Answers requests until either side ends it.
    async fn answer<S>(self, stream: S, peer: SocketAddr)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let limits = &self.door.limits;
        let head = if self.door.trusted.contains(peer.ip()) {
            limits.proxy_head()
        } else {
            limits.head
        };
        let routes = self.routes;
        let asked = AtomicBool::new(false);
        let service = service_fn(|mut request: Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(ConnectInfo(peer));
            routes.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head)
            .max_header_size(LARGEST_HEAD_BYTES)
            .max_buf_size(BUFFER_BYTES)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.shutdown.cancelled() => {
                // Who has not asked anything yet may be as slow about it as they like.
                if !asked.load(Ordering::Relaxed) {
                    return;
                }
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            debug!(%peer, %error, "a connection broke");
        }
    }
}
