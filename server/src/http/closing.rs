//! Ends the screens of partners that were closed from the shell, which is another process and cannot tell them.

use std::{sync::Arc, time::Duration};

use gantry_core::time::Moment;
use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;

use super::{app::App, displays::tell_screens};
use crate::{clock, store};

/// How often is looked.
const PULSE: Duration = Duration::from_secs(5);

/// What was closed is looked for this far back, so that nothing is missed between two looks or by another clock.
const MARGIN_MS: i64 = 60_000;

/// Looks until the port shuts down.
pub async fn watch(app: Arc<App>) {
    let mut pulse = interval(PULSE);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut since = clock::now();
    let mut is_told = false;
    while app
        .shutdown
        .run_until_cancelled(pulse.tick())
        .await
        .is_some()
    {
        let now = clock::now();
        match end_screens(&app, since - MARGIN_MS).await {
            Ok(()) => (since, is_told) = (now, false),
            Err(error) => {
                // A database may be away for hours.
                if !std::mem::replace(&mut is_told, true) {
                    warn!(%error, "cannot look for partners that were closed, trying again");
                }
            }
        }
    }
}

/// Ends the screens of what was closed at `since` or later.
pub(super) async fn end_screens(app: &App, since: Moment) -> store::Result<()> {
    let ended = app.services.store.displays_of_closed(since).await?;
    for display in &ended {
        tell_screens(app, display);
    }
    Ok(())
}
