//! Making displays.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{HOUR_MS, check_hours, detail, view::View, wish};
use crate::{
    clock,
    display::id::DisplayId,
    http::{
        app::App,
        body::{Body, Json},
        principal::Operator,
        problem::{InputError, Problem},
        sessions,
    },
    store::{
        Crowded, DisplaySession, DisplaySessionId, Person, Refusal, Terms, Wish, audit::Action,
    },
};

/// A display to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDisplay {
    #[schema(value_type = String)]
    session_id: Uuid,
    /// 1 to 8,784; 24 without it.
    #[serde(default = "day")]
    expires_in_hours: i64,
    /// A template of its own; it shows what the display session shows without it.
    template_id: Option<String>,
    /// A revision to stay with, of `template_id` or else of the display session's template.
    template_revision: Option<i64>,
}

fn day() -> i64 {
    24
}

/// Makes a display of a display session.
#[utoipa::path(post, path = "/api/display/generate-url", tag = "displays", security(("token" = [])),
    request_body = NewDisplay, responses(
    (status = CREATED, body = View),
    (status = FORBIDDEN, body = Problem),
    (status = CONFLICT, body = Problem, description = "The display session is archived"),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
pub(super) async fn generate_url(
    State(app): State<Arc<App>>,
    operator: Operator,
    Body(wanted): Body<NewDisplay>,
) -> Result<Response, Problem> {
    let person = operator.person();
    let store = &app.services.store;
    let mut errors = Vec::from_iter(check_hours(wanted.expires_in_hours).err());
    let id = DisplaySessionId(wanted.session_id);
    let seen = store.display_session(person, id).await?;
    let (wish, name) = match Terms::edit(None).check(seen) {
        Ok(session) => {
            let wish = wished(&app, person, &session, &wanted, &mut errors).await?;
            (wish, session.name)
        }
        Err(Refusal::Unseen) => {
            let detail = "there is no such display session";
            errors.push(InputError::new("/session_id", detail));
            (None, String::new())
        }
        Err(refusal) => return Err(sessions::refused(&app, person, refusal).await),
    };
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let now = clock::now();
    let expires_at = now + wanted.expires_in_hours * HOUR_MS;
    // The id is a secret, so the display is noted by its session.
    let by = operator.by();
    let entry = by.entry(Action::DisplayMade, &name, detail(id, expires_at));
    // Ids are unique for ever; that two are drawn alike is next to impossible, and then a third is drawn.
    for _ in 0..3 {
        let display = DisplayId::random().map_err(|failed| Problem::internal(&failed))?;
        let added = store
            .add_display_noted(
                person,
                id,
                display.as_str(),
                wish.as_ref(),
                expires_at,
                &entry,
            )
            .await?;
        let added = added.map_err(|Crowded| wish::crowded("/template_id"))?;
        if let Some(display) = added {
            let view = View::new(&app, display, now);
            return Ok((StatusCode::CREATED, Json(view)).into_response());
        }
    }
    Err(Problem::internal(&"no free display id was found"))
}

/// The template that a new display is to have of its own, if any. What is wrong with it is added to the errors.
async fn wished(
    app: &App,
    person: Person,
    session: &DisplaySession,
    wanted: &NewDisplay,
    errors: &mut Vec<InputError>,
) -> Result<Option<Wish>, Problem> {
    let wish = match (&wanted.template_id, wanted.template_revision) {
        (None, None) => return Ok(None),
        (template_id, revision) => Wish {
            template_id: template_id.as_ref().unwrap_or(&session.template_id).clone(),
            revision,
        },
    };
    errors.extend(wish::check(app, person, &wish).await?);
    Ok(Some(wish))
}
