//! Displays: the shareable addresses of display sessions.

use gantry_core::time::Moment;
use sqlx::FromRow;

use super::{
    DisplaySessionId, PartnerId, Result, Store,
    db::on,
    fence::Server,
    sql::{Across, Walled},
};

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

const ADD: Walled = Walled::new(
    "insert into display_urls (id, partner_id, display_session_id, created_at, expires_at)
    select $3, partner_id, id, $4, $5 from display_sessions
    where partner_id = $1 and id = $2 and deleted_at is null
    on conflict (id) do nothing
    returning id, partner_id, display_session_id, created_at, expires_at, revoked_at",
);

const SHARED: Across = Across::new(
    "select id, partner_id, display_session_id, created_at, expires_at, revoked_at
    from display_urls where id = $1",
    "knowing the id of a display is all that it takes to see it",
);

const DISPLAY: Walled = Walled::new(
    "select id, partner_id, display_session_id, created_at, expires_at, revoked_at
    from display_urls where partner_id = $1 and id = $2",
);

const DISPLAYS: Walled = Walled::new(
    "select id, partner_id, display_session_id, created_at, expires_at, revoked_at
    from display_urls where partner_id = $1 order by created_at desc, id limit $2",
);

const REVOKE: Walled = Walled::new(
    "update display_urls set revoked_at = coalesce(revoked_at, $3)
    where partner_id = $1 and id = $2
    returning id, partner_id, display_session_id, created_at, expires_at, revoked_at",
);

const EXTEND: Walled = Walled::new(
    "update display_urls set
    expires_at = case when revoked_at is null then $3 else expires_at end
    where partner_id = $1 and id = $2
    returning id, partner_id, display_session_id, created_at, expires_at, revoked_at",
);

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
        on!(self.db, partner, conn => ADD.query_as(partner)
            .bind(session)
            .bind(id)
            .bind(at.0)
            .bind(expires_at.0)
            .fetch_optional(conn)
            .await)
    }

    /// The display of this id, whoever's it is, also when it is over.
    pub async fn shared_display(&self, id: &str) -> Result<Option<Display>> {
        on!(self.db, Server, conn => SHARED.query_as().bind(id).fetch_optional(conn).await)
    }

    /// One of the partner's displays.
    pub async fn display(&self, partner: PartnerId, id: &str) -> Result<Option<Display>> {
        on!(self.db, partner, conn => DISPLAY.query_as(partner)
            .bind(id)
            .fetch_optional(conn)
            .await)
    }

    /// The partner's newest `limit` displays, newest first, also those that are over.
    pub async fn displays(&self, partner: PartnerId, limit: usize) -> Result<Vec<Display>> {
        on!(self.db, partner, conn => DISPLAYS.query_as(partner)
            .bind(limit as i64)
            .fetch_all(conn)
            .await)
    }

    /// Gives a display another end, unless it was revoked, and answers it.
    pub async fn extend_display(
        &self,
        partner: PartnerId,
        id: &str,
        expires_at: Moment,
    ) -> Result<Option<Display>> {
        on!(self.db, partner, conn => EXTEND.query_as(partner)
            .bind(id)
            .bind(expires_at.0)
            .fetch_optional(conn)
            .await)
    }

    /// Ends a display for good and answers it; one that was revoked before keeps its moment.
    pub async fn revoke_display(
        &self,
        partner: PartnerId,
        id: &str,
        at: Moment,
    ) -> Result<Option<Display>> {
        on!(self.db, partner, conn => REVOKE.query_as(partner)
            .bind(id)
            .bind(at.0)
            .fetch_optional(conn)
            .await)
    }
}
