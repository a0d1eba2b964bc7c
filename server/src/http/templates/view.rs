//! Templates as they are told.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use gantry_core::{board::settings::Mode, scene::Canvas, template::Template};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    http::{moment::Rfc3339, problem::Problem},
    store::{StoredTemplate, TemplateBody, TemplateContent},
};

/// All templates: the shipped ones, then the partner's own, oldest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Templates {
    pub(super) templates: Vec<Summary>,
}

/// A template without its content.
#[derive(Serialize, ToSchema)]
pub(super) struct Summary {
    id: String,
    name: String,
    /// One sentence on what it is for.
    description: String,
    /// The modes that it makes sense in.
    #[schema(value_type = Vec<String>)]
    modes: Vec<Mode>,
    /// Its size.
    #[schema(value_type = Object)]
    canvas: Canvas,
    /// Whether it is part of the program, and so read-only.
    shipped: bool,
    /// The newest revision; a shipped one has none.
    revision: Option<i64>,
    updated_at: Option<Rfc3339>,
}

/// A template with its content. It is put together as text: what the store holds needs no reading.
#[derive(Serialize, ToSchema)]
pub(super) struct Content {
    #[serde(flatten)]
    summary: Summary,
    /// As it was checked: every colour in its place.
    #[schema(value_type = Object)]
    template: Value,
    /// As it was sent, with its palette.
    #[schema(value_type = Object)]
    source: Value,
}

/// A page of what was saved, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Revisions {
    pub(super) revisions: Vec<RevisionView>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_cursor: Option<String>,
}

/// A revision without its content.
#[derive(Serialize, ToSchema)]
pub(super) struct RevisionView {
    pub(super) revision: i64,
    pub(super) saved_at: Rfc3339,
    /// The address of whoever saved it.
    pub(super) saved_by: String,
}

/// A template's JSON around content that is JSON already.
pub(super) fn content(summary: &Summary, content: &TemplateBody) -> Result<Response, Problem> {
    let mut text = serde_json::to_string(summary).map_err(|error| Problem::internal(&error))?;
    let TemplateBody { source, body } = content;
    text.pop();
    text.push_str(",\"template\":");
    text.push_str(body);
    text.push_str(",\"source\":");
    text.push_str(source);
    text.push('}');
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

impl Content {
    pub(super) fn read(stored: TemplateContent) -> Result<Self, Problem> {
        let read = |text: &str| {
            serde_json::from_str::<Value>(text).map_err(|error| Problem::internal(&error))
        };
        Ok(Self {
            template: read(&stored.content.body)?,
            source: read(&stored.content.source)?,
            summary: Summary::own(stored.template),
        })
    }
}

impl Summary {
    pub(super) fn shipped(template: &Template) -> Self {
        Self {
            id: template.id.clone(),
            name: template.name.clone(),
            description: template.summary.clone(),
            modes: template.modes.clone(),
            canvas: template.canvas,
            shipped: true,
            revision: None,
            updated_at: None,
        }
    }

    pub(super) fn own(template: StoredTemplate) -> Self {
        Self {
            id: template.id.to_string(),
            name: template.name,
            description: template.summary,
            modes: serde_json::from_str(&template.modes).unwrap_or_default(),
            canvas: Canvas {
                width: template.canvas_width as _,
                height: template.canvas_height as _,
            },
            shipped: false,
            revision: Some(template.revision),
            updated_at: Some(Rfc3339(template.updated_at)),
        }
    }
}
