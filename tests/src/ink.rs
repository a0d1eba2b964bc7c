//! Where a painter's ink went.

use gantry_core::scene::sample::{Item, Paint};
use image::{Rgba, RgbaImage};

/// A pixel counts as ink when text changed it at least this share of the most that it changed any pixel of its line.
const INK_SHARE: f32 = 0.35;

/// The least change that is not noise, of 255.
const NOISE: u8 = 12;

/// The pixels that a line of text covers, all edges included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InkBox {
    /// First column.
    pub left: u32,
    /// First row.
    pub top: u32,
    /// Last column.
    pub right: u32,
    /// Last row.
    pub bottom: u32,
}

/// Where the text of `item` changed `picture` against the same picture without texts, one pixel for each canvas unit; `None` when
/// it changed nothing.
pub fn ink_box(picture: &RgbaImage, without_texts: &RgbaImage, item: &Item) -> Option<InkBox> {
    let changes = || {
        around(item, picture.width(), picture.height()).map(|(x, y)| {
            let change = difference(*picture.get_pixel(x, y), *without_texts.get_pixel(x, y));
            (x, y, change)
        })
    };
    let strongest = changes().map(|(_, _, change)| change).max()?;
    if strongest <= NOISE {
        return None;
    }
    let least = f32::from(strongest) * INK_SHARE;
    changes()
        .filter(|(_, _, change)| f32::from(*change) >= least)
        .map(|(x, y, _)| InkBox {
            left: x,
            top: y,
            right: x,
            bottom: y,
        })
        .reduce(|a, b| InkBox {
            left: a.left.min(b.left),
            top: a.top.min(b.top),
            right: a.right.max(b.right),
            bottom: a.bottom.max(b.bottom),
        })
}

/// The pixels in which the line's letters may be.
fn around(item: &Item, width: u32, height: u32) -> impl Iterator<Item = (u32, u32)> + use<> {
    let (ascent, descent, baseline) = match &item.paint {
        Paint::Text {
            baseline, style, ..
        } => (style.size(), style.size() * 0.35, *baseline),
        _ => (0.0, 0.0, 0.0),
    };
    let columns = clamped(item.rect.x - 4.0, item.rect.x + item.rect.w + 4.0, width);
    let rows = clamped(baseline - ascent, baseline + descent, height);
    rows.flat_map(move |y| columns.clone().map(move |x| (x, y)))
}

fn clamped(from: f32, to: f32, size: u32) -> std::ops::Range<u32> {
    let inside = |edge: f32| (edge.round().max(0.0) as u32).min(size);
    inside(from)..inside(to)
}

fn difference(a: Rgba<u8>, b: Rgba<u8>) -> u8 {
    a.0.iter()
        .zip(b.0)
        .map(|(a, b)| a.abs_diff(b))
        .max()
        .unwrap_or_default()
}
