//! Timing sessions that operators close and open again.
//!
//! Closing says that what comes later is another race: hardware that comes again is shown in a new session from then on.

use gantry_core::time::Moment;
use sqlx::Connection;

use super::{
    PartId, PartnerId, Result, Store, TimingSessionId,
    db::{reading, writing},
    parts::{Part, add_part, open_ended, part},
    rearrange::HOLD,
    sql::Walled,
};

const CLOSE: Walled = Walled::new(
    "update timing_sessions set closed_at = coalesce(closed_at, $3)
    where partner_id = $1 and id = $2 and merged_into is null",
);

const REOPEN: Walled = Walled::new(concat!(
    "update timing_sessions set closed_at = null, reopened_at = $3
    where partner_id = $1 and id = $2 and exists (select 1 from timing_session_parts p
        where p.partner_id = $1 and p.timing_session_id = $2 and ",
    open_ended!(),
    ")"
));

const IN_CLOSED: Walled = Walled::new(concat!(
    "select ",
    part!(),
    " from timing_session_parts p join timing_sessions s on s.id = p.timing_session_id
    where p.partner_id = $1 and p.recording_id = $2 and s.closed_at is not null and ",
    open_ended!()
));

/// Changes nothing where the part was changed meanwhile. What was counted in it stays in it, or it would be counted elsewhere again.
const END: Walled = Walled::new(concat!(
    "update timing_session_parts as p set up_to_position = case when p.counted_to > $4 then p.counted_to else $4 end
    where p.partner_id = $1 and p.id = $2 and p.timing_session_id = $3 and ",
    open_ended!(),
    " returning up_to_position"
));

const GO_ON_ELSEWHERE: Walled = Walled::new(
    "insert into timing_sessions (partner_id, id, name, event_name, race_day, created_at, split_from)
    select partner_id, $3, event_name, event_name, $4, $5, id
    from timing_sessions where partner_id = $1 and id = $2",
);

impl Store {
    /// Has what hardware sends from its next coming on shown elsewhere; false when there is no such session.
    pub async fn close_timing_session(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
        at: Moment,
    ) -> Result<bool> {
        writing!(self.db, partner, conn => CLOSE.query(partner)
            .bind(session)
            .bind(at.0)
            .execute(conn)
            .await
            .map(|closed| closed.rows_affected() > 0))
    }

    /// Has hardware go on in a session that is closed or ended by itself; false when it goes on elsewhere already.
    pub async fn reopen_timing_session(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
        at: Moment,
    ) -> Result<bool> {
        writing!(self.db, partner, conn => REOPEN.query(partner)
            .bind(session)
            .bind(at.0)
            .execute(conn)
            .await
            .map(|reopened| reopened.rows_affected() > 0))
    }

    /// Has a new timing session show what hardware sends from now on, where a closed one showed what it sent so far; whether it
    /// was so.
    pub(super) async fn leave_closed(
        &self,
        partner: PartnerId,
        recording: TimingSessionId,
        race_day: &str,
        at: Moment,
    ) -> Result<bool> {
        let shown: Option<Part> = reading!(self.db, partner, conn => IN_CLOSED.query_as(partner)
            .bind(recording)
            .fetch_optional(conn)
            .await?);
        let Some(part) = shown else { return Ok(false) };
        let last = self.last_position().await?;
        self.end_after(partner, &part, last, race_day, at).await
    }

    /// Ends a part after a position, and has a new session show what comes then.
    async fn end_after(
        &self,
        partner: PartnerId,
        part: &Part,
        last: i64,
        race_day: &str,
        at: Moment,
    ) -> Result<bool> {
        writing!(self.db, partner, conn => {
            let mut transaction = conn.begin().await?;
            HOLD.query(partner)
                .bind(part.session)
                .bind(part.session)
                .execute(&mut *transaction)
                .await?;
            let ended: Option<i64> = END.query_scalar(partner)
                .bind(part.id)
                .bind(part.session)
                .bind(last)
                .fetch_optional(&mut *transaction)
                .await?;
            let Some(last) = ended else { return Ok(false) };
            let new = TimingSessionId::new();
            GO_ON_ELSEWHERE.query(partner)
                .bind(part.recording)
                .bind(new)
                .bind(race_day)
                .bind(at.0)
                .execute(&mut *transaction)
                .await?;
            let rest = Part { id: PartId::new(), after: last, ..part.clone().of(new) };
            add_part!(partner, rest).execute(&mut *transaction).await?;
            transaction.commit().await?;
            Ok(true)
        })
    }
}

#[cfg(test)]
mod tests {

    use crate::store::{
        Source,
        rearrange::tests::{HOUR_MS, minutes, race_of, send, split},
        testing::NOW,
    };

    #[tokio::test]
    async fn what_comes_after_a_session_was_closed_is_shown_elsewhere() {
        let (store, _place, origin) = race_of(2).await;
        let (partner, first) = (origin.partner_id, origin.timing_session_id);
        let come_again = async |hours: i64| {
            let at = NOW + hours * HOUR_MS;
            let day = "2021-05-08".to_owned();
            let source = Source::new(partner, "21ROTM", "255F", "FINISH", day, at);
            let again = store.open_source(&source).await.expect("opens");
            let recording = again.origin.timing_session_id;
            assert_eq!(recording, first, "it is the same recording");
            again.is_moved
        };
        let shown = async || {
            let sessions = store
                .timing_sessions(partner, None, 10)
                .await
                .expect("lists");
            sessions
                .into_iter()
                .map(|session| session.id)
                .collect::<Vec<_>>()
        };
        assert!(
            store
                .close_timing_session(partner, first, NOW)
                .await
                .expect("closes")
        );
        send(&store, origin, 2..3).await;
        assert!(
            store
                .reopen_timing_session(partner, first, NOW)
                .await
                .expect("opens")
        );
        assert!(!come_again(0).await);
        assert_eq!(shown().await, [first], "it was opened in time");

        assert!(
            store
                .close_timing_session(partner, first, NOW)
                .await
                .expect("closes")
        );
        send(&store, origin, 3..4).await;
        assert!(come_again(1).await);
        assert!(!come_again(1).await, "it is told once");
        let [second, only] = shown().await[..] else {
            panic!("there are two")
        };
        assert_eq!(only, first);
        send(&store, origin, 0..6).await;
        assert_eq!(minutes(&store, partner, first).await, [0, 1, 2, 3]);
        assert_eq!(minutes(&store, partner, second).await, [4, 5]);
        let reopened = store.reopen_timing_session(partner, first, NOW).await;
        assert!(!reopened.expect("answers"), "hardware goes on elsewhere");

        assert!(
            store
                .merge_timing_session(partner, second, first, NOW)
                .await
                .expect("merges")
        );
        assert!(
            store
                .reopen_timing_session(partner, first, NOW)
                .await
                .expect("opens")
        );
        assert!(!come_again(2).await);
        assert_eq!(minutes(&store, partner, first).await, [0, 1, 2, 3, 4, 5]);
    }

    #[tokio::test]
    async fn what_was_counted_in_a_session_is_counted_in_no_other() {
        let (store, _place, origin) = race_of(4).await;
        let (partner, first) = (origin.partner_id, origin.timing_session_id);
        let later = split(&store, partner, first, 2).await;
        let before = store.last_position().await.expect("answers");
        // These come, and are counted, after it was looked how far the session goes.
        send(&store, origin, 4..6).await;
        while store.count_parts().await.expect("counts") {}
        let part = store.parts(partner, later).await.expect("reads").remove(0);
        let ended = store.end_after(partner, &part, before, "2021-05-08", NOW);
        assert!(ended.await.expect("ends"));
        send(&store, origin, 6..7).await;
        while store.count_parts().await.expect("counts") {}
        let sessions = store.timing_sessions(partner, None, 9).await;
        let sessions = sessions.expect("lists");
        let reads: i64 = sessions.iter().map(|session| session.reads).sum();
        assert_eq!((sessions.len(), reads), (3, 7));
        assert_eq!(minutes(&store, partner, later).await, [2, 3, 4, 5]);
    }

    #[tokio::test]
    async fn a_session_that_ended_by_itself_can_be_opened_again() {
        let (store, _place, origin) = race_of(1).await;
        let (partner, first) = (origin.partner_id, origin.timing_session_id);
        let later = NOW + 30 * HOUR_MS;
        let reopened = store
            .reopen_timing_session(partner, first, later - HOUR_MS)
            .await;
        assert!(reopened.expect("opens"));
        let open = store.open_timing_session(partner, "21ROTM", "NEW", "2021-05-09", later);
        assert_eq!(open.await.expect("opens"), first);
    }
}
