//! Colours, as `#rrggbbaa`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An sRGB colour with straight (not premultiplied) alpha.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Color {
    /// Red, 0 to 255.
    pub r: u8,
    /// Green, 0 to 255.
    pub g: u8,
    /// Blue, 0 to 255.
    pub b: u8,
    /// Opacity, 0 (nothing) to 255 (solid).
    pub a: u8,
}

impl Color {
    /// A solid colour from `0xrrggbb`.
    pub const fn rgb(hex: u32) -> Self {
        Self {
            r: (hex >> 16) as u8,
            g: (hex >> 8) as u8,
            b: hex as u8,
            a: 255,
        }
    }

    /// The same colour with another opacity.
    pub const fn with_alpha(self, a: u8) -> Self {
        Self { a, ..self }
    }
}

/// A text that is no colour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown colour {0:?}; a colour is written #rrggbb or #rrggbbaa")]
pub struct BadColor(String);

impl FromStr for Color {
    type Err = BadColor;

    fn from_str(text: &str) -> Result<Self, BadColor> {
        let bad = || BadColor(text.to_owned());
        let hex = text.strip_prefix('#').ok_or_else(bad)?;
        let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        match (u32::from_str_radix(hex, 16), hex.len()) {
            (Ok(value), 6) if is_hex => Ok(Self::rgb(value)),
            (Ok(value), 8) if is_hex => Ok(Self::rgb(value >> 8).with_alpha(value as u8)),
            _ => Err(bad()),
        }
    }
}

impl TryFrom<String> for Color {
    type Error = BadColor;

    fn try_from(text: String) -> Result<Self, BadColor> {
        text.parse()
    }
}

impl From<Color> for String {
    fn from(color: Color) -> String {
        color.to_string()
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "#{:02x}{:02x}{:02x}{:02x}",
            self.r, self.g, self.b, self.a
        )
    }
}

impl fmt::Debug for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let color = Color::rgb(0x12_34_ab).with_alpha(7);
        assert_eq!(color.to_string(), "#1234ab07");
        assert_eq!("#1234ab07".parse(), Ok(color));
        assert_eq!("#1234AB".parse(), Ok(Color::rgb(0x12_34_ab)));
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "", "#", "123456", "#12345", "#1234567", "#+12345", "#gggggg", "#é2345", "red",
        ] {
            assert!(text.parse::<Color>().is_err(), "{text}");
        }
    }
}
