//! Making, changing and removing templates. Every save is a revision, and one that builds on an older one is refused.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use gantry_core::template::{Template, shipped};
use serde_json::{Value, json};

use super::{
    checked, not_found, own, refuse_shipped,
    source::{NewTemplate, TemplateCopy, TemplateSource},
    view::{Content, Summary, content},
};
use crate::{
    clock,
    http::{
        app::App,
        body::{self, Body, Id, Ids},
        precondition::{IfMatch, Tagged},
        principal::Operator,
        problem::{InputError, Problem},
    },
    store::{
        NewRevision, PartnerId, Removal, Saving, TemplateBody, TemplateContent, TemplateId,
        audit::Action,
    },
};

/// Templates of a partner's own.
const MOST: usize = 200;

/// Makes a template of the partner's own.
#[utoipa::path(post, path = "/api/templates", tag = "templates", security(("token" = [])),
    request_body = NewTemplate, responses(
    (status = CREATED, body = Content),
    (status = CONFLICT, body = Problem, description = "There are too many"),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    operator: Operator,
    Body(wanted): Body<Value>,
) -> Result<Response, Problem> {
    let (source, name) = if wanted.get("from").is_none() {
        (wanted, None)
    } else {
        let copy: TemplateCopy = body::parse(wanted.to_string().as_bytes())?;
        (
            original(&app, operator.partner, &copy.from).await?,
            copy.name,
        )
    };
    let id = TemplateId::new();
    let first = sent(&app, &operator, source, id, name).await?;
    let store = &app.services.store;
    let added = store
        .add_template(operator.partner, id, &first, MOST)
        .await?;
    let Some(added) = added else {
        let detail = format!("there are {MOST} templates already; remove one first");
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    };
    let detail = json!({"template_id": added.id.uuid()});
    operator
        .note(&app, Action::TemplateCreated, &added.name, detail)
        .await?;
    let answer = content(&Summary::own(added), &first.content)?;
    Ok((StatusCode::CREATED, Tagged(1, answer)).into_response())
}

/// Saves the next revision of a template; every display that follows it shows it at once.
#[utoipa::path(put, path = "/api/templates/{id}", tag = "templates", security(("token" = [])),
    params(("id" = String, Path), ("If-Match" = String, Header, description = "The ETag that the change builds on")),
    request_body = TemplateSource, responses(
    (status = OK, body = Content),
    (status = NOT_FOUND, body = Problem),
    (status = CONFLICT, body = Problem, description = "It is part of the program"),
    (status = PRECONDITION_FAILED, body = Problem, description = "It was changed since; `current` is what it is now"),
    (status = PRECONDITION_REQUIRED, body = Problem),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
pub(super) async fn save(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
    IfMatch(base): IfMatch,
    Body(source): Body<Value>,
) -> Result<Response, Problem> {
    refuse_shipped(&app, &id)?;
    let before = own(&app, operator.partner, &id).await?;
    let Some(base) = base else {
        let detail = "If-Match has to name the revision that the change builds on";
        return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, detail));
    };
    let next = sent(&app, &operator, source, before.template.id, None).await?;
    keep(
        &app,
        &operator,
        &before,
        base,
        &next,
        Action::TemplateChanged,
    )
    .await
}

/// Removes a template that no display session and no display has.
#[utoipa::path(delete, path = "/api/templates/{id}", tag = "templates", security(("token" = [])),
    params(("id" = String, Path)), responses(
    (status = NO_CONTENT),
    (status = NOT_FOUND, body = Problem),
    (status = CONFLICT, body = Problem, description = "It is in use, or part of the program"),
))]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    refuse_shipped(&app, &id)?;
    let before = own(&app, operator.partner, &id).await?.template;
    let store = &app.services.store;
    match store
        .remove_template(operator.partner, before.id, clock::now())
        .await?
    {
        Removal::Removed => {}
        Removal::Unknown => return Err(not_found()),
        Removal::InUse { sessions, displays } => {
            let detail = format!(
                "the template is in use: {sessions} display sessions and {displays} displays have it"
            );
            return Err(Problem::new(StatusCode::CONFLICT, detail));
        }
    }
    let detail = json!({"template_id": before.id.uuid()});
    operator
        .note(&app, Action::TemplateRemoved, &before.name, detail)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Saves what was in an earlier revision as the next one.
