//! The composition root: the parts of the server, put together.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use futures_util::future::OptionFuture;
use gantry_core::decoder::protocol::Protocol;
use serde::Serialize;
use tokio::{net::TcpListener, task::spawn_blocking, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    collector::{accept, ports, redating, storing, way::Way},
    config::Config,
    counting,
    http::{app::App, base_url::base_url, closing, router},
    retention, room,
    services::Services,
    status,
    store::Store,
    templates::Templates,
};

/// How often committed changes are brought from the database's log into the database itself, while there are few.
const CHECKPOINT: Duration = Duration::from_secs(1);

/// The same while there are many: the commit that finds the log full has to bring in what came since.
const BUSY_CHECKPOINT: Duration = Duration::from_millis(50);

/// Pages of the log (1 MiB) that are many.
const MANY_PAGES: u64 = 256;

/// The ports, bound.
#[derive(Debug)]
pub struct Listeners {
    /// Displays and the operators' interface.
    pub http: TcpListener,
    /// Timing hardware.
    pub timing: TcpListener,
    /// Health, status, metrics.
    pub status: TcpListener,
}

/// Where the server listens. Written as JSON it is the announcement on standard output.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Addresses {
    /// Displays and the operators' interface.
    pub http: SocketAddr,
    /// Timing hardware.
    pub timing: SocketAddr,
    /// Health, status, metrics.
    pub status: SocketAddr,
}

impl Listeners {
    /// Binds the configured ports.
    pub async fn bind(config: &Config) -> anyhow::Result<Self> {
        let bind = async |name, address| {
            TcpListener::bind(address)
                .await
                .with_context(|| format!("cannot bind the {name} port {address}"))
        };
        Ok(Self {
            http: bind("HTTP", config.http).await?,
            timing: bind("timing", config.timing).await?,
            status: bind("status", config.status).await?,
        })
    }

    /// Where they listen; what was configured with port 0 has its real port here.
    pub fn addresses(&self) -> io::Result<Addresses> {
        Ok(Addresses {
            http: self.http.local_addr()?,
            timing: self.timing.local_addr()?,
            status: self.status.local_addr()?,
        })
    }
}

/// Serves on the given ports until `shutdown`, then stores what was received and closes the store.
pub async fn launch(
    services: Services,
    listeners: Listeners,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let timing_port = listeners.timing.local_addr()?.port();
    let templates = spawn_blocking(Templates::shipped)
        .await?
        .context("a shipped template is broken")?;
    let tls = services.config.tls()?.map(Arc::new);
    let base_url = base_url(&services.config, listeners.http.local_addr()?);
    let app = App::new(services.clone(), templates, base_url, shutdown.clone());
    let store = services.store.clone();
    let (inlet, storing) = storing::start(&services, shutdown.clone()).await?;
    let maintenance = tokio::spawn(maintain(store.clone(), shutdown.clone()));

    let collecting = accept::serve(
        services.clone(),
        listeners.timing,
        Way::shared(Protocol::ChronoTrack),
        inlet.clone(),
        shutdown.clone(),
    );
    let redating = redating::run(services.clone(), inlet.clone(), shutdown.clone());
    let following = ports::run(services.clone(), inlet, shutdown.clone());
    let renewing = OptionFuture::from(tls.clone().map(|tls| tls.keep_fresh(shutdown.clone())));
    let closing = closing::watch(Arc::clone(&app));
    let serving = router::serve(listeners.http, tls, app);
    let pruned = Arc::clone(&services.pruned);
    let forgetting = retention::run(store.clone(), &pruned, shutdown.clone());
    let counting = counting::run(store.clone(), shutdown.clone());
    let room = room::watch(
        Arc::clone(&services.alarms),
        room::folder(&services.config),
        shutdown.clone(),
    );
    let reporting = status::serve(services, timing_port, listeners.status, shutdown);
    tokio::join!(
        collecting, following, redating, renewing, closing, forgetting, counting, room, serving,
        reporting
    );

    // The collector's last connection let go of the inlet, so what is behind it ends when it has stored what is left.
    storing.end().await?;
    maintenance
        .await
        .context("the store's maintenance failed")?;
    store.close().await;
    info!("stopped");
    Ok(())
}

/// Keeps commits short by doing what they would have to do now and then.
async fn maintain(store: Store, shutdown: CancellationToken) {
    let (mut pause, mut before) = (CHECKPOINT, 0);
    while shutdown.run_until_cancelled(sleep(pause)).await.is_some() {
        match store.checkpoint().await {
            Ok(done) => {
                // The log that was brought in whole begins again.
                let came = done.checked_sub(before).unwrap_or(done);
                let is_busy = came >= MANY_PAGES;
                pause = if is_busy { BUSY_CHECKPOINT } else { CHECKPOINT };
                before = done;
            }
            Err(error) => warn!(%error, "cannot bring the log into the database"),
        }
    }
}
