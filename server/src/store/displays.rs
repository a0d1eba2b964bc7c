//! Displays: the shareable addresses of display sessions.

use gantry_core::time::Moment;
use sqlx::FromRow;

use super::{
    DisplaySessionId, PartnerId, Person, Result, Store,
    access::{editable, seen},
    audit::{Entry, recording},
    db::{reading, writing},
    fence::Server,
    sql::{Across, Personal, Walled},
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
    template_id: Option<String>,
    template_revision: Option<i64>,
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

/// A template that a display shows whatever its display session shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wish {
    /// The template.
    pub template_id: String,
    /// The revision that it is pinned to; the newest without one.
    pub revision: Option<i64>,
}

/// A change of a display; what is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct DisplayChange {
    /// When it ends by itself.
    pub expires_at: Option<Moment>,
    /// The template of its own, or that it has none.
    pub wish: Option<Option<Wish>>,
}

/// Templates that the displays of one session show at once, its own included: each is composed at every change.
pub const MOST_TEMPLATES: i64 = 16;

/// The displays of a session would show more than [`MOST_TEMPLATES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowded;

/// What comes of a change after which a session's displays must not show too many templates.
pub type Roomy<T> = Result<std::result::Result<T, Crowded>>;

impl Display {
    /// The template of its own, if it has one.
    pub fn wish(&self) -> Option<Wish> {
        self.template_id.clone().map(|template_id| Wish {
            template_id,
            revision: self.template_revision,
        })
    }

    /// When an operator ended it.
    pub fn revoked_at(&self) -> Option<Moment> {
        self.revoked_at.map(Moment)
    }
}

const ADD: Personal = Personal::new(concat!(
    "insert into display_urls
    (id, partner_id, display_session_id, template_id, template_revision, created_at, expires_at)
    select $4, partner_id, id, $5, $6, $7, $8 from display_sessions
    where partner_id = $1 and id = $3 and deleted_at is null and archived_at is null and ",
    editable!(),
    " on conflict (id) do nothing
    returning id, partner_id, display_session_id, template_id, template_revision, created_at, expires_at, revoked_at"
));

const SHARED: Across = Across::new(
    "select u.id, u.partner_id, u.display_session_id, u.template_id, u.template_revision, u.created_at, u.expires_at,
    coalesce(u.revoked_at, s.deleted_at, s.archived_at, p.closed_at) as revoked_at
    from display_urls u join display_sessions s on s.id = u.display_session_id
    join timing_partners p on p.id = u.partner_id where u.id = $1",
    "knowing the id of a display is all that it takes to see it",
);

const DISPLAY: Personal = Personal::new(concat!(
    "select u.id, u.partner_id, u.display_session_id, u.template_id, u.template_revision, u.created_at, u.expires_at, u.revoked_at
    from display_urls u join display_sessions on display_sessions.id = u.display_session_id
    where u.partner_id = $1 and u.id = $3 and ",
    seen!()
));

const DISPLAYS: Personal = Personal::new(concat!(
    "select u.id, u.partner_id, u.display_session_id, u.template_id, u.template_revision, u.created_at, u.expires_at, u.revoked_at
    from display_urls u join display_sessions on display_sessions.id = u.display_session_id
    where u.partner_id = $1 and (u.created_at, u.id) < ($3, $4) and ",
    seen!(),
    " order by u.created_at desc, u.id desc limit $5"
));

const REVOKE: Personal = Personal::new(concat!(
    "update display_urls set revoked_at = coalesce(revoked_at, $4)
    where partner_id = $1 and id = $3 and exists (
        select 1 from display_sessions where display_sessions.id = display_urls.display_session_id and ",
    editable!(),
    ") returning id, partner_id, display_session_id, template_id, template_revision, created_at, expires_at, revoked_at"
));

const CHANGE: Personal = Personal::new(concat!(
    "update display_urls set
    expires_at = case when revoked_at is null then coalesce($4, expires_at) else expires_at end,
    template_id = case when revoked_at is null and $5 = 1 then $6 else template_id end,
    template_revision = case when revoked_at is null and $5 = 1 then $7 else template_revision end
    where partner_id = $1 and id = $3 and exists (
        select 1 from display_sessions where display_sessions.id = display_urls.display_session_id and ",
    editable!(),
    ") returning id, partner_id, display_session_id, template_id, template_revision, created_at, expires_at, revoked_at"
));

const WISHES: Walled = Walled::unattended(
    "select id, template_id, template_revision from display_urls
    where partner_id = $1 and display_session_id = $2 and template_id is not null and revoked_at is null and expires_at > $3
    order by id",
    "a display session at work paints for all its displays",
);

const TURNS: &str =
    "displays of one session get their templates one after the other, so that they can be counted";

const HOLD: Walled = Walled::unattended(
    "update display_sessions set name = name where partner_id = $1 and id = $2",
    TURNS,
);

const HOLD_OF: Walled = Walled::unattended(
    "update display_sessions set name = name where partner_id = $1 and id in (
        select display_session_id from display_urls where partner_id = $1 and id = $2)",
    TURNS,
);

const SHOWN: Walled = Walled::unattended(
    "select count(*) from (select distinct template_id, template_revision from display_urls
    where partner_id = $1 and display_session_id = $2 and template_id is not null
    and revoked_at is null and expires_at > $3) shown",
    TURNS,
);

