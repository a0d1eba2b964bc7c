//! Displays as they are told.

use gantry_core::time::Moment;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    http::{app::App, moment::Rfc3339},
    store::Display,
};

/// A shareable address.
#[derive(Serialize, ToSchema)]
pub(super) struct View {
    /// Eight characters; whoever knows them sees the picture.
    id: String,
    url: String,
    #[schema(value_type = String)]
    session_id: Uuid,
    /// The template of its own, if it has one.
    template_id: Option<String>,
    /// The revision that it stays with.
    template_revision: Option<i64>,
    /// `active`, `expired` or `revoked`.
    status: &'static str,
    created_at: Rfc3339,
    expires_at: Rfc3339,
    revoked_at: Option<Rfc3339>,
    /// How many screens show it now.
    screens: usize,
}

/// A page of displays, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Displays {
    pub(super) displays: Vec<View>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_cursor: Option<String>,
}

impl View {
    pub(super) fn new(app: &App, display: Display, now: Moment) -> Self {
        let revoked_at = display.revoked_at().map(Rfc3339);
        let status = match revoked_at {
            Some(_) => "revoked",
            None if display.expires_at <= now => "expired",
            None => "active",
        };
        let wish = display.wish();
        let screens = display.id.parse().map_or(0, |id| app.watched.screens(&id));
        Self {
            url: format!("{}/display/{}", app.base_url, display.id),
            id: display.id,
            session_id: display.display_session_id.0,
            template_id: wish.as_ref().map(|wish| wish.template_id.clone()),
            template_revision: wish.and_then(|wish| wish.revision),
            status,
            created_at: Rfc3339(display.created_at),
            expires_at: Rfc3339(display.expires_at),
            revoked_at,
            screens,
        }
    }
}
