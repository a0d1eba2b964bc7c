//! Hardware that nobody knows gets little room, and takes none from hardware that is known.

use super::{Hardware, Server};
use crate::{
    collector::strangers::Strangers,
    edge::budget::Quota,
    store::{
        PartnerId,
        testing::{self, NOW},
    },
};

/// A server for Acme and another company, so that hardware must be known, with few lines and streams for each address.
async fn server_with_quarantine() -> Server {
    let (store, place) = testing::store().await;
    let mut partners = Vec::new();
    for name in ["Acme", "Other"] {
        let added = store.add_partner(name, NOW).await.expect("adds");
        partners.push(added.expect("is new").id);
    }
    let acme = partners[0];
    let terms = testing::by_event("21ROTM");
    let added = store.add_feed(acme, &terms, Some(NOW), 9, NOW);
    added.await.expect("adds").expect("is room");
    let strangers = Strangers::new(
        Quota::hourly(1, 9),
        Quota::hourly(1, 3),
        Quota::hourly(1, 3),
    );
    Server::start_with(store, place, acme, strangers).await
}

#[tokio::test]
async fn who_comes_again_and_again_with_rubbish_fills_no_disk() {
    let server = server_with_quarantine().await;
    for connection in 1..=4 {
        let mut rubbish = Hardware::introduce_as(&server, "AA", "Another", "FINISH").await;
        rubbish.hear("start~FINISH").await;
        for _ in 0..6 {
            rubbish.send(b"GET / HTTP/1.1\r\n").await;
        }
        server
            .until("the faults", async |server| {
                server.services.registry.faults() >= 6 * connection
            })
            .await;
    }
    // Hardware that is known has lines of its own, and its reads are stored whatever there was.
    let mut known = Hardware::introduce(&server, "AA").await;
    known.send(b"CT01_33~1~FINISH\r\n").await;
    known.reads(1..=3).await;
    server.has_stored(3).await;
    let partner = server.partner;
    let (store, _place) = server.stop().await;
    let quarantine = store.quarantine(NOW).await.expect("is there");
    let of_strangers = store.faulty_lines(quarantine).await;
    assert_eq!(of_strangers.expect("counts"), 9);
    assert_eq!(store.faulty_lines(partner).await.expect("counts"), 1);
}

#[tokio::test]
async fn who_comes_again_and_again_with_another_event_fills_no_quarantine() {
    let server = server_with_quarantine().await;
    for number in 0..5 {
        let event = format!("Event {number}");
        // What there is costs nothing.
        for _again in 0..2 {
            let mut stranger = Hardware::introduce_as(&server, "AA", &event, "FINISH").await;
            if number < 3 {
                stranger.hear("start~FINISH").await;
            } else {
                stranger.is_closed().await;
            }
        }
    }
    let mut known = Hardware::introduce(&server, "AA").await;
    known.hear("start~FINISH").await;
    known.reads(1..=1).await;
    server.has_stored(1).await;
    let (store, _place) = server.stop().await;
    let quarantine = store.quarantine(NOW).await.expect("is there");
    let made = store.timing_sessions(quarantine, None, 100).await;
    assert_eq!(made.expect("lists").len(), 3);
}

#[tokio::test]
async fn reads_of_nobody_come_in_at_a_pace_and_none_is_lost() {
    let server = server_with_quarantine().await;
    let mut stranger = Hardware::introduce_as(&server, "AA", "Another", "FINISH").await;
    stranger.hear("start~FINISH").await;
    stranger.reads(1..=10).await;
    let some = async |server: &Server| server.stored().await >= 3;
    server.until("as many as may come at once", some).await;
    let mut known = Hardware::introduce(&server, "AA").await;
    known.reads(1..=10).await;
    let all_of_known = async |server: &Server| server.stored().await >= 13;
    server
        .until("all of hardware that is known", all_of_known)
        .await;
    assert_eq!(server.stored().await, 13, "the others wait");
    let nobodys = &server.services.strangers.nobodys_connections;
    assert_eq!(nobodys.total(), 1, "the log has heard of one");
    let (store, _place) = server.stop().await;
    assert_eq!(store.totals().await.expect("counts").reads, 20);
}

#[tokio::test]
async fn reads_of_nobody_are_refused() {
    let (store, place) = testing::store().await;
    let server = Server::start_on(store, place, PartnerId::new()).await;
    Hardware::dial(&server).await.is_closed().await;
    assert_eq!(server.services.registry.faults(), 1);
}
