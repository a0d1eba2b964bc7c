//! A display session's own take on its template: a working copy that nobody else sees, or a pinned revision.

use std::sync::Arc;

use axum::{
    extract::{DefaultBodyLimit, State},
    response::IntoResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    app::App,
    body::{Body, Id, Json},
    moment::Rfc3339,
    precondition::{IfMatch, Tagged},
    principal::{Operator, Viewer},
    problem::{InputError, Problem},
    sessions,
    templates::{LARGEST_BYTES, TemplateSource, checked},
};
use crate::{
    clock,
    store::{
        DisplaySession, Own, PartnerId, Person, Refusal, SessionTemplate, Terms, audit::Action,
    },
};

/// The routes of this file.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(find, set, clear))
        .layer(DefaultBodyLimit::max(LARGEST_BYTES))
}

/// What a display session is to show of its template: one of the two.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TemplateChoice {
    /// A revision to stay with.
    revision: Option<i64>,
    /// A template that no other session sees.
    #[schema(value_type = Option<TemplateSource>)]
    working_copy: Option<Value>,
}

/// What a display session shows of its template.
#[derive(Serialize, ToSchema)]
struct OwnTemplate {
    template_id: String,
    /// The revision that it stays with; none when it follows the newest or has a working copy.
    revision: Option<i64>,
    /// The working copy as it was sent.
    #[schema(value_type = Option<Object>)]
    working_copy: Option<Value>,
    saved_at: Option<Rfc3339>,
    saved_by: Option<String>,
}

/// Answers what a display session has of its own. Its `ETag` is the session's: a change of the one is a change of the other.
#[utoipa::path(get, path = "/api/sessions/{id}/template", tag = "sessions", security(("token" = [])),
    params(("id" = String, Path)), responses(
    (status = OK, body = OwnTemplate),
    (status = NOT_FOUND, body = Problem),
))]
async fn find(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
) -> Result<impl IntoResponse, Problem> {
    let session = sessions::seen(&app, viewer.person(), &id).await?;
    let own = current(&app, viewer.partner, &session).await?;
    Ok(Tagged(session.revision, Json(own)))
}

/// Gives a display session a working copy, or pins a revision; on its screens at once, and on no other's.
#[utoipa::path(put, path = "/api/sessions/{id}/template", tag = "sessions", security(("token" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that the change builds on")),
    request_body = TemplateChoice, responses(
    (status = OK, body = OwnTemplate),
    (status = NOT_FOUND, body = Problem),
    (status = FORBIDDEN, body = Problem),
    (status = CONFLICT, body = Problem, description = "It is archived"),
    (status = PRECONDITION_FAILED, body = Problem, description = "It was changed since; `current` is what it has now"),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
async fn set(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
    IfMatch(expected): IfMatch,
    Body(wanted): Body<TemplateChoice>,
) -> Result<impl IntoResponse, Problem> {
    let person = operator.person();
    loop {
        let before = changeable(&app, person, &id, expected).await?;
        let own = own(&app, person.partner, &before.template_id, &wanted).await?;
        let built_on = Some(before.revision);
        let template = SessionTemplate {
            template_id: before.template_id,
            own,
            saved_at: clock::now(),
            saved_by: operator.email.clone(),
        };
        let set = app
            .services
            .store
            .set_session_template(person, before.id, built_on, &template)
            .await?;
        match set {
            // Somebody else was faster, and the asker does not mind: it is for the template that the session has now.
            Err(Refusal::Stale(_)) if expected.is_none() => {}
            set => return changed(&app, &operator, set).await,
        }
    }
}

/// Has a display session follow the newest revision of its template again.
#[utoipa::path(delete, path = "/api/sessions/{id}/template", tag = "sessions", security(("token" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that was looked at")),
    responses(
    (status = OK, body = OwnTemplate),
    (status = NOT_FOUND, body = Problem),
    (status = FORBIDDEN, body = Problem),
    (status = CONFLICT, body = Problem, description = "It is archived"),
    (status = PRECONDITION_FAILED, body = Problem, description = "It was changed since; `current` is what it has now"),
))]
async fn clear(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
    IfMatch(expected): IfMatch,
) -> Result<impl IntoResponse, Problem> {
    let person = operator.person();
    let session = changeable(&app, person, &id, expected).await?;
    let cleared = app
        .services
        .store
        .clear_session_template(person, session.id, expected, clock::now())
        .await?;
    changed(&app, &operator, cleared).await
}

