//! How long what the hardware sent is kept, and letting go of what is older.
//!
//! Reads and lines go in small steps, each a transaction of its own, so that a read that comes in never waits long for one. What a
//! timing session counted stays: its figures tell what came in, not what is still there.

use gantry_core::time::Moment;
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    PartnerId, Result, Store, TimingSessionId,
    db::{reading, writing},
    fence::Server,
    parts::{Part, part},
    sql::{Common, Walled},
};

/// Rows that go in one step: about a millisecond's work for SQLite, which lets nobody else write meanwhile.
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

/// A part of a session whose oldest reads may go. Streams are looked at first: they are few, and most are young.
const OUTDATED: Walled = Walled::unattended(
    concat!(
        "select ",
        part!(),
        " from timing_session_parts p join timing_sessions s on s.id = p.timing_session_id
        where p.partner_id = $1 and s.pinned_at is null
        and exists (select 1 from timing_streams t
            where t.partner_id = $1 and t.timing_session_id = p.recording_id and t.first_read_at < $2)
        and exists (select 1 from timing_reads r
            where r.partner_id = $1 and r.timing_session_id = p.recording_id and r.received_at < $2
            and r.at >= p.from_at and r.at < p.until_at
            and r.position > p.after_position and r.position <= p.up_to_position)
        and not exists (select 1 from display_session_bindings b
            join display_sessions d on d.id = b.display_session_id
            join display_urls u on u.display_session_id = d.id
            where b.partner_id = $1 and b.timing_session_id = s.id and d.deleted_at is null and d.archived_at is null
            and u.revoked_at is null and u.expires_at > $3)
        order by p.id limit 1"
    ),
    "what open displays show is kept whoever made them",
);

const FORGET_READS: Walled = Walled::new(
    "delete from timing_reads where partner_id = $1 and position in (
    select position from timing_reads
    where partner_id = $1 and timing_session_id = $2 and received_at < $3
    and at >= $5 and at < $6 and position > $7 and position <= $8 order by position limit $4)",
);

/// A line's id tells its age as its time does, and is the only order that lines are kept in.
const FORGET_LINES: Walled = Walled::new(
    "delete from timing_lines where partner_id = $1 and id in (
    select l.id from timing_lines l where l.partner_id = $1 and l.id < $2
    and not exists (select 1 from timing_session_parts p join timing_sessions s on s.id = p.timing_session_id
        where p.partner_id = $1 and p.recording_id = l.timing_session_id and s.pinned_at is not null)
    order by l.id limit $3)",
);

const PIN: Walled = Walled::new(
    "update timing_sessions set pinned_at = $3 where partner_id = $1 and id = $2 and merged_into is null",
);

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

    /// A part of a timing session of the partner with reads received before `cutoff` that may go: the session is not pinned, and no
    /// display shows it that is open `now`.
    pub async fn outdated_part(
        &self,
        partner: PartnerId,
        cutoff: Moment,
        now: Moment,
    ) -> Result<Option<Part>> {
        reading!(self.db, partner, conn => OUTDATED.query_as(partner)
            .bind(cutoff.0)
            .bind(now.0)
            .fetch_optional(conn)
            .await)
    }

    /// Lets go of some of a part's reads that were received before `cutoff`, and answers how many: 0 when none is left.
    pub async fn forget_reads(
        &self,
        partner: PartnerId,
        part: &Part,
        cutoff: Moment,
    ) -> Result<u64> {
        writing!(self.db, partner, conn => FORGET_READS.query(partner)
            .bind(part.recording)
            .bind(cutoff.0)
            .bind(STEP)
            .bind(part.from.0)
            .bind(part.until.0)
            .bind(part.after)
            .bind(part.up_to)
            .execute(conn)
            .await
            .map(|forgotten| forgotten.rows_affected()))
    }

    /// Lets go of some lines that were no reads and came before `cutoff`, and answers how many: 0 when none is left.
    pub async fn forget_lines(&self, partner: PartnerId, cutoff: Moment) -> Result<u64> {
        writing!(self.db, partner, conn => FORGET_LINES.query(partner)
            .bind(first_id_at(cutoff))
            .bind(STEP)
            .execute(conn)
            .await
            .map(|forgotten| forgotten.rows_affected()))
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
        DisplaySessionId, NewLine, Origin, Person, Role,
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

    async fn forget_all(store: &Store, origin: Origin) -> u64 {
        let (partner, mut gone) = (origin.partner_id, 0);
        let cutoff = LATER - 30 * DAY_MS;
        while let Some(part) = store
            .outdated_part(partner, cutoff, LATER)
            .await
            .expect("answers")
        {
            let step = store.forget_reads(partner, &part, cutoff).await;
            gone += step.expect("forgets");
        }
        gone
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
        let (partner, session) = (origin.partner_id, origin.timing_session_id);
        let cutoff = LATER - 30 * DAY_MS;
        let part = Part::whole_of(session);
        let mut steps = Vec::new();
        loop {
            let step = store.forget_reads(partner, &part, cutoff).await;
            match step.expect("forgets") {
                0 => break,
                step => steps.push(step),
            }
        }
        assert_eq!(steps, [256, 256, 78]);
        assert_eq!(kept(&store, origin).await, 10);
        let open = store.outdated_part(partner, cutoff, LATER).await;
        assert_eq!(open.expect("answers"), None, "only young reads are left");
        let again = store.append(&reads[590..], &[]).await.expect("answers");
        assert_eq!(again, [], "what is left is still recognised");
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
        let line = NewLine {
            partner_id: origin.partner_id,
            timing_session_id: None,
            peer: "127.0.0.1:9".to_owned(),
            received_at: NOW,
            fault: Some("no fields".to_owned()),
            raw: b"?".to_vec(),
        };
        store.append(&[], &[line]).await.expect("stores");
        let partner = origin.partner_id;
        let today = crate::clock::now();
        let forget = async |cutoff| store.forget_lines(partner, cutoff).await.expect("forgets");
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
