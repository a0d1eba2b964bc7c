//! Looking at display sessions.

use std::sync::Arc;

use axum::{extract::State, response::IntoResponse};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{seen, view};
use crate::{
    clock,
    http::{
        app::App,
        body::{Id, Json, Query, flag},
        chronotrack::limit,
        precondition::Tagged,
        principal::Viewer,
        problem::{InputError, Problem},
    },
    store::{DisplaySessionId, Page},
};

/// Which display sessions to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// `true` lists archived ones too.
    archived: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 200; 50 without it.
    limit: Option<String>,
}

/// A page of display sessions, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Sessions {
    sessions: Vec<view::Session>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Uuid>,
}

/// Lists the display sessions that the asker may see, newest first.
#[utoipa::path(get, path = "/api/sessions", tag = "sessions", security(("token" = [])), params(Filter), responses(
    (status = OK, body = Sessions),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Query(filter): Query<Filter>,
) -> Result<impl IntoResponse, Problem> {
    let page = page(&filter)?;
    let wanted = Page {
        limit: page.limit + 1,
        ..page
    };
    let store = &app.services.store;
    let mut sessions = store.display_sessions(viewer.person(), wanted).await?;
    let more = sessions.len() > page.limit;
    sessions.truncate(page.limit);
    let last = sessions.last().map(|session| session.id.0);
    Ok(Json(Sessions {
        next_cursor: last.filter(|_| more),
        sessions: view::many(&app, viewer.person(), sessions).await?,
    }))
}

/// Answers one display session. Whoever asks counts as present there for 15 seconds.
#[utoipa::path(get, path = "/api/sessions/{id}", tag = "sessions", security(("token" = [])),
    params(("id" = String, Path)), responses(
    (status = OK, body = view::Session, headers(("ETag" = String, description = "The revision, in quotes"))),
    (status = NOT_FOUND, body = Problem),
))]
pub(super) async fn find(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
) -> Result<impl IntoResponse, Problem> {
    let person = viewer.person();
    let session = seen(&app, person, &id).await?;
    app.presence
        .note(person, &viewer.email, session.id, clock::now());
    let revision = session.revision;
    let session = view::one(&app, person, session).await?;
    Ok(Tagged(revision, Json(session)))
}

fn page(filter: &Filter) -> Result<Page, Problem> {
    let archived_too = flag("archived", filter.archived.as_deref());
    let before = filter.cursor.as_deref().map(cursor).transpose();
    let limit = limit(filter.limit.as_deref(), 200);
    match (archived_too, before, limit) {
        (Ok(archived_too), Ok(before), Ok(limit)) => Ok(Page {
            archived_too,
            before,
            limit,
        }),
        (archived_too, before, limit) => {
            let errors = [archived_too.err(), before.err(), limit.err()];
            Err(Problem::invalid(errors.into_iter().flatten().collect()))
        }
    }
}

fn cursor(text: &str) -> Result<DisplaySessionId, InputError> {
    text.parse()
        .map(DisplaySessionId)
        .map_err(|_text: uuid::Error| {
            let detail = format!("{text:?} is no cursor; the next_cursor of a page is accepted");
            InputError::new("/cursor", detail)
        })
}
