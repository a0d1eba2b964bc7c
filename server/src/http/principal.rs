//! Who asks, by their bearer token. This is the only place that a partner comes from.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use gantry_core::time::Moment;

use super::{app::App, problem::Problem};
use crate::{
    auth::token,
    clock,
    store::{PartnerId, Role, TokenHash, UserId},
};

/// Somebody who is logged in, perhaps without having chosen a partner.
pub struct Account {
    /// Who.
    pub user: UserId,
    /// Their address.
    pub email: String,
    /// The partner that the token is bound to.
    pub partner: Option<(PartnerId, Role)>,
    /// When the token ends.
    pub expires_at: Moment,
    /// The token's hash.
    pub token: TokenHash,
}

/// Somebody who acts for a partner and may look at everything of it.
pub struct Viewer {
    /// The partner.
    pub partner: PartnerId,
}

/// Somebody who acts for a partner and may run its displays.
pub struct Operator {
    /// The partner.
    pub partner: PartnerId,
}

impl FromRequestParts<Arc<App>> for Account {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let token = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(|| {
                Problem::unauthorized("a bearer token is needed; POST /api/login gives one")
            })?;
        let hash = token::hash(token);
        let bearer = app
            .services
            .store
            .bearer(&hash, clock::now())
            .await?
            .ok_or_else(|| {
                Problem::unauthorized("the bearer token is unknown or over; log in again")
            })?;
        Ok(Self {
            user: bearer.user_id,
            email: bearer.email,
            partner: bearer.partner_id.zip(bearer.role),
            expires_at: bearer.expires_at,
            token: hash,
        })
    }
}

impl FromRequestParts<Arc<App>> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let account = Account::from_request_parts(parts, app).await?;
        let (partner, _) = account.chosen()?;
        Ok(Self { partner })
    }
}

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let account = Account::from_request_parts(parts, app).await?;
        let (partner, role) = account.chosen()?;
        if role < Role::Operator {
            return Err(Problem::forbidden(
                "this account may look but not change anything",
            ));
        }
        Ok(Self { partner })
    }
}

impl Account {
    fn chosen(&self) -> Result<(PartnerId, Role), Problem> {
        self.partner.ok_or_else(|| {
            Problem::forbidden(
                "no timing partner is selected; POST /api/select-partner selects one",
            )
        })
    }
}
