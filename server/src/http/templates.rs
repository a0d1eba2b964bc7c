//! Templates to choose from.

use std::sync::Arc;

use axum::extract::State;
use gantry_core::{board::settings::Mode, scene::Canvas, template::Template};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    app::App,
    body::{Id, Json},
    principal::Viewer,
    problem::Problem,
};

/// The routes of this file.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(find))
}

/// All templates.
#[derive(Serialize, ToSchema)]
struct Templates {
    templates: Vec<Summary>,
}

/// A template without its content.
#[derive(Serialize, ToSchema)]
struct Summary {
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
}

/// A template with its content.
#[derive(Serialize, ToSchema)]
struct Content {
    id: String,
    #[schema(value_type = Object)]
    template: Template,
}

/// Lists the templates.
#[utoipa::path(get, path = "/api/templates", tag = "templates", security(("token" = [])), responses(
    (status = OK, body = Templates),
))]
async fn list(State(app): State<Arc<App>>, _viewer: Viewer) -> Json<Templates> {
    let templates = app.templates.all().iter();
    Json(Templates {
        templates: templates
            .map(|template| Summary::from(&**template))
            .collect(),
    })
}

/// Answers one template.
#[utoipa::path(get, path = "/api/templates/{id}", tag = "templates", security(("token" = [])),
    params(("id" = String, Path)), responses(
    (status = OK, body = Content),
    (status = NOT_FOUND, body = Problem),
))]
async fn find(
    State(app): State<Arc<App>>,
    _viewer: Viewer,
    Id(id): Id,
) -> Result<Json<Content>, Problem> {
    let template = app
        .templates
        .find(&id)
        .ok_or_else(|| Problem::not_found("template"))?;
    Ok(Json(Content {
        id,
        template: Template::clone(&template),
    }))
}

impl From<&Template> for Summary {
    fn from(template: &Template) -> Self {
        Self {
            id: template.id.clone(),
            name: template.name.clone(),
            description: template.summary.clone(),
            modes: template.modes.clone(),
            canvas: template.canvas,
        }
    }
}
