//! How the HTTP servers stop: no caller can hold the end up for longer than a moment.

use std::{io, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How long connections have to end when the server stops.
const FAREWELL: Duration = Duration::from_secs(3);

/// Lets `serving`, which heeds `shutdown` by itself, go on for a short while after it and no longer.
pub async fn serve_until(
    shutdown: CancellationToken,
    serving: impl Future<Output = io::Result<()>>,
) -> anyhow::Result<()> {
    let overdue = async {
        shutdown.cancelled().await;
        sleep(FAREWELL).await;
    };
    tokio::select! {
        served = serving => Ok(served?),
        () = overdue => Ok(()),
    }
}
