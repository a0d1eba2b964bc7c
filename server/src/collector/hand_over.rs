//! Carries out what the server's administrator ordered: sessions leave the quarantine for a partner.
//!
//! From the moment of the order their hardware waits (see [`Decision::Wait`](super::feeds::Decision::Wait)). What is still connected
//! is let go, what it sent is brought to the store, and only then the session changes hands, so that nothing is stored into it
//! meanwhile. The hardware goes on afterwards as the partner's, where it was.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{feeds::is_about, registry::Connection, storing::Inlet};
use crate::{
    services::Services,
    store::{HandOver, HandedOver},
};

/// How long to wait after the store failed.
const RETRY: Duration = Duration::from_secs(1);

/// Carries orders out until `shutdown`. What is not finished then is gone on with by the next server.
pub(super) async fn run(services: Services, inlet: Inlet, shutdown: CancellationToken) {
    let mut changed = services.feeds.changed();
    let mut is_told = false;
    loop {
        for order in &services.feeds.known().ownership.orders {
            let done = shutdown.run_until_cancelled(carry_out(&services, &inlet, order));
            match done.await {
                Some(Ok(())) => is_told = false,
                Some(Err(error)) => {
                    // A database may be away for hours.
                    if !std::mem::replace(&mut is_told, true) {
                        warn!(%error, session = %order.session, "cannot hand over, trying again");
                    }
                    sleep(RETRY).await;
                }
                None => return,
            }
        }
        let told = shutdown.run_until_cancelled(changed.changed()).await;
        if !matches!(told, Some(Ok(()))) {
            return;
        }
    }
}

async fn carry_out(
    services: &Services,
    inlet: &Inlet,
    order: &HandOver,
) -> crate::store::Result<()> {
    let known = services.feeds.known();
    let is_meant = |connection: &Connection| {
        let owner = connection.owner.as_ref();
        owner.is_some_and(|owner| known.is_quarantine(owner.partner))
            && (is_about(order, connection.event.as_deref())
                || connection
                    .session()
                    .is_some_and(|(_, session)| session == order.session))
    };
    let reason = "its session changes hands";
    services.registry.see_off(is_meant, reason).await;
    // Without a writer the server is about to end, and the next one goes on.
    if !inlet.is_settled().await? {
        return Ok(());
    }
    match services.store.hand_over(order).await? {
        Some(HandedOver { reads: 0, lines: 0 }) => {
            info!(session = %order.session, "handed over; there was nothing left in it to move");
        }
        Some(HandedOver { reads, lines }) => {
            info!(session = %order.session, reads, lines, "handed over");
        }
        None => info!(session = %order.session, "was handed over before"),
    }
    services.feeds.tell().await;
    Ok(())
}
