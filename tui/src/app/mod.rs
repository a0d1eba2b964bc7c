//! The console as values: a model, the events that change it and the effects that it asks for.
//!
//! Nothing here touches the terminal, the network or a clock, so every step an operator takes can be replayed in a test.

pub mod dialog;
pub mod event;
pub mod example;
pub mod feed_form;
pub mod form;
pub mod live;
pub mod model;
pub mod permission;
pub mod picker;
pub mod polls;
pub mod submit;
pub mod tab;
pub mod update;
pub mod wrong;
