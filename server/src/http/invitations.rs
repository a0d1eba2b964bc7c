//! Inviting people to work for a partner, and accepting.

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
    attempt::Attempt,
    audit::By,
    body::{Body, Id, Json},
    caller::Caller,
    moment::Rfc3339,
    principal::Owner,
    problem::{InputError, Problem},
    refusal,
};
use crate::{
    auth::{
        code::{Code, INVITATION_HOURS},
        email::Email,
        password::NewPassword,
    },
    clock,
    store::{Invitation, InvitationId, Joining, NewInvitation, Role, User, audit::Action},
};

/// The longest life of an invitation: two weeks.
const MOST_HOURS: i64 = 336;

const HOUR_MS: i64 = 3_600_000;

/// The routes of this file.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(invite, list))
        .routes(routes!(withdraw))
        .routes(routes!(accept))
}

/// Somebody to be invited.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[schema(value_type = String)]
    email: Email,
    /// `owner`, `operator` or `viewer`.
    #[schema(value_type = String)]
    role: Role,
    /// 1 to 336; 168 without it.
    #[serde(default = "week")]
    expires_in_hours: i64,
}

fn week() -> i64 {
    INVITATION_HOURS
}

/// An invitation was made. Its code is told this once.
#[derive(Serialize, ToSchema)]
struct Made {
    #[schema(value_type = String)]
    id: Uuid,
    /// For `POST /api/invitations/accept`.
    code: String,
    expires_at: Rfc3339,
}

/// Invitations that nobody has accepted, newest first.
#[derive(Serialize, ToSchema)]
struct Invitations {
    invitations: Vec<InvitationView>,
}

/// An invitation that nobody has accepted.
#[derive(Serialize, ToSchema)]
struct InvitationView {
    #[schema(value_type = String)]
    id: Uuid,
    email: String,
    /// `owner`, `operator` or `viewer`.
    role: &'static str,
    /// Who invites: an e-mail address, or `shell`.
    invited_by: String,
    created_at: Rfc3339,
    expires_at: Rfc3339,
}

/// Somebody who was invited.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Acceptance {
    #[schema(value_type = String)]
    email: Email,
    /// As it was told, with or without dashes.
    #[schema(value_type = String)]
    code: Code,
    /// A new one of 8 to 256 characters; of somebody who has an account already, the account's.
    #[schema(value_type = String)]
    password: NewPassword,
}

/// Invites somebody to work for the partner. For owners.
#[utoipa::path(post, path = "/api/invitations", tag = "people", security(("token" = [])), request_body = Wanted, responses(
    (status = CREATED, body = Made),
    (status = CONFLICT, body = Problem, description = "They work for the partner already"),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
))]
async fn invite(
    State(app): State<Arc<App>>,
    owner: Owner,
    Body(wanted): Body<Wanted>,
) -> Result<Response, Problem> {
    if !(1..=MOST_HOURS).contains(&wanted.expires_in_hours) {
        let detail = format!("1 to {MOST_HOURS} hours are accepted");
        let error = InputError::new("/expires_in_hours", detail);
        return Err(Problem::invalid(vec![error]));
    }
    let store = &app.services.store;
    let email = wanted.email.as_str();
    let members = store.members(owner.partner).await?;
    if members.iter().any(|member| member.email == email) {
        let detail = "this person works for the partner already";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    let code = Code::random().map_err(|failed| Problem::internal(&failed))?;
    let now = clock::now();
    let new = NewInvitation {
        email,
        role: wanted.role,
        code_hash: &code.hash(),
        invited_by: &owner.email,
        expires_at: now + wanted.expires_in_hours * HOUR_MS,
    };
    let made = store.invite(owner.partner, new, now).await?;
    let detail = json!({"role": wanted.role.name()});
    owner
        .note(&app, Action::InvitationMade, email, detail)
        .await?;
    let made = Made {
        id: made.id.0,
        code: code.told(),
        expires_at: Rfc3339(made.expires_at),
    };
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// Lists the invitations that nobody has accepted. For owners.
#[utoipa::path(get, path = "/api/invitations", tag = "people", security(("token" = [])), responses(
    (status = OK, body = Invitations),
))]
async fn list(State(app): State<Arc<App>>, owner: Owner) -> Result<Json<Invitations>, Problem> {
    let store = &app.services.store;
    let invitations = store.invitations(owner.partner, clock::now()).await?;
    Ok(Json(Invitations {
        invitations: invitations.into_iter().map(InvitationView::from).collect(),
    }))
}

