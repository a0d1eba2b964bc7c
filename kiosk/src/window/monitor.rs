//! Which monitor to fill.

use winit::{event_loop::ActiveEventLoop, monitor::MonitorHandle};

/// The refresh rate of a monitor that does not tell its own, in thousandths of a hertz.
const USUAL_RATE_MHZ: u32 = 60_000;

/// The asked monitor is not there.
#[derive(Debug, thiserror::Error)]
#[error("there is no monitor {asked}; this machine has {}", listed(.found))]
pub struct NoMonitor {
    asked: usize,
    found: Vec<String>,
}

/// The monitor counted from 1, or the primary one; `None` where monitors cannot be told.
pub(super) fn choose(
    event_loop: &ActiveEventLoop,
    asked: Option<usize>,
) -> Result<Option<MonitorHandle>, NoMonitor> {
    let mut monitors = event_loop.available_monitors();
    let Some(asked) = asked else {
        return Ok(event_loop.primary_monitor().or_else(|| monitors.next()));
    };
    let monitors: Vec<_> = monitors.collect();
    match monitors.get(asked - 1) {
        Some(monitor) => Ok(Some(monitor.clone())),
        None => Err(NoMonitor {
            asked,
            found: monitors.iter().map(describe).collect(),
        }),
    }
}

/// The time between two frames of the monitor, in whole milliseconds.
pub(super) fn frame_interval_ms(monitor: Option<&MonitorHandle>) -> i64 {
    let rate = monitor
        .and_then(MonitorHandle::refresh_rate_millihertz)
        .filter(|rate| *rate > 0)
        .unwrap_or(USUAL_RATE_MHZ);
    (1_000_000 / i64::from(rate)).max(1)
}

fn describe(monitor: &MonitorHandle) -> String {
    let size = monitor.size();
    let name = monitor.name().unwrap_or_else(|| "unnamed".to_owned());
    format!("{name} of {}x{}", size.width, size.height)
}

fn listed(found: &[String]) -> String {
    if found.is_empty() {
        return "none".to_owned();
    }
    let numbered: Vec<_> = found
        .iter()
        .enumerate()
        .map(|(index, name)| format!("{} ({name})", index + 1))
        .collect();
    numbered.join(", ")
}
