//! Working together on a display session: colleagues, shares, handing over.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    app::App,
    body::{Body, Id, Ids, Json},
    moment::Rfc3339,
    precondition::IfMatch,
    principal::{Operator, Viewer},
    problem::{InputError, Problem},
    sessions::{self, changeable, refused},
};
use crate::{
    clock,
    store::{self, Access, Changed, Person, Role, Terms, UserId, audit::Action},
};

/// The routes of this file.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(colleagues))
        .routes(routes!(shares))
        .routes(routes!(share, unshare))
        .routes(routes!(hand_over))
}

/// Somebody who works for the partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Colleague {
    #[schema(value_type = String)]
    id: Uuid,
    email: String,
    /// `owner`, `operator` or `viewer` of the partner.
    role: &'static str,
}

/// The partner's people.
#[derive(Serialize, ToSchema)]
struct Colleagues {
    colleagues: Vec<Colleague>,
}

/// Somebody whom a display session was shared with.
#[derive(Serialize, ToSchema)]
struct Share {
    #[schema(value_type = String)]
    user_id: Uuid,
    email: String,
    role: &'static str,
    /// `view` or `edit`. A viewer of the partner only looks, whatever this says.
    access: &'static str,
    since: Rfc3339,
}

/// Everybody whom a display session was shared with.
#[derive(Serialize, ToSchema)]
struct Shares {
    shares: Vec<Share>,
}

/// How far to share.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Grant {
    /// `view` or `edit`.
    #[schema(value_type = String)]
    access: Granted,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Granted {
    View,
    Edit,
}

/// Who is to own a display session from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Heir {
    /// Somebody who runs displays for the partner.
    #[schema(value_type = String)]
    user_id: Uuid,
}

/// Lists the people to share with or hand over to.
#[utoipa::path(get, path = "/api/colleagues", tag = "sharing", security(("token" = [])), responses(
    (status = OK, body = Colleagues),
))]
async fn colleagues(
    State(app): State<Arc<App>>,
    operator: Operator,
) -> Result<Json<Colleagues>, Problem> {
    let people = app.services.store.colleagues(operator.partner).await?;
    Ok(Json(Colleagues {
        colleagues: people.into_iter().map(Colleague::from).collect(),
    }))
}

/// Lists whom a display session was shared with.
#[utoipa::path(get, path = "/api/sessions/{id}/shares", tag = "sharing", security(("token" = [])),
    params(("id" = String, Path)), responses(
    (status = OK, body = Shares),
    (status = NOT_FOUND, body = Problem),
))]
async fn shares(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
) -> Result<Json<Shares>, Problem> {
    let person = viewer.person();
    let session = sessions::seen(&app, person, &id).await?.id;
    let store = &app.services.store;
    let shares = store.shares(person, session).await?;
    let people = store.colleagues(person.partner).await?;
    let with = |colleague: &store::Colleague| {
        let share = shares.iter().find(|share| share.user_id == colleague.id)?;
        Some(Share {
            user_id: colleague.id.0,
            email: colleague.email.clone(),
            role: role_text(colleague.role),
            access: access_text(share.access),
            since: Rfc3339(share.created_at),
        })
    };
    Ok(Json(Shares {
        shares: people.iter().filter_map(with).collect(),
    }))
}