/// Withdraws an invitation. For owners.
#[utoipa::path(delete, path = "/api/invitations/{id}", tag = "people", security(("token" = [])),
    params(("id" = String, Path)), responses(
    (status = NO_CONTENT),
    (status = NOT_FOUND, body = Problem),
))]
async fn withdraw(
    State(app): State<Arc<App>>,
    owner: Owner,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let not_found = || Problem::not_found("invitation");
    let id = id.parse().map_err(|_text: uuid::Error| not_found())?;
    let store = &app.services.store;
    let withdrawn = store
        .withdraw(owner.partner, InvitationId(id))
        .await?
        .ok_or_else(not_found)?;
    let detail = json!({"role": withdrawn.role.name()});
    owner
        .note(&app, Action::InvitationWithdrawn, &withdrawn.email, detail)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Accepts an invitation. A new person gets the password that is sent; of one who is known already it has to be the password.
#[utoipa::path(post, path = "/api/invitations/accept", tag = "people", request_body = Acceptance, responses(
    (status = NO_CONTENT),
    (status = UNAUTHORIZED, body = Problem, description = "Address, code and password do not fit together, or the code is over"),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
    (status = TOO_MANY_REQUESTS, body = Problem),
))]
async fn accept(
    State(app): State<Arc<App>>,
    Caller(address): Caller,
    Body(acceptance): Body<Acceptance>,
) -> Result<StatusCode, Problem> {
    let store = &app.services.store;
    let (email, now) = (acceptance.email, clock::now());
    let attempt = Attempt::begin(&app, &email, address).await?;
    let code_hash = acceptance.code.hash();
    let invitation = store.invitation(&code_hash, email.as_str(), now).await?;
    let joined = match invitation {
        Some(invitation) => join(&app, &attempt, invitation, acceptance.password).await?,
        None => None,
    };
    let Some((user, invitation)) = joined else {
        attempt.failed();
        refusal::note(&app, Action::InvitationRefused, email, address);
        return Err(misfit());
    };
    attempt.succeeded();
    let by = By {
        partner: Some(invitation.partner_id),
        user: Some(user.id),
        who: &user.email,
        address,
    };
    let detail = json!({"role": invitation.role.name(), "invited_by": invitation.invited_by});
    by.note(&app, Action::InvitationAccepted, &user.email, detail)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets the invited join who show by the password that they are who is meant, or choose it because they are new.
async fn join(
    app: &App,
    attempt: &Attempt<'_>,
    invitation: Invitation,
    password: NewPassword,
) -> Result<Option<(User, Invitation)>, Problem> {
    let store = &app.services.store;
    let known = store.user_by_email(&invitation.email).await?;
    let hash;
    let who = match &known {
        None => {
            hash = attempt.hash(password).await?;
            Joining::New(&hash)
        }
        Some(user) => {
            let kept = Some(user.password_hash.clone());
            if !attempt.verify(password.0, kept).await? {
                return Ok(None);
            }
            Joining::Known(user.id, &user.password_hash)
        }
    };
    let joined = store.accept(&invitation, who, clock::now()).await?;
    Ok(joined.map(|user| (user, invitation)))
}

fn misfit() -> Problem {
    Problem::unauthorized("address, code and password do not fit together, or the code is over")
}

impl From<Invitation> for InvitationView {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: invitation.id.0,
            email: invitation.email,
            role: invitation.role.name(),
            invited_by: invitation.invited_by,
            created_at: Rfc3339(invitation.created_at),
            expires_at: Rfc3339(invitation.expires_at),
        }
    }
}
