//! A partner's people, for its owners.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    app::App,
    body::{Body, Id, Json},
    moment::Rfc3339,
    principal::Owner,
    problem::Problem,
};
use crate::{
    auth::code::{Code, RESET_LIFE_MS},
    clock,
    store::{Member, Role, RoleChange, audit::Action},
};

/// The routes of this file.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(change, remove))
        .routes(routes!(issue_reset))
}

/// A partner's people, by address.
#[derive(Serialize, ToSchema)]
struct People {
    people: Vec<PersonView>,
}

/// Somebody who works for the partner.
#[derive(Serialize, ToSchema)]
struct PersonView {
    #[schema(value_type = String)]
    id: Uuid,
    email: String,
    /// `owner`, `operator` or `viewer`.
    role: &'static str,
    /// Since when they work for the partner.
    created_at: Rfc3339,
}

/// What somebody may do from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRole {
    /// `owner`, `operator` or `viewer`.
    #[schema(value_type = String)]
    role: Role,
}

/// A one-time code. It is told this once.
#[derive(Serialize, ToSchema)]
struct ResetCode {
    /// For `POST /api/password/reset`.
    code: String,
    expires_at: Rfc3339,
}

/// Lists the partner's people. For owners.
#[utoipa::path(get, path = "/api/people", tag = "people", security(("token" = [])), responses(
    (status = OK, body = People),
))]
async fn list(State(app): State<Arc<App>>, owner: Owner) -> Result<Json<People>, Problem> {
    let members = app.services.store.members(owner.partner).await?;
    Ok(Json(People {
        people: members.into_iter().map(PersonView::from).collect(),
    }))
}

/// Changes what somebody may do, at once. For owners.
#[utoipa::path(patch, path = "/api/people/{id}", tag = "people", security(("token" = [])),
    params(("id" = String, Path)), request_body = NewRole, responses(
    (status = OK, body = PersonView),
    (status = NOT_FOUND, body = Problem),
    (status = CONFLICT, body = Problem, description = "It is the partner's last owner"),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
async fn change(
    State(app): State<Arc<App>>,
    owner: Owner,
    Id(id): Id,
    Body(change): Body<NewRole>,
) -> Result<Json<PersonView>, Problem> {
    let member = member(&app, &owner, &id).await?;
    let before = done(&app, &owner, &member, Some(change.role)).await?;
    let detail = json!({"from": before.name(), "to": change.role.name()});
    owner
        .note(&app, Action::RoleChanged, &member.email, detail)
        .await?;
    let member = Member {
        role: change.role,
        ..member
    };
    Ok(Json(member.into()))
}

/// Lets somebody work for the partner no longer, and signs them out. For owners.
#[utoipa::path(delete, path = "/api/people/{id}", tag = "people", security(("token" = [])),
    params(("id" = String, Path)), responses(
    (status = NO_CONTENT),
    (status = NOT_FOUND, body = Problem),
    (status = CONFLICT, body = Problem, description = "It is the partner's last owner"),
))]
async fn remove(
    State(app): State<Arc<App>>,
    owner: Owner,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let member = member(&app, &owner, &id).await?;
    let before = done(&app, &owner, &member, None).await?;
    let detail = json!({"role": before.name()});
    owner
        .note(&app, Action::PersonRemoved, &member.email, detail)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a one-time code by which somebody sets a new password. For owners, and for people who work for this partner alone: whoever
/// has the code can act for every partner of that person.
#[utoipa::path(post, path = "/api/people/{id}/reset", tag = "people", security(("token" = [])),
    params(("id" = String, Path)), responses(
    (status = CREATED, body = ResetCode),
    (status = FORBIDDEN, body = Problem, description = "Only the server's shell resets this person's password"),
    (status = NOT_FOUND, body = Problem),
))]
async fn issue_reset(
    State(app): State<Arc<App>>,
    owner: Owner,
    Id(id): Id,
) -> Result<Response, Problem> {
    let member = member(&app, &owner, &id).await?;
    if member.user_id == owner.user {
        let detail = "one's own password is changed by POST /api/password, which wants the old one";
        return Err(Problem::forbidden(detail));
    }
    let store = &app.services.store;
    let user = store.user(member.user_id).await?.ok_or_else(not_found)?;
    if !store.may_reset(owner.user, &user).await? {
        let detail = "this person's password is reset by whoever runs the server";
        return Err(Problem::forbidden(detail));
    }
    let code = Code::random().map_err(|failed| Problem::internal(&failed))?;
    let now = clock::now();
    let expires_at = now + RESET_LIFE_MS;
    store
        .issue_reset(user.id, &code.hash(), Some(owner.user), now, expires_at)
        .await?;
    owner
        .note(&app, Action::PasswordResetIssued, &user.email, json!({}))
        .await?;
    let answer = ResetCode {
        code: code.told(),
        expires_at: Rfc3339(expires_at),
    };
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// The partner's person of this id.
async fn member(app: &App, owner: &Owner, id: &str) -> Result<Member, Problem> {
    let id: Uuid = id.parse().map_err(|_text: uuid::Error| not_found())?;
    let members = app.services.store.members(owner.partner).await?;
    members
        .into_iter()
        .find(|member| member.user_id.0 == id)
        .ok_or_else(not_found)
}

/// Changes or ends a role, and answers what it was.
async fn done(
    app: &App,
    owner: &Owner,
    member: &Member,
    role: Option<Role>,
) -> Result<Role, Problem> {
    let store = &app.services.store;
    match store
        .change_role(member.user_id, owner.partner, role)
        .await?
    {
        RoleChange::Done(before) => Ok(before),
        RoleChange::Stranger => Err(not_found()),
        RoleChange::LastOwner => Err(Problem::new(
            StatusCode::CONFLICT,
            "a partner keeps an owner; make somebody else one first",
        )),
    }
}

fn not_found() -> Problem {
    Problem::not_found("person")
}

impl From<Member> for PersonView {
    fn from(member: Member) -> Self {
        Self {
            id: member.user_id.0,
            email: member.email,
            role: member.role.name(),
            created_at: Rfc3339(member.created_at),
        }
    }
}
