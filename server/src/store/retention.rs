//! How long what the hardware sent is kept, and letting go of what is older.
//!
//! Reads and lines go in small steps, each a transaction of its own, so that a read that comes in never waits long for one. A step
//! goes on where the last one came to, and what is kept is passed over by a reader, for whom nobody waits. What a timing session
//! counted stays: its figures tell what came in, not what is still there.

use gantry_core::time::Moment;
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    PartId, PartnerId, Result, Store, TimingSessionId,
    db::{reading, writing},
    fence::Server,
    parts::{Part, part},
    sql::{Common, Walled},
};

/// Rows that are looked at, and go, in one step: about a millisecond's work for SQLite, which lets nobody else write meanwhile.
const STEP: i64 = 256;

const DAY_MS: i64 = 86_400_000;

/// How long a partner's reads are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Retention {
    /// Whose.
    #[sqlx(rename = "id")]
    pub partner_id: PartnerId,
    /// Days after they were received.
    #[sqlx(rename = "keep_reads_days")]
    pub days: i64,
}

impl Retention {
    /// What a server takes for a number of days.
    pub const DAYS: std::ops::RangeInclusive<i64> = 1..=3_650;

    /// What was received before this moment goes.
    pub fn cutoff(self, now: Moment) -> Moment {
        now - self.days * DAY_MS
    }
}

const RETENTIONS: Common =
    Common::new("select id, keep_reads_days from timing_partners order by id");

const KEEP_FOR: Common =
    Common::new("update timing_partners set keep_reads_days = $2 where id = $1");

/// True of a session, called `s`, that nobody has pinned and no display shows that is open at `$3`.
macro_rules! forgettable {
    () => {
        "s.pinned_at is null
        and not exists (select 1 from display_session_bindings b
            join display_sessions d on d.id = b.display_session_id
            join display_urls u on u.display_session_id = d.id
            where b.partner_id = $1 and b.timing_session_id = s.id and d.deleted_at is null and d.archived_at is null
            and u.revoked_at is null and u.expires_at > $3)"
    };
}

/// Streams are looked at and not reads: they are few.
const OUTDATED: Walled = Walled::unattended(
    concat!(
        "select ",
        part!(),
        " from timing_session_parts p join timing_sessions s on s.id = p.timing_session_id
        where p.partner_id = $1 and p.id > $4
        and exists (select 1 from timing_streams t
            where t.partner_id = $1 and t.timing_session_id = p.recording_id and t.first_read_at < $2)
        and ",
        forgettable!(),
        " order by p.id limit 1"
    ),
    "what open displays show is kept whoever made them",
);

const LOOK_AT_READS: Walled = Walled::new(
    "select position, at, received_at from timing_reads
    where partner_id = $1 and timing_session_id = $2 and position > $3 and position <= $4 order by position limit $5",
);

/// Nothing, where the part was cut, or its session pinned or shown meanwhile.
const FORGET_READS: Walled = Walled::unattended(
    concat!(
        "delete from timing_reads where partner_id = $1 and received_at < $2
        and timing_session_id = $4 and at >= $5 and at < $6 and position > $7 and position <= $8
        and exists (select 1 from timing_session_parts p join timing_sessions s on s.id = p.timing_session_id
            where p.partner_id = $1 and p.id = $9 and p.from_at = $5 and p.until_at = $6
            and p.after_position <= $7 and p.up_to_position >= $8 and ",
        forgettable!(),
        ")"
    ),
    "what open displays show is kept whoever made them",
);

/// A line's id tells its age as its time does, and is the only order that lines are kept in.
const LOOK_AT_LINES: Walled = Walled::new(
    "select id from timing_lines where partner_id = $1 and id > $2 and id < $3 order by id limit $4",
);

const FORGET_LINES: Walled = Walled::new(
    "delete from timing_lines as l where l.partner_id = $1 and l.id > $2 and l.id <= $3
    and not exists (select 1 from timing_session_parts p join timing_sessions s on s.id = p.timing_session_id
        where p.partner_id = $1 and p.recording_id = l.timing_session_id and s.pinned_at is not null)",
);

const PIN: Walled = Walled::new(
    "update timing_sessions set pinned_at = $3 where partner_id = $1 and id = $2 and merged_into is null",
);

/// What a step of letting go came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step<Cursor> {
    /// Rows that went.
    pub forgotten: u64,
    /// Where the next one begins; `None` when there is nothing more to look at.
    pub next: Option<Cursor>,
}

