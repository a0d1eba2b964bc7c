//! What is wrong with the server now, for everybody who works with it.
//!
//! It is the same for all timing partners, so it says what an alarm means and not what exactly was found: that names ports and
//! files, and is for whoever runs the server.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{app::App, body::Json, moment::Rfc3339, principal::Viewer, problem::Problem};
use crate::alarms;

/// The routes of this file.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The alarms that stand.
#[derive(Serialize, ToSchema)]
struct Alarms {
    alarms: Vec<Alarm>,
}

/// Something that is wrong with the server.
#[derive(Serialize, ToSchema)]
struct Alarm {
    /// What it is about: `disk`, `database`, `room`, `feeds`.
    name: &'static str,
    /// Since when it stands.
    since: Rfc3339,
    /// What is wrong.
    words: &'static str,
    /// What to do about it.
    advice: &'static str,
}

/// Lists what is wrong with the server now.
#[utoipa::path(get, path = "/api/alarms", tag = "server", security(("token" = [])), responses(
    (status = OK, body = Alarms),
))]
async fn list(State(app): State<Arc<App>>, _viewer: Viewer) -> Result<Json<Alarms>, Problem> {
    let standing = app.services.alarms.list();
    Ok(Json(Alarms {
        alarms: standing.into_iter().map(Alarm::from).collect(),
    }))
}

impl From<alarms::Alarm> for Alarm {
    fn from(alarm: alarms::Alarm) -> Self {
        Self {
            name: alarm.subject.name(),
            since: Rfc3339(alarm.since),
            words: alarm.subject.meaning(),
            advice: alarm.subject.advice(),
        }
    }
}
