//! The operator console: from the hardware's reads to a picture on the venue's screens, in a terminal.
//!
//! [`app`] holds the console as plain values and decides; [`view`] draws it, with [`paint`] for the displays' pictures;
//! [`run`] carries out what `app` asks for, through [`api`] and the terminal.

pub mod api;
pub mod app;
pub mod cli;
pub mod keymap;
pub mod paint;
pub mod run;
pub mod terminal;
#[cfg(test)]
mod testing;
pub mod view;
pub mod words;
