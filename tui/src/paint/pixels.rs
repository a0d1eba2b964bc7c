//! Boxes and gradients, blended into half-cell pixels.

use gantry_core::scene::{Fill, color::Color, sample::RectF};

use crate::paint::color::Rgb;

/// A picture of pixels, two to a cell.
#[derive(Clone, Debug)]
pub struct Pixels {
    /// How many beside one another.
    pub width: usize,
    /// How many above one another; even.
    pub height: usize,
    values: Vec<Rgb>,
}

impl Pixels {
    /// A picture of one colour.
    pub fn new(width: usize, height: usize, color: Rgb) -> Self {
        Self {
            width,
            height,
            values: vec![color; width * height],
        }
    }

    /// The pixel at a place inside.
    pub fn at(&self, x: usize, y: usize) -> Rgb {
        self.values[y * self.width + x]
    }

    /// Blends a filled box in. `rect`, `clip` and `radius` are in pixels.
    pub fn fill(
        &mut self,
        rect: RectF,
        clip: Option<RectF>,
        radius: f32,
        fill: Fill,
        opacity: f32,
    ) {
        let shown = clip.map_or(rect, |clip| intersection(rect, clip));
        if shown.w <= 0.0 || shown.h <= 0.0 {
            return;
        }
        let columns = span(shown.x, shown.w, self.width);
        for y in span(shown.y, shown.h, self.height) {
            for x in columns.clone() {
                let covered = overlap(shown.x, shown.w, x) * overlap(shown.y, shown.h, y);
                let cover = covered * within_corners(rect, radius, x, y);
                let color = color_at(fill, rect, x, y);
                let value = &mut self.values[y * self.width + x];
                let alpha = f32::from(color.a) / 255.0 * opacity;
                *value = value.under(Rgb::solid(color), cover * alpha);
            }
        }
    }
}

/// The part of `a` that is also in `b`.
pub fn intersection(a: RectF, b: RectF) -> RectF {
    let (x, y) = (a.x.max(b.x), a.y.max(b.y));
    RectF {
        x,
        y,
        w: (a.x + a.w).min(b.x + b.w) - x,
        h: (a.y + a.h).min(b.y + b.h) - y,
    }
}

fn span(start: f32, length: f32, limit: usize) -> std::ops::Range<usize> {
    let first = (start.floor().max(0.0) as usize).min(limit);
    let end = ((start + length).ceil().max(0.0) as usize).min(limit);
    first..end
}

/// How much of pixel `pixel` lies between `start` and `start + length`.
fn overlap(start: f32, length: f32, pixel: usize) -> f32 {
    let (from, to) = (pixel as f32, pixel as f32 + 1.0);
    ((start + length).min(to) - start.max(from)).clamp(0.0, 1.0)
}

/// How much of a pixel the rounded corners leave: everything away from them.
fn within_corners(rect: RectF, radius: f32, x: usize, y: usize) -> f32 {
    let radius = radius.min(rect.w / 2.0).min(rect.h / 2.0);
    if radius < 1.0 {
        return 1.0;
    }
    let beyond = |start: f32, length: f32, pixel: usize| {
        let center = pixel as f32 + 0.5;
        (start + radius - center).max(center - (start + length - radius))
    };
    let (dx, dy) = (beyond(rect.x, rect.w, x), beyond(rect.y, rect.h, y));
    if dx <= 0.0 || dy <= 0.0 {
        return 1.0;
    }
    (radius + 0.5 - dx.hypot(dy)).clamp(0.0, 1.0)
}

fn color_at(fill: Fill, rect: RectF, x: usize, y: usize) -> Color {
    let along = |start: f32, length: f32, pixel: usize| {
        ((pixel as f32 + 0.5 - start) / length).clamp(0.0, 1.0)
    };
    match fill {
        Fill::Solid(color) => color,
        Fill::Across { from, to } => between(from, to, along(rect.x, rect.w, x)),
        Fill::Down { from, to } => between(from, to, along(rect.y, rect.h, y)),
    }
}

fn between(from: Color, to: Color, part: f32) -> Color {
    let Rgb([r, g, b]) = Rgb::solid(from).under(Rgb::solid(to), part);
    let a = f32::from(from.a) + (f32::from(to.a) - f32::from(from.a)) * part;
    Color {
        r,
        g,
        b,
        a: a.round() as u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLACK: Rgb = Rgb([0; 3]);

    fn rect(x: f32, y: f32, w: f32, h: f32) -> RectF {
        RectF { x, y, w, h }
    }

    fn row(pixels: &Pixels, y: usize) -> Vec<u8> {
        (0..pixels.width).map(|x| pixels.at(x, y).0[0]).collect()
    }

    #[test]
    fn half_covered_pixels_are_half_as_bright() {
        let mut pixels = Pixels::new(4, 2, BLACK);
        let white = Fill::Solid(Color::rgb(0xff_ff_ff));
        pixels.fill(rect(0.5, 0.0, 2.0, 1.0), None, 0.0, white, 1.0);
        assert_eq!(row(&pixels, 0), [128, 255, 128, 0]);
        assert_eq!(row(&pixels, 1), [0, 0, 0, 0]);
    }

    #[test]
    fn opacity_and_clip_and_the_edges_hold() {
        let mut pixels = Pixels::new(4, 2, BLACK);
        let white = Fill::Solid(Color::rgb(0xff_ff_ff).with_alpha(128));
        let clip = Some(rect(1.0, 0.0, 2.0, 9.0));
        pixels.fill(rect(-5.0, -5.0, 50.0, 50.0), clip, 0.0, white, 0.5);
        assert_eq!(row(&pixels, 0), [0, 64, 64, 0]);
    }

    #[test]
    fn a_gradient_runs_over_the_whole_box() {
        let mut pixels = Pixels::new(4, 2, BLACK);
        let across = Fill::Across {
            from: Color::rgb(0),
            to: Color::rgb(0xff_ff_ff),
        };
        pixels.fill(rect(0.0, 0.0, 4.0, 2.0), None, 0.0, across, 1.0);
        assert_eq!(row(&pixels, 1), [32, 96, 159, 223]);
    }

    #[test]
    fn round_corners_are_left_out() {
        let mut pixels = Pixels::new(8, 8, BLACK);
        let white = Fill::Solid(Color::rgb(0xff_ff_ff));
        pixels.fill(rect(0.0, 0.0, 8.0, 8.0), None, 4.0, white, 1.0);
        assert_eq!(pixels.at(0, 0), BLACK);
        assert_eq!(pixels.at(4, 1), Rgb([255; 3]));
    }
}
