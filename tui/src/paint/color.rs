//! Scene colours as a terminal can show them.

use gantry_core::scene::color::Color as SceneColor;
use ratatui::style::Color;

use crate::terminal::Depth;

/// A colour without transparency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub [u8; 3]);

impl Rgb {
    /// The scene colour as if it were solid.
    pub fn solid(color: SceneColor) -> Self {
        Self([color.r, color.g, color.b])
    }

    /// This colour under `over`, which covers it by `cover` from 0 to 1.
    pub fn under(self, over: Rgb, cover: f32) -> Self {
        let mix = |below: u8, above: u8| {
            (f32::from(below) + (f32::from(above) - f32::from(below)) * cover).round() as u8
        };
        Self([
            mix(self.0[0], over.0[0]),
            mix(self.0[1], over.0[1]),
            mix(self.0[2], over.0[2]),
        ])
    }

    /// The nearest colour that the terminal has; none when it shows no colours.
    pub fn shown(self, depth: Depth) -> Color {
        let [r, g, b] = self.0;
        match depth {
            Depth::Mono => Color::Reset,
            Depth::Ansi16 => nearest_of_16(self),
            Depth::Ansi256 => nearest_of_256(self),
            Depth::True => Color::Rgb(r, g, b),
        }
    }

    /// Black on a light colour and white on a dark one.
    pub fn opposite(self) -> Self {
        let [r, g, b] = self.0.map(u32::from);
        if 3 * r + 6 * g + b > 1280 {
            Self([0; 3])
        } else {
            Self([255; 3])
        }
    }

    fn distance(self, other: Rgb) -> u32 {
        let weights = [3, 4, 2];
        (0..3)
            .map(|i| {
                let step = u32::from(self.0[i].abs_diff(other.0[i]));
                weights[i] * step * step
            })
            .sum()
    }
}

const NAMED: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [170, 0, 0]),
    (Color::Green, [0, 170, 0]),
    (Color::Yellow, [170, 85, 0]),
    (Color::Blue, [0, 0, 170]),
    (Color::Magenta, [170, 0, 170]),
    (Color::Cyan, [0, 170, 170]),
    (Color::Gray, [170, 170, 170]),
    (Color::DarkGray, [85, 85, 85]),
    (Color::LightRed, [255, 85, 85]),
    (Color::LightGreen, [85, 255, 85]),
    (Color::LightYellow, [255, 255, 85]),
    (Color::LightBlue, [85, 85, 255]),
    (Color::LightMagenta, [255, 85, 255]),
    (Color::LightCyan, [85, 255, 255]),
    (Color::White, [255, 255, 255]),
];

fn nearest_of_16(color: Rgb) -> Color {
    NAMED
        .into_iter()
        .min_by_key(|(_, rgb)| color.distance(Rgb(*rgb)))
        .map_or(Color::Reset, |(name, _)| name)
}

/// The steps of the colour cube that terminals have from index 16 on.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

fn nearest_of_256(color: Rgb) -> Color {
    let step = color.0.map(|value| {
        (0..6_u8)
            .min_by_key(|step| CUBE[usize::from(*step)].abs_diff(value))
            .unwrap_or_default()
    });
    let cube = Rgb(step.map(|step| CUBE[usize::from(step)]));
    let mean = (u32::from(color.0[0]) + u32::from(color.0[1]) + u32::from(color.0[2])) / 3;
    let shade = (mean.saturating_sub(3) / 10).min(23) as u8;
    let gray = Rgb([8 + 10 * shade; 3]);
    if color.distance(gray) < color.distance(cube) {
        Color::Indexed(232 + shade)
    } else {
        Color::Indexed(16 + 36 * step[0] + 6 * step[1] + step[2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_shade() {
        let check = |rgb, named, indexed| {
            assert_eq!(Rgb(rgb).shown(Depth::Ansi16), named);
            assert_eq!(Rgb(rgb).shown(Depth::Ansi256), Color::Indexed(indexed));
            assert_eq!(Rgb(rgb).shown(Depth::Mono), Color::Reset);
        };
        check([0x0b, 0x0f, 0x17], Color::Black, 233);
        check([255, 255, 255], Color::White, 231);
        check([255, 176, 32], Color::LightYellow, 214);
        check([0, 135, 175], Color::Cyan, 31);
    }

    #[test]
    fn blends_by_cover() {
        let black = Rgb([0, 0, 0]);
        assert_eq!(black.under(Rgb([200, 100, 50]), 0.5), Rgb([100, 50, 25]));
        assert_eq!(black.under(Rgb([200, 100, 50]), 0.0), black);
    }
}
