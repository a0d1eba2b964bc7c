//! Ctrl-C and SIGTERM, so that a stopped kiosk ends as it should.

use std::{io, thread};

use tokio::signal::unix::{SignalKind, signal};

/// Calls `stop` once, on a thread of its own, when the program is asked to end.
pub fn on_stop(stop: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let (mut interrupt, mut terminate) = {
        let _inside = runtime.enter();
        (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        )
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            });
            stop();
        })?;
    Ok(())
}
