//! Templates: those that are part of the program, and partners' own with their revisions.
//!
//! [`read`] and [`mod@write`] hold the handlers, [`view`] the JSON that they answer with, and [`source`] what a template is written as.

mod read;
mod source;
mod view;
mod write;

use std::sync::Arc;

use axum::{extract::DefaultBodyLimit, http::StatusCode};
use gantry_core::template::{Template, TemplateError};
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    app::App,
    problem::{InputError, Problem},
};
use crate::{
    store::{PartnerId, TemplateBody, TemplateContent},
    templates::{check, own_id},
};

pub(super) use source::TemplateSource;

/// The largest template taken, thirty times a shipped one.
pub(super) const LARGEST_BYTES: usize = 256 << 10;

/// The routes of this folder.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(read::list, write::create))
        .routes(routes!(read::find, write::save, write::remove))
        .routes(routes!(read::revisions))
        .routes(routes!(write::restore))
        .layer(DefaultBodyLimit::max(LARGEST_BYTES))
}

/// Checks a template that stands at `at` in the body, when it is the partner's turn: races go first.
pub(super) async fn checked(
    app: &App,
    partner: PartnerId,
    source: Value,
    id: String,
    name: Option<String>,
    at: &str,
) -> Result<(Template, TemplateBody), Problem> {
    let checking = move || check(source, id, name);
    let checked = app.uploads.work(partner, checking).await?;
    checked.map_err(|error| invalid(&error, at))
}

/// What is wrong with a template that stands at `at` in the body.
fn invalid(error: &TemplateError, at: &str) -> Problem {
    let error = match error {
        TemplateError::Json(error) => InputError::new(at, error.to_string()),
        TemplateError::Part { pointer, problem } => {
            InputError::new(format!("{at}{pointer}"), problem)
        }
    };
    Problem::invalid(vec![error])
}

/// The partner's own template of this id.
async fn own(app: &App, partner: PartnerId, id: &str) -> Result<TemplateContent, Problem> {
    let id = own_id(id).ok_or_else(not_found)?;
    let store = &app.services.store;
    store.template(partner, id).await?.ok_or_else(not_found)
}

fn not_found() -> Problem {
    Problem::not_found("template")
}

fn refuse_shipped(app: &App, id: &str) -> Result<(), Problem> {
    if app.templates.find(id).is_none() {
        return Ok(());
    }
    let detail = format!(
        "the template is part of the program; make a copy by POST /api/templates with {{\"from\": {id:?}}}"
    );
    Err(Problem::new(StatusCode::CONFLICT, detail))
}
