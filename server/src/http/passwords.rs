//! Changing one's password, and getting another when it is forgotten.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    app::App,
    attempt::Attempt,
    audit::By,
    body::Body,
    caller::Caller,
    login::only,
    principal::Account,
    problem::{InputError, Problem},
    refusal,
};
use crate::{
    auth::{
        code::Code,
        email::Email,
        password::{NewPassword, Password},
    },
    clock,
    store::{User, audit::Action},
};

/// The routes of this file.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(change))
        .routes(routes!(reset))
}

/// A password for another.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordChange {
    #[schema(value_type = String)]
    old: Password,
    /// 8 to 256 characters.
    #[schema(value_type = String)]
    new: NewPassword,
}

/// A code for a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reset {
    #[schema(value_type = String)]
    email: Email,
    /// As it was told, with or without dashes.
    #[schema(value_type = String)]
    code: Code,
    /// 8 to 256 characters.
    #[schema(value_type = String)]
    new_password: NewPassword,
}

/// Changes the account's password and signs it out everywhere else.
#[utoipa::path(post, path = "/api/password", tag = "people", security(("token" = [])), request_body = PasswordChange, responses(
    (status = NO_CONTENT),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
    (status = TOO_MANY_REQUESTS, body = Problem),
))]
async fn change(
    State(app): State<Arc<App>>,
    account: Account,
    Body(change): Body<PasswordChange>,
) -> Result<StatusCode, Problem> {
    let store = &app.services.store;
    let email =
        Email::try_from(account.email.as_str()).map_err(|unlikely| Problem::internal(&unlikely))?;
    let attempt = Attempt::begin(&app, &email, account.address).await?;
    let before = store
        .user(account.user)
        .await?
        .map_or_else(String::new, |user| user.password_hash);
    if !attempt.verify(change.old, Some(before.clone())).await? {
        attempt.failed();
        account
            .note(
                &app,
                Action::PasswordChangeRefused,
                &account.email,
                json!({}),
            )
            .await?;
        return Err(wrong_password());
    }
    let hash = attempt.hash(change.new).await?;
    attempt.succeeded();
    let (user, token) = (account.user, account.token);
    if !store.set_password(user, &before, &hash, token).await? {
        return Err(wrong_password());
    }
    account
        .note(&app, Action::PasswordChanged, &account.email, json!({}))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a password by a one-time code, and signs the account out everywhere.
#[utoipa::path(post, path = "/api/password/reset", tag = "people", request_body = Reset, responses(
    (status = NO_CONTENT),
    (status = UNAUTHORIZED, body = Problem, description = "Address and code do not fit together, or the code is over"),
    (status = UNPROCESSABLE_ENTITY, body = Problem),
    (status = TOO_MANY_REQUESTS, body = Problem),
))]
async fn reset(
    State(app): State<Arc<App>>,
    Caller(address): Caller,
    Body(reset): Body<Reset>,
) -> Result<StatusCode, Problem> {
    let store = &app.services.store;
    let email = reset.email;
    let attempt = Attempt::begin(&app, &email, address).await?;
    let Some(user) = entitled(&app, &email, &reset.code).await? else {
        attempt.failed();
        refusal::note(&app, Action::PasswordResetRefused, email, address);
        return Err(misfit());
    };
    let hash = attempt.hash(reset.new_password).await?;
    let code_hash = reset.code.hash();
    if !store.reset_password(user.id, &code_hash, &hash).await? {
        attempt.failed();
        refusal::note(&app, Action::PasswordResetRefused, email, address);
        return Err(misfit());
    }
    attempt.succeeded();
    let by = By {
        partner: only(&store.memberships(user.id).await?),
        user: Some(user.id),
        who: &user.email,
        address,
    };
    by.note(&app, Action::PasswordReset, &user.email, json!({}))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whose password a code is for, while whoever issued it may still do so.
async fn entitled(app: &App, email: &Email, code: &Code) -> Result<Option<User>, Problem> {
    let store = &app.services.store;
    let found = store
        .reset(email.as_str(), &code.hash(), clock::now())
        .await?;
    let Some(found) = found else {
        return Ok(None);
    };
    let Some(user) = store.user(found.user_id).await? else {
        return Ok(None);
    };
    let is_allowed = match found.issued_by {
        Some(issuer) => store.may_reset(issuer, &user).await?,
        None => true,
    };
    Ok(is_allowed.then_some(user))
}

fn wrong_password() -> Problem {
    let error = InputError::new("/old", "this is not the account's password");
    Problem::invalid(vec![error])
}

fn misfit() -> Problem {
    Problem::unauthorized("address and code do not fit together, or the code is over")
}
