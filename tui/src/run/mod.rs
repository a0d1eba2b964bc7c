//! The edge: the terminal, the network and the clock, and the loop that ties them to the model.

pub mod clock;
pub mod console;
pub mod courier;
pub mod input;
pub mod screen;
pub mod signals;
