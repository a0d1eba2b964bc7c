//! The shaders' text, put together as the GPU gets it.

/// A shader's name and its whole WGSL text.
pub struct Shader {
    /// The file's name in `shaders/`.
    pub file: &'static str,
    /// The shared functions followed by the file's own text.
    pub wgsl: &'static str,
}

macro_rules! shader {
    ($file:literal) => {
        Shader {
            file: $file,
            wgsl: concat!(
                include_str!("../../../shaders/common.wgsl"),
                include_str!(concat!("../../../shaders/", $file))
            ),
        }
    };
}

/// Rounded rectangles.
pub const QUAD: Shader = shader!("quad.wgsl");

/// Pictures.
pub const IMAGE: Shader = shader!("image.wgsl");

/// Every shader of the painter.
pub const ALL: &[Shader] = &[QUAD, IMAGE];
