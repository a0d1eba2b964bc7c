//! The status port: what monitoring asks. It answers to anybody who can reach it, so nothing here is secret.

mod metrics;

use std::sync::Arc;

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use serde::Serialize;
use tokio::net::TcpListener;
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

#[derive(Clone)]
struct Monitored {
    services: Services,
    timing_port: u16,
}

/// The answer to `GET /status`.
#[derive(Serialize)]
struct Report {
    service: &'static str,
    /// `ok`, or `degraded` while the database does not answer.
    status: &'static str,
    tcp_port: u16,
    connections: usize,
    /// Reads in the database.
    total_reads: i64,
    /// Timing sessions in the database.
    sessions: i64,
    database_connected: bool,
    uptime_seconds: i64,
    version: &'static str,
}

/// Answers until `shutdown`.
pub async fn serve(
    services: Services,
    timing_port: u16,
    listener: TcpListener,
    shutdown: CancellationToken,
) {
    let limits = Limits {
        connections: CONNECTIONS,
        connections_per_address: CONNECTIONS / 2,
        ..services.door.limits.clone()
    };
    let door = Door::new(Networks::default(), limits);
    let router = Router::new()
        .route("/health", get(health))
        .route("/status", get(report))
        .route("/metrics", get(metrics))
        .with_state(Monitored {
            services,
            timing_port,
        });
    serve::serve(listener, router, Arc::new(door), None, shutdown).await;
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

async fn report(State(monitored): State<Monitored>) -> Json<Report> {
    let totals = monitored.totals().await;
    let Totals { reads, sessions } = totals.unwrap_or_default();
    Json(Report {
        service: "gantry-server",
        status: if totals.is_some() { "ok" } else { "degraded" },
        tcp_port: monitored.timing_port,
        connections: monitored.services.registry.len(),
        total_reads: reads,
        sessions,
        database_connected: totals.is_some(),
        uptime_seconds: monitored.uptime_seconds(),
        version: env!("CARGO_PKG_VERSION"),
    })
}

async fn metrics(State(monitored): State<Monitored>) -> String {
    let totals = monitored.totals().await;
    metrics::text(
        &monitored.services.registry,
        &monitored.services.door,
        &monitored.services.guard,
        totals,
        monitored.uptime_seconds(),
    )
}

impl Monitored {
    /// What the database holds; `None` when it does not answer.
    async fn totals(&self) -> Option<Totals> {
        self.services.store.totals().await.ok()
    }

    fn uptime_seconds(&self) -> i64 {
        clock::now().since_ms(self.services.started_at) / 1_000
    }
}
