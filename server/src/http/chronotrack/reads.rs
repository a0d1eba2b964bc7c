//! All reads of a timing session, as a file.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{missing, parse_id};
use crate::{
    export::{Export, Format},
    http::{
        app::App,
        body::{Id, Query},
        principal::Viewer,
        problem::{InputError, Problem},
    },
};

/// What the file is to hold.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// `csv`, a table, or `raw`, the lines as ChronoTrack hardware sends them, which `gantry-server replay` takes; `csv` without it.
    format: Option<String>,
}

/// Hands out all reads of a timing session, in the order in which they were stored.
#[utoipa::path(get, path = "/api/chronotrack/sessions/{id}/reads", tag = "chronotrack", security(("token" = [])),
    params(("id" = String, Path), Wanted), responses(
    (status = OK, content_type = "text/csv", body = String),
    (status = NOT_FOUND, body = Problem),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
    (status = TOO_MANY_REQUESTS, body = Problem),
))]
pub(super) async fn reads(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let format = wanted.format.as_deref().map_or(Ok(Format::Csv), format)?;
    let (store, id) = (app.services.store.clone(), parse_id(&id)?);
    let place = app.exports.begin(viewer.partner).await?;
    let Some(session) = store.timing_session(viewer.partner, id).await? else {
        return Err(missing(&store, viewer.partner, id).await?);
    };
    let (media, name) = match format {
        Format::Csv => ("text/csv; charset=utf-8", format!("{id}.csv")),
        Format::Raw => ("application/octet-stream", format!("{id}.ctp")),
    };
    let headers = [
        (header::CONTENT_TYPE, media.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    let export = Export::new(store, viewer.partner, session, format);
    let parts = Arc::clone(&app.exports).parts(place, export);
    Ok((headers, Body::from_stream(parts)).into_response())
}

fn format(text: &str) -> Result<Format, Problem> {
    match text {
        "csv" => Ok(Format::Csv),
        "raw" => Ok(Format::Raw),
        other => {
            let detail = format!("{other:?} is no format; \"csv\" and \"raw\" are accepted");
            Err(Problem::invalid(vec![InputError::new("/format", detail)]))
        }
    }
}
