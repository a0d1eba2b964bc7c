//! How alike two pictures are to an eye: the structural similarity of Wang, Bovik, Sheikh and Simoncelli (2004), over squares of
//! 8 × 8 pixels of luma.
//!
//! The measure is small enough to be written out, and its constants only mean what the paper says when variances are means: a
//! published crate sums them, which makes a gradient that is rounded otherwise by one level of 255 look like another picture.

use image::{DynamicImage, GrayImage, Luma, Rgba, RgbaImage};

const SIDE: u32 = 8;
const C1: f64 = (0.01 * 255.0) * (0.01 * 255.0);
const C2: f64 = (0.03 * 255.0) * (0.03 * 255.0);

/// How alike two pictures are.
pub struct Similarity {
    /// The mean over all squares; 1 for the same picture.
    pub mean: f64,
    /// White where they are alike, black where not at all.
    pub map: RgbaImage,
}

/// Compares two pictures of the same size.
pub fn similarity(a: &RgbaImage, b: &RgbaImage) -> Similarity {
    assert_eq!(a.dimensions(), b.dimensions(), "pictures of two sizes");
    let (a, b) = (luma(a), luma(b));
    let (width, height) = a.dimensions();
    let mut map = RgbaImage::new(width, height);
    let mut sum = 0.0;
    for top in (0..height).step_by(SIDE as usize) {
        for left in (0..width).step_by(SIDE as usize) {
            let square = Square {
                left,
                top,
                right: (left + SIDE).min(width),
                bottom: (top + SIDE).min(height),
            };
            let alike = square.similarity(&a, &b);
            sum += alike * square.area();
            let shade = (alike.clamp(0.0, 1.0) * 255.0) as u8;
            for (x, y) in square.pixels() {
                map.put_pixel(x, y, Rgba([shade, shade, shade, 255]));
            }
        }
    }
    let mean = sum / (f64::from(width) * f64::from(height));
    Similarity { mean, map }
}

struct Square {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

impl Square {
    fn similarity(&self, a: &GrayImage, b: &GrayImage) -> f64 {
        let mean_a = self.mean(|x, y| level(a, x, y));
        let mean_b = self.mean(|x, y| level(b, x, y));
        let variance_a = self.mean(|x, y| (level(a, x, y) - mean_a).powi(2));
        let variance_b = self.mean(|x, y| (level(b, x, y) - mean_b).powi(2));
        let covariance = self.mean(|x, y| (level(a, x, y) - mean_a) * (level(b, x, y) - mean_b));
        let alike = (2.0 * mean_a * mean_b + C1) * (2.0 * covariance + C2);
        alike / ((mean_a.powi(2) + mean_b.powi(2) + C1) * (variance_a + variance_b + C2))
    }

    fn mean(&self, value: impl Fn(u32, u32) -> f64) -> f64 {
        self.pixels().map(|(x, y)| value(x, y)).sum::<f64>() / self.area()
    }

    fn pixels(&self) -> impl Iterator<Item = (u32, u32)> + use<> {
        let columns = self.left..self.right;
        (self.top..self.bottom).flat_map(move |y| columns.clone().map(move |x| (x, y)))
    }

    fn area(&self) -> f64 {
        f64::from((self.right - self.left) * (self.bottom - self.top))
    }
}

fn luma(picture: &RgbaImage) -> GrayImage {
    DynamicImage::from(picture.clone()).to_luma8()
}

fn level(picture: &GrayImage, x: u32, y: u32) -> f64 {
    let Luma([level]) = picture.get_pixel(x, y);
    f64::from(*level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tolerance::SIMILARITY;

    /// Stripes of 5 pixels, as a line of bold letters has them, over a dark gradient.
    fn stripes(shift: u32, brighter: u8) -> RgbaImage {
        RgbaImage::from_fn(100, 50, |x, y| {
            let is_ink = y < 20 && (x + shift) % 10 < 5;
            let level = if is_ink {
                240
            } else {
                20 + (x / 9) as u8 + brighter
            };
            Rgba([level, level, level, 255])
        })
    }

    #[test]
    fn the_same_picture_is_alike_and_so_is_one_rounded_otherwise() {
        let picture = stripes(0, 0);
        assert!((similarity(&picture, &picture).mean - 1.0).abs() < 1e-9);
        assert!(similarity(&picture, &stripes(0, 1)).mean > 0.99);
    }

    #[test]
    fn a_text_two_pixels_off_is_not_alike() {
        assert!(similarity(&stripes(0, 0), &stripes(2, 0)).mean < SIMILARITY);
    }
}
