//! What becomes of a whole display session: handed over, duplicated, archived, restored, deleted.

use gantry_core::time::Moment;
use sqlx::Connection;

use super::{Changed, DisplaySession, Terms, changing, find::SESSION};
use crate::store::{
    Display, DisplaySessionId, EventKind, Person, Result, Store, UserId,
    access::seen,
    db::storing,
    session_events::FORGET_ALL,
    session_templates::COPY_OWN,
    sql::{Personal, Walled},
};

const ALLOWED: &str = "the person was found to be allowed to";

const REMOVE: Walled = Walled::unattended(
    "update display_sessions set deleted_at = $3 where partner_id = $1 and id = $2",
    ALLOWED,
);

const ARCHIVE: Walled = Walled::unattended(
    "update display_sessions set archived_at = $3 where partner_id = $1 and id = $2",
    ALLOWED,
);

const REVOKE_ALL: Walled = Walled::unattended(
    "update display_urls set revoked_at = $3
    where partner_id = $1 and display_session_id = $2 and revoked_at is null
    returning id, partner_id, display_session_id, template_id, template_revision, created_at, expires_at, revoked_at",
    ALLOWED,
);

/// Whoever gives a session away goes on working on it until its new owner says otherwise.
const LEAVE_SHARED: Walled = Walled::unattended(
    "insert into display_session_shares (partner_id, display_session_id, user_id, access, created_at)
    select m.partner_id, d.id, m.user_id, 'edit', $4
    from display_sessions d join memberships m on m.partner_id = d.partner_id and m.user_id = d.owner_id
    where d.partner_id = $1 and d.id = $2 and d.owner_id <> $3
    on conflict (display_session_id, user_id) do update set access = excluded.access",
    ALLOWED,
);

const HAND_OVER: Walled = Walled::unattended(
    "update display_sessions set owner_id = $3
    where partner_id = $1 and id = $2 and exists (
        select 1 from memberships m
        where m.partner_id = $1 and m.user_id = $3 and m.role in ('owner', 'operator'))",
    ALLOWED,
);

const UNSHARE: Walled = Walled::unattended(
    "delete from display_session_shares where partner_id = $1 and display_session_id = $2 and user_id = $3",
    ALLOWED,
);

const DUPLICATE: Personal = Personal::new(concat!(
    "insert into display_sessions
        (partner_id, id, owner_id, name, mode, template_id, participants, created_at, updated_at)
    select partner_id, $4, $2, $5, mode, template_id, participants, $6, $6
    from display_sessions where partner_id = $1 and id = $3 and deleted_at is null and ",
    seen!()
));

const COPY_BINDINGS: Walled = Walled::unattended(
    "insert into display_session_bindings (partner_id, display_session_id, timing_session_id, created_at)
    select partner_id, $3, timing_session_id, $4
    from display_session_bindings where partner_id = $1 and display_session_id = $2",
    ALLOWED,
);

const COPY_EVENT: Walled = Walled::unattended(
    "insert into session_events (partner_id, position, display_session_id, kind, at, body)
    select partner_id, $5, $3, kind, $6, body
    from session_events where partner_id = $1 and display_session_id = $2 and kind = $4
    order by position desc limit 1",
    ALLOWED,
);

impl Store {
    /// Removes a display session with its roster and settings, and ends its displays, which are answered.
    pub async fn remove_display_session(
        &self,
        person: Person,
        id: DisplaySessionId,
        expected: Option<i64>,
        at: Moment,
    ) -> Changed<Vec<Display>> {
        let terms = Terms::own(expected).also_archived();
        changing!(self, person, id, terms, at, transaction => {
            REMOVE.query(person.partner).bind(id).bind(at.0).execute(&mut *transaction).await?;
            FORGET_ALL.query(person.partner).bind(id).execute(&mut *transaction).await?;
            REVOKE_ALL.query_as(person.partner)
                .bind(id)
                .bind(at.0)
                .fetch_all(&mut *transaction)
                .await?
        })
    }

