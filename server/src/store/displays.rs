//! Displays: the shareable addresses of display sessions.

use gantry_core::time::Moment;
use sqlx::FromRow;

use super::{DisplaySessionId, PartnerId, Result, Store, db::on};

/// One shareable address. The id is a secret: whoever knows it sees the picture.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct Display {
    /// The eight characters.
    pub id: String,
    /// Whose it is.
    pub partner_id: PartnerId,
    /// The display session that it shows.
    pub display_session_id: DisplaySessionId,
    /// When it was made.
    #[sqlx(try_from = "i64")]
    pub created_at: Moment,
    /// When it ends by itself.
    #[sqlx(try_from = "i64")]
    pub expires_at: Moment,
    revoked_at: Option<i64>,
}

impl Display {
    /// When an operator ended it.
    pub fn revoked_at(&self) -> Option<Moment> {
        self.revoked_at.map(Moment)
    }
}

const ADD: &str =
    "insert into display_urls (id, partner_id, display_session_id, created_at, expires_at)
    select $1, partner_id, id, $4, $5 from display_sessions
    where id = $3 and partner_id = $2 and deleted_at is null
    on conflict (id) do nothing
    returning id, partner_id, display_session_id, created_at, expires_at, revoked_at";

/// For whoever knows the id, which is all that it takes; every other query asks for the partner.
const SHARED: &str = "select id, partner_id, display_session_id, created_at, expires_at, revoked_at
    from display_urls where id = $1";

const DISPLAY: &str =
    "select id, partner_id, display_session_id, created_at, expires_at, revoked_at
    from display_urls where partner_id = $1 and id = $2";

const DISPLAYS: &str =
    "select id, partner_id, display_session_id, created_at, expires_at, revoked_at
    from display_urls where partner_id = $1 order by created_at desc, id limit $2";

const REVOKE: &str = "update display_urls set revoked_at = coalesce(revoked_at, $3)
    where partner_id = $1 and id = $2
    returning id, partner_id, display_session_id, created_at, expires_at, revoked_at";

const EXTEND: &str = "update display_urls set
    expires_at = case when revoked_at is null then $3 else expires_at end
    where partner_id = $1 and id = $2
    returning id, partner_id, display_session_id, created_at, expires_at, revoked_at";

impl Store {
    /// Adds a display; `None` when the partner has no such display session or the id was used before.
    pub async fn add_display(
        &self,
        partner: PartnerId,
        session: DisplaySessionId,
        id: &str,
        at: Moment,
        expires_at: Moment,
    ) -> Result<Option<Display>> {
        on!(self.db, pool => sqlx::query_as(ADD)
            .bind(id)
            .bind(partner)
            .bind(session)
            .bind(at.0)
            .bind(expires_at.0)
            .fetch_optional(pool)
            .await)
    }

    /// The display of this id, whoever's it is, also when it is over.
    pub async fn shared_display(&self, id: &str) -> Result<Option<Display>> {
        on!(self.db, pool => sqlx::query_as(SHARED).bind(id).fetch_optional(pool).await)
    }

    /// One of the partner's displays.
    pub async fn display(&self, partner: PartnerId, id: &str) -> Result<Option<Display>> {
        on!(self.db, pool => sqlx::query_as(DISPLAY)
            .bind(partner)
            .bind(id)
            .fetch_optional(pool)
            .await)
    }

    /// The partner's newest `limit` displays, newest first, also those that are over.
    pub async fn displays(&self, partner: PartnerId, limit: usize) -> Result<Vec<Display>> {
        on!(self.db, pool => sqlx::query_as(DISPLAYS)
            .bind(partner)
            .bind(limit as i64)
            .fetch_all(pool)
            .await)
    }

    /// Gives a display another end, unless it was revoked, and answers it.
    pub async fn extend_display(
        &self,
        partner: PartnerId,
        id: &str,
        expires_at: Moment,
    ) -> Result<Option<Display>> {
        on!(self.db, pool => sqlx::query_as(EXTEND)
            .bind(partner)
            .bind(id)
            .bind(expires_at.0)
            .fetch_optional(pool)
            .await)
    }

    /// Ends a display for good and answers it; one that was revoked before keeps its moment.
    pub async fn revoke_display(
        &self,
        partner: PartnerId,
        id: &str,
        at: Moment,
    ) -> Result<Option<Display>> {
        on!(self.db, pool => sqlx::query_as(REVOKE)
            .bind(partner)
            .bind(id)
            .bind(at.0)
            .fetch_optional(pool)
            .await)
    }
}
