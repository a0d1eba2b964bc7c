//! Displays: the shareable addresses of display sessions.

use gantry_core::time::Moment;
use sqlx::FromRow;

use super::{
    DisplaySessionId, PartnerId, Person, Result, Store,
    access::{editable, seen},
    db::{reading, writing},
    fence::Server,
    sql::{Across, Personal},
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

/// Its id is a secret, and not told.
impl std::fmt::Debug for Display {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Display")
            .field("display_session_id", &self.display_session_id)
            .finish_non_exhaustive()
    }
}

impl Display {
    /// When an operator ended it.
    pub fn revoked_at(&self) -> Option<Moment> {
        self.revoked_at.map(Moment)
    }
}

const ADD: Personal = Personal::new(concat!(
    "insert into display_urls (id, partner_id, display_session_id, created_at, expires_at)
    select $4, partner_id, id, $5, $6 from display_sessions
    where partner_id = $1 and id = $3 and deleted_at is null and archived_at is null and ",
    editable!(),
    " on conflict (id) do nothing
    returning id, partner_id, display_session_id, created_at, expires_at, revoked_at"
));

const SHARED: Across = Across::new(
    "select u.id, u.partner_id, u.display_session_id, u.created_at, u.expires_at,
    coalesce(u.revoked_at, s.deleted_at, s.archived_at) as revoked_at
    from display_urls u join display_sessions s on s.id = u.display_session_id where u.id = $1",
    "knowing the id of a display is all that it takes to see it",
);

const DISPLAY: Personal = Personal::new(concat!(
    "select u.id, u.partner_id, u.display_session_id, u.created_at, u.expires_at, u.revoked_at
    from display_urls u join display_sessions on display_sessions.id = u.display_session_id
    where u.partner_id = $1 and u.id = $3 and ",
    seen!()
));

const DISPLAYS: Personal = Personal::new(concat!(
    "select u.id, u.partner_id, u.display_session_id, u.created_at, u.expires_at, u.revoked_at
    from display_urls u join display_sessions on display_sessions.id = u.display_session_id
    where u.partner_id = $1 and ",
    seen!(),
    " order by u.created_at desc, u.id limit $3"
));

const REVOKE: Personal = Personal::new(concat!(
    "update display_urls set revoked_at = coalesce(revoked_at, $4)
    where partner_id = $1 and id = $3 and exists (
        select 1 from display_sessions where display_sessions.id = display_urls.display_session_id and ",
    editable!(),
    ") returning id, partner_id, display_session_id, created_at, expires_at, revoked_at"
));

const EXTEND: Personal = Personal::new(concat!(
    "update display_urls set
    expires_at = case when revoked_at is null then $4 else expires_at end
    where partner_id = $1 and id = $3 and exists (
        select 1 from display_sessions where display_sessions.id = display_urls.display_session_id and ",
    editable!(),
    ") returning id, partner_id, display_session_id, created_at, expires_at, revoked_at"
));

impl Store {
    /// Adds a display; `None` when the person may not change such a display session or the id was used before.
    pub async fn add_display(
        &self,
        person: Person,
        session: DisplaySessionId,
        id: &str,
        at: Moment,
        expires_at: Moment,
    ) -> Result<Option<Display>> {
        writing!(self.db, person.partner, conn => ADD.query_as(person)
            .bind(session)
            .bind(id)
            .bind(at.0)
            .bind(expires_at.0)
            .fetch_optional(conn)
            .await)
    }

    /// The display of this id, whoever's it is, also when it is over.
    pub async fn shared_display(&self, id: &str) -> Result<Option<Display>> {
        reading!(self.db, Server, conn => SHARED.query_as().bind(id).fetch_optional(conn).await)
    }

    /// The display of this id, if the person may see its session.
    pub async fn display(&self, person: Person, id: &str) -> Result<Option<Display>> {
        reading!(self.db, person.partner, conn => DISPLAY.query_as(person)
            .bind(id)
            .fetch_optional(conn)
            .await)
    }

    /// The newest `limit` displays of the sessions that the person may see, newest first, also those that are over.
    pub async fn displays(&self, person: Person, limit: usize) -> Result<Vec<Display>> {
        reading!(self.db, person.partner, conn => DISPLAYS.query_as(person)
            .bind(limit as i64)
            .fetch_all(conn)
            .await)
    }

    /// Gives a display another end, unless it was revoked, and answers it; `None` when the person may not.
    pub async fn extend_display(
        &self,
        person: Person,
        id: &str,
        expires_at: Moment,
    ) -> Result<Option<Display>> {
        writing!(self.db, person.partner, conn => EXTEND.query_as(person)
            .bind(id)
            .bind(expires_at.0)
            .fetch_optional(conn)
            .await)
    }

    /// Ends a display for good and answers it; one that was revoked before keeps its moment. `None` when the person may not.
    pub async fn revoke_display(
        &self,
        person: Person,
        id: &str,
        at: Moment,
    ) -> Result<Option<Display>> {
        writing!(self.db, person.partner, conn => REVOKE.query_as(person)
            .bind(id)
            .bind(at.0)
            .fetch_optional(conn)
            .await)
    }
}
