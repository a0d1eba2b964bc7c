//! How fast a read reaches the screens, what a screen costs and what a stranger: measured on the real programs, with histograms.

pub mod grown;
pub mod ingest;
pub mod kept;
pub mod kiosk;
pub mod latency;
pub mod peers;
pub mod relay;
pub mod report;
pub mod runners;
pub mod screens;
pub mod walls;
