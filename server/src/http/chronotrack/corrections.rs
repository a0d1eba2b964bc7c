//! What operators know better than the hardware about its times. No raw line is touched by it.

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::State;
use gantry_core::dating::{ClockOffset, Correction};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{missing, parse_id};
use crate::{
    clock,
    http::{
        app::App,
        body::{Body, Id, Json},
        principal::{Operator, Viewer},
        problem::{InputError, Problem},
    },
    store::{PartnerId, SetCorrection, TimingSessionId, audit::Action},
};

/// The furthest that a clock is believed to be off: ten years, in milliseconds.
const FURTHEST_MS: i64 = 10 * 366 * 86_400_000;

/// What is known better of the times of a mat.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCorrection {
    /// The mat.
    location: String,
    /// How far its clocks were ahead, in milliseconds: so much is taken off. Negative when they were behind. 0 without it.
    #[serde(default)]
    ahead_ms: i64,
    /// The day of its first read, like `2026-05-09`, for hardware that sends no dates; the others follow in their order.
    first_day: Option<String>,
}

/// The corrections of a timing session.
#[derive(Serialize, ToSchema)]
pub(super) struct Corrections {
    /// By the mats' names.
    corrections: Vec<MatCorrection>,
}

/// The correction of a mat.
#[derive(Serialize, ToSchema)]
pub(super) struct MatCorrection {
    location: String,
    /// How far its clocks were ahead, in milliseconds.
    ahead_ms: i64,
    /// That in words, like `3.2 s ahead`.
    ahead: String,
    first_day: Option<String>,
    /// Whether reads that are stored are still being dated by it.
    redating: bool,
}

/// Tells the corrections of a timing session.
#[utoipa::path(get, path = "/api/chronotrack/sessions/{id}/corrections", tag = "chronotrack", security(("token" = [])),
    params(("id" = String, Path)), responses(
    (status = OK, body = Corrections),
    (status = NOT_FOUND, body = Problem),
))]
pub(super) async fn corrections(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
) -> Result<Json<Corrections>, Problem> {
    let (id, store) = (parse_id(&id)?, &app.services.store);
    if store.timing_session(viewer.partner, id).await?.is_none() {
        return Err(missing(store, viewer.partner, id).await?);
    }
    told(&app, viewer.partner, id).await
}

/// Corrects the times of a mat, of what is stored and of what comes. What is stored is dated again in the background; hardware that is
/// connected comes again within seconds.
#[utoipa::path(put, path = "/api/chronotrack/sessions/{id}/corrections", tag = "chronotrack", security(("token" = [])),
    params(("id" = String, Path)), request_body = NewCorrection, responses(
    (status = OK, body = Corrections),
    (status = NOT_FOUND, body = Problem),
    (status = FORBIDDEN, body = Problem),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
pub(super) async fn correct(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
    Body(wanted): Body<NewCorrection>,
) -> Result<Json<Corrections>, Problem> {
    let id = parse_id(&id)?;
    let (store, partner) = (&app.services.store, operator.partner);
    let Some(session) = store.timing_session(partner, id).await? else {
        return Err(missing(store, partner, id).await?);
    };
    let correction = understood(&wanted)?;
    let set = store.set_correction(partner, id, &wanted.location, correction, clock::now());
    if !set.await? {
        let detail = format!("there is no location {:?}", wanted.location);
        return Err(Problem::invalid(vec![InputError::new("/location", detail)]));
    }
    app.services.corrected.notify_one();
    let detail = json!({
        "timing_session_id": id.0, "location": wanted.location,
        "ahead_ms": wanted.ahead_ms, "first_day": wanted.first_day,
    });
    operator
        .note(&app, Action::TimingSessionRedated, &session.name, detail)
        .await?;
    told(&app, partner, id).await
}

fn understood(wanted: &NewCorrection) -> Result<Correction, Problem> {
    let mut errors = Vec::new();
    if !(-FURTHEST_MS..=FURTHEST_MS).contains(&wanted.ahead_ms) {
        let detail = format!("{} ms is too far; ten years are accepted", wanted.ahead_ms);
        errors.push(InputError::new("/ahead_ms", detail));
    }
    let first_day = wanted.first_day.as_deref().map(str::parse::<Date>);
    let Ok(first_day) = first_day.transpose() else {
        let detail = "a day like \"2026-05-09\" is accepted";
        errors.push(InputError::new("/first_day", detail));
        return Err(Problem::invalid(errors));
    };
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    Ok(Correction {
        ahead_ms: wanted.ahead_ms,
        first_day,
    })
}

async fn told(
    app: &App,
    partner: PartnerId,
    id: TimingSessionId,
) -> Result<Json<Corrections>, Problem> {
    let set = app.services.store.corrections(partner, id).await?;
    // Where recordings were merged, the newest word on a mat is what an operator said of it last.
    let mut mats: BTreeMap<String, SetCorrection> = BTreeMap::new();
    for of_recording in set {
        let held = mats.get(&of_recording.location);
        if held.is_none_or(|held| held.set_at < of_recording.set_at) {
            mats.insert(of_recording.location.clone(), of_recording);
        }
    }
    let corrections = mats.into_values().map(MatCorrection::from).collect();
    Ok(Json(Corrections { corrections }))
}

impl From<SetCorrection> for MatCorrection {
    fn from(set: SetCorrection) -> Self {
        let Correction {
            ahead_ms,
            first_day,
        } = set.correction;
        Self {
            location: set.location,
            ahead_ms,
            ahead: ClockOffset { ahead_ms }.to_string(),
            first_day: first_day.map(|day| day.to_string()),
            redating: set.is_pending,
        }
    }
}
