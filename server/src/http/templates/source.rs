//! What people and programs write to have a template.
//!
//! A template is read by [`Template::parse`](gantry_core::template::Template::parse); the types here describe it to whoever
//! reads the description of the port.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

/// A template as it is written: version 1, with a palette if colours are to have names.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read by another type")]
pub(in crate::http) struct TemplateSource {
    /// 1.
    version: u32,
    /// A name of its author's; templates are known by the ids that the server gives them.
    id: String,
    /// 1 to 120 characters.
    name: String,
    /// At most 500 characters on what it is for.
    summary: String,
    /// The modes that it makes sense in: `pre_race`, `results`.
    modes: Vec<String>,
    canvas: CanvasSource,
    /// `#rrggbb`, `#rrggbbaa` or `$name` of the palette's.
    background: String,
    /// Colours by the names under which elements use them.
    #[schema(required = false)]
    palette: BTreeMap<String, String>,
    /// Back to front.
    #[schema(value_type = Vec<Object>)]
    elements: Vec<serde_json::Value>,
}

/// A template's size in units of its own; 1 to 16,384 each.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read by another type")]
struct CanvasSource {
    width: u32,
    height: u32,
}

/// A copy to be made. Anything without `from` is taken for a template itself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TemplateCopy {
    /// The id of a shipped template or of one's own.
    pub(super) from: String,
    /// 1 to 120 characters; that of the original without it.
    pub(super) name: Option<String>,
}

/// A template to be made: as it is written, or a copy of another.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it describes a body that is read by another type")]
pub(super) enum NewTemplate {
    Template(TemplateSource),
    Copy(TemplateCopy),
}
