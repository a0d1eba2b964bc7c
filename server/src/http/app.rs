//! What the handlers share.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{exports::Exports, presence::Presence, uploads::Uploads};
use crate::{
    auth::{hashing::Hashing, patience::Patience},
    display::terms::Watched,
    live::sessions::Sessions,
    services::Services,
    templates::Templates,
};

/// The services as the HTTP port uses them, and what it keeps for itself.
#[derive(Debug)]
pub struct App {
    /// The store, the hardware's registry and the configuration.
    pub services: Services,
    /// The display sessions at work.
    pub sessions: Sessions,
    /// The templates that there are.
    pub templates: Templates,
    /// The displays that screens show.
    pub watched: Watched,
    /// Against guessing passwords.
    pub patience: Patience,
    /// Who is at which display session.
    pub presence: Presence,
    /// Where passwords are hashed.
    pub hashing: Hashing,
    /// Who sends rosters.
    pub uploads: Uploads,
    /// Who takes reads away.
    pub exports: Arc<Exports>,
    /// What display URLs begin with, without a slash at the end.
    pub base_url: String,
    /// Ends the streams to the screens.
    pub shutdown: CancellationToken,
}

impl App {
    /// The state of a port that is reached under `base_url`.
    pub fn new(
        services: Services,
        templates: Templates,
        base_url: String,
        shutdown: CancellationToken,
    ) -> Arc<Self> {
        let sessions = Sessions::new(
            services.store.clone(),
            services.published.clone(),
            templates.clone(),
            shutdown.clone(),
        );
        Arc::new(Self {
            services,
            sessions,
            templates,
            watched: Watched::default(),
            patience: Patience::default(),
            presence: Presence::default(),
            hashing: Hashing::default(),
            uploads: Uploads::default(),
            exports: Arc::default(),
            base_url,
            shutdown,
        })
    }
}
