//! A real store in a file that is gone after the test.

use gantry_core::{
    read::{ReadKind, TimingRead},
    time::Moment,
};
use tempfile::TempDir;

use super::{
    DisplaySession, DisplaySessionId, NewRead, Origin, PartnerId, SessionMode, Store,
    TimingSessionId,
};

/// A new store and the directory that holds it; keep the directory for as long as the store is used.
pub(crate) async fn store() -> (Store, TempDir) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(&dir.path().join("gantry.db"))
        .await
        .expect("a new store opens");
    (store, dir)
}

/// A moment within the race that the tests tell of.
pub(crate) const NOW: Moment = Moment(1_620_460_701_950);

/// A partner with one timing session and one stream at the finish.
pub(crate) async fn race(store: &Store) -> Origin {
    let partner = store
        .add_partner("Acme", NOW)
        .await
        .expect("adds")
        .expect("is new");
    let session = store
        .open_timing_session(partner.id, "21ROTM", "255F", "2021-05-08", NOW)
        .await
        .expect("opens");
    let stream = store
        .open_stream(partner.id, session, "255F", "FINISH", NOW)
        .await
        .expect("opens");
    Origin {
        partner_id: partner.id,
        timing_session_id: session,
        stream_id: stream.id,
    }
}

/// The read of a bib at the finish, as the hardware numbered it.
pub(crate) fn read(origin: Origin, sequence: u64, tag: &str) -> NewRead {
    let read = TimingRead {
        kind: ReadKind::Chip,
        connection: "255F".to_owned(),
        location: "FINISH".to_owned(),
        sequence,
        tag: tag.to_owned(),
        at: NOW,
        wire_time: "2021-05-08T07:58:21.95".to_owned(),
        lap: Some(1),
        reader: "11FD4E".to_owned(),
        gator: "4".to_owned(),
        received_at: NOW + sequence as i64,
        raw: b"CT01_33~".to_vec(),
    };
    NewRead {
        origin,
        resume_after: sequence.cast_signed(),
        read,
    }
}

/// The body of an event by which nothing is set.
const DEFAULT_SETTINGS: &str = r#"{"event":"settings_v1","settings":{}}"#;

/// A display session that listens to these timing sessions.
pub(crate) async fn workspace(
    store: &Store,
    partner: PartnerId,
    timing_sessions: &[TimingSessionId],
) -> DisplaySession {
    let session = DisplaySession {
        id: DisplaySessionId::new(),
        name: "Finish".to_owned(),
        mode: SessionMode::Results,
        template_id: "finish-line".to_owned(),
        participants: 0,
        created_at: NOW,
        updated_at: NOW,
    };
    store
        .add_display_session(partner, &session, timing_sessions, DEFAULT_SETTINGS)
        .await
        .expect("adds");
    session
}