    /// Puts a display session away and ends its displays; answers both.
    pub async fn archive_display_session(
        &self,
        person: Person,
        id: DisplaySessionId,
        expected: Option<i64>,
        at: Moment,
    ) -> Changed<(DisplaySession, Vec<Display>)> {
        changing!(self, person, id, Terms::own(expected), at, transaction => {
            ARCHIVE.query(person.partner)
                .bind(id)
                .bind(Some(at.0))
                .execute(&mut *transaction)
                .await?;
            let ended = REVOKE_ALL.query_as(person.partner)
                .bind(id)
                .bind(at.0)
                .fetch_all(&mut *transaction)
                .await?;
            (SESSION.query_as(person).bind(id).fetch_one(&mut *transaction).await?, ended)
        })
    }

    /// Takes a display session back out of the archive. Its displays stay ended.
    pub async fn restore_display_session(
        &self,
        person: Person,
        id: DisplaySessionId,
        expected: Option<i64>,
        at: Moment,
    ) -> Changed<DisplaySession> {
        let terms = Terms::own(expected).also_archived();
        changing!(self, person, id, terms, at, transaction => {
            ARCHIVE.query(person.partner)
                .bind(id)
                .bind(None::<i64>)
                .execute(&mut *transaction)
                .await?;
            SESSION.query_as(person).bind(id).fetch_one(&mut *transaction).await?
        })
    }

    /// Gives a display session to somebody else, who must run displays for the partner; `None` when nobody does of that id.
    /// Whoever owned it may go on editing it.
    pub async fn hand_over_display_session(
        &self,
        person: Person,
        id: DisplaySessionId,
        expected: Option<i64>,
        to: UserId,
        at: Moment,
    ) -> Changed<Option<()>> {
        let partner = person.partner;
        changing!(self, person, id, Terms::own(expected), at, transaction => {
            LEAVE_SHARED.query(partner)
                .bind(id)
                .bind(to)
                .bind(at.0)
                .execute(&mut *transaction)
                .await?;
            let given = HAND_OVER.query(partner).bind(id).bind(to).execute(&mut *transaction).await?;
            if given.rows_affected() == 0 {
                return Ok(Ok(None));
            }
            UNSHARE.query(partner).bind(id).bind(to).execute(&mut *transaction).await?;
            Some(())
        })
    }

    /// Makes a display session with the roster, settings, bindings, template and working copy of another that the person may see, but without
    /// its displays and shares. Answers it; `None` when the person sees no such session.
    pub async fn duplicate_display_session(
        &self,
        person: Person,
        id: DisplaySessionId,
        copy: DisplaySessionId,
        name: &str,
        at: Moment,
    ) -> Result<Option<DisplaySession>> {
        let partner = person.partner;
        self.after_last(2, async |last| {
            storing!(self.db, partner, conn => {
                let mut transaction = conn.begin().await?;
                let added = DUPLICATE.query(person)
                    .bind(id)
                    .bind(copy)
                    .bind(name)
                    .bind(at.0)
                    .execute(&mut *transaction)
                    .await?;
                if added.rows_affected() == 0 {
                    return Ok(None);
                }
                COPY_BINDINGS.query(partner)
                    .bind(id)
                    .bind(copy)
                    .bind(at.0)
                    .execute(&mut *transaction)
                    .await?;
                COPY_OWN.query(partner).bind(id).bind(copy).execute(&mut *transaction).await?;
                for (kind, position) in [(EventKind::Settings, last + 1), (EventKind::Roster, last + 2)] {
                    COPY_EVENT.query(partner)
                        .bind(id)
                        .bind(copy)
                        .bind(kind)
                        .bind(position)
                        .bind(at.0)
                        .execute(&mut *transaction)
                        .await?;
                }
                let session = SESSION.query_as(person).bind(copy).fetch_one(&mut *transaction).await?;
                transaction.commit().await?;
                Ok(Some(session))
            })
        })
        .await
    }
}
