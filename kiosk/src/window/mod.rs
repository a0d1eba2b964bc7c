//! The picture on a screen: a fullscreen window (or a small one) that is drawn only when it has to change.

mod app;
mod monitor;
mod pace;
mod report;
mod screen;

pub use app::run;
pub use monitor::NoMonitor;

/// What wakes the window from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wake {
    /// The link has news.
    News,
    /// The graphics device is gone.
    DeviceLost,
    /// The program has to end.
    Quit,
}
