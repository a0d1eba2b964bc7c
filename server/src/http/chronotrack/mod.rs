//! What the hardware sends: [`list`] shows it, [`change`] names, pins and closes it, [`arrange`] merges and splits it,
//! [`corrections`] dates it again, [`reads`] hands it out whole.

mod arrange;
mod change;
mod corrections;
mod list;
mod reads;

use std::sync::Arc;

use axum::http::StatusCode;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{app::App, problem::Problem};
use crate::store::{PartnerId, Store, TimingSessionId};

pub(super) use list::limit;

/// The routes of this folder.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(list::preview))
        .routes(routes!(change::change))
        .routes(routes!(arrange::merge))
        .routes(routes!(arrange::split))
        .routes(routes!(corrections::corrections, corrections::correct))
        .routes(routes!(reads::reads))
}

/// The id of a timing session, as it is asked for.
fn parse_id(id: &str) -> Result<TimingSessionId, Problem> {
    id.parse()
        .map(TimingSessionId)
        .map_err(|_text: uuid::Error| not_found())
}

fn not_found() -> Problem {
    Problem::not_found("timing session")
}

/// What is said of a timing session that is not there, or shown by another one now.
async fn missing(
    store: &Store,
    partner: PartnerId,
    id: TimingSessionId,
) -> Result<Problem, Problem> {
    Ok(match store.merged_into(partner, id).await? {
        Some(other) => Problem::new(
            StatusCode::NOT_FOUND,
            format!("the timing session was merged into {other}"),
        ),
        None => not_found(),
    })
}
