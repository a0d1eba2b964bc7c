//! Asking for display sessions.

use std::collections::HashMap;

use sqlx::FromRow;

use super::DisplaySession;
use crate::store::{
    DisplaySessionId, PartnerId, Person, Result, Store, TimingSessionId,
    access::{access, seen},
    db::reading,
    sql::{Personal, Walled},
};

/// The columns of a [`DisplaySession`].
macro_rules! columns {
    () => {
        concat!(
            "display_sessions.id, display_sessions.name, display_sessions.mode, display_sessions.template_id,
            display_sessions.participants, display_sessions.owner_id, display_sessions.revision,
            display_sessions.archived_at, display_sessions.created_at, display_sessions.updated_at, ",
            access!(),
            " as access, (select e.body from session_events e
                where e.display_session_id = display_sessions.id and e.kind = 'settings'
                order by e.position desc limit 1) as settings"
        )
    };
}

/// One session, when person `$2` may see it.
pub(in crate::store) const SESSION: Personal = Personal::new(concat!(
    "select ",
    columns!(),
    " from display_sessions where partner_id = $1 and id = $3 and deleted_at is null and ",
    seen!()
));

const SESSIONS: Personal = Personal::new(concat!(
    "select ",
    columns!(),
    " from display_sessions where partner_id = $1 and deleted_at is null and ",
    seen!(),
    " and (archived_at is null or $3 = 1) and ($4 is null or id < $4) order by id desc limit $5"
));

const BOUND: Personal = Personal::new(concat!(
    "select b.display_session_id, b.timing_session_id
    from display_session_bindings b join display_sessions on display_sessions.id = b.display_session_id
    where b.partner_id = $1 and b.display_session_id between $3 and $4 and ",
    seen!(),
    " order by b.timing_session_id"
));

const COUNT: Walled = Walled::unattended(
    "select count(*) from display_sessions where partner_id = $1 and deleted_at is null",
    "how much room there is concerns everybody of the partner alike",
);

const TEMPLATE: Walled = Walled::unattended(
    "select template_id from display_sessions where partner_id = $1 and id = $2 and deleted_at is null",
    "screens show the picture of whatever display they know the id of",
);

/// Which display sessions to list.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Those that are archived too.
    pub archived_too: bool,
    /// Those older than this one.
    pub before: Option<DisplaySessionId>,
    /// At most so many.
    pub limit: usize,
}

#[derive(FromRow)]
struct Binding {
    display_session_id: DisplaySessionId,
    timing_session_id: TimingSessionId,
}

impl Store {
    /// The display session of this id, if the person may see it.
    pub async fn display_session(
        &self,
        person: Person,
        id: DisplaySessionId,
    ) -> Result<Option<DisplaySession>> {
        reading!(self.db, person.partner, conn => SESSION.query_as(person)
            .bind(id)
            .fetch_optional(conn)
            .await)
    }

    /// The display sessions that the person may see, newest first.
    pub async fn display_sessions(
        &self,
        person: Person,
        page: Page,
    ) -> Result<Vec<DisplaySession>> {
        reading!(self.db, person.partner, conn => SESSIONS.query_as(person)
            .bind(i64::from(page.archived_too))
            .bind(page.before)
            .bind(page.limit as i64)
            .fetch_all(conn)
            .await)
    }

    /// How many display sessions the partner has that were not removed.
    pub async fn count_display_sessions(&self, partner: PartnerId) -> Result<i64> {
        reading!(self.db, partner, conn => COUNT.query_scalar(partner).fetch_one(conn).await)
    }

    /// The timing sessions that each of these display sessions listens to.
    pub async fn bindings(
        &self,
        person: Person,
        sessions: &[DisplaySession],
    ) -> Result<HashMap<DisplaySessionId, Vec<TimingSessionId>>> {
        let ids = || sessions.iter().map(|session| session.id);
        let (Some(lowest), Some(highest)) = (ids().min(), ids().max()) else {
            return Ok(HashMap::new());
        };
        let rows: Vec<Binding> = reading!(self.db, person.partner, conn => BOUND.query_as(person)
            .bind(lowest)
            .bind(highest)
            .fetch_all(conn)
            .await?);
        let mut bindings: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            let bound = bindings.entry(row.display_session_id).or_default();
            bound.push(row.timing_session_id);
        }
        Ok(bindings)
    }

    /// The template that a display session's picture is made with; `None` when it is gone.
    pub async fn template_of(
        &self,
        partner: PartnerId,
        id: DisplaySessionId,
    ) -> Result<Option<String>> {
        reading!(self.db, partner, conn => TEMPLATE.query_scalar(partner)
            .bind(id)
            .fetch_optional(conn)
            .await)
    }
}