#[derive(FromRow)]
struct SeenRow {
    position: i64,
    at: i64,
    received_at: i64,
}

impl Store {
    /// How long the reads of each partner are kept.
    pub async fn retentions(&self) -> Result<Vec<Retention>> {
        reading!(self.db, Server, conn => RETENTIONS.query_as().fetch_all(conn).await)
    }

    /// Has a partner's reads kept for so many days, within [`Retention::DAYS`].
    pub async fn keep_reads_for(&self, partner: PartnerId, days: i64) -> Result<()> {
        writing!(self.db, Server, conn => KEEP_FOR.query()
            .bind(partner)
            .bind(days)
            .execute(conn)
            .await
            .map(drop))
    }

    /// Keeps a timing session's reads for good, or no longer than others; false when there is no such session.
    pub async fn pin_timing_session(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
        pinned_at: Option<Moment>,
    ) -> Result<bool> {
        writing!(self.db, partner, conn => PIN.query(partner)
            .bind(session)
            .bind(pinned_at.map(|at| at.0))
            .execute(conn)
            .await
            .map(|pinned| pinned.rows_affected() > 0))
    }

    /// The next part of a timing session of the partner that may have reads received before `cutoff` which may go: the session is
    /// not pinned, and no display shows it that is open `now`.
    pub async fn outdated_part(
        &self,
        partner: PartnerId,
        cutoff: Moment,
        now: Moment,
        after: Option<&Part>,
    ) -> Result<Option<Part>> {
        let after = after.map_or(PartId(Uuid::nil()), |part| part.id);
        reading!(self.db, partner, conn => OUTDATED.query_as(partner)
            .bind(cutoff.0)
            .bind(now.0)
            .bind(after)
            .fetch_optional(conn)
            .await)
    }

    /// Lets go of what was received before `cutoff` among some of a part's reads after a position, 0 at first, unless the part's
    /// session was pinned, or is shown `now`.
    ///
    /// Reads are stored about in the order in which they were received, so where some are young the others after them are.
    pub async fn forget_reads(
        &self,
        partner: PartnerId,
        part: &Part,
        cutoff: Moment,
        now: Moment,
        after: i64,
    ) -> Result<Step<i64>> {
        let over = Step {
            forgotten: 0,
            next: None,
        };
        let Some((after, up_to)) = part.stretches(after).next() else {
            return Ok(over);
        };
        let seen: Vec<SeenRow> = reading!(self.db, partner, conn => LOOK_AT_READS.query_as(partner)
            .bind(part.recording)
            .bind(after)
            .bind(up_to)
            .bind(STEP)
            .fetch_all(conn)
            .await?);
        let is_old = |read: &&SeenRow| read.received_at < cutoff.0;
        let is_meant = |read: &SeenRow| (part.from.0..part.until.0).contains(&read.at);
        if !seen.is_empty() && !seen.iter().any(|read| is_old(&read)) {
            return Ok(over);
        }
        let last = seen.last().map_or(up_to, |read| read.position);
        let next = Some(if seen.len() < STEP as usize {
            up_to
        } else {
            last
        });
        if !seen.iter().filter(is_old).any(is_meant) {
            return Ok(Step { next, ..over });
        }
        let forgotten = writing!(self.db, partner, conn => FORGET_READS.query(partner)
            .bind(cutoff.0)
            .bind(now.0)
            .bind(part.recording)
            .bind(part.from.0)
            .bind(part.until.0)
            .bind(after)
            .bind(last)
            .bind(part.id)
            .execute(conn)
            .await?
            .rows_affected());
        Ok(Step { forgotten, next })
    }

