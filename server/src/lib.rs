//! The Gantry server: collects chip reads from timing hardware, keeps every timing company's data apart and serves the
//! displays.
//!
//! Data walks one way: `collector` keeps what the hardware sends in the `store` and publishes it once it is safe there; `live`
//! folds it into boards and publishes pictures; `display` sends those to the screens. `http` is where operators and screens
//! come in, and `launch` puts the parts together.

pub mod alarms;
pub mod auth;
pub mod clock;
pub mod collector;
pub mod commands;
pub mod config;
pub mod counting;
mod crash_points;
pub mod demo;
pub mod display;
pub mod edge;
pub mod export;
pub mod hardware;
pub mod household;
pub mod http;
pub mod launch;
pub mod live;
pub mod retention;
pub mod room;
pub mod services;
pub mod status;
pub mod store;
pub mod templates;
pub mod turns;
