//! Takes connections in on the timing port, one task each.

use std::{net::SocketAddr, time::Duration};

use gantry_core::decoder::protocol::Protocol;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use super::{
    connection::{self, End},
    intake::Intake,
    partner::timing_partner,
    writer::Entry,
};
use crate::{clock, services::Services};

/// How long to wait when the system has no more sockets to give.
const NO_SOCKETS: Duration = Duration::from_millis(200);

/// Collects until `shutdown`; returns when every connection has handed over what it received.
pub async fn serve(
    services: Services,
    listener: TcpListener,
    entries: mpsc::Sender<Entry>,
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
                    entries.clone(),
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
async fn collect(
    services: Services,
    socket: TcpStream,
    peer: SocketAddr,
    entries: mpsc::Sender<Entry>,
    shutdown: CancellationToken,
) {
    let refuse = |reason: &dyn std::fmt::Display| {
        services.registry.count_fault();
        warn!(%peer, %reason, "refused a timing connection");
    };
    let presence = match services.registry.enter(peer, clock::now()) {
        Ok(presence) => presence,
        Err(reason) => return refuse(&reason),
    };
    let named = services.config.timing_partner.as_deref();
    let partner = match timing_partner(&services.store, named).await {
        Ok(partner) => partner,
        Err(reason) => return refuse(&reason),
    };
    let zone = services.config.zone();
    let mut intake = Intake::new(services.store, partner.id, zone, peer, presence, entries);
    match connection::converse(socket, Protocol::ChronoTrack, &mut intake, shutdown).await {
        End::Shutdown => {}
        End::ByClient if intake.has_session() => info!(%peer, "timing connection ended"),
        // Port scanners and the client's Test button are everyday.
        End::ByClient => tracing::debug!(%peer, "timing connection ended without a word of reads"),
        End::ByUs(reason) => intake.fault(&reason, None).await,
    }
}
