//! How fast a read reaches the screens, and what a screen costs: measured on the real programs, with histograms.

pub mod grown;
pub mod kept;
pub mod kiosk;
pub mod latency;
pub mod relay;
pub mod report;
pub mod runners;
pub mod screens;
pub mod walls;
