//! A display's picture in cells: half blocks for boxes, real characters for text.
//!
//! A cell is about twice as high as wide, so its upper and lower half are two nearly square pixels. Boxes and gradients are blended
//! into those pixels; texts stand in whole cells, as near to their place as the grid allows, so that they can be read and copied.

pub mod color;
pub mod line;
pub mod picture;
pub mod pixels;
pub mod text;
