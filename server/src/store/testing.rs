//! A real store that nobody else uses: in a file that is gone after the test, or in a database of its own.
//!
//! Which of the two is the environment's to say, so that all tests run on both: with `GANTRY_TEST_STORE=postgres` it is a new
//! database of the PostgreSQL server that `GANTRY_TEST_POSTGRES` names by the URL of somebody who may make databases.

use std::{path::Path, sync::Arc};

use gantry_core::{
    decoder::protocol::Protocol,
    read::{ReadKind, TimingRead},
    time::Moment,
};
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use tempfile::TempDir;
use uuid::Uuid;

use super::{
    Arrival, Database, DisplaySession, DisplaySessionId, FeedTerms, LineId, NewDisplaySession,
    NewLine, NewRead, NewToken, Origin, PartnerId, Person, Role, SessionMode, Source, Store,
    TimingSessionId, UserId, db::writing, sql::Walled,
};
use crate::edge::networks::Networks;

/// Where a test's store is. Keep it for as long as the store is used.
pub(crate) struct Place {
    /// The database, of which nobody else knows.
    pub(crate) database: Database,
    dir: TempDir,
}

impl Place {
    /// A directory that is gone with the place.
    pub(crate) fn directory(&self) -> &Path {
        self.dir.path()
    }
}

/// A new store and where it is.
pub(crate) async fn store() -> (Store, Place) {
    let place = place().await;
    let store = Store::open(&place.database)
        .await
        .expect("a new store opens");
    (store, place)
}

/// A place for a store, of the kind that the environment asks for.
pub(crate) async fn place() -> Place {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let database = match std::env::var("GANTRY_TEST_STORE").as_deref() {
        Err(_) | Ok("" | "sqlite") => Database::Sqlite(dir.path().join("gantry.db")),
        Ok("postgres") => postgres().await,
        Ok(other) => panic!("GANTRY_TEST_STORE is {other}: expected sqlite or postgres"),
    };
    Place { database, dir }
}

/// A new database of the PostgreSQL server that the environment names.
async fn postgres() -> Database {
    let url = std::env::var("GANTRY_TEST_POSTGRES")
        .expect("GANTRY_TEST_POSTGRES names a PostgreSQL server; `tests/postgres` starts one");
    let server: PgConnectOptions = url.parse().expect("GANTRY_TEST_POSTGRES is a URL");
    let name = format!("test_{}", Uuid::now_v7().simple());
    let create: &'static str = format!("create database {name}").leak();
    let mut connection = server.connect().await.expect("PostgreSQL answers");
    sqlx::query(create)
        .execute(&mut connection)
        .await
        .expect("a new database");
    Database::Postgres(Box::new(server.database(&name)))
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

/// A line at fault, of a connection that has no session.
pub(crate) fn line(partner_id: PartnerId, raw: &[u8]) -> NewLine {
    NewLine {
        id: LineId::new(),
        partner_id,
        timing_session_id: None,
        peer: "127.0.0.1:9".to_owned(),
        received_at: NOW,
        fault: Some("no fields".to_owned()),
        raw: raw.to_vec(),
    }
}

/// A feed on the shared port that is known by an event.
pub(crate) fn by_event(event: &str) -> FeedTerms {
    FeedTerms {
        name: event.to_owned(),
        protocol: Protocol::ChronoTrack,
        port: None,
        call_address: None,
        networks: Networks::default(),
        event: Some(event.to_owned()),
        connection: None,
        location: None,
        login: None,
        time_zone: None,
    }
}

/// The same read on its way into the store, from a source of which all is known.
pub(crate) fn arrival(origin: Origin, sequence: u64, tag: &str) -> Arrival {
    let source = Source::new(
        origin.partner_id,
        "21ROTM",
        "255F",
        "FINISH",
        "2021-05-08".to_owned(),
        NOW,
    );
    let known = source.origin.set(origin);
    known.expect("is new");
    let NewRead {
        resume_after, read, ..
    } = read(origin, sequence, tag);
    Arrival {
        source: Arc::new(source),
        resume_after,
        read,
    }
}

/// The body of an event by which nothing is set.
const DEFAULT_SETTINGS: &str = r#"{"event":"settings_v1","settings":{}}"#;

/// Somebody who works for a partner.
pub(crate) async fn somebody(store: &Store, partner: PartnerId, email: &str, role: Role) -> Person {
    let user = store.add_user(email, "x", NOW).await.expect("adds");
    let user = user.expect("is new").id;
    let set = store.set_role(user, partner, role, NOW).await;
    set.expect("joins");
    Person { partner, user }
}

/// A display session of this person that listens to these timing sessions.
pub(crate) async fn workspace(
    store: &Store,
    person: Person,
    timing_sessions: &[TimingSessionId],
) -> DisplaySession {
    let session = NewDisplaySession {
        id: DisplaySessionId::new(),
        name: "Finish".to_owned(),
        mode: SessionMode::Results,
        template_id: "finish-line".to_owned(),
        timing_sessions: timing_sessions.to_vec(),
        settings: DEFAULT_SETTINGS.to_owned(),
    };
    let added = store.add_display_session(person, &session, NOW).await;
    added.expect("adds");
    let session = store.display_session(person, session.id).await;
    session.expect("reads").expect("is the person's own")
}

/// A token of somebody who selected no partner, good for a second.
pub(crate) fn token(user_id: UserId, hash: u8, at: Moment) -> NewToken {
    NewToken {
        hash: [hash; 32],
        user_id,
        partner_id: None,
        created_at: at,
        expires_at: at + 1_000,
        address: String::new(),
        client: String::new(),
    }
}

const DISOWN: Walled = Walled::unattended(
    "update display_sessions set owner_id = null where partner_id = $1 and id = $2",
    "sessions had no owners once",
);

/// Makes a display session nobody's in particular, as those are that were made before sessions had owners.
pub(crate) async fn disown(store: &Store, partner: PartnerId, session: DisplaySessionId) {
    let disowned = async {
        writing!(store.db, partner, conn => DISOWN.query(partner)
            .bind(session)
            .execute(conn)
            .await
            .map(|_| ()))
    };
    let disowned: super::Result<()> = disowned.await;
    disowned.expect("changes");
}
