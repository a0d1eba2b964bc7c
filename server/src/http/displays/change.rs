//! Changing and ending displays.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{HOUR_MS, check_hours, not_found, note, parse_id, tell_screens, view::View, wish};
use crate::{
    clock,
    display::id::DisplayId,
    http::{
        app::App,
        body::{Body, Id, Json},
        principal::Operator,
        problem::Problem,
        sessions, settings,
    },
    store::{self, Crowded, Display, Person, Wish, audit::Action},
};

/// A change of a display: what is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DisplayChange {
    /// Counted from now; 1 to 8,784.
    expires_in_hours: Option<i64>,
    /// `null` shows what the display session shows.
    #[expect(
        clippy::option_option,
        reason = "absent, null and a template are three different wishes"
    )]
    #[serde(default, deserialize_with = "settings::present")]
    #[schema(value_type = Option<String>)]
    template_id: Option<Option<String>>,
    /// A revision to stay with; `null` follows the newest.
    #[expect(
        clippy::option_option,
        reason = "absent, null and a revision are three different wishes"
    )]
    #[serde(default, deserialize_with = "settings::present")]
    #[schema(value_type = Option<i64>)]
    template_revision: Option<Option<i64>>,
}

/// Gives a display another end or another template. One that was revoked stays so.
#[utoipa::path(patch, path = "/api/display/{id}", tag = "displays", security(("token" = [])),
    params(("id" = String, Path)), request_body = DisplayChange, responses(
    (status = OK, body = View),
    (status = NOT_FOUND, body = Problem),
    (status = FORBIDDEN, body = Problem),
    (status = CONFLICT, body = Problem, description = "It was revoked"),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
    Body(wanted): Body<DisplayChange>,
) -> Result<Json<View>, Problem> {
    let id = parse_id(&id)?;
    let (person, now) = (operator.person(), clock::now());
    let store = &app.services.store;
    let before = store.display(person, id.as_str()).await?;
    let before = before.ok_or_else(not_found)?;
    let hours = wanted.expires_in_hours;
    let mut errors = Vec::from_iter(hours.and_then(|hours| check_hours(hours).err()));
    let wish = wished(&app, person, &before, &wanted).await?;
    if let Some(Some(wish)) = &wish {
        errors.extend(wish::check(&app, person, wish).await?);
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let change = store::DisplayChange {
        expires_at: hours.map(|hours| now + hours * HOUR_MS),
        wish,
    };
    let changed = store
        .change_display(person, id.as_str(), &change, now)
        .await?;
    let display = match changed {
        Ok(Some(display)) => display,
        Ok(None) => return Err(unchanged(&app, person, &id).await),
        Err(Crowded) if change.wish.is_some() => return Err(wish::crowded("/template_id")),
        Err(Crowded) => return Err(wish::crowded("/expires_in_hours")),
    };
    if display.revoked_at().is_some() {
        let detail = "the display was revoked; generate another";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    if change.wish.is_some() {
        app.sessions.recast(display.display_session_id);
    }
    tell_screens(&app, &display);
    note(&app, &operator, Action::DisplayChanged, &display).await?;
    Ok(Json(View::new(&app, display, now)))
}

/// Ends a display on every screen.
#[utoipa::path(delete, path = "/api/display/{id}", tag = "displays", security(("token" = [])),
    params(("id" = String, Path)), responses(
    (status = NO_CONTENT),
    (status = NOT_FOUND, body = Problem),
))]
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let id = parse_id(&id)?;
    let store = &app.services.store;
    let Some(display) = store
        .revoke_display(operator.person(), id.as_str(), clock::now())
        .await?
    else {
        return Err(unchanged(&app, operator.person(), &id).await);
    };
    tell_screens(&app, &display);
    note(&app, &operator, Action::DisplayRevoked, &display).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The template that a display is to have of its own after a change; `None` when that stays as it is.
async fn wished(
    app: &App,
    person: Person,
    display: &Display,
    wanted: &DisplayChange,
) -> Result<Option<Option<Wish>>, Problem> {
    let revision = wanted.template_revision.flatten();
    let template_id = match (&wanted.template_id, wanted.template_revision) {
        (None, None) => return Ok(None),
        (Some(Some(template_id)), _) => template_id.clone(),
        // A revision alone is one of what the display shows now.
        (None, Some(_)) => match display.wish() {
            Some(wish) => wish.template_id,
            None if revision.is_none() => return Ok(None),
            None => template_of(app, person, display).await?,
        },
        (Some(None), _) if revision.is_some() => template_of(app, person, display).await?,
        (Some(None), _) => return Ok(Some(None)),
    };
    Ok(Some(Some(Wish {
        template_id,
        revision,
    })))
}

/// The template of a display's session.
async fn template_of(app: &App, person: Person, display: &Display) -> Result<String, Problem> {
    let store = &app.services.store;
    let session = display.display_session_id;
    let template_id = store.template_of(person.partner, session).await?;
    template_id.ok_or_else(not_found)
}

/// Why a display was not changed: the person may only look at it, or is not to know of it.
async fn unchanged(app: &App, person: Person, id: &DisplayId) -> Problem {
    match app.services.store.display(person, id.as_str()).await {
        Ok(Some(_)) => sessions::look_only(),
        Ok(None) => not_found(),
        Err(error) => error.into(),
    }
}
