//! A stream that was exported, played to another server.

use std::{collections::BTreeSet, time::Duration};

use gantry_core::{read::FIRST_MADE_UP, time::Moment};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Export, Format};
use crate::{
    config::Config,
    hardware::replay::replay,
    launch::{Listeners, launch},
    services::Services,
    store::{
        NewRead, Origin, PartnerId, Store, TimingSession,
        testing::{self, NOW, Place, race, read},
    },
};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Reads of the mat, of the mat beside it, which numbers them alike, of another event's mat of the same name, and of a reader
/// that speaks JChip.
async fn collected() -> (Store, Place, PartnerId, TimingSession) {
    let (store, place) = testing::store().await;
    let mat = race(&store).await;
    let (partner, session) = (mat.partner_id, mat.timing_session_id);
    let opened = store.open_timing_session(partner, "10K", "255F", "2021-05-08", NOW);
    let later = opened.await.expect("opens");
    let origin = async |timing_session_id, connection, location| Origin {
        stream_id: store
            .open_stream(partner, timing_session_id, connection, location, NOW)
            .await
            .expect("opens")
            .id,
        timing_session_id,
        ..mat
    };
    let backup = origin(session, "BACKUP", "FINISH").await;
    let jchip = origin(session, "Bridge", "Br~cke").await;
    let of_later = origin(later, "255F", "FINISH").await;
    let mut reads = Vec::new();
    for number in 1..=3 {
        reads.push(line(mat, number, "7"));
        reads.push(line(backup, number, "8"));
        reads.push(line(of_later, number, "9"));
        let mut own = line(jchip, number, &format!("413A3{number}"));
        own.read.sequence = FIRST_MADE_UP + 9 - number;
        own.read.location = "Br~cke".to_owned();
        own.read.wire_time += "0000";
        own.read.lap = None;
        own.read.gator = String::new();
        own.read.raw = format!("DJ{} 07:58:2{number}.950000 10 ", own.read.tag).into();
        reads.push(own);
    }
    store.append(&reads, &[]).await.expect("stores");
    let merged = store.merge_timing_session(partner, later, session, NOW);
    assert!(merged.await.expect("merges"));
    let session = store.timing_session(partner, session).await.expect("reads");
    (store, place, partner, session.expect("is there"))
}

fn line(origin: Origin, number: u64, tag: &str) -> NewRead {
    let mut new = read(origin, number, tag);
    new.read.at = NOW + number.cast_signed() * 1_000 - 1_000;
    new.read.wire_time = format!("2021-05-08T07:58:2{number}.95");
    new.read.raw = format!(
        "CT01_33~{number}~FINISH~{tag}~{}~1~11FD4E~4",
        new.read.wire_time
    )
    .into();
    new
}

/// What a session's reads say.
async fn said(
    store: &Store,
    partner: PartnerId,
    session: &TimingSession,
) -> Vec<(String, String, Moment)> {
    let reads = store
        .reads_after(partner, session.id, 0, 100)
        .await
        .expect("reads");
    let told = reads
        .into_iter()
        .map(|read| (read.location, read.tag, read.at));
    told.collect::<BTreeSet<_>>().into_iter().collect()
}

/// What a server that was new has after the recording was played to it.
async fn replayed(file: &std::path::Path, speed: f64) -> Vec<(String, String, Moment)> {
    let (store, place) = testing::store().await;
    let partner = store.add_partner("Other", NOW).await.expect("adds");
    let partner = partner.expect("is new").id;
    let config = Config::for_tests_at(&place);
    let listeners = Listeners::bind(&config).await.expect("port 0 is free");
    let timing = listeners.addresses().expect("they are bound").timing;
    let shutdown = CancellationToken::new();
    let services = Services::new(config, store.clone());
    let running = tokio::spawn(launch(services, listeners, shutdown.clone()));
    let to = timing.to_string();
    let playing = replay(file, &to, speed, CancellationToken::new());
    let summary = timeout(PATIENCE, playing).await.expect("ends");
    assert_eq!(summary.expect("is played").recorded, 12);
    let stored = async {
        while store.totals().await.expect("counts").reads < 12 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, stored).await.expect("all are stored");
    let sessions = store
        .timing_sessions(partner, None, 10)
        .await
        .expect("lists");
    assert_eq!(sessions.len(), 1);
    let said = said(&store, partner, &sessions[0]).await;
    shutdown.cancel();
    running.await.expect("no panic").expect("a clean end");
    said
}

#[tokio::test]
async fn a_stream_makes_the_same_session_again_whatever_hardware_it_came_from() {
    let (store, place, partner, session) = collected().await;
    let there = said(&store, partner, &session).await;
    assert_eq!(there.len(), 12);
    let mut export = Export::new(store, partner, session, Format::Raw);
    let mut bytes = Vec::new();
    while let Some(part) = export.next().await.expect("reads") {
        bytes.extend(part);
    }
    let file = place.directory().join("reads.ctp");
    std::fs::write(&file, bytes).expect("is written");
    for speed in [f64::INFINITY, 1_000.0] {
        assert_eq!(replayed(&file, speed).await, there, "{speed}");
    }
}
