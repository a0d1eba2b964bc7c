//! What a line measures, and how it is made to fit its box.

use std::collections::HashMap;

use cosmic_text::{Buffer, FontSystem, Metrics, Shaping, Wrap};

use crate::{scene::Weight, text::fonts};

/// The mark of a text that had to be cut.
const ELLIPSIS: char = '…';

/// How many measured texts are remembered; a busy display shows a few hundred.
const REMEMBERED_TEXTS: usize = 8_192;

/// The size at which texts are measured. Outlines are not hinted, so widths grow in proportion to the size.
const MEASURED_SIZE: f32 = 100.0;

/// Measures texts in the shipped fonts and remembers what it measured.
pub struct Shaper {
    fonts: FontSystem,
    buffer: Buffer,
    em_widths: HashMap<(String, Weight), f32>,
}

/// A line that fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The text, cut if it had to be.
    pub text: String,
    /// The font size in half canvas units.
    pub size_halves: u16,
    /// The width in canvas units at that size.
    pub width: f32,
}

/// The sizes that a line may take, in half canvas units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// The size it has when there is room.
    pub wanted: u16,
    /// The size below which it is cut instead of made smaller.
    pub least: u16,
}

impl Default for Shaper {
    fn default() -> Self {
        Self::new()
    }
}

impl Shaper {
    /// A shaper over the shipped fonts.
    pub fn new() -> Self {
        let mut fonts = fonts::font_system();
        let mut buffer = Buffer::new(&mut fonts, Metrics::new(MEASURED_SIZE, MEASURED_SIZE));
        // A buffer without a width never wraps; `Wrap::None` would lose a number that begins a line of Arabic or Hebrew.
        buffer.set_wrap(Wrap::Word);
        Self {
            fonts,
            buffer,
            em_widths: HashMap::new(),
        }
    }

    /// The advance width of `text` in canvas units.
    pub fn width(&mut self, text: &str, weight: Weight, size_halves: u16) -> f32 {
        self.em_width(text, weight) * f32::from(size_halves) / 2.0
    }

    /// Makes `text` fit into `room` canvas units: first by a smaller size, then by leaving out its end.
    pub fn fit(&mut self, text: &str, weight: Weight, sizes: Sizes, room: i32) -> Fitted {
        let room = room.max(0) as f32;
        let em_width = self.em_width(text, weight);
        let largest = if em_width > 0.0 {
            (room / em_width * 2.0).floor()
        } else {
            f32::MAX
        };
        let size_halves =
            (largest.min(f32::from(sizes.wanted)) as u16).max(sizes.least.min(sizes.wanted));
        let text = if f32::from(size_halves) <= largest {
            text.to_owned()
        } else {
            self.cut(text, weight, room * 2.0 / f32::from(size_halves.max(1)))
        };
        let width = self.width(&text, weight, size_halves);
        Fitted {
            text,
            size_halves,
            width,
        }
    }

    /// The longest beginning of `text` that fits into `room_em` together with the ellipsis.
    fn cut(&mut self, text: &str, weight: Weight, room_em: f32) -> String {
        let ends: Vec<usize> = text.char_indices().map(|(start, _)| start).collect();
        let with_ellipsis = |end: usize| format!("{}{ELLIPSIS}", text[..end].trim_end());
        let fitting =
            ends.partition_point(|end| self.em_width(&with_ellipsis(*end), weight) <= room_em);
        fitting
            .checked_sub(1)
            .map_or_else(String::new, |last| with_ellipsis(ends[last]))
    }

    /// The width at a font size of one canvas unit.
    fn em_width(&mut self, text: &str, weight: Weight) -> f32 {
        let key = (text.to_owned(), weight);
        if let Some(width) = self.em_widths.get(&key) {
            return *width;
        }
        let width = self.measure(text, weight);
        if self.em_widths.len() >= REMEMBERED_TEXTS {
            self.em_widths.clear();
        }
        self.em_widths.insert(key, width);
        width
    }

    fn measure(&mut self, text: &str, weight: Weight) -> f32 {
        self.buffer
            .set_text(text, &fonts::attrs(weight), Shaping::Advanced, None);
        self.buffer.shape_until_scroll(&mut self.fonts, false);
        self.buffer
            .layout_runs()
            .map(|run| run.line_w)
            .fold(0.0, f32::max)
            / MEASURED_SIZE
    }
}

/// A text as one line: control characters, line breaks and marks that turn the direction of other texts become spaces.
pub fn one_line(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if breaks_a_line(c) { ' ' } else { c })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn breaks_a_line(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Sizes = Sizes {
        wanted: 100,
        least: 50,
    };

    #[test]
    fn a_number_before_an_arabic_name_has_its_width() {
        let mut shaper = Shaper::new();
        let mut width = |text| shaper.width(text, Weight::Bold, 100);
        let apart = width("12 ليلى") - width("ليلى 12");
        assert!(apart.abs() < 0.01, "{apart}");
    }

    #[test]
    fn figures_are_as_wide_as_one_another() {
        let mut shaper = Shaper::new();
        for weight in Weight::ALL {
            let ones = shaper.width("1:11:11", weight, 100);
            let others = shaper.width("0:48:90", weight, 100);
            assert!(
                (ones - others).abs() < f32::EPSILON,
                "{weight:?}: {ones} {others}"
            );
        }
    }

    #[test]
    fn a_line_shrinks_before_it_is_cut() {
        let mut shaper = Shaper::new();
        let name = "Konstantinos Papadopoulos";
        let whole = shaper.width(name, Weight::Bold, 100);
        let roomy = shaper.fit(name, Weight::Bold, SIZES, whole.ceil() as i32);
        assert_eq!((roomy.text.as_str(), roomy.size_halves), (name, 100));
        let tight = shaper.fit(name, Weight::Bold, SIZES, (whole * 0.7) as i32);
        assert_eq!(tight.text, name);
        assert!((66..=70).contains(&tight.size_halves), "{tight:?}");
        let cut = shaper.fit(name, Weight::Bold, SIZES, (whole * 0.3) as i32);
        assert_eq!(cut.size_halves, 50);
        assert!(
            cut.text.ends_with('…') && cut.width <= whole * 0.3,
            "{cut:?}"
        );
    }

    #[test]
    fn nothing_fits_into_no_room() {
        let mut shaper = Shaper::new();
        assert_eq!(shaper.fit("Anna", Weight::Bold, SIZES, 0).text, "");
        assert_eq!(shaper.fit("", Weight::Bold, SIZES, 0).text, "");
    }

    #[test]
    fn a_text_becomes_one_line() {
        assert_eq!(
            one_line("  Anna\r\n\tMaria\u{202e} X\u{0} "),
            "Anna Maria X"
        );
    }
}
