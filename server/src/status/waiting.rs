//! The status port of a server that waits for its database: it says that, and nothing else.

use std::{net::IpAddr, net::SocketAddr, sync::Arc};

use axum::{
    Json, Router,
    extract::{ConnectInfo, State},
    http::StatusCode,
    routing::get,
};
use gantry_core::time::Moment;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Report, door, is_here, own};
use crate::{
    alarms::Alarms,
    clock,
    config::Config,
    edge::{door::Limits, serve},
};

#[derive(Clone, Debug)]
struct Waiting {
    config: Arc<Config>,
    alarms: Arc<Alarms>,
    since: Moment,
    own: IpAddr,
}

/// Answers until `shutdown` that the server has not started yet, and why.
pub async fn tell_of_waiting(
    config: Config,
    alarms: Arc<Alarms>,
    listener: TcpListener,
    shutdown: CancellationToken,
) {
    let door = door(&Limits::of(config.requests_per_second));
    let waiting = Waiting {
        config: Arc::new(config),
        alarms,
        since: clock::now(),
        own: own(&listener),
    };
    let router = Router::new()
        .route("/health", get(health))
        .route("/status", get(report))
        .with_state(waiting);
    serve::serve(listener, router, door, None, shutdown).await;
}

async fn health() -> (StatusCode, &'static str) {
    let words = "the database does not answer, and the server waits for it\n";
    (StatusCode::SERVICE_UNAVAILABLE, words)
}

async fn report(
    State(waiting): State<Waiting>,
    ConnectInfo(asker): ConnectInfo<SocketAddr>,
) -> Json<Report> {
    let report = Report::waiting(&waiting.config, waiting.alarms.list(), waiting.since);
    Json(if is_here(asker, waiting.own) {
        report
    } else {
        report.without_names()
    })
}
