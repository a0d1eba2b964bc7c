//! What operators make of timing sessions: merged and split.
//!
//! Each is a change of which session shows which part of which recording. No read is touched by it.

use gantry_core::time::Moment;
use sqlx::Connection;

use super::{
    PartId, PartnerId, Result, Store, TimingSessionId,
    db::{reading, writing},
    parts::{PARTS, Part, add_part},
    sql::Walled,
};

/// What came of splitting a timing session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Split {
    /// It is split.
    Done,
    /// There is no such session.
    Missing,
    /// All that it shows happens at or after the moment.
    NothingBefore,
    /// All that it shows happened before the moment.
    NothingAfter,
}

/// Whoever changes what a session is made of holds its row until that is done. Sessions that were merged into others are not held.
pub(super) const HOLD: Walled = Walled::new(
    "update timing_sessions set merged_into = null
    where partner_id = $1 and id in ($2, $3) and merged_into is null",
);

const MERGE: Walled = Walled::new(
    "update timing_sessions set merged_into = $3 where partner_id = $1 and (id = $2 or merged_into = $2)",
);

const PIN_AS: Walled = Walled::new(
    "update timing_sessions set pinned_at = coalesce(pinned_at,
        (select other.pinned_at from timing_sessions other where other.partner_id = $1 and other.id = $2))
    where partner_id = $1 and id = $3",
);

/// Nobody who builds on what the display session was before overwrites it unseen.
const TOUCH_BOUND: Walled = Walled::unattended(
    "update display_sessions set revision = revision + 1 where partner_id = $1 and id in (
        select display_session_id from display_session_bindings where partner_id = $1 and timing_session_id = $2)",
    "what shows a session goes on showing its reads, whosever it is",
);

const BIND_AS: Walled = Walled::unattended(
    "insert into display_session_bindings (partner_id, display_session_id, timing_session_id, created_at)
    select partner_id, display_session_id, $3, $4
    from display_session_bindings where partner_id = $1 and timing_session_id = $2
    on conflict do nothing",
    "what shows a session goes on showing its reads, whosever it is",
);

const UNBIND_FROM: Walled = Walled::unattended(
    "delete from display_session_bindings where partner_id = $1 and timing_session_id = $2",
    "what shows a session goes on showing its reads, whosever it is",
);

const SPLIT_OFF: Walled = Walled::new(
    "insert into timing_sessions (partner_id, id, name, event_name, race_day, created_at, pinned_at, closed_at, split_from)
    select partner_id, $3, $4, event_name, race_day, $5, pinned_at, closed_at, id
    from timing_sessions where partner_id = $1 and id = $2",
);

const MERGED_INTO: Walled =
    Walled::new("select merged_into from timing_sessions where partner_id = $1 and id = $2");

const EVENT_OF: Walled =
    Walled::new("select event_name from timing_sessions where partner_id = $1 and id = $2");

const GIVE: Walled = Walled::new(
    "update timing_session_parts set timing_session_id = $3 where partner_id = $1 and id = $2",
);

const RESHAPE: Walled = Walled::new(
    "update timing_session_parts set timing_session_id = $3, from_at = $4, until_at = $5,
    after_position = $6, up_to_position = $7, counted_to = $6, first_position = null, last_position = null
    where partner_id = $1 and id = $2",
);

const FORGET_FIGURES: Walled =
    Walled::new("delete from timing_part_figures where partner_id = $1 and part_id = $2");

const REMOVE_PART: Walled =
    Walled::new("delete from timing_session_parts where partner_id = $1 and id = $2");

/// Makes of some parts others that hold the same reads: `arrange!(transaction, partner, before, after)`.
macro_rules! arrange {
    ($transaction:ident, $partner:expr, $before:expr, $after:expr) => {
        for part in &$before {
            match $after.iter().find(|after| after.id == part.id) {
                Some(after) if after.is_as_long_as(part) => {
                    GIVE.query($partner)
                        .bind(part.id)
                        .bind(after.session)
                        .execute(&mut *$transaction)
                        .await?;
                }
                Some(after) => {
                    FORGET_FIGURES
                        .query($partner)
                        .bind(part.id)
                        .execute(&mut *$transaction)
                        .await?;
                    RESHAPE
                        .query($partner)
                        .bind(part.id)
                        .bind(after.session)
                        .bind(after.from.0)
                        .bind(after.until.0)
                        .bind(after.after)
                        .bind(after.up_to)
                        .execute(&mut *$transaction)
                        .await?;
                }
                None => {
                    FORGET_FIGURES
                        .query($partner)
                        .bind(part.id)
                        .execute(&mut *$transaction)
                        .await?;
                    REMOVE_PART
                        .query($partner)
                        .bind(part.id)
                        .execute(&mut *$transaction)
                        .await?;
                }
            }
        }
        for part in &$after {
            if $before.iter().all(|before| before.id != part.id) {
                add_part!($partner, part)
                    .execute(&mut *$transaction)
                    .await?;
            }
        }
    };
}

