//! Paints a display list into a texture, on any GPU and without knowing of windows.
//!
//! Colours are mixed gamma-encoded, as browsers do, so the target must be a format without sRGB conversion (`…Unorm`).
//! A frame is [`Painter::prepare`] (all the CPU's work: shaping, ordering, uploading) and [`Painter::render`] (one render pass).
//! Neither owns the device nor submits, so the same painter serves a window and a picture off screen.

mod fit;
mod images;
mod order;
mod paint;
mod pipeline;
mod quads;
pub mod shaders;
mod text;
mod texture;

pub use images::{ImageSource, NoImages};
pub use paint::Painter;