#[utoipa::path(post, path = "/api/templates/{id}/revisions/{n}/restore", tag = "templates", security(("token" = [])),
    params(("id" = String, Path), ("n" = String, Path), ("If-Match" = Option<String>, Header)), responses(
    (status = OK, body = Content),
    (status = NOT_FOUND, body = Problem),
    (status = CONFLICT, body = Problem, description = "It is part of the program"),
    (status = PRECONDITION_FAILED, body = Problem),
))]
pub(super) async fn restore(
    State(app): State<Arc<App>>,
    operator: Operator,
    Ids(id, number): Ids,
    IfMatch(base): IfMatch,
) -> Result<Response, Problem> {
    refuse_shipped(&app, &id)?;
    let before = own(&app, operator.partner, &id).await?;
    let none = || Problem::not_found("revision");
    let number: i64 = number.parse().map_err(|_no_number| none())?;
    let store = &app.services.store;
    let earlier = store
        .template_revision(operator.partner, before.template.id, number)
        .await?
        .ok_or_else(none)?;
    let template: Template =
        serde_json::from_str(&earlier.body).map_err(|error| Problem::internal(&error))?;
    let next = revision(&operator, &template, earlier)?;
    let base = base.unwrap_or(before.template.revision);
    keep(
        &app,
        &operator,
        &before,
        base,
        &next,
        Action::TemplateRestored,
    )
    .await
}

/// Saves a revision and has every display that follows the template show it.
async fn keep(
    app: &App,
    operator: &Operator,
    before: &TemplateContent,
    base: i64,
    next: &NewRevision,
    action: Action,
) -> Result<Response, Problem> {
    let store = &app.services.store;
    let id = before.template.id;
    let saved = match store
        .save_template(operator.partner, id, base, next)
        .await?
    {
        Saving::Saved(saved) => saved,
        Saving::Lost => {
            let newer = own(app, operator.partner, &id.to_string()).await?;
            let current = Content::read(newer)?;
            return Err(Problem::stale("template", &current));
        }
    };
    app.sessions.recast_all(operator.partner);
    let detail = json!({"template_id": id.uuid(), "revision": saved.revision});
    operator.note(app, action, &saved.name, detail).await?;
    let revision = saved.revision;
    let content = content(&Summary::own(saved), &next.content)?;
    Ok(Tagged(revision, content).into_response())
}

/// The revision that somebody sent.
async fn sent(
    app: &App,
    operator: &Operator,
    source: Value,
    id: TemplateId,
    name: Option<String>,
) -> Result<NewRevision, Problem> {
    let checking = checked(app, operator.partner, source, id.to_string(), name, "");
    let (template, content) = checking.await?;
    revision(operator, &template, content)
}

fn revision(
    operator: &Operator,
    template: &Template,
    content: TemplateBody,
) -> Result<NewRevision, Problem> {
    let modes =
        serde_json::to_string(&template.modes).map_err(|error| Problem::internal(&error))?;
    Ok(NewRevision {
        name: template.name.trim().to_owned(),
        summary: template.summary.clone(),
        modes,
        canvas_width: i64::from(template.canvas.width),
        canvas_height: i64::from(template.canvas.height),
        content,
        saved_at: clock::now(),
        saved_by: operator.email.clone(),
    })
}

/// What is written in the template of this id.
async fn original(app: &App, partner: PartnerId, id: &str) -> Result<Value, Problem> {
    let source = match shipped::source(id) {
        Some(source) => source.to_owned(),
        None => match own(app, partner, id).await {
            Ok(own) => own.content.source,
            Err(problem) if problem.is_not_found() => {
                let error = InputError::new("/from", "there is no such template");
                return Err(Problem::invalid(vec![error]));
            }
            Err(problem) => return Err(problem),
        },
    };
    serde_json::from_str(&source).map_err(|error| Problem::internal(&error))
}
