//! Logging in and out, and choosing whom to act for.

use std::{net::IpAddr, sync::Arc};

use axum::{extract::State, http::StatusCode};
use gantry_core::time::Moment;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    app::App,
    attempt::Attempt,
    audit,
    body::{Body, Json},
    caller::Caller,
    client::Client,
    moment::Rfc3339,
    principal::{self, Account},
    problem::Problem,
    refusal,
};
use crate::{
    auth::{email::Email, password::Password, token},
    clock,
    store::{Membership, NewToken, PartnerId, Proof, UserId, audit::Action},
};

/// The routes of this file.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(login))
        .routes(routes!(select_partner))
        .routes(routes!(logout))
        .routes(routes!(me))
}

/// Who wants to log in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Credentials {
    #[schema(value_type = String)]
    email: Email,
    #[schema(value_type = String)]
    password: Password,
}

/// A login that worked.
#[derive(Serialize, ToSchema)]
struct LoggedIn {
    /// To be sent as `Authorization: Bearer TOKEN`.
    token: String,
    expires_at: Rfc3339,
    /// The timing partners that the account may act for.
    partners: Vec<PartnerRole>,
    /// The partner that the token is bound to: selected already when there is only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    partner_id: Option<Uuid>,
}

/// A timing partner and what the account may do for it.
#[derive(Serialize, ToSchema)]
struct PartnerRole {
    #[schema(value_type = String)]
    id: Uuid,
    name: String,
    /// `owner`, `operator` or `viewer`.
    role: &'static str,
}

/// The partner to act for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Selection {
    #[schema(value_type = String)]
    partner_id: Uuid,
}

/// A partner was selected.
#[derive(Serialize, ToSchema)]
struct Selected {
    /// Takes the place of the token that asked.
    token: String,
    expires_at: Rfc3339,
    #[schema(value_type = String)]
    partner_id: Uuid,
}

/// Who is logged in.
#[derive(Serialize, ToSchema)]
struct Me {
    email: String,
    /// Whether the account administers the server, which gives no right to what is a partner's.
    administrator: bool,
    expires_at: Rfc3339,
    partners: Vec<PartnerRole>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    partner_id: Option<Uuid>,
}

/// Gives a bearer token for an address and a password.
#[utoipa::path(post, path = "/api/login", tag = "login", request_body = Credentials, responses(
    (status = OK, body = LoggedIn),
    (status = UNAUTHORIZED, body = Problem, description = "Address and password do not fit together"),
    (status = TOO_MANY_REQUESTS, body = Problem, description = "Too many failures from this address or with this account, or too many are signing in"),
))]
async fn login(
    State(app): State<Arc<App>>,
    Caller(address): Caller,
    Client(client): Client,
    Body(credentials): Body<Credentials>,
) -> Result<Json<LoggedIn>, Problem> {
    let store = &app.services.store;
    let Credentials { email, password } = credentials;
    let attempt = Attempt::begin(&app, &email, address).await?;
    let user = store.user_by_email(email.as_str()).await?;
    let kept = user.as_ref().map(|user| user.password_hash.clone());
    let fits = attempt.verify(password, kept).await?;
    let Some(user) = user.filter(|_| fits) else {
        attempt.failed();
        refusal::note(&app, Action::SignInRefused, email, address);
        return Err(misfit());
    };
    attempt.succeeded();
    let partners = store.memberships(user.id).await?;
    let partner = only(&partners);
    let signing = Signing {
        user: user.id,
        partner,
        at: clock::now(),
        address,
        client,
    };
    let proof = Proof::Password(&user.password_hash);
    let issued = signing.issue(&app, proof).await?;
    let (token, expires_at) = issued.ok_or_else(misfit)?;
    let by = audit::By {
        partner,
        user: Some(user.id),
        who: &user.email,
        address,
    };
    by.note(&app, Action::SignedIn, &user.email, json!({}))
        .await?;
    Ok(Json(LoggedIn {
        token,
        expires_at: Rfc3339(expires_at),
        partners: partners.into_iter().map(PartnerRole::from).collect(),
        partner_id: partner.map(PartnerId::uuid),
    }))
}