/// Shares a display session with a colleague, or changes how far.
#[utoipa::path(put, path = "/api/sessions/{id}/shares/{user_id}", tag = "sharing", security(("token" = [])),
    params(("id" = String, Path), ("user_id" = String, Path),
        ("If-Match" = Option<String>, Header, description = "The ETag that was looked at")),
    request_body = Grant, responses(
    (status = NO_CONTENT),
    (status = NOT_FOUND, body = Problem),
    (status = FORBIDDEN, body = Problem),
    (status = CONFLICT, body = Problem, description = "It is that person's own, or archived"),
    (status = PRECONDITION_FAILED, body = Problem),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
async fn share(
    State(app): State<Arc<App>>,
    operator: Operator,
    Ids(id, user): Ids,
    IfMatch(expected): IfMatch,
    Body(grant): Body<Grant>,
) -> Result<StatusCode, Problem> {
    let person = operator.person();
    let session = changeable(&app, person, &id, Terms::own(expected)).await?;
    let with = colleague_id(&user)?;
    if session.owner_id == Some(with) {
        let detail = "the display session is that person's own";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    let access = match grant.access {
        Granted::View => Access::View,
        Granted::Edit => Access::Edit,
    };
    let store = &app.services.store;
    let shared = store
        .share(person, session.id, expected, with, access, clock::now())
        .await;
    done(&app, person, shared).await?.ok_or_else(no_colleague)?;
    let detail = json!({
        "session_id": session.id.uuid(), "with": user, "access": access_text(access),
    });
    operator
        .note(&app, Action::SessionShared, &session.name, detail)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a share.
#[utoipa::path(delete, path = "/api/sessions/{id}/shares/{user_id}", tag = "sharing", security(("token" = [])),
    params(("id" = String, Path), ("user_id" = String, Path),
        ("If-Match" = Option<String>, Header, description = "The ETag that was looked at")),
    responses(
    (status = NO_CONTENT),
    (status = NOT_FOUND, body = Problem),
    (status = FORBIDDEN, body = Problem),
    (status = PRECONDITION_FAILED, body = Problem),
))]
async fn unshare(
    State(app): State<Arc<App>>,
    operator: Operator,
    Ids(id, user): Ids,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    let person = operator.person();
    let session = changeable(&app, person, &id, Terms::own(expected)).await?;
    let with = colleague_id(&user)?;
    let store = &app.services.store;
    let ended = store
        .unshare(person, session.id, expected, with, clock::now())
        .await;
    done(&app, person, ended)
        .await?
        .ok_or_else(|| Problem::not_found("share"))?;
    let detail = json!({"session_id": session.id.uuid(), "with": user});
    operator
        .note(&app, Action::SessionUnshared, &session.name, detail)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a display session to a colleague. Whoever owned it may go on editing it.
#[utoipa::path(post, path = "/api/sessions/{id}/hand-over", tag = "sharing", security(("token" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that was looked at")),
    request_body = Heir, responses(
    (status = NO_CONTENT),
    (status = NOT_FOUND, body = Problem),
    (status = FORBIDDEN, body = Problem),
    (status = CONFLICT, body = Problem, description = "It is archived"),
    (status = PRECONDITION_FAILED, body = Problem),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
async fn hand_over(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id,
    IfMatch(expected): IfMatch,
    Body(heir): Body<Heir>,
) -> Result<StatusCode, Problem> {
    let person = operator.person();
    let session = changeable(&app, person, &id, Terms::own(expected)).await?;
    let to = UserId(heir.user_id);
    let store = &app.services.store;
    let given = store
        .hand_over_display_session(person, session.id, expected, to, clock::now())
        .await;
    done(&app, person, given).await?.ok_or_else(|| {
        let detail = "nobody of this id runs displays for the partner";
        Problem::invalid(vec![InputError::new("/user_id", detail)])
    })?;
    let detail = json!({"session_id": session.id.uuid(), "to": heir.user_id});
    operator
        .note(&app, Action::SessionHandedOver, &session.name, detail)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a change comes to; `None` when whom it is about is not there.
async fn done(
    app: &App,
    person: Person,
    changed: Changed<Option<()>>,
) -> Result<Option<()>, Problem> {
    match changed? {
        Ok(done) => Ok(done),
        Err(refusal) => Err(refused(app, person, refusal).await),
    }
}

fn colleague_id(text: &str) -> Result<UserId, Problem> {
    text.parse()
        .map(UserId)
        .map_err(|_text: uuid::Error| no_colleague())
}

fn no_colleague() -> Problem {
    Problem::not_found("colleague")
}

/// An access as it is told.
pub(super) fn access_text(access: Access) -> &'static str {
    match access {
        Access::View => "view",
        Access::Edit => "edit",
        Access::Owner => "owner",
    }
}

fn role_text(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Operator => "operator",
        Role::Owner => "owner",
    }
}

impl From<store::Colleague> for Colleague {
    fn from(colleague: store::Colleague) -> Self {
        Self {
            id: colleague.id.0,
            email: colleague.email,
            role: role_text(colleague.role),
        }
    }
}
