//! Reads are dated again when a clock is corrected.

use gantry_core::dating::Correction;

use super::{Hardware, Server, line};
use crate::store::{
    FeedTerms,
    testing::{self, NOW},
};

/// What a clock that is 3.2 s ahead is corrected by.
const AHEAD: Correction = Correction {
    ahead_ms: 3_200,
    first_day: None,
};

async fn moments(server: &Server) -> Vec<i64> {
    let session = server.sessions().await[0].id;
    let kept = server
        .services
        .store
        .kept_reads_after(server.partner, session, 0, 100);
    let kept = kept.await.expect("reads");
    for kept in &kept {
        assert_eq!(kept.read.wire_time, "2021-05-08T07:58:21.95");
        assert_eq!(
            kept.raw,
            line(kept.read.sequence.cast_unsigned())
                .trim_end()
                .as_bytes()
        );
    }
    kept.iter().map(|kept| kept.read.at.0 - NOW.0).collect()
}

/// Corrects the finish's clock, and waits until what is stored is dated again.
async fn correct_finish(server: &Server) {
    let (store, session) = (&server.services.store, server.sessions().await[0].id);
    let now = crate::clock::now();
    let set = store.set_correction(server.partner, session, "FINISH", AHEAD, now);
    assert!(set.await.expect("sets"));
    server.services.corrected.notify_one();
    let settled = async |server: &Server| {
        let pending = server.services.store.pending_corrections().await;
        pending.expect("lists").is_empty()
    };
    server.until("the reads are dated again", settled).await;
}

#[tokio::test]
async fn the_first_read_of_a_mat_that_was_not_announced_is_corrected_as_well() {
    let server = Server::start().await;
    let mut hardware = Hardware::introduce(&server, "AA").await;
    hardware.reads(1..=1).await;
    server.has_stored(1).await;
    correct_finish(&server).await;
    hardware.is_closed().await;

    let mut hardware = Hardware::introduce_as(&server, "BB", "21ROTM", "START").await;
    hardware.hear("start~START").await;
    hardware.reads(2..=2).await;
    server.has_stored(2).await;
    assert_eq!(moments(&server).await, [-3_200; 2]);
    server.stop().await;
}

#[tokio::test]
async fn reads_are_dated_again_by_the_zone_that_they_were_dated_by() {
    let server = Server::start().await;
    let terms = FeedTerms {
        time_zone: Some("Europe/Vienna".to_owned()),
        ..testing::by_event("21ROTM")
    };
    let store = &server.services.store;
    let feed = store.add_feed(server.partner, &terms, Some(NOW), 9, NOW);
    let feed = feed.await.expect("adds").expect("is room").id;
    server.services.feeds.tell().await;
    let mut hardware = Hardware::introduce(&server, "AA").await;
    hardware.reads(1..=1).await;
    server.has_stored(1).await;
    let two_hours = -2 * 3_600_000;
    assert_eq!(moments(&server).await, [two_hours]);

    let removed = store.remove_feed(server.partner, feed, NOW).await;
    removed.expect("removes");
    server.services.feeds.tell().await;
    hardware.is_closed().await;
    correct_finish(&server).await;
    assert_eq!(moments(&server).await, [two_hours - 3_200]);
    server.stop().await;
}

#[tokio::test]
async fn a_correction_dates_again_what_is_stored_and_what_comes() {
    let server = Server::start().await;
    let mut hardware = Hardware::introduce(&server, "AA").await;
    hardware.hear("start~FINISH").await;
    hardware.reads(1..=600).await;
    server.has_stored(600).await;
    assert_eq!(moments(&server).await, [0; 100]);

    let store = &server.services.store;
    let session = server.sessions().await[0].id;
    let set = async |location, correction| {
        let at = crate::clock::now();
        let set = store.set_correction(server.partner, session, location, correction, at);
        set.await.expect("sets")
    };
    assert!(!set("NOWHERE", AHEAD).await);
    assert!(set("FINISH", AHEAD).await);
    server.services.corrected.notify_one();
    hardware.is_closed().await;
    let settled = async |server: &Server| {
        let pending = server.services.store.pending_corrections().await;
        pending.expect("lists").is_empty()
    };
    server.until("the reads are dated again", settled).await;
    assert_eq!(moments(&server).await, [-3_200; 100]);

    let mut hardware = Hardware::introduce(&server, "AA").await;
    hardware.hear("start~FINISH~601").await;
    hardware.reads(601..=601).await;
    server.has_stored(601).await;
    let newest = store
        .newest_reads(server.partner, session, 1)
        .await
        .expect("reads");
    assert_eq!(newest[0].at, NOW - 3_200);

    // A server that stops before it has dated anything again does so when it starts.
    assert!(set("FINISH", Correction::default()).await);
    let partner = server.partner;
    let (store, place) = server.stop().await;
    let server = Server::start_on(store, place, partner).await;
    server.until("what was left over is done", settled).await;
    assert_eq!(moments(&server).await, [0; 100]);
    server.stop().await;
}
