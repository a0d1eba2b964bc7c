//! Looking at templates.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use gantry_core::template::shipped;

use super::{
    own,
    view::{Content, RevisionView, Revisions, Summary, Templates, content},
};
use crate::{
    http::{
        app::App,
        body::{Id, Json, Query},
        moment::Rfc3339,
        paging::{self, Extent},
        precondition::Tagged,
        principal::Viewer,
        problem::Problem,
    },
    store::TemplateBody,
};

/// Lists the templates.
#[utoipa::path(get, path = "/api/templates", tag = "templates", security(("token" = [])), responses(
    (status = OK, body = Templates),
))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    viewer: Viewer,
) -> Result<Json<Templates>, Problem> {
    let shipped = app.templates.all().iter();
    let mut templates: Vec<Summary> = shipped.map(|template| Summary::shipped(template)).collect();
    let own = app.services.store.templates(viewer.partner).await?;
    templates.extend(own.into_iter().map(Summary::own));
    Ok(Json(Templates { templates }))
}

/// Answers one template.
#[utoipa::path(get, path = "/api/templates/{id}", tag = "templates", security(("token" = [])),
    params(("id" = String, Path)), responses(
    (status = OK, body = Content),
    (status = NOT_FOUND, body = Problem),
))]
pub(super) async fn find(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
) -> Result<Response, Problem> {
    if let Some(template) = app.templates.find(&id) {
        let body = serde_json::to_string(&*template).map_err(|error| Problem::internal(&error))?;
        let source = shipped::source(&id).unwrap_or(&body).to_owned();
        let content = content(&Summary::shipped(&template), &TemplateBody { source, body })?;
        return Ok(content.into_response());
    }
    let found = own(&app, viewer.partner, &id).await?;
    let revision = found.template.revision;
    let content = content(&Summary::own(found.template), &found.content)?;
    Ok(Tagged(revision, content).into_response())
}

/// Lists the revisions of a template, newest first.
#[utoipa::path(get, path = "/api/templates/{id}/revisions", tag = "templates", security(("token" = [])),
    params(("id" = String, Path), Extent), responses(
    (status = OK, body = Revisions),
    (status = NOT_FOUND, body = Problem),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
pub(super) async fn revisions(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    Query(extent): Query<Extent>,
) -> Result<Json<Revisions>, Problem> {
    let (before, limit) = extent.check(|text| text.parse().ok())?;
    if app.templates.find(&id).is_some() {
        return Ok(Json(Revisions {
            revisions: Vec::new(),
            next_cursor: None,
        }));
    }
    let template = own(&app, viewer.partner, &id).await?.template;
    let store = &app.services.store;
    let mut revisions = store
        .template_revisions(viewer.partner, template.id, before, limit + 1)
        .await?;
    let next_cursor = paging::cut(&mut revisions, limit, |last| last.revision.to_string());
    let views = revisions.into_iter().map(|revision| RevisionView {
        revision: revision.revision,
        saved_at: Rfc3339(revision.saved_at),
        saved_by: revision.saved_by,
    });
    Ok(Json(Revisions {
        revisions: views.collect(),
        next_cursor,
    }))
}
