//! The kiosk from outside: pixels on the software GPU, a real WebSocket server, a real X server.

mod golden;
mod leaderboard;
mod link;
mod notices;
mod painter;
mod pause;
mod process;
mod screenshot;
mod server;
mod shaders;
mod window;
mod xvfb;
