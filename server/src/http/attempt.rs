//! Somebody's attempt to show who they are, by a password or a code.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use super::{app::App, problem::Problem};
use crate::{
    auth::{
        email::Email,
        hashing::Turn,
        password::{NewPassword, Password},
    },
    turns::Lane,
};

/// When there is a point in trying again after finding too many others waiting.
const CROWDED: Duration = Duration::from_secs(1);

/// An attempt that is being looked at; others wait for their turn meanwhile.
pub struct Attempt<'a> {
    app: &'a App,
    email: &'a Email,
    address: IpAddr,
    turn: Turn,
}

impl<'a> Attempt<'a> {
    /// Begins an attempt, unless there were too many failures or too many are waiting.
    pub async fn begin(app: &'a App, email: &'a Email, address: IpAddr) -> Result<Self, Problem> {
        let patience = || match app.patience.wait(email, address, Instant::now()) {
            Some(wait) => Err(Problem::too_many("too many failed attempts", wait)),
            None => Ok(()),
        };
        patience()?;
        let lane = if app.patience.is_familiar(email, address, Instant::now()) {
            Lane::Known
        } else {
            Lane::Open
        };
        let turn = app.hashing.turn(email, address, lane).await;
        let turn = turn.ok_or_else(|| Problem::too_many("too many are signing in", CROWDED))?;
        // Whoever came before may have failed in the meantime.
        patience()?;
        Ok(Self {
            app,
            email,
            address,
            turn,
        })
    }

    /// Whether the password is the one that `kept` was made from; without one it never is, and that takes as long.
    pub async fn verify(&self, password: Password, kept: Option<String>) -> Result<bool, Problem> {
        let fits = self.turn.verify(password, kept).await;
        fits.map_err(|failed| Problem::internal(&failed))
    }

    /// The text to keep for a new password.
    pub async fn hash(&self, password: NewPassword) -> Result<String, Problem> {
        let hashed = self.turn.hash(password.0).await;
        hashed
            .map_err(|failed| Problem::internal(&failed))?
            .map_err(|failed| Problem::internal(&failed))
    }

    /// Ends an attempt that failed: the next one may have to wait.
    pub fn failed(self) {
        let now = Instant::now();
        self.app.patience.failed(self.email, self.address, now);
    }

    /// Ends an attempt that showed who it was.
    pub fn succeeded(self) {
        let now = Instant::now();
        self.app.patience.succeeded(self.email, self.address, now);
    }
}
