//! Who tries: people of two partners, in every role, and people who are nobody.

use anyhow::Result;
use reqwest::Method;

use super::table::Who;
use crate::{
    caller::{Caller, Question},
    venue::{Server, Venue},
};

/// The partner whose walls are tried. The hardware is its.
pub const OURS: &str = "Northern Timing";
/// The partner on the other side.
pub const THEIRS: &str = "Southern Timing";

/// An owner of ours.
pub const EMAIL: &str = "owner@northern.example";
/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";

/// An operator of ours.
pub const OPERATOR: &str = "operator@northern.example";
/// Another operator of ours, with whom nobody shares anything.
const COLLEAGUE: &str = "colleague@northern.example";
/// A viewer of ours.
pub const VIEWER: &str = "viewer@northern.example";
const FOREIGNER: &str = "owner@southern.example";
/// An owner of both.
pub const BOTH: &str = "both@both.example";

/// Everybody, signed in where they can.
pub struct People {
    /// Somebody without a token.
    pub nobody: Caller,
    /// Somebody with a token that was never given.
    pub garbage: Caller,
    /// An owner of ours whose token was taken back.
    pub revoked: Caller,
    /// Somebody who works for both partners and has chosen neither.
    pub unbound: Caller,
    viewer: Caller,
    operator: Caller,
    /// An operator of ours with whom nothing was shared.
    pub colleague: Caller,
    /// An owner of ours.
    pub owner: Caller,
}

impl People {
    /// Makes both partners known.
    pub async fn hire(venue: &Venue) -> Result<()> {
        for partner in [OURS, THEIRS] {
            venue.add_partner(partner).await?;
        }
        for (email, partner, role) in [
            (EMAIL, OURS, "owner"),
            (OPERATOR, OURS, "operator"),
            (COLLEAGUE, OURS, "operator"),
            (VIEWER, OURS, "viewer"),
            (FOREIGNER, THEIRS, "owner"),
            (BOTH, OURS, "owner"),
        ] {
            venue.add_user(email, PASSWORD, partner, role).await?;
        }
        venue.employ(BOTH, THEIRS, "owner").await
    }

    /// Signs everybody in.
    pub async fn sign_in(server: &Server) -> Result<Self> {
        let nobody = Caller::nobody(server);
        let revoked = Caller::sign_in(server, EMAIL, PASSWORD).await?;
        revoked
            .succeed(&Question::new(Method::POST, "/api/logout"))
            .await?;
        Ok(Self {
            garbage: nobody.with_token("garbage"),
            nobody,
            revoked,
            unbound: Caller::sign_in(server, BOTH, PASSWORD).await?,
            viewer: Caller::sign_in(server, VIEWER, PASSWORD).await?,
            operator: Caller::sign_in(server, OPERATOR, PASSWORD).await?,
            colleague: Caller::sign_in(server, COLLEAGUE, PASSWORD).await?,
            owner: Caller::sign_in(server, EMAIL, PASSWORD).await?,
        })
    }

    /// Our people whose role is too low.
    pub fn below(&self, who: Who) -> Vec<(&'static str, &Caller)> {
        let mut below = Vec::new();
        if who > Who::Viewer {
            below.push(("a viewer", &self.viewer));
        }
        if who > Who::Operator {
            below.push(("an operator", &self.operator));
        }
        below
    }

    /// Everybody who sends a token, whatever it is worth. Those of theirs are not among them.
    pub fn with_tokens(&self) -> [(&'static str, &Caller); 7] {
        [
            ("a garbage token", &self.garbage),
            ("a revoked token", &self.revoked),
            ("somebody without a partner", &self.unbound),
            ("a viewer", &self.viewer),
            ("an operator", &self.operator),
            ("a colleague", &self.colleague),
            ("an owner", &self.owner),
        ]
    }

    /// An owner of theirs, signed in anew: what is asked may end the sign-in.
    pub async fn foreigner(&self, server: &Server) -> Result<Caller> {
        Caller::sign_in(server, FOREIGNER, PASSWORD).await
    }

    /// Whoever is just allowed to, signed in anew.
    pub async fn right(&self, server: &Server, who: Who) -> Result<Caller> {
        let email = match who {
            Who::Anybody => return Ok(self.nobody.clone()),
            Who::SignedIn => BOTH,
            Who::Viewer => VIEWER,
            Who::Operator => OPERATOR,
            Who::Owner => EMAIL,
        };
        Caller::sign_in(server, email, PASSWORD).await
    }
}
