//! Reads as they were kept, with their lines, for whoever takes them elsewhere.

use sqlx::FromRow;

use super::{
    PartnerId, Result, Store, StoredRead, TimingSessionId,
    db::reading,
    fence::Server,
    session_reads::{ReadRow, first_rows, read_columns},
    sql::{Across, Walled},
};

/// A read and the line that it was understood from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRead {
    /// What was understood.
    pub read: StoredRead,
    /// The bytes as they came, without the terminator.
    pub raw: Vec<u8>,
    /// The hardware's name for the stream that it came on.
    pub connection: String,
}

#[derive(FromRow)]
struct KeptRow {
    #[sqlx(flatten)]
    read: ReadRow,
    raw: Vec<u8>,
    connection: String,
}

/// The columns of a [`KeptRow`].
macro_rules! kept_columns {
    () => {
        concat!(
            "raw, (select connection from timing_streams s where s.id = stream_id) as connection, ",
            read_columns!()
        )
    };
}

const ALL_KEPT_AFTER: Walled = Walled::new(concat!(
    "select ",
    kept_columns!(),
    " from timing_reads where partner_id = $1 and timing_session_id = $2 and position > $3 order by position limit $4"
));

const SOME_KEPT_AFTER: Walled = Walled::new(concat!(
    "select ",
    kept_columns!(),
    " from timing_reads where partner_id = $1 and timing_session_id = $2 and position > $3
    and position <= $5 and at >= $6 and at < $7 order by position limit $4"
));

const OWNER: Across = Across::new(
    "select partner_id from timing_sessions where id = $1",
    "whoever has the server's shell names a session by its id alone",
);

impl Store {
    /// The first `limit` reads of a timing session after `position`, in order, with their lines.
    pub async fn kept_reads_after(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
        position: i64,
        limit: usize,
    ) -> Result<Vec<KeptRead>> {
        let parts = self.parts(partner, session).await?;
        let (all, some) = (ALL_KEPT_AFTER, SOME_KEPT_AFTER);
        let mut rows: Vec<KeptRow> = first_rows!(self, partner, &parts, position, limit, all, some);
        rows.sort_unstable_by_key(|row| row.read.position);
        rows.truncate(limit);
        Ok(rows.into_iter().map(KeptRead::from).collect())
    }

    /// Whose timing session this is. For the person who runs the server, not for one who logs in.
    pub async fn owner_of_timing_session(
        &self,
        session: TimingSessionId,
    ) -> Result<Option<PartnerId>> {
        reading!(self.db, Server, conn => OWNER.query_scalar()
            .bind(session)
            .fetch_optional(conn)
            .await)
    }
}

impl From<KeptRow> for KeptRead {
    fn from(row: KeptRow) -> Self {
        Self {
            read: row.read.into(),
            raw: row.raw,
            connection: row.connection,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::store::testing::{self, NOW, race, read};

    #[tokio::test]
    async fn reads_are_kept_with_their_lines_behind_the_wall() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let reads = [read(origin, 1, "7"), read(origin, 2, "8")];
        let stored = store.append(&reads, &[]).await.expect("stores");
        let (partner, session) = (origin.partner_id, origin.timing_session_id);
        let after = stored[0].position;
        let kept = store.kept_reads_after(partner, session, after, 10).await;
        let kept = kept.expect("reads");
        assert_eq!(kept.len(), 1);
        assert_eq!(
            (&kept[0].read, kept[0].raw.as_slice()),
            (&stored[1], &b"CT01_33~"[..])
        );
        assert_eq!(kept[0].connection, "255F");

        let owner = store.owner_of_timing_session(session).await;
        assert_eq!(owner.expect("answers"), Some(partner));
        let other = store.add_partner("Other", NOW).await.expect("adds");
        let other = other.expect("is new").id;
        let theirs = store.kept_reads_after(other, session, 0, 10).await;
        assert_eq!(theirs.expect("answers"), []);
    }
}