impl Store {
    /// Has a timing session show what another one showed, which is shown no more; false when one of them is not there.
    pub async fn merge_timing_session(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
        into: TimingSessionId,
        at: Moment,
    ) -> Result<bool> {
        writing!(self.db, partner, conn => {
            let mut transaction = conn.begin().await?;
            let held = HOLD.query(partner)
                .bind(session)
                .bind(into)
                .execute(&mut *transaction)
                .await?;
            if held.rows_affected() != 2 {
                return Ok(false);
            }
            let mut parts: Vec<Part> = Vec::new();
            for session in [into, session] {
                parts.extend(PARTS.query_as(partner).bind(session).fetch_all(&mut *transaction).await?);
            }
            let merged = joined(parts.iter().map(|part| part.clone().of(into)));
            arrange!(transaction, partner, parts, merged);
            for text in [PIN_AS, MERGE] {
                text.query(partner).bind(session).bind(into).execute(&mut *transaction).await?;
            }
            TOUCH_BOUND.query(partner).bind(session).execute(&mut *transaction).await?;
            BIND_AS.query(partner)
                .bind(session)
                .bind(into)
                .bind(at.0)
                .execute(&mut *transaction)
                .await?;
            UNBIND_FROM.query(partner).bind(session).execute(&mut *transaction).await?;
            transaction.commit().await?;
            Ok(true)
        })
    }

    /// Has a new timing session show what of another happened at or after `from`. Its reads are counted afterwards, by
    /// [`Store::count_parts`].
    pub async fn split_timing_session(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
        from: Moment,
        new: TimingSessionId,
        name: &str,
        at: Moment,
    ) -> Result<Split> {
        writing!(self.db, partner, conn => {
            let mut transaction = conn.begin().await?;
            let held = HOLD.query(partner)
                .bind(session)
                .bind(session)
                .execute(&mut *transaction)
                .await?;
            if held.rows_affected() == 0 {
                return Ok(Split::Missing);
            }
            let parts: Vec<Part> =
                PARTS.query_as(partner).bind(session).fetch_all(&mut *transaction).await?;
            let halves = parts.iter().map(|part| part.cut_at(from));
            let (before, after): (Vec<_>, Vec<_>) = halves.unzip();
            if before.iter().all(Option::is_none) {
                return Ok(Split::NothingBefore);
            }
            if after.iter().all(Option::is_none) {
                return Ok(Split::NothingAfter);
            }
            SPLIT_OFF.query(partner)
                .bind(session)
                .bind(new)
                .bind(name)
                .bind(at.0)
                .execute(&mut *transaction)
                .await?;
            let pairs = before.into_iter().zip(after);
            let split: Vec<Part> = pairs.flat_map(|(before, after)| apart(before, after, new)).collect();
            arrange!(transaction, partner, parts, split);
            transaction.commit().await?;
            Ok(Split::Done)
        })
    }

    /// The session that shows what this one showed before it was merged.
    pub async fn merged_into(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
    ) -> Result<Option<TimingSessionId>> {
        reading!(self.db, partner, conn => MERGED_INTO.query_scalar(partner)
            .bind(session)
            .fetch_optional(conn)
            .await
            .map(Option::flatten))
    }

    /// The event of a session, as the hardware names it.
    pub async fn event_of(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
    ) -> Result<Option<String>> {
        reading!(self.db, partner, conn => EVENT_OF.query_scalar(partner)
            .bind(session)
            .fetch_optional(conn)
            .await)
    }
}

impl Part {
    /// It, shown by this session.
    pub(super) fn of(self, session: TimingSessionId) -> Self {
        Self { session, ..self }
    }

    fn is_as_long_as(&self, other: &Self) -> bool {
        let bounds = |part: &Self| (part.from, part.until, part.after, part.up_to);
        bounds(self) == bounds(other)
    }
}

