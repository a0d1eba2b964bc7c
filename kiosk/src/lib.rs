//! The fullscreen display painter: takes a display's stream of scenes and draws it with the GPU.
//!
//! `link` follows the server on a thread of its own, `picture` decides what is true to show at a moment, `painter` draws that,
//! `window` puts it on a screen and `offscreen` into memory for `screenshot`, tests and measurements.

pub mod address;
pub mod clock;
pub mod config;
pub mod gpu;
pub mod link;
pub mod offscreen;
pub mod painter;
pub mod picture;
pub mod screenshot;
pub mod signals;
pub mod stats;
pub mod window;
