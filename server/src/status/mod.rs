//! The status port: what monitoring asks. It answers to anybody who can reach it, so nothing here is secret.
//!
//! It knows no timing partner. What people and hardware named, feeds, events, mats and files, is told to the machine itself only:
//! whoever is on it runs the server. Others get the same figures, and what an alarm means without its words.

mod metrics;
mod report;
mod waiting;

pub use report::{Alarmed, Clocked, Disk, Ingest, Report, TimingConnection};
pub use waiting::tell_of_waiting;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{ConnectInfo, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    clock,
    edge::{
        door::{Door, Limits},
        networks::Networks,
        serve,
    },
    services::Services,
    store::Totals,
};

/// Connections of monitoring, half of them from one address. It has a door of its own, so that it gets through when the other
/// one is crowded.
const CONNECTIONS: usize = 256;

/// How long the database may take to answer before it counts as one that does not: monitoring does not wait for long either.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Clone, Debug)]
struct Monitored {
    services: Services,
    timing_port: u16,
    /// The address of the port, by which the machine may ask itself as well.
    own: IpAddr,
}

/// Answers until `shutdown`.
pub async fn serve(
    services: Services,
    timing_port: u16,
    listener: TcpListener,
    shutdown: CancellationToken,
) {
    let door = door(&services.door.limits);
    let own = own(&listener);
    let router = Router::new()
        .route("/health", get(health))
        .route("/status", get(report))
        .route("/metrics", get(metrics))
        .with_state(Monitored {
            services,
            timing_port,
            own,
        });
    serve::serve(listener, router, door, None, shutdown).await;
}

/// The port's own door, in all else like the other one.
fn door(limits: &Limits) -> Arc<Door> {
    let limits = Limits {
        connections: CONNECTIONS,
        connections_per_address: CONNECTIONS / 2,
        ..limits.clone()
    };
    Arc::new(Door::new(Networks::default(), limits))
}

/// The address of the port.
fn own(listener: &TcpListener) -> IpAddr {
    let own = listener.local_addr();
    own.map_or(Ipv4Addr::LOCALHOST.into(), |own| own.ip())
}

/// Whether somebody is on the machine, the port's own address being `own`, and may be told names.
fn is_here(asker: SocketAddr, own: IpAddr) -> bool {
    let address = asker.ip().to_canonical();
    address.is_loopback() || address == own.to_canonical()
}

async fn health(State(monitored): State<Monitored>) -> (StatusCode, &'static str) {
    match monitored.totals().await {
        Some(_) => (StatusCode::OK, "ok\n"),
        None => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer\n",
        ),
    }
}

async fn report(
    State(monitored): State<Monitored>,
    ConnectInfo(asker): ConnectInfo<SocketAddr>,
) -> Json<Report> {
    let totals = monitored.totals().await;
    let report = Report::of(&monitored.services, monitored.timing_port, totals);
    Json(if is_here(asker, monitored.own) {
        report
    } else {
        report.without_names()
    })
}

async fn metrics(
    State(monitored): State<Monitored>,
    ConnectInfo(asker): ConnectInfo<SocketAddr>,
) -> Response {
    let totals = monitored.totals().await;
    let is_here = is_here(asker, monitored.own);
    match metrics::text(monitored.services, totals, is_here) {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::MEDIA_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Monitored {
    /// What the database holds; `None` when it does not answer.
    async fn totals(&self) -> Option<Totals> {
        let answer = timeout(PATIENCE, self.services.store.totals()).await;
        answer.ok()?.ok()
    }
}

fn uptime_seconds(services: &Services) -> i64 {
    clock::now().since_ms(services.started_at) / 1_000
}
