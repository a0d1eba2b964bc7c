//! What a board is folded from: what operators said last, and the reads of the bound timing sessions in one order.
//!
//! A roster replaces the one before it, as settings do, so only the newest of each is ever asked for. A few are kept behind it for
//! whoever has to find out what was changed.

use gantry_core::time::Moment;
use sqlx::FromRow;

use super::{
    DisplaySessionId, PartnerId, Person, Result, Store, TimingSessionId,
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

/// How many events of a kind a display session keeps.
pub(super) const KEPT: i64 = 3;

/// How many older ones go with a new one, each of which may hold a roster of megabytes.
pub(super) const FORGOTTEN_AT_ONCE: i64 = 4;

/// Why what a board is made of is read for no person.
const FOR_SCREENS: &str = "screens show the picture of whatever display they know the id of";

pub(super) const APPEND: Walled = Walled::unattended(
    "insert into session_events (position, display_session_id, partner_id, kind, at, body)
    select $3, id, partner_id, $4, $5, $6 from display_sessions
    where partner_id = $1 and id = $2 and deleted_at is null",
    "the person was found to be allowed to change the session",
);

/// `$4` is [`KEPT`], `$5` [`FORGOTTEN_AT_ONCE`].
pub(super) const FORGET_OLD: Walled = Walled::unattended(
    "delete from session_events where partner_id = $1 and position in (
        select position from session_events
        where partner_id = $1 and display_session_id = $2 and kind = $3
        order by position desc limit $5 offset $4)",
    "the person was found to be allowed to change the session",
);

pub(super) const FORGET_ALL: Walled = Walled::unattended(
    "delete from session_events where partner_id = $1 and display_session_id = $2",
    "the person was found to be allowed to remove the session",
);

const IN_FORCE: Walled = Walled::unattended(
    "select position, kind, at, body from session_events
    where partner_id = $1 and display_session_id = $2 and position in (
        select max(position) from session_events
        where partner_id = $1 and display_session_id = $2 group by kind)
    order by position",
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
    where d.partner_id = $1 and t.partner_id = $1 and d.id = $2 and t.id = $3 and t.merged_into is null
    on conflict do nothing",
    "the person was found to be allowed to change the session",
);

/// Stores an event of a display session, and lets go of old ones that it leaves behind: `append!(transaction, partner, session,
/// position, kind, at, body)`.
macro_rules! append {
    ($transaction:ident, $partner:expr, $session:expr, $position:expr, $kind:expr, $at:expr, $body:expr) => {
        $crate::store::session_events::APPEND
            .query($partner)
            .bind($session)
            .bind($position)
            .bind($kind)
            .bind($at.0)
            .bind($body)
            .execute(&mut *$transaction)
            .await?;
        $crate::store::session_events::FORGET_OLD
            .query($partner)
            .bind($session)
            .bind($kind)
            .bind($crate::store::session_events::KEPT)
            .bind($crate::store::session_events::FORGOTTEN_AT_ONCE)
            .execute(&mut *$transaction)
            .await?;
    };
}
pub(super) use append;

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

    /// The newest event of each kind, in order.
    pub async fn events_in_force(
        &self,
        partner: PartnerId,
        session: DisplaySessionId,
    ) -> Result<Vec<StoredEvent>> {
        reading!(self.db, partner, conn => IN_FORCE.query_as(partner)
            .bind(session)
            .fetch_all(conn)
            .await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        Origin, Refusal, Role, SessionChange,
        testing::{self, NOW, race, read, somebody, workspace},
    };

    const KEPT_BODIES: Walled = Walled::unattended(
        "select body from session_events where partner_id = $1 and display_session_id = $2 order by position",
        "a test asks",
    );

    async fn kept(store: &Store, partner: PartnerId, session: DisplaySessionId) -> Vec<String> {
        let kept: Result<Vec<String>> = async {
            reading!(store.db, partner, conn => KEPT_BODIES.query_scalar(partner)
                .bind(session)
                .fetch_all(conn)
                .await)
        }
        .await;
        kept.expect("reads")
    }

    #[tokio::test]
    async fn reads_of_all_bound_sessions_come_in_the_order_they_were_stored() {
        let (store, _dir) = testing::store().await;
        let one = race(&store).await;
        let partner = one.partner_id;
        let second = store
            .open_timing_session(partner, "22ROTM", "255F", "2021-05-08", NOW)
            .await
            .expect("opens");
        let stream = store
            .open_stream(partner, second, "255F", "FINISH", NOW)
            .await
            .expect("opens");
        let other = Origin {
            timing_session_id: second,
            stream_id: stream.id,
            ..one
        };
        let ann = somebody(&store, partner, "ann@example.org", Role::Operator).await;
        let bound = [one.timing_session_id, other.timing_session_id];
        let display = workspace(&store, ann, &bound).await.id;
        let reads = [
            read(one, 1, "7"),
            read(other, 1, "8"),
            read(one, 2, "9"),
            read(one, 3, "10"),
        ];
        store.append(&reads, &[]).await.expect("stores");
        let after = async |position, limit| {
            let parts = store.bound_parts(partner, display).await.expect("reads");
            let reads = store.reads_of(partner, &parts, position, limit).await;
            reads.expect("reads")
        };
        let whole = after(0, 9).await;
        let tags: Vec<_> = whole.iter().map(|read| read.tag.as_str()).collect();
        assert_eq!(tags, ["7", "8", "9", "10"]);
        let mut paged = after(0, 1).await;
        while let Some(last) = paged.last() {
            match after(last.position, 1).await.pop() {
                Some(next) => paged.push(next),
                None => break,
            }
        }
        assert_eq!(paged, whole);
    }

    #[tokio::test]
    async fn few_events_are_kept_and_the_newest_of_each_kind_is_in_force() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let partner = origin.partner_id;
        let ann = somebody(&store, partner, "ann@example.org", Role::Operator).await;
        let (display, twin) = (
            workspace(&store, ann, &[]).await.id,
            workspace(&store, ann, &[]).await.id,
        );
        for n in 1..=9 {
            let roster = format!("roster {n}");
            let replaced = store.replace_roster(ann, display, None, &roster, 0, NOW);
            replaced.await.expect("stores").expect("is there");
            let change = SessionChange {
                settings: Some(format!("settings {n}")),
                ..SessionChange::default()
            };
            let changed = store.change_display_session(ann, display, None, &change, NOW);
            changed.await.expect("stores").expect("is there");
        }
        assert_eq!(
            kept(&store, partner, display).await,
            [
                "roster 7",
                "settings 7",
                "roster 8",
                "settings 8",
                "roster 9",
                "settings 9"
            ]
        );
        let in_force = store.events_in_force(partner, display).await;
        let in_force: Vec<_> = in_force
            .expect("reads")
            .into_iter()
            .map(|event| (event.kind, event.body))
            .collect();
        let expected = [
            (EventKind::Roster, "roster 9".to_owned()),
            (EventKind::Settings, "settings 9".to_owned()),
        ];
        assert_eq!(in_force, expected);
        assert_eq!(kept(&store, partner, twin).await.len(), 1, "another's stay");

        let removed = store.remove_display_session(ann, display, None, NOW).await;
        removed.expect("removes").expect("is the person's own");
        let count = store.count_display_sessions(partner).await;
        assert_eq!(count.expect("counts"), 1, "what is removed takes no room");
        assert!(kept(&store, partner, display).await.is_empty());
        assert_eq!(kept(&store, partner, twin).await.len(), 1, "another's stay");
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
