//! What a board is folded from: an operator's events and the reads of the bound timing sessions, in one order.

use gantry_core::time::Moment;
use sqlx::FromRow;

use super::{
    DisplaySessionId, PartnerId, Person, Result, Store, StoredRead, TimingSessionId,
    access::seen,
    db::reading,
    sql::{Personal, Walled},
};

/// What an operator did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum EventKind {
    /// Gave the display session a roster.
    Roster,
    /// Changed how the board works.
    Settings,
}

/// An operator's event as it was stored.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct StoredEvent {
    /// Its place in the order in which everything was stored.
    pub position: i64,
    /// What was done.
    pub kind: EventKind,
    /// When.
    #[sqlx(try_from = "i64")]
    pub at: Moment,
    /// The event itself: JSON with a version of its own.
    pub body: String,
}

/// One step of a board's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The hardware saw something.
    Read(StoredRead),
    /// An operator did something.
    Event(StoredEvent),
}

/// Operators' events that are read at a time: each may hold a roster of megabytes.
const EVENTS_AT_ONCE: usize = 4;

/// Why what a board is made of is read for no person.
const FOR_SCREENS: &str = "screens show the picture of whatever display they know the id of";

pub(super) const APPEND: Walled = Walled::unattended(
    "insert into session_events (position, display_session_id, partner_id, kind, at, body)
    select $3, id, partner_id, $4, $5, $6 from display_sessions
    where partner_id = $1 and id = $2 and deleted_at is null
    returning position, kind, at, body",
    "the person was found to be allowed to change the session",
);

const EVENTS_AFTER: Walled = Walled::unattended(
    "select position, kind, at, body from session_events
    where partner_id = $1 and display_session_id = $2 and position > $3 order by position limit $4",
    FOR_SCREENS,
);

const LATEST: Personal = Personal::new(concat!(
    "select e.position, e.kind, e.at, e.body
    from session_events e join display_sessions on display_sessions.id = e.display_session_id
    where e.partner_id = $1 and e.display_session_id = $3 and e.kind = $4 and ",
    seen!(),
    " order by e.position desc limit 1"
));

const BOUND: Walled = Walled::unattended(
    "select timing_session_id from display_session_bindings
    where partner_id = $1 and display_session_id = $2 order by timing_session_id",
    FOR_SCREENS,
);

pub(super) const UNBIND: Walled = Walled::unattended(
    "delete from display_session_bindings where partner_id = $1 and display_session_id = $2",
    "the person was found to be allowed to change the session",
);

pub(super) const BIND: Walled = Walled::unattended(
    "insert into display_session_bindings (display_session_id, timing_session_id, partner_id, created_at)
    select d.id, t.id, d.partner_id, $4 from display_sessions d, timing_sessions t
    where d.partner_id = $1 and t.partner_id = $1 and d.id = $2 and t.id = $3
    on conflict do nothing",
    "the person was found to be allowed to change the session",
);

impl Store {
    /// The newest event of a kind: what is in force now. `None` also when the person does not see the session.
    pub async fn latest_event(
        &self,
        person: Person,
        session: DisplaySessionId,
        kind: EventKind,
    ) -> Result<Option<StoredEvent>> {
        reading!(self.db, person.partner, conn => LATEST.query_as(person)
            .bind(session)
            .bind(kind)
            .fetch_optional(conn)
            .await)
    }

    /// The timing sessions that a display session listens to.
    pub async fn bound(
        &self,
        partner: PartnerId,
        session: DisplaySessionId,
    ) -> Result<Vec<TimingSessionId>> {
        reading!(self.db, partner, conn => BOUND.query_scalar(partner)
            .bind(session)
            .fetch_all(conn)
            .await)
    }

    /// Steps of a display session's history after `position`, in order and none left out: at most `limit`, fewer when they are
    /// large, none at the end.
    pub async fn history(
        &self,
        partner: PartnerId,
        session: DisplaySessionId,
        position: i64,
        limit: usize,
    ) -> Result<Vec<Step>> {
        let events: Vec<StoredEvent> = reading!(self.db, partner, conn => EVENTS_AFTER.query_as(partner)
            .bind(session)
            .bind(position)
            .bind(EVENTS_AT_ONCE as i64)
            .fetch_all(conn)
            .await?);
        let known_until = match events.last() {
            Some(last) if events.len() == EVENTS_AT_ONCE => last.position,
            _ => i64::MAX,
        };
        let mut steps: Vec<Step> = events.into_iter().map(Step::Event).collect();
        for timing_session in self.bound(partner, session).await? {
            let reads = self
                .reads_after(partner, timing_session, position, limit)
                .await?;
            steps.extend(reads.into_iter().map(Step::Read));
        }
        steps.retain(|step| step.position() <= known_until);
        steps.sort_unstable_by_key(Step::position);
        steps.truncate(limit);
        Ok(steps)
    }
}

impl Step {
    /// Where it stands in the order in which everything was stored.
    pub fn position(&self) -> i64 {
        match self {
            Self::Read(read) => read.position,
            Self::Event(event) => event.position,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        Refusal, Role,
        testing::{self, NOW, race, read, somebody, workspace},
    };

    #[tokio::test]
    async fn history_merges_events_and_reads_in_the_order_they_were_stored() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let partner = origin.partner_id;
        let ann = somebody(&store, partner, "ann@example.org", Role::Operator).await;
        let display = workspace(&store, ann, &[origin.timing_session_id]).await;
        store
            .append(&[read(origin, 1, "7")], &[])
            .await
            .expect("stores");
        let replaced = store
            .replace_roster(ann, display.id, None, "{}", 0, NOW)
            .await;
        replaced.expect("stores").expect("the session is there");
        store
            .append(&[read(origin, 2, "8"), read(origin, 3, "9")], &[])
            .await
            .expect("stores");

        let whole = store
            .history(partner, display.id, 0, 100)
            .await
            .expect("reads");
        let kinds: Vec<_> = whole
            .iter()
            .map(|step| match step {
                Step::Read(read) => read.tag.as_str(),
                Step::Event(event) if event.kind == EventKind::Roster => "roster",
                Step::Event(_) => "settings",
            })
            .collect();
        assert_eq!(kinds, ["settings", "7", "roster", "8", "9"]);
        let mut paged = Vec::new();
        while let Some(step) = store
            .history(
                partner,
                display.id,
                paged.last().map_or(0, Step::position),
                1,
            )
            .await
            .expect("reads")
            .pop()
        {
            paged.push(step);
        }
        assert_eq!(paged, whole);
        let latest = async |kind| {
            let latest = store.latest_event(ann, display.id, kind).await;
            latest.expect("reads").map(Step::Event)
        };
        assert_eq!(latest(EventKind::Roster).await.as_ref(), Some(&whole[2]));
        assert_eq!(latest(EventKind::Settings).await.as_ref(), Some(&whole[0]));
    }

    #[tokio::test]
    async fn nobody_binds_or_writes_what_is_anothers() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let other = store
            .add_partner("Other", NOW)
            .await
            .expect("adds")
            .expect("is new")
            .id;
        let olga = somebody(&store, other, "olga@example.org", Role::Owner).await;
        let display = workspace(&store, olga, &[origin.timing_session_id]).await;
        assert_eq!(store.bound(other, display.id).await.expect("reads"), []);
        let ann = somebody(&store, origin.partner_id, "ann@example.org", Role::Owner).await;
        let refused = store
            .replace_roster(ann, display.id, None, "{}", 0, NOW)
            .await;
        assert_eq!(refused.expect("answers"), Err(Refusal::Unseen));
    }
}
