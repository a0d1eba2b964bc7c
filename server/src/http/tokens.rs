//! Where somebody is signed in.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    app::App,
    body::{Id, Json},
    moment::Rfc3339,
    principal::Account,
    problem::Problem,
};
use crate::{
    clock,
    store::{Token, TokenId, audit::Action},
};

/// The routes of this file.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list, revoke_others))
        .routes(routes!(revoke))
}

/// Everywhere that somebody is signed in, the place used last first.
#[derive(Serialize, ToSchema)]
struct Tokens {
    tokens: Vec<TokenView>,
}

/// A place where somebody is signed in.
#[derive(Serialize, ToSchema)]
struct TokenView {
    /// Names the token; it is not the token.
    #[schema(value_type = String)]
    id: Uuid,
    /// When they signed in.
    created_at: Rfc3339,
    /// To some minutes.
    last_used_at: Rfc3339,
    /// When it ends without another use.
    expires_at: Rfc3339,
    /// From where it was used last.
    address: String,
    /// The program that signed in, as it called itself.
    client: String,
    /// Whether it is the one that asks.
    current: bool,
}

/// How many were signed out.
#[derive(Serialize, ToSchema)]
struct Revoked {
    revoked: u64,
}

/// Lists where the account is signed in.
#[utoipa::path(get, path = "/api/tokens", tag = "people", security(("token" = [])), responses(
    (status = OK, body = Tokens),
))]
async fn list(State(app): State<Arc<App>>, account: Account) -> Result<Json<Tokens>, Problem> {
    let tokens = app
        .services
        .store
        .tokens(account.user, clock::now())
        .await?;
    let views = tokens
        .into_iter()
        .map(|token| TokenView::new(token, account.token));
    Ok(Json(Tokens {
        tokens: views.collect(),
    }))
}

/// Signs the account out everywhere else.
#[utoipa::path(delete, path = "/api/tokens", tag = "people", security(("token" = [])), responses(
    (status = OK, body = Revoked),
))]
async fn revoke_others(
    State(app): State<Arc<App>>,
    account: Account,
) -> Result<Json<Revoked>, Problem> {
    let store = &app.services.store;
    let revoked = store
        .remove_tokens(account.user, Some(account.token))
        .await?;
    let detail = json!({"tokens": revoked});
    account
        .note(&app, Action::TokenRevoked, &account.email, detail)
        .await?;
    Ok(Json(Revoked { revoked }))
}

/// Signs the account out in one place.
#[utoipa::path(delete, path = "/api/tokens/{id}", tag = "people", security(("token" = [])),
    params(("id" = String, Path)), responses(
    (status = NO_CONTENT),
    (status = NOT_FOUND, body = Problem),
))]
async fn revoke(
    State(app): State<Arc<App>>,
    account: Account,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let not_found = || Problem::not_found("token");
    let id = id.parse().map_err(|_text: uuid::Error| not_found())?;
    let store = &app.services.store;
    if !store.remove_token(account.user, TokenId(id)).await? {
        return Err(not_found());
    }
    account
        .note(
            &app,
            Action::TokenRevoked,
            &account.email,
            json!({"tokens": 1}),
        )
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

impl TokenView {
    fn new(token: Token, current: TokenId) -> Self {
        Self {
            id: token.id.0,
            created_at: Rfc3339(token.created_at),
            last_used_at: Rfc3339(token.used_at),
            expires_at: Rfc3339(token.expires_at),
            address: token.address,
            client: token.client,
            current: token.id == current,
        }
    }
}
