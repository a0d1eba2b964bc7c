//! How far two painters of the same scene may be apart. These are the only tolerances of the picture tests.

/// A number that was worked out in single precision in Rust and in double precision in JavaScript, in canvas units.
pub const TWIN_UNITS: f64 = 0.002;

/// Edges of a text's box, in canvas units.
pub const TEXT_UNITS: f64 = 1.0;

/// Edges of the inked area of a text, in canvas units.
pub const INK_UNITS: f64 = 1.0;

/// The least structural similarity of two whole pictures, where 1 is the same.
pub const SIMILARITY: f64 = 0.97;

/// How far a colour may be off by rounding, of 255.
pub const COLOR_LEVELS: u8 = 2;

/// The share of pixels, without texts, whose colour may be further off: round corners are smoothed in two ways.
pub const COLOR_SHARE: f64 = 0.001;

/// The least structural similarity of a picture and the same painter's golden one: drivers soften edges a little differently.
pub const GOLDEN: f64 = 0.99;
