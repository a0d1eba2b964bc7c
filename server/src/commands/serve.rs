//! `gantry-server serve`

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{claim, say, waiting};
use crate::{
    config::Config,
    launch::{Listeners, launch},
    services::Services,
};

/// Serves until it is told to stop.
pub(super) async fn serve(config: Config) -> anyhow::Result<()> {
    if config.redis_url.is_some() {
        info!("the Redis of --redis-url is not needed: nothing is kept there");
    }
    let shutdown = shutdown_on_signal()?;
    let Some(opening) = waiting::open(&config, &shutdown).await? else {
        return Ok(());
    };
    let listeners = Listeners::bind(&config).await?;
    say(&format!(
        "listening {}",
        serde_json::to_string(&listeners.addresses()?)?
    ))?;
    let services = Services {
        alarms: opening.alarms,
        ..Services::new(config, opening.store)
    };
    if let Some(ownership) = opening.remembered {
        services.feeds.learn(ownership);
    }
    let serving = Box::pin(launch(services, listeners, shutdown.clone()));
    claim::under(opening.claim, shutdown, serving).await
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
