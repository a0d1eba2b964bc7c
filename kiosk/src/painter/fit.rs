//! How canvas units become pixels: scaled evenly to be as large as fits, centred, the rest left to the letterbox bars.

use gantry_core::scene::{Canvas, Rect, sample::RectF};

/// A rectangle in target pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PixelRect {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) right: f32,
    pub(super) bottom: f32,
}

impl PixelRect {
    pub(super) fn is_empty(&self) -> bool {
        !(self.left < self.right && self.top < self.bottom)
    }

    pub(super) fn intersection(&self, other: &PixelRect) -> PixelRect {
        PixelRect {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }

    pub(super) fn overlaps(&self, other: &PixelRect) -> bool {
        !self.intersection(other).is_empty()
    }

    /// Left, top, right and bottom, as shaders take them.
    pub(super) fn to_array(self) -> [f32; 4] {
        [self.left, self.top, self.right, self.bottom]
    }

    fn rounded(self) -> PixelRect {
        PixelRect {
            left: self.left.round(),
            top: self.top.round(),
            right: self.right.round(),
            bottom: self.bottom.round(),
        }
    }
}

/// The place of a canvas in a target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fit {
    /// Pixels for each canvas unit.
    pub(super) scale: f32,
    left: f32,
    top: f32,
    canvas: PixelRect,
}

impl Fit {
    pub(super) fn new(canvas: Canvas, (width, height): (u32, u32)) -> Self {
        let (canvas_width, canvas_height) =
            (canvas.width.max(1) as f32, canvas.height.max(1) as f32);
        let scale = (width as f32 / canvas_width).min(height as f32 / canvas_height);
        let left = ((width as f32 - canvas_width * scale) / 2.0).round();
        let top = ((height as f32 - canvas_height * scale) / 2.0).round();
        let whole = PixelRect {
            left,
            top,
            right: (left + canvas_width * scale).min(width as f32),
            bottom: (top + canvas_height * scale).min(height as f32),
        };
        Self {
            scale,
            left,
            top,
            canvas: whole.rounded(),
        }
    }

    pub(super) fn x(&self, units: f32) -> f32 {
        self.left + units * self.scale
    }

    pub(super) fn y(&self, units: f32) -> f32 {
        self.top + units * self.scale
    }

    pub(super) fn rect(&self, rect: RectF) -> PixelRect {
        PixelRect {
            left: self.x(rect.x),
            top: self.y(rect.y),
            right: self.x(rect.x + rect.w),
            bottom: self.y(rect.y + rect.h),
        }
    }

    /// The whole pixels inside which something with this clip may be painted; never outside the canvas.
    pub(super) fn clip(&self, clip: Option<Rect>) -> PixelRect {
        clip.map_or(self.canvas, |clip| {
            let rect = RectF {
                x: clip.x as f32,
                y: clip.y as f32,
                w: clip.w as f32,
                h: clip.h as f32,
            };
            self.rect(rect).rounded().intersection(&self.canvas)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANVAS: Canvas = Canvas {
        width: 1920,
        height: 1080,
    };

    fn pixels(left: f32, top: f32, right: f32, bottom: f32) -> PixelRect {
        PixelRect {
            left,
            top,
            right,
            bottom,
        }
    }

    #[test]
    fn a_taller_target_gets_bars_above_and_below() {
        let fit = Fit::new(CANVAS, (960, 640));
        assert_eq!(fit.clip(None), pixels(0.0, 50.0, 960.0, 590.0));
        let rect = RectF {
            x: 192.0,
            y: 108.0,
            w: 10.0,
            h: 20.0,
        };
        assert_eq!(fit.rect(rect), pixels(96.0, 104.0, 101.0, 114.0));
    }

    #[test]
    fn a_clip_stays_inside_the_canvas_on_whole_pixels() {
        let fit = Fit::new(CANVAS, (1280, 720));
        let clip = fit.clip(Some(Rect::new(-100, 10, 500, 9000)));
        assert_eq!(clip, pixels(0.0, 7.0, 267.0, 720.0));
    }
}
