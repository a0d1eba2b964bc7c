//! Who asks, by their bearer token. This is the only place that a partner comes from.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use gantry_core::time::Moment;
use serde_json::Value;

use super::{app::App, audit, caller::Caller, problem::Problem};
use crate::{
    auth::token,
    clock,
    store::{Bearer, PartnerId, Person, Role, TokenHash, TokenId, UserId, audit::Action},
};

/// Somebody who is logged in, perhaps without having chosen a partner.
pub struct Account {
    /// Who.
    pub user: UserId,
    /// Their address.
    pub email: String,
    /// Whether they administer the server. This gives no right to what is a partner's.
    pub administrator: bool,
    /// The partner that the token is bound to.
    pub partner: Option<(PartnerId, Role)>,
    /// When they signed in.
    pub signed_in_at: Moment,
    /// When the token ends, unless it is used before.
    pub expires_at: Moment,
    /// The token.
    pub token: TokenId,
    /// From where they ask.
    pub address: IpAddr,
}

/// Somebody who acts for a partner and may look at what is shared.
pub struct Viewer {
    /// The partner.
    pub partner: PartnerId,
    /// Who.
    pub user: UserId,
    /// Their address.
    pub email: String,
    /// From where they ask.
    pub address: IpAddr,
}

/// Somebody who acts for a partner and may run its displays.
pub struct Operator {
    /// The partner.
    pub partner: PartnerId,
    /// Who.
    pub user: UserId,
    /// Their address.
    pub email: String,
    /// From where they ask.
    pub address: IpAddr,
}

impl Viewer {
    /// Who asks about display sessions.
    pub fn person(&self) -> Person {
        Person {
            partner: self.partner,
            user: self.user,
        }
    }
}

impl Operator {
    /// Who asks about display sessions.
    pub fn person(&self) -> Person {
        Person {
            partner: self.partner,
            user: self.user,
        }
    }
}

/// Somebody who acts for a partner and may say who else does.
pub struct Owner {
    /// The partner.
    pub partner: PartnerId,
    /// Who.
    pub user: UserId,
    /// Their address.
    pub email: String,
    /// From where they ask.
    pub address: IpAddr,
}

impl FromRequestParts<Arc<App>> for Account {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Ok(Caller(address)) = Caller::from_request_parts(parts, app).await;
        let hash = bearer_token(parts)?;
        let now = clock::now();
        let store = &app.services.store;
        let bearer = store.bearer(&hash, now).await?;
        let mut bearer = bearer.ok_or_else(unknown_token)?;
        if let Some(expires_at) = token::prolonged(bearer.created_at, bearer.used_at, now) {
            let address = address.to_string();
            store
                .use_token(bearer.id, &address, now, expires_at)
                .await?;
            bearer.expires_at = expires_at;
        }
        Ok(Self::new(bearer, address))
    }
}

/// What is said about a token that stands for nobody.
pub fn unknown_token() -> Problem {
    Problem::unauthorized("the bearer token is unknown or over; log in again")
}

fn bearer_token(parts: &Parts) -> Result<TokenHash, Problem> {
    parts
        .headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, text)| token::hash(text.trim()))
        .ok_or_else(|| Problem::unauthorized("a bearer token is needed; POST /api/login gives one"))
}

/// Each stands for a partner's person of at least this role.
macro_rules! principal {
    ($name:ident, $least:expr, $refusal:literal) => {
        impl FromRequestParts<Arc<App>> for $name {
            type Rejection = Problem;

            async fn from_request_parts(
                parts: &mut Parts,
                app: &Arc<App>,
            ) -> Result<Self, Problem> {
                let account = Account::from_request_parts(parts, app).await?;
                let (partner, role) = account.chosen()?;
                if role < $least {
                    return Err(Problem::forbidden($refusal));
                }
                Ok(Self {
                    partner,
                    user: account.user,
                    email: account.email,
                    address: account.address,
                })
            }
        }
    };
}
principal!(Viewer, Role::Viewer, "this account may do nothing here");
principal!(
    Operator,
    Role::Operator,
    "this account may look but not change anything"
);
principal!(Owner, Role::Owner, "only an owner may do this");

/// Each can say in the audit log what it did: `operator.note(&app, Action::SessionRemoved, &name, json!({})).await?`.
macro_rules! notes {
    ($name:ident, $self:ident => $partner:expr) => {
        impl $name {
            /// Adds to the audit log that this person did something; `subject` says in words to what, `detail` is a JSON object.
            /// Neither holds a secret, and a display's id is one.
            pub async fn note(
                &$self,
                app: &App,
                action: Action,
                subject: &str,
                detail: Value,
            ) -> Result<(), Problem> {
                $self.by().note(app, action, subject, detail).await
            }

            /// This person as the audit log has them.
            pub fn by(&$self) -> audit::By<'_> {
                audit::By {
                    partner: $partner,
                    user: Some($self.user),
                    who: &$self.email,
                    address: $self.address,
                }
            }
        }
    };
}
notes!(Account, self => self.partner.map(|(partner, _)| partner));
notes!(Operator, self => Some(self.partner));
notes!(Owner, self => Some(self.partner));

impl Account {
    fn new(bearer: Bearer, address: IpAddr) -> Self {
        Self {
            user: bearer.user_id,
            email: bearer.email,
            administrator: bearer.administrator_at.is_some(),
            partner: bearer.partner_id.zip(bearer.role),
            signed_in_at: bearer.created_at,
            expires_at: bearer.expires_at,
            token: bearer.id,
            address,
        }
    }

    /// The partner that they act for, and as what.
    pub fn chosen(&self) -> Result<(PartnerId, Role), Problem> {
        self.partner.ok_or_else(|| {
            Problem::forbidden(
                "no timing partner is selected; POST /api/select-partner selects one",
            )
        })
    }
}
