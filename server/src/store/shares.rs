//! Whom display sessions are shared with, and the colleagues to choose from.

use gantry_core::time::Moment;
use sqlx::FromRow;

use super::{
    Access, Changed, DisplaySessionId, Member, PartnerId, Person, Result, Role, Store, Terms,
    UserId,
    access::seen,
    db::reading,
    display_sessions::changing,
    sql::{Personal, Walled},
};

/// Somebody who works for the partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colleague {
    /// Who.
    pub id: UserId,
    /// The address.
    pub email: String,
    /// What the person may do for the partner.
    pub role: Role,
}

impl From<Member> for Colleague {
    fn from(member: Member) -> Self {
        Self {
            id: member.user_id,
            email: member.email,
            role: member.role,
        }
    }
}

/// One person whom a display session was shared with.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Share {
    /// Who.
    pub user_id: UserId,
    /// How far: to view or to edit. A viewer of the partner only looks, whatever this says.
    pub access: Access,
    /// Since when.
    #[sqlx(try_from = "i64")]
    pub created_at: Moment,
}

const SHARES: Personal = Personal::new(concat!(
    "select s.user_id, s.access, s.created_at
    from display_session_shares s join display_sessions on display_sessions.id = s.display_session_id
    where s.partner_id = $1 and s.display_session_id = $3 and ",
    seen!()
));

const SHARE: Walled = Walled::unattended(
    "insert into display_session_shares (partner_id, display_session_id, user_id, access, created_at)
    select m.partner_id, $2, m.user_id, $4, $5 from memberships m
    where m.partner_id = $1 and m.user_id = $3
    on conflict (display_session_id, user_id) do update set access = excluded.access",
    "the person was found to be allowed to",
);

const UNSHARE: Walled = Walled::unattended(
    "delete from display_session_shares where partner_id = $1 and display_session_id = $2 and user_id = $3",
    "the person was found to be allowed to",
);

impl Store {
    /// The people who work for a partner, by address.
    pub async fn colleagues(&self, partner: PartnerId) -> Result<Vec<Colleague>> {
        let members = self.members(partner).await?;
        Ok(members.into_iter().map(Colleague::from).collect())
    }

    /// Whom a display session was shared with; nobody when the person does not see it.
    pub async fn shares(&self, person: Person, session: DisplaySessionId) -> Result<Vec<Share>> {
        reading!(self.db, person.partner, conn => SHARES.query_as(person)
            .bind(session)
            .fetch_all(conn)
            .await)
    }

    /// Shares a display session with somebody, or changes how far; `None` when nobody of that id works for the partner.
    pub async fn share(
        &self,
        person: Person,
        session: DisplaySessionId,
        expected: Option<i64>,
        with: UserId,
        access: Access,
        at: Moment,
    ) -> Changed<Option<()>> {
        changing!(self, person, session, Terms::own(expected), at, transaction => {
            let shared = SHARE.query(person.partner)
                .bind(session)
                .bind(with)
                .bind(access)
                .bind(at.0)
                .execute(&mut *transaction)
                .await?;
            if shared.rows_affected() == 0 {
                return Ok(Ok(None));
            }
            Some(())
        })
    }

    /// Ends a share; `None` when the session was not shared with that person.
    pub async fn unshare(
        &self,
        person: Person,
        session: DisplaySessionId,
        expected: Option<i64>,
        with: UserId,
        at: Moment,
    ) -> Changed<Option<()>> {
        changing!(self, person, session, Terms::own(expected), at, transaction => {
            let ended = UNSHARE.query(person.partner)
                .bind(session)
                .bind(with)
                .execute(&mut *transaction)
                .await?;
            if ended.rows_affected() == 0 {
                return Ok(Ok(None));
            }
            Some(())
        })
    }
}
