//! The pure heart of Gantry: bytes and values in, values out.
//!
//! Nothing here does I/O, asks a clock or draws a random number; time and randomness are arguments.
//! That is why the same fold, composer and sampler run in the server, the kiosk, the console and the tests.

#![warn(missing_docs)]

pub mod board;
pub mod chronotrack;
pub mod compose;
pub mod dating;
pub mod decoder;
pub mod demo;
pub mod hardware;
pub mod motion;
pub mod read;
pub mod roster;
pub mod scene;
pub mod scoring;
pub mod template;
pub mod text;
pub mod time;
pub mod wire;
