//! Templates: what a display looks like, as JSON that people and programs write.
//!
//! A template places named elements on a canvas. Texts are [MiniJinja](https://docs.rs/minijinja) expressions over the values of
//! [`context`](crate::compose::context), for example `{{ runner.name }}`; a colour may be a name of the template's palette,
//! written `$name`. Top-level elements become layers of the scene, a list one layer for each row, so that they can move.

pub mod element;
mod parse;
pub mod shipped;

use serde::{Deserialize, Serialize};

pub use parse::TemplateError;

use crate::{
    board::settings::Mode,
    scene::{Canvas, color::Color},
    template::element::Element,
};

/// The version of the template format.
pub const TEMPLATE_VERSION: u32 = 1;

/// A template that was checked: it has a canvas, its names are unique and its expressions compile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// [`TEMPLATE_VERSION`].
    pub version: u32,
    /// Lower-case letters, digits and `-`.
    pub id: String,
    /// What an operator picks it by.
    pub name: String,
    /// One sentence on what it is for.
    pub summary: String,
    /// The modes that it makes sense in.
    pub modes: Vec<Mode>,
    /// Its size.
    pub canvas: Canvas,
    /// What is behind everything.
    pub background: Color,
    /// Back to front.
    pub elements: Vec<Element>,
}
