//! What the server answers about the people who work together on display sessions.

use serde::Deserialize;

use crate::api::types::Colleague;

/// The people who work for the partner.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Colleagues {
    /// By address.
    pub colleagues: Vec<Colleague>,
}

/// Whom a display session was shared with.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Shares {
    /// By address.
    pub shares: Vec<Share>,
}

/// Somebody whom a display session was shared with.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Share {
    /// Who.
    pub user_id: String,
    /// `edit` or `view`.
    pub access: String,
}