/// Whether the displays of a session, which this transaction holds, show too many templates now.
macro_rules! crowded {
    ($transaction:expr, $partner:expr, $session:expr, $at:expr) => {{
        let shown: i64 = SHOWN
            .query_scalar($partner)
            .bind($session)
            .bind($at.0)
            .fetch_one(&mut *$transaction)
            .await?;
        // The session's own is one more.
        shown + 1 > MOST_TEMPLATES
    }};
}

/// The query that adds a display, for whoever has a connection.
macro_rules! adding {
    ($person:expr, $session:expr, $id:expr, $wish:expr, $at:expr, $expires_at:expr) => {
        ADD.query_as($person)
            .bind($session)
            .bind($id)
            .bind($wish.map(|wish| wish.template_id.as_str()))
            .bind($wish.and_then(|wish| wish.revision))
            .bind($at.0)
            .bind($expires_at.0)
    };
}

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
        writing!(self.db, person.partner, conn => adding!(person, session, id, None::<&Wish>, at, expires_at)
            .fetch_optional(conn)
            .await)
    }

    /// [`Store::add_display`] at the moment of an entry of the audit log, which is added with it: whoever waits for the address waits
    /// for the disk once. Where no display is added, nothing is noted. It may have a template of its own, if there is room.
    pub async fn add_display_noted(
        &self,
        person: Person,
        session: DisplaySessionId,
        id: &str,
        wish: Option<&Wish>,
        expires_at: Moment,
        entry: &Entry,
    ) -> Roomy<Option<Display>> {
        let partner = person.partner;
        writing!(self.db, partner, conn => {
            let mut transaction = sqlx::Connection::begin(conn).await?;
            if wish.is_some() {
                HOLD.query(partner).bind(session).execute(&mut *transaction).await?;
            }
            let added: Option<Display> = adding!(person, session, id, wish, entry.at, expires_at)
                .fetch_optional(&mut *transaction)
                .await?;
            if wish.is_some() && crowded!(transaction, partner, session, entry.at) {
                return Ok(Err(Crowded));
            }
            if added.is_some() {
                recording!(partner, entry).execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
            Ok(Ok(added))
        })
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

    /// The newest `limit` displays of the sessions that the person may see, newest first, also those that are over; where there is a
    /// moment and an id, of those that come after a display which was made then and has this id.
    pub async fn displays(
        &self,
        person: Person,
        before: Option<(Moment, &str)>,
        limit: usize,
    ) -> Result<Vec<Display>> {
        let (made_at, id) = before.unwrap_or((Moment(i64::MAX), ""));
        reading!(self.db, person.partner, conn => DISPLAYS.query_as(person)
            .bind(made_at.0)
            .bind(id)
            .bind(limit as i64)
            .fetch_all(conn)
            .await)
    }

    /// Changes a display at a moment, unless it was revoked, and answers it; `None` when the person may not.
    pub async fn change_display(
        &self,
        person: Person,
        id: &str,
        change: &DisplayChange,
        at: Moment,
    ) -> Roomy<Option<Display>> {
        let partner = person.partner;
        let wish = change.wish.as_ref();
        let wished = wish.and_then(Option::as_ref);
        writing!(self.db, partner, conn => {
            let mut transaction = sqlx::Connection::begin(conn).await?;
            HOLD_OF.query(partner).bind(id).execute(&mut *transaction).await?;
            let changed: Option<Display> = CHANGE.query_as(person)
                .bind(id)
                .bind(change.expires_at.map(|at| at.0))
                .bind(i64::from(wish.is_some()))
                .bind(wished.map(|wish| wish.template_id.as_str()))
                .bind(wished.and_then(|wish| wish.revision))
                .fetch_optional(&mut *transaction)
                .await?;
            if let Some(display) = &changed
                && display.template_id.is_some()
                && crowded!(transaction, partner, display.display_session_id, at)
            {
                return Ok(Err(Crowded));
            }
            transaction.commit().await?;
            Ok(Ok(changed))
        })
    }

    /// The displays of a display session that have a template of their own and are not over at `now`, with that template.
    pub async fn wishes(
        &self,
        partner: PartnerId,
        session: DisplaySessionId,
        now: Moment,
    ) -> Result<Vec<(String, Wish)>> {
        let rows: Vec<(String, String, Option<i64>)> = reading!(self.db, partner, conn => WISHES.query_as(partner)
                .bind(session)
                .bind(now.0)
                .fetch_all(conn)
                .await?);
        let wish = |template_id, revision| Wish {
            template_id,
            revision,
        };
        Ok(rows
            .into_iter()
            .map(|(id, template_id, revision)| (id, wish(template_id, revision)))
            .collect())
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
