//! Where hardware's reads come from, as the hardware says itself, and where they therefore belong.
//!
//! What a read belongs to is in the database, which may be away when hardware connects. So a read is taken in with its
//! [`Source`], and the [`Origin`] is found when it is stored at the latest.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use gantry_core::{dating::Correction, read::TimingRead, time::Moment};
use jiff::tz::TimeZone;

use super::{Origin, PartnerId, Result, Store, db::writing, sql::Walled};

/// Written only when it is another than before: streams are opened often.
const NOTE_ZONE: Walled = Walled::new(
    "update timing_streams set zone = $3 where partner_id = $1 and id = $2 and (zone is null or zone <> $3)",
);

/// One numbering of reads, by what the hardware says: a connection of its own at one location of an event.
#[derive(Debug)]
pub struct Source {
    /// The partner that the hardware works for.
    pub partner_id: PartnerId,
    /// The event as the hardware names it.
    pub event_name: String,
    /// The hardware's own connection id.
    pub connection: String,
    /// The mat.
    pub location: String,
    /// The local day on which it connected, `YYYY-MM-DD`.
    pub race_day: String,
    /// When it connected.
    pub opened_at: Moment,
    /// Where its hardware's clock is, as an IANA name, where that is known.
    pub(super) zone: Option<String>,
    /// Whether there may be reads of it that were dated without knowing what is known of its stream, because the store was away.
    pub(super) is_late: AtomicBool,
    /// Where its reads belong, once that was found out. It never changes after that.
    pub(super) origin: OnceLock<Origin>,
}

/// A source that the store was asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Where its reads belong.
    pub origin: Origin,
    /// The last sequence after which its stream is to go on; 0 before the first.
    pub last_sequence: i64,
    /// By what its reads are dated.
    pub dating: Dating,
    /// Whether what comes from now on is shown elsewhere than what came before, because that was closed.
    pub is_moved: bool,
}

/// What is known of a stream's times beforehand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dating {
    /// What an operator knows better than the hardware.
    pub correction: Correction,
    /// When its last read happened and was received.
    pub last: Option<(Moment, Moment)>,
}

/// A read on its way into the store, of which it need not be known yet where it belongs.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Where it comes from.
    pub source: Arc<Source>,
    /// As in [`NewRead`](super::NewRead).
    pub resume_after: i64,
    /// What the hardware said.
    pub read: TimingRead,
}

impl Source {
    /// A source of which nobody has asked the store yet.
    pub fn new(
        partner_id: PartnerId,
        event_name: &str,
        connection: &str,
        location: &str,
        race_day: String,
        opened_at: Moment,
    ) -> Self {
        Self {
            partner_id,
            event_name: event_name.to_owned(),
            connection: connection.to_owned(),
            location: location.to_owned(),
            race_day,
            opened_at,
            zone: None,
            is_late: AtomicBool::new(false),
            origin: OnceLock::new(),
        }
    }

    /// The same, whose hardware's clock is in that zone.
    pub fn in_zone(self, zone: &TimeZone) -> Self {
        Self {
            zone: zone.iana_name().map(str::to_owned),
            ..self
        }
    }

    /// Notes that its reads are taken in without what is known of its stream. When it is placed, they are dated again if the times
    /// of its mat are corrected.
    pub fn go_unplaced(&self) {
        self.is_late.store(true, Relaxed);
    }

    /// Where its reads belong, as far as that was found out.
    pub fn origin(&self) -> Option<Origin> {
        self.origin.get().copied()
    }
}

impl Store {
    /// Finds out where a source's reads belong, and makes session, location and stream that are missing. Where the timing session
    /// that shows them is closed, what comes from now on is shown in a new one.
    pub async fn open_source(&self, source: &Source) -> Result<Opened> {
        let Source {
            partner_id,
            event_name,
            connection,
            location,
            race_day,
            opened_at,
            ..
        } = source;
        let session = self
            .open_timing_session(*partner_id, event_name, connection, race_day, *opened_at)
            .await?;
        let stream = self
            .open_stream(*partner_id, session, connection, location, *opened_at)
            .await?;
        let origin = Origin {
            partner_id: *partner_id,
            timing_session_id: session,
            stream_id: stream.id,
        };
        self.note_zone(origin, source.zone.as_deref()).await?;
        let dating = self.dating(origin, location).await?;
        if source.is_late.load(Relaxed) {
            if dating.correction != Correction::default() {
                self.date_again(origin, location).await?;
            }
            source.is_late.store(false, Relaxed);
        }
        // Nothing comes after it that could fail: whoever is told that it moved is told once.
        let is_moved = self
            .leave_closed(*partner_id, session, race_day, *opened_at)
            .await?;
        Ok(Opened {
            // Who found it out earlier told others.
            origin: *source.origin.get_or_init(|| origin),
            last_sequence: stream.last_sequence,
            dating,
            is_moved,
        })
    }

    /// Notes by which zone a stream's reads are dated from now on.
    async fn note_zone(&self, origin: Origin, zone: Option<&str>) -> Result<()> {
        let Some(zone) = zone else { return Ok(()) };
        writing!(self.db, origin.partner_id, conn => NOTE_ZONE.query(origin.partner_id)
            .bind(origin.stream_id)
            .bind(zone)
            .execute(conn)
            .await
            .map(drop))
    }

    async fn dating(&self, origin: Origin, location: &str) -> Result<Dating> {
        let partner = origin.partner_id;
        let correction = self.correction(partner, origin.timing_session_id, location);
        Ok(Dating {
            correction: correction.await?.unwrap_or_default(),
            last: self.last_of_stream(origin).await?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, NOW, race};

    #[tokio::test]
    async fn what_was_taken_in_without_its_correction_is_dated_again() {
        let (store, _place) = testing::store().await;
        let Origin {
            partner_id: partner,
            timing_session_id: session,
            ..
        } = race(&store).await;
        let day = "2021-05-08".to_owned();
        let source = |is_late| {
            let source = Source::new(partner, "21ROTM", "9C", "FINISH", day.clone(), NOW);
            if is_late {
                source.go_unplaced();
            }
            source
        };
        let pending = async || store.pending_corrections().await.expect("lists");
        let late = source(true);
        store.open_source(&late).await.expect("opens");
        assert_eq!(pending().await, [], "there is nothing to date them by");

        let correction = Correction {
            ahead_ms: 3_200,
            first_day: None,
        };
        let set = store.set_correction(partner, session, "FINISH", correction, NOW);
        assert!(set.await.expect("sets"));
        let at_work = pending().await.remove(0);
        store.redated(&at_work, NOW).await.expect("notes");
        for source in [source(false), late] {
            store.open_source(&source).await.expect("opens");
            assert_eq!(pending().await, [], "they were dated by it");
        }
        store.open_source(&source(true)).await.expect("opens");
        assert_eq!(pending().await.len(), 1);
        // Who dated the others again just then is not done with these.
        store.redated(&at_work, NOW).await.expect("notes");
        assert_eq!(pending().await.len(), 1);
    }
}