/// Binds the login to one of several partners.
#[utoipa::path(post, path = "/api/select-partner", tag = "login", request_body = Selection,
    security(("token" = [])), responses(
    (status = OK, body = Selected),
    (status = NOT_FOUND, body = Problem, description = "The account does not work for such a partner"),
))]
async fn select_partner(
    State(app): State<Arc<App>>,
    account: Account,
    Client(client): Client,
    Body(selection): Body<Selection>,
) -> Result<Json<Selected>, Problem> {
    let store = &app.services.store;
    let partner = store
        .memberships(account.user)
        .await?
        .into_iter()
        .map(|member| member.partner_id)
        .find(|partner| partner.uuid() == selection.partner_id)
        .ok_or_else(|| Problem::not_found("timing partner"))?;
    let signing = Signing {
        user: account.user,
        partner: Some(partner),
        at: account.signed_in_at,
        address: account.address,
        client,
    };
    let issued = signing.issue(&app, Proof::Token(account.token)).await?;
    let (token, expires_at) = issued.ok_or_else(principal::unknown_token)?;
    let by = audit::By {
        partner: Some(partner),
        user: Some(account.user),
        who: &account.email,
        address: account.address,
    };
    by.note(&app, Action::PartnerSelected, &account.email, json!({}))
        .await?;
    Ok(Json(Selected {
        token,
        expires_at: Rfc3339(expires_at),
        partner_id: partner.uuid(),
    }))
}

/// Ends the token.
#[utoipa::path(post, path = "/api/logout", tag = "login", security(("token" = [])), responses(
    (status = NO_CONTENT),
))]
async fn logout(State(app): State<Arc<App>>, account: Account) -> Result<StatusCode, Problem> {
    let store = &app.services.store;
    store.remove_token(account.user, account.token).await?;
    account
        .note(&app, Action::SignedOut, &account.email, json!({}))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells who is logged in.
#[utoipa::path(get, path = "/api/me", tag = "login", security(("token" = [])), responses(
    (status = OK, body = Me),
))]
async fn me(State(app): State<Arc<App>>, account: Account) -> Result<Json<Me>, Problem> {
    let partners = app.services.store.memberships(account.user).await?;
    Ok(Json(Me {
        email: account.email,
        administrator: account.administrator,
        expires_at: Rfc3339(account.expires_at),
        partners: partners.into_iter().map(PartnerRole::from).collect(),
        partner_id: account.partner.map(|(partner, _)| partner.uuid()),
    }))
}

fn misfit() -> Problem {
    Problem::unauthorized("address and password do not fit together")
}

/// The partner of somebody who works for one.
pub fn only(partners: &[Membership]) -> Option<PartnerId> {
    match partners {
        [only] => Some(only.partner_id),
        _ => None,
    }
}

/// Somebody who has shown who they are.
struct Signing {
    user: UserId,
    partner: Option<PartnerId>,
    /// When they showed it.
    at: Moment,
    address: IpAddr,
    client: String,
}

impl Signing {
    /// A token for them, and when it ends; `None` when the proof holds no longer.
    async fn issue(self, app: &App, proof: Proof<'_>) -> Result<Option<(String, Moment)>, Problem> {
        let text = token::random().map_err(|failed| Problem::internal(&failed))?;
        let now = clock::now();
        let token = NewToken {
            hash: token::hash(&text),
            user_id: self.user,
            partner_id: self.partner,
            created_at: self.at,
            expires_at: token::expiry(self.at, now),
            address: self.address.to_string(),
            client: self.client,
        };
        let added = app.services.store.add_token(&token, proof, now).await?;
        Ok(added.then_some((text, token.expires_at)))
    }
}

impl From<Membership> for PartnerRole {
    fn from(member: Membership) -> Self {
        Self {
            id: member.partner_id.uuid(),
            name: member.partner_name,
            role: member.role.name(),
        }
    }
}
