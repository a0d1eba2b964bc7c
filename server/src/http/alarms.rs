//! What is wrong with the server now, for everybody who works with it.
//!
//! A fault of one timing partner's hardware is told to its people and to the server's administrators. All are told what an alarm
//! means and not what exactly was found: that names ports and files, and is for whoever is on the machine.

use std::sync::Arc;

use axum::extract::State;
use gantry_core::time::Moment;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{app::App, body::Json, moment::Rfc3339, principal::Account, problem::Problem};
use crate::alarms::{Subject, subjects};

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

/// Lists what is wrong with the server now, as far as it concerns the partner.
#[utoipa::path(get, path = "/api/alarms", tag = "server", security(("token" = [])), responses(
    (status = OK, body = Alarms),
))]
async fn list(State(app): State<Arc<App>>, account: Account) -> Result<Json<Alarms>, Problem> {
    let (partner, _role) = account.chosen()?;
    let mut standing = app.services.alarms.list();
    standing.retain(|alarm| account.administrator || alarm.is_for(partner));
    Ok(Json(Alarms {
        alarms: subjects(standing).into_iter().map(Alarm::from).collect(),
    }))
}

impl From<(Subject, Moment)> for Alarm {
    fn from((subject, since): (Subject, Moment)) -> Self {
        Self {
            name: subject.name(),
            since: Rfc3339(since),
            words: subject.meaning(),
            advice: subject.advice(),
        }
    }
}
