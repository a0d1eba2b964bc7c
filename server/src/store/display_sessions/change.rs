//! Changing display sessions. Every change counts a revision, so nobody's work is overwritten unseen.

use gantry_core::time::Moment;
use sqlx::Connection;

use super::{Changed, DisplaySession, NewDisplaySession, SessionChange, Terms, find::SESSION};
use crate::store::{
    DisplaySessionId, Person, Result, Store,
    access::access,
    db::storing,
    session_events::{BIND, EventKind, UNBIND, append},
    session_templates::FORSAKE,
    sql::{Personal, Walled},
};

const ADD: Walled = Walled::unattended(
    "insert into display_sessions (partner_id, id, owner_id, name, mode, template_id, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $7)",
    "what a person makes is that person's",
);

/// The first step of every change. It changes nothing when the change is not to be made.
pub(in crate::store) const TOUCH: Personal = Personal::new(concat!(
    "update display_sessions set revision = revision + 1, updated_at = $4
    where partner_id = $1 and id = $3 and deleted_at is null and ",
    access!(),
    " in ('owner', $5) and (archived_at is null or $6 = 1) and ($7 is null or revision = $7)"
));

const CHANGE: Walled = Walled::unattended(
    "update display_sessions set
    name = coalesce($3, name), mode = coalesce($4, mode), template_id = coalesce($5, template_id)
    where partner_id = $1 and id = $2",
    "the person was found to be allowed to",
);

const COUNT_PARTICIPANTS: Walled = Walled::unattended(
    "update display_sessions set participants = $3 where partner_id = $1 and id = $2",
    "the person was found to be allowed to",
);

/// Makes a change in one transaction, after seeing that it is to be made: `changing!(store, person, id, terms, at, transaction =>
/// body)`. The body answers what the change comes to; when it returns early, nothing is changed. Whoever stores under a position says
/// so: `changing!(storing: …)`.
macro_rules! changing {
    ($store:expr, $person:expr, $id:expr, $terms:expr, $at:expr, $transaction:ident => $body:expr) => {
        $crate::store::display_sessions::changing!(
            writing: $store, $person, $id, $terms, $at, $transaction => $body
        )
    };
    ($way:ident: $store:expr, $person:expr, $id:expr, $terms:expr, $at:expr, $transaction:ident => $body:expr) => {
        $crate::store::db::$way!($store.db, $person.partner, conn => {
            let terms: $crate::store::Terms = $terms;
            let mut $transaction = sqlx::Connection::begin(conn).await?;
            let touched = $crate::store::display_sessions::TOUCH
                .query($person)
                .bind($id)
                .bind($at.0)
                .bind(terms.needs)
                .bind(i64::from(terms.archived_too))
                .bind(terms.expected)
                .execute(&mut *$transaction)
                .await?;
            if touched.rows_affected() == 0 {
                let seen = $crate::store::display_sessions::SESSION
                    .query_as($person)
                    .bind($id)
                    .fetch_optional(&mut *$transaction)
                    .await?;
                return match terms.check(seen) {
                    Err(refusal) => Ok(Err(refusal)),
                    Ok(_) => Err(sqlx::Error::RowNotFound),
                };
            }
            let answer = $body;
            $transaction.commit().await?;
            Ok(Ok(answer))
        })
    };
}
pub(in crate::store) use changing;

impl Store {
    /// Adds a display session with its bindings and its first settings, or nothing of it.
    pub async fn add_display_session(
        &self,
        person: Person,
        session: &NewDisplaySession,
        at: Moment,
    ) -> Result<()> {
        let partner = person.partner;
        self.after_last(1, async |last| {
            storing!(self.db, partner, conn => {
                let mut transaction = conn.begin().await?;
                ADD.query(partner)
                    .bind(session.id)
                    .bind(person.user)
                    .bind(&session.name)
                    .bind(session.mode)
                    .bind(&session.template_id)
                    .bind(at.0)
                    .execute(&mut *transaction)
                    .await?;
                for timing_session in &session.timing_sessions {
                    BIND.query(partner)
                        .bind(session.id)
                        .bind(timing_session)
                        .bind(at.0)
                        .execute(&mut *transaction)
                        .await?;
                }
                append!(transaction, partner, session.id, last + 1, EventKind::Settings, at, &session.settings);
                transaction.commit().await
            })
        })
        .await
    }

    /// Changes a display session, or nothing of it, and answers what it is now.
    pub async fn change_display_session(
        &self,
        person: Person,
        id: DisplaySessionId,
        expected: Option<i64>,
        change: &SessionChange,
        at: Moment,
    ) -> Changed<DisplaySession> {
        let partner = person.partner;
        self.after_last(1, async |last| {
            changing!(storing: self, person, id, Terms::edit(expected), at, transaction => {
                CHANGE.query(partner)
                    .bind(id)
                    .bind(change.name.as_deref())
                    .bind(change.mode)
                    .bind(change.template_id.as_deref())
                    .execute(&mut *transaction)
                    .await?;
                if let Some(template_id) = change.template_id.as_deref() {
                    FORSAKE.query(partner)
                        .bind(id)
                        .bind(template_id)
                        .execute(&mut *transaction)
                        .await?;
                }
                if let Some(timing_sessions) = &change.timing_sessions {
                    UNBIND.query(partner).bind(id).execute(&mut *transaction).await?;
                    for timing_session in timing_sessions {
                        BIND.query(partner)
                            .bind(id)
                            .bind(timing_session)
                            .bind(at.0)
                            .execute(&mut *transaction)
                            .await?;
                    }
                }
                if let Some(settings) = change.settings.as_deref() {
                    append!(transaction, partner, id, last + 1, EventKind::Settings, at, settings);
                }
                SESSION.query_as(person).bind(id).fetch_one(&mut *transaction).await?
            })
        })
        .await
    }

    /// Replaces a display session's roster by that of a roster event, and answers its revision.
    pub async fn replace_roster(
        &self,
        person: Person,
        id: DisplaySessionId,
        expected: Option<i64>,
        roster: &str,
        participants: usize,
        at: Moment,
    ) -> Changed<i64> {
        let partner = person.partner;
        self.after_last(1, async |last| {
            changing!(storing: self, person, id, Terms::edit(expected), at, transaction => {
                COUNT_PARTICIPANTS.query(partner)
                    .bind(id)
                    .bind(participants as i64)
                    .execute(&mut *transaction)
                    .await?;
                append!(transaction, partner, id, last + 1, EventKind::Roster, at, roster);
                let session: DisplaySession =
                    SESSION.query_as(person).bind(id).fetch_one(&mut *transaction).await?;
                session.revision
            })
        })
        .await
    }
}