/// The two sides of a part that was cut, the later one for another session. Where there are two, the later is new.
fn apart(
    before: Option<Part>,
    after: Option<Part>,
    session: TimingSessionId,
) -> impl Iterator<Item = Part> {
    let is_cut = before.is_some();
    let after = after.map(|part| Part {
        id: if is_cut { PartId::new() } else { part.id },
        ..part.of(session)
    });
    before.into_iter().chain(after)
}

/// The parts with those joined between which nothing lies.
fn joined(parts: impl Iterator<Item = Part>) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::new();
    for mut part in parts {
        while let Some(index) = joined
            .iter()
            .position(|other| other.joined(&part).is_some())
        {
            let other = joined.swap_remove(index);
            part = other.joined(&part).unwrap_or(part);
        }
        joined.push(part);
    }
    joined
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::store::{
        NewRead, Origin, Role,
        testing::{self, NOW, race, read, somebody, workspace},
    };

    pub(crate) const HOUR_MS: i64 = 3_600_000;

    /// The store of a race with a read every minute from [`NOW`] on, tagged by the minute.
    pub(crate) async fn race_of(minutes: u64) -> (Store, testing::Place, Origin) {
        let (store, place) = testing::store().await;
        let origin = race(&store).await;
        send(&store, origin, 0..minutes).await;
        (store, place, origin)
    }

    pub(crate) async fn send(store: &Store, origin: Origin, minutes: std::ops::Range<u64>) {
        let reads: Vec<_> = minutes.map(|minute| at_minute(origin, minute)).collect();
        store.append(&reads, &[]).await.expect("stores");
        while store.count_parts().await.expect("counts") {}
    }

    fn at_minute(origin: Origin, minute: u64) -> NewRead {
        let mut new = read(origin, minute + 1, &minute.to_string());
        new.read.at = minute_of(minute);
        new.read.wire_time = minute.to_string();
        new
    }

    fn minute_of(minute: u64) -> Moment {
        NOW + minute.cast_signed() * 60_000
    }

    pub(crate) async fn split(
        store: &Store,
        partner: PartnerId,
        session: TimingSessionId,
        minute: u64,
    ) -> TimingSessionId {
        let (new, from) = (TimingSessionId::new(), minute_of(minute));
        let split = store.split_timing_session(partner, session, from, new, "Later", NOW);
        assert_eq!(split.await.expect("splits"), Split::Done);
        while store.count_parts().await.expect("counts") {}
        new
    }

    /// The minutes that a session shows, by each of the ways to ask for them, which say the same.
    pub(crate) async fn minutes(
        store: &Store,
        partner: PartnerId,
        session: TimingSessionId,
    ) -> Vec<u64> {
        let after = store
            .reads_after(partner, session, 0, 1_000)
            .await
            .expect("reads");
        let newest = store
            .newest_reads(partner, session, 1_000)
            .await
            .expect("reads");
        assert!(after.iter().eq(newest.iter().rev()));
        let kept = store
            .kept_reads_after(partner, session, 0, 1_000)
            .await
            .expect("reads");
        assert!(after.iter().eq(kept.iter().map(|kept| &kept.read)));
        let mut paged = Vec::new();
        let mut position = 0;
        loop {
            let page = store
                .reads_after(partner, session, position, 3)
                .await
                .expect("reads");
            let Some(last) = page.last() else { break };
            position = last.position;
            paged.extend(page);
        }
        assert_eq!(paged, after);
        let lately = store.reads_per_minute(partner, session, NOW + 10_000).await;
        assert_eq!(lately.expect("counts"), after.len() as i64);
        let by_location = store
            .reads_by_location(partner, session)
            .await
            .expect("reads");
        let counted: i64 = by_location.iter().map(|mat| mat.reads).sum();
        assert_eq!(counted, after.len() as i64);
        let seen = store.timing_session(partner, session).await.expect("reads");
        let seen = seen.expect("is there");
        let received = |read: &crate::store::StoredRead| read.received_at;
        assert_eq!(
            (seen.reads, seen.first_read_at, seen.last_read_at),
            (
                counted,
                after.iter().map(received).min(),
                after.iter().map(received).max()
            )
        );
        after
            .iter()
            .map(|read| read.tag.parse().expect("a minute"))
            .collect()
    }

    #[tokio::test]
    async fn a_session_is_split_by_time_again_and_again_and_merged_whole() {
        let (store, _place, origin) = race_of(10).await;
        let (partner, first) = (origin.partner_id, origin.timing_session_id);
        let second = split(&store, partner, first, 4).await;
        let third = split(&store, partner, second, 8).await;
        assert_eq!(minutes(&store, partner, first).await, [0, 1, 2, 3]);
        assert_eq!(minutes(&store, partner, second).await, [4, 5, 6, 7]);
        assert_eq!(minutes(&store, partner, third).await, [8, 9]);

        // A backlog goes where its reads happened, and what was stored is recognised wherever it is shown.
        let late = Origin {
            stream_id: store
                .open_stream(partner, first, "LATE", "START", NOW)
                .await
                .expect("opens")
                .id,
            ..origin
        };
        let mut backlog = [at_minute(late, 5), at_minute(late, 0)];
        for new in &mut backlog {
            new.read.location = "START".to_owned();
        }
        store.append(&backlog, &[]).await.expect("stores");
        send(&store, origin, 0..12).await;
        assert_eq!(minutes(&store, partner, first).await, [0, 1, 2, 3, 0]);
        assert_eq!(minutes(&store, partner, second).await, [4, 5, 6, 7, 5]);
        assert_eq!(minutes(&store, partner, third).await, [8, 9, 10, 11]);

        let outside = |minute| {
            let new = TimingSessionId::new();
            store.split_timing_session(partner, second, minute_of(minute), new, "x", NOW)
        };
        assert_eq!(outside(4).await.expect("answers"), Split::NothingBefore);
        assert_eq!(outside(8).await.expect("answers"), Split::NothingAfter);

        for session in [third, second] {
            let merged = store
                .merge_timing_session(partner, session, first, NOW)
                .await;
            assert!(merged.expect("merges"));
            let into = store.merged_into(partner, session).await;
            assert_eq!(into.expect("answers"), Some(first));
            let gone = store.timing_session(partner, session).await;
            assert_eq!(gone.expect("answers"), None);
        }
        while store.count_parts().await.expect("counts") {}
        assert_eq!(minutes(&store, partner, first).await.len(), 14);
        let parts = store.parts(partner, first).await.expect("reads");
        assert_eq!(
            parts,
            [Part::whole_of(first)],
            "nothing of it is left to see"
        );
    }

    #[tokio::test]
    async fn displays_of_a_merged_session_show_it_still() {
        let (store, _place, origin) = race_of(4).await;
        let (partner, first) = (origin.partner_id, origin.timing_session_id);
        let second = split(&store, partner, first, 2).await;
        let ann = somebody(&store, partner, "ann@example.org", Role::Operator).await;
        let display = workspace(&store, ann, &[second]).await;
        let pinned = store.pin_timing_session(partner, second, Some(NOW)).await;
        assert!(pinned.expect("pins"));
        let merge = |session, into| store.merge_timing_session(partner, session, into, NOW);
        assert!(!merge(first, first).await.expect("answers"));
        assert!(!merge(first, TimingSessionId::new()).await.expect("answers"));
        assert!(merge(second, first).await.expect("merges"));
        assert!(!merge(second, first).await.expect("answers"), "once");

        let bound = store.bound(partner, display.id).await;
        assert_eq!(bound.expect("reads"), [first]);
        let parts = store.bound_parts(partner, display.id).await.expect("reads");
        assert_eq!(parts, [Part::whole_of(first)]);
        let seen = store.display_session(ann, display.id).await;
        assert_eq!(
            seen.expect("reads").expect("is there").revision,
            display.revision + 1
        );
        let seen = store.timing_session(partner, first).await.expect("reads");
        assert!(
            seen.expect("is there").pinned_at.is_some(),
            "what was to be kept is"
        );
    }

    #[tokio::test]
    async fn nobody_rearranges_what_is_anothers() {
        let (store, _place, origin) = race_of(2).await;
        let (partner, first) = (origin.partner_id, origin.timing_session_id);
        let second = split(&store, partner, first, 1).await;
        let other = store.add_partner("Other", NOW).await.expect("adds");
        let other = other.expect("is new").id;
        let new = TimingSessionId::new();
        let split = store.split_timing_session(other, first, minute_of(1), new, "x", NOW);
        assert_eq!(split.await.expect("answers"), Split::Missing);
        assert!(
            !store
                .merge_timing_session(other, second, first, NOW)
                .await
                .expect("answers")
        );
        assert!(
            !store
                .close_timing_session(other, first, NOW)
                .await
                .expect("answers")
        );
        assert!(
            !store
                .reopen_timing_session(other, first, NOW)
                .await
                .expect("answers")
        );
        assert_eq!(store.parts(other, first).await.expect("answers"), []);
        assert_eq!(minutes(&store, partner, first).await, [0]);
    }
}
