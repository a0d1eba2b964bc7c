//! What the hardware sends: [`list`] shows it, [`change`] names and pins it, [`reads`] hands it out whole.

mod change;
mod list;
mod reads;

use std::sync::Arc;

use utoipa_axum::{router::OpenApiRouter, routes};

use super::{app::App, problem::Problem};
use crate::store::TimingSessionId;

pub(super) use list::limit;

/// The routes of this folder.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(list::preview))
        .routes(routes!(change::change))
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
