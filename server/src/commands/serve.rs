//! `gantry-server serve`

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{say, waiting::claimed_store};
use crate::{
    collector::partner::{NoPartner, Unmatched, unmatched},
    config::Config,
    launch::{Listeners, launch},
    services::Services,
    store::Store,
};

/// Serves until it is told to stop.
pub(super) async fn serve(config: Config) -> anyhow::Result<()> {
    if config.redis_url.is_some() {
        info!("the Redis of --redis-url is not needed: nothing is kept there");
    }
    let shutdown = shutdown_on_signal()?;
    let Some((store, claim)) = claimed_store(&config, &shutdown).await? else {
        return Ok(());
    };
    check_timing_partner(&config, &store).await?;
    let listeners = Listeners::bind(&config).await?;
    say(&format!(
        "listening {}",
        serde_json::to_string(&listeners.addresses()?)?
    ))?;
    let services = Services::new(config, store);
    let serving = Box::pin(launch(services, listeners, shutdown.clone()));
    claim.during(shutdown, serving).await
}

/// Reads must belong to somebody. A partner can still be added while the server runs, so only a wrong name is an error.
async fn check_timing_partner(config: &Config, store: &Store) -> anyhow::Result<()> {
    match unmatched(store, config.timing_partner.as_deref()).await {
        Ok(Unmatched::Partners(_)) => {}
        Ok(Unmatched::Quarantine) => info!(
            "there are several timing partners: hardware that no feed is about goes into quarantine; see `gantry-server quarantine list`"
        ),
        Err(reason @ NoPartner::None) => warn!("reads are refused: {reason}"),
        Err(reason) => return Err(reason.into()),
    }
    Ok(())
}

/// A token that is cancelled by Ctrl-C and SIGTERM.
pub(super) fn shutdown_on_signal() -> anyhow::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let shutdown = CancellationToken::new();
    let cancelled = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        info!("stopping");
        cancelled.cancel();
    });
    Ok(shutdown)
}