/// The display session of this id, if its template can be changed.
async fn changeable(
    app: &App,
    person: Person,
    id: &str,
    expected: Option<i64>,
) -> Result<DisplaySession, Problem> {
    let store = &app.services.store;
    let seen = store
        .display_session(person, sessions::parse_id(id)?)
        .await?;
    match Terms::edit(expected).check(seen) {
        Ok(session) => Ok(session),
        Err(refusal) => Err(refused(app, person, refusal).await),
    }
}

/// What somebody chose, if it is there and in order.
async fn own(
    app: &App,
    partner: PartnerId,
    template_id: &str,
    wanted: &TemplateChoice,
) -> Result<Own, Problem> {
    match (wanted.revision, wanted.working_copy.clone()) {
        (Some(revision), None) => {
            let store = &app.services.store;
            let templates = &app.templates;
            if templates
                .offers(store, partner, template_id, Some(revision))
                .await?
            {
                return Ok(Own::Pin(revision));
            }
            Err(wrong("/revision", "the template has no such revision"))
        }
        (None, Some(source)) => {
            let id = template_id.to_owned();
            let checking = checked(app, partner, source, id, None, "/working_copy");
            let (_, content) = checking.await?;
            Ok(Own::Copy(Uuid::now_v7(), content))
        }
        (Some(_), Some(_)) => Err(wrong("/revision", "there is a working copy as well")),
        (None, None) => Err(wrong("", "a revision or a working copy is expected")),
    }
}

/// Shows what was changed, notes it and answers what the session has now.
async fn changed(
    app: &App,
    operator: &Operator,
    changed: Result<DisplaySession, Refusal>,
) -> Result<Tagged<Json<OwnTemplate>>, Problem> {
    let session = match changed {
        Ok(session) => session,
        Err(refusal) => return Err(refused(app, operator.person(), refusal).await),
    };
    app.sessions.recast(session.id);
    let own = current(app, operator.partner, &session).await?;
    let detail = json!({
        "session_id": session.id.uuid(),
        "revision": session.revision,
        "template": own.kind(),
    });
    operator
        .note(app, Action::SessionChanged, &session.name, detail)
        .await?;
    Ok(Tagged(session.revision, Json(own)))
}

/// Why a session's template was not changed; what is there now is the template, if somebody was faster.
async fn refused(app: &App, person: Person, refusal: Refusal) -> Problem {
    let Refusal::Stale(session) = refusal else {
        return sessions::refused(app, person, refusal).await;
    };
    match current(app, person.partner, &session).await {
        Ok(current) => Problem::stale("display session", &current),
        Err(problem) => problem,
    }
}

/// What a display session has of its own now.
async fn current(
    app: &App,
    partner: PartnerId,
    session: &DisplaySession,
) -> Result<OwnTemplate, Problem> {
    let store = &app.services.store;
    let own = store.session_template(partner, session.id).await?;
    let own = own.filter(|own| own.template_id == session.template_id);
    view(session.template_id.clone(), own)
}

fn wrong(pointer: &str, detail: &str) -> Problem {
    Problem::invalid(vec![InputError::new(pointer, detail)])
}

impl OwnTemplate {
    /// In a word, for the audit log.
    fn kind(&self) -> &'static str {
        if self.revision.is_some() {
            "pinned"
        } else if self.working_copy.is_some() {
            "working copy"
        } else {
            "followed"
        }
    }
}

fn view(template_id: String, own: Option<SessionTemplate>) -> Result<OwnTemplate, Problem> {
    let (revision, working_copy) = match own.as_ref().map(|own| &own.own) {
        Some(Own::Pin(revision)) => (Some(*revision), None),
        Some(Own::Copy(_, content)) => {
            let source = serde_json::from_str(&content.source);
            (
                None,
                Some(source.map_err(|error| Problem::internal(&error))?),
            )
        }
        None => (None, None),
    };
    Ok(OwnTemplate {
        template_id,
        revision,
        working_copy,
        saved_at: own.as_ref().map(|own| Rfc3339(own.saved_at)),
        saved_by: own.map(|own| own.saved_by),
    })
}