    /// Lets go of some of the lines that were no reads and came before `cutoff`, after the one where the last step came to.
    pub async fn forget_lines(
        &self,
        partner: PartnerId,
        cutoff: Moment,
        after: Uuid,
    ) -> Result<Step<Uuid>> {
        let seen: Vec<Uuid> = reading!(self.db, partner, conn => LOOK_AT_LINES.query_scalar(partner)
            .bind(after)
            .bind(first_id_at(cutoff))
            .bind(STEP)
            .fetch_all(conn)
            .await?);
        let Some(last) = seen.last().copied() else {
            return Ok(Step {
                forgotten: 0,
                next: None,
            });
        };
        let forgotten = writing!(self.db, partner, conn => FORGET_LINES.query(partner)
            .bind(after)
            .bind(last)
            .execute(conn)
            .await?
            .rows_affected());
        let next = Some(last).filter(|_| seen.len() == STEP as usize);
        Ok(Step { forgotten, next })
    }
}

/// The lowest id that is made at a moment: ids of version 7 begin with 48 bits of milliseconds (RFC 9562, section 5.7).
fn first_id_at(moment: Moment) -> Uuid {
    let millis = u128::from(moment.0.max(0).unsigned_abs());
    Uuid::from_u128(millis << 80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        DisplaySessionId, Origin, Person, Role, Split,
        testing::{self, NOW, race, read, somebody, workspace},
    };

    const LATER: Moment = Moment(NOW.0 + 31 * DAY_MS);

    const SHOW: Walled = Walled::unattended(
        "insert into display_urls (partner_id, id, display_session_id, created_at, expires_at)
        values ($1, 'a2b3c4d5', $2, 0, $3)",
        "a test's display needs no person",
    );

    async fn show(store: &Store, person: Person, session: DisplaySessionId, until: Moment) {
        let shown: Result<()> = async {
            writing!(store.db, person.partner, conn => SHOW.query(person.partner)
                .bind(session)
                .bind(until.0)
                .execute(conn)
                .await
                .map(drop))
        }
        .await;
        shown.expect("adds");
    }

    /// Rows that went in each step over a part.
    async fn steps(store: &Store, origin: Origin, part: &Part) -> Vec<u64> {
        let (mut steps, mut next) = (Vec::new(), Some(0));
        let cutoff = LATER - 30 * DAY_MS;
        while let Some(after) = next {
            let step = store.forget_reads(origin.partner_id, part, cutoff, LATER, after);
            let step = step.await.expect("forgets");
            steps.push(step.forgotten);
            next = step.next;
        }
        steps
    }

    async fn forget_all(store: &Store, origin: Origin) -> u64 {
        let (mut part, mut gone) = (None, 0);
        let cutoff = LATER - 30 * DAY_MS;
        loop {
            let next = store.outdated_part(origin.partner_id, cutoff, LATER, part.as_ref());
            let Some(next) = next.await.expect("answers") else {
                return gone;
            };
            gone += steps(store, origin, &next).await.iter().sum::<u64>();
            part = Some(next);
        }
    }

    async fn kept(store: &Store, origin: Origin) -> usize {
        let session = origin.timing_session_id;
        let kept = store.reads_after(origin.partner_id, session, 0, 10_000);
        kept.await.expect("reads").len()
    }

    #[tokio::test]
    async fn old_reads_go_in_steps_and_young_ones_stay() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let mut reads: Vec<_> = (1..=600).map(|n| read(origin, n, "7")).collect();
        for young in &mut reads[590..] {
            young.read.received_at = LATER;
        }
        store.append(&reads, &[]).await.expect("stores");
        let part = Part::whole_of(origin.timing_session_id);
        let gone = steps(&store, origin, &part).await;
        assert_eq!(gone[..3], [256, 256, 78]);
        assert_eq!(gone[3..].iter().sum::<u64>(), 0);
        assert_eq!(kept(&store, origin).await, 10);
        assert_eq!(steps(&store, origin, &part).await, [0], "a look is enough");
        let again = store.append(&reads[590..], &[]).await.expect("answers");
        assert_eq!(again, [], "what is left is still recognised");
    }

    #[tokio::test]
    async fn what_is_kept_of_a_recording_is_looked_at_once() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let (partner, session) = (origin.partner_id, origin.timing_session_id);
        let mut reads: Vec<_> = (1..=2_000).map(|n| read(origin, n, "7")).collect();
        for (read, minute) in reads.iter_mut().zip(0..) {
            read.read.at = NOW + minute * 60_000;
        }
        store.append(&reads, &[]).await.expect("stores");
        let middle = NOW + 1_000 * 60_000;
        let rest = TimingSessionId::new();
        let split = store.split_timing_session(partner, session, middle, rest, "Rest", NOW);
        assert_eq!(split.await.expect("answers"), Split::Done);
        let pinned = store.pin_timing_session(partner, session, Some(NOW)).await;
        assert!(pinned.expect("pins"));
        let part = async || store.parts(partner, rest).await.expect("reads").remove(0);

        let step = |after| {
            let (store, cutoff) = (&store, LATER - 30 * DAY_MS);
            async move {
                let part = store.parts(partner, rest).await.expect("reads").remove(0);
                let step = store.forget_reads(partner, &part, cutoff, LATER, after);
                step.await.expect("forgets")
            }
        };
        // As long as nobody counted where its reads lie, what is kept is passed over, and not again.
        let mut looked = 0;
        let mut next = Some(0);
        while let Some(after) = next.take().filter(|after| *after < 1_000) {
            let step = step(after).await;
            looked += 1;
            next = step.next;
        }
        assert_eq!(looked, 4, "each step begins where the last one came to");
        assert_eq!(part().await.first_position, None);
        while store.count_parts().await.expect("counts") {}
        assert!(part().await.first_position.is_some());
        let gone = steps(&store, origin, &part().await).await;
        assert!(gone[0] > 0, "it begins after what is kept: {gone:?}");
        assert_eq!(kept(&store, origin).await, 1_000);
    }

    #[tokio::test]
    async fn what_was_pinned_since_stays() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let (partner, session) = (origin.partner_id, origin.timing_session_id);
        let one = [read(origin, 1, "7")];
        store.append(&one, &[]).await.expect("stores");
        let part = Part::whole_of(session);
        let pinned = store.pin_timing_session(partner, session, Some(NOW)).await;
        assert!(pinned.expect("pins"));
        assert_eq!(steps(&store, origin, &part).await.iter().sum::<u64>(), 0);
        assert_eq!(kept(&store, origin).await, 1);
    }

    #[tokio::test]
    async fn what_is_pinned_or_shown_stays() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let (partner, session) = (origin.partner_id, origin.timing_session_id);
        store
            .append(&[read(origin, 1, "7")], &[])
            .await
            .expect("stores");

        let pin = async |at| store.pin_timing_session(partner, session, at).await;
        assert!(pin(Some(NOW)).await.expect("pins"));
        assert_eq!(forget_all(&store, origin).await, 0, "pinned");
        assert!(pin(None).await.expect("unpins"));

        let person = somebody(&store, partner, "op@acme.example", Role::Operator).await;
        let shown = workspace(&store, person, &[session]).await;
        show(&store, person, shown.id, LATER + 3_600_000).await;
        assert_eq!(forget_all(&store, origin).await, 0, "on a display");
        store
            .revoke_display(person, "a2b3c4d5", LATER)
            .await
            .expect("revokes")
            .expect("is the person's own");
        assert_eq!(forget_all(&store, origin).await, 1);
        assert_eq!(kept(&store, origin).await, 0);
        let other = store.add_partner("Other", NOW).await.expect("adds");
        let theirs = other.expect("is new").id;
        let pinned = store.pin_timing_session(theirs, session, Some(NOW)).await;
        assert!(!pinned.expect("answers"), "nobody else's to pin");
    }

    #[tokio::test]
    async fn old_lines_go_and_days_are_each_partners_own() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let partner = origin.partner_id;
        let line = testing::line(partner, b"?");
        store.append(&[], &[line]).await.expect("stores");
        let today = crate::clock::now();
        let forget = async |cutoff| {
            let step = store.forget_lines(partner, cutoff, Uuid::nil()).await;
            step.expect("forgets").forgotten
        };
        assert_eq!(forget(today - DAY_MS).await, 0, "ids are of today");
        assert_eq!(forget(today + DAY_MS).await, 1);

        let other = store.add_partner("Other", NOW).await.expect("adds");
        let other = other.expect("is new").id;
        store.keep_reads_for(other, 7).await.expect("keeps");
        let retentions = store.retentions().await.expect("lists");
        let days = |partner| {
            let found = retentions.iter().find(|kept| kept.partner_id == partner);
            found.map(|kept| kept.days)
        };
        assert_eq!((days(partner), days(other)), (Some(30), Some(7)));
    }
}
