//! A stage for the display page: serves it as the server does, with the same headers, and plays whatever a test wants to see it
//! survive.

mod play;
mod routes;
mod running;
mod teller;

pub use play::{Beat, Line, Play};
pub use running::Stage;
