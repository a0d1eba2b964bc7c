use reqwest::Method;
use serde_json::json;

use super::port::{ANN, Answer, Client, OLGA, Port};
use crate::store::testing::NOW;

async fn put(
    client: &Client,
    session: &str,
    media: &str,
    body: impl Into<reqwest::Body>,
) -> Answer {
    let request = client
        .request(Method::PUT, &format!("/api/sessions/{session}/roster"))
        .header("content-type", media)
        .body(body);
    Answer::of(request).await
}

#[tokio::test]
async fn a_roster_replaces_the_one_before_and_counts_what_changed() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let csv = "bib,first name,last name,race\n1,Runner,No1,10 km\n2,Renamed,No2,10 km\n10,New,One,10 km\n,No,Bib,10 km\n";
    let imported = put(&ann, &session, "text/csv; charset=utf-8", csv).await;
    assert_eq!(imported.body["imported"], 1);
    assert_eq!(imported.body["updated"], 1);
    assert_eq!(imported.body["removed"], 7);
    assert_eq!(imported.body["rejected"][0]["line"], 5);
    let view = ann.get(&format!("/api/sessions/{session}")).await;
    assert_eq!(view.body["participants"], 3);

    let rows = json!({"participants": [{"bib": "1"}, {"bib": ""}, {"bib": " 1 "}]});
    let imported = put(&ann, &session, "application/json", rows.to_string()).await;
    let rejected = imported.body["rejected"].as_array().expect("rejected");
    let lines: Vec<_> = rejected.iter().map(|row| row["line"].as_u64()).collect();
    assert_eq!(lines, [Some(2), Some(3)]);
}

#[tokio::test]
async fn a_dry_run_tells_what_would_change_and_changes_nothing() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let before = ann.get(&format!("/api/sessions/{session}")).await;
    let dry = async |query: &str| {
        let path = format!("/api/sessions/{session}/roster?{query}");
        let request = ann
            .request(Method::PUT, &path)
            .header("content-type", "text/csv")
            .body("bib,last name\n1,Renamed\n10,New\n,Nobody\n");
        Answer::of(request).await
    };
    let told = dry("dry_run=true").await;
    assert_eq!(told.body["imported"], 1);
    assert_eq!(told.body["updated"], 1);
    assert_eq!(told.body["removed"], 8);
    assert_eq!(told.body["rejected"][0]["line"], 4);
    assert_eq!(told.etag, before.etag);
    let after = ann.get(&format!("/api/sessions/{session}")).await;
    assert_eq!(after.etag, before.etag);
    assert_eq!(after.body["participants"], 9);
    assert_eq!(dry("dry_run=perhaps").await.pointers(), ["/dry_run"]);
    assert_eq!(dry("dryrun=true").await.pointers(), ["/dryrun"]);
    let imported = dry("dry_run=false").await;
    assert_eq!(imported.body, told.body);
    assert_ne!(imported.etag, before.etag);
}

#[tokio::test]
async fn what_is_no_roster_changes_nothing() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let garbage = put(&ann, &session, "text/csv", vec![0xff_u8, 0, 0x80, 7]).await;
    assert_eq!(garbage.pointers(), ["/1"]);
    let headless = put(&ann, &session, "text/csv", "bib,first name\n").await;
    assert_eq!(headless.pointers(), [""]);
    let unclosed = "bib,last name\n1,Good\n2,\"Broken\n3,Good\n";
    let unclosed = put(&ann, &session, "text/csv", unclosed).await;
    assert_eq!(unclosed.pointers(), ["/3"]);
    let json = async |body: &str| put(&ann, &session, "application/json", body.to_owned()).await;
    assert_eq!(
        json(r#"{"participants":[{"bib":7}]}"#).await.pointers(),
        ["/participants/0/bib"]
    );
    assert_eq!(
        json(r#"{"participants":[],"wave":1}"#).await.pointers(),
        ["/wave"]
    );
    assert_eq!(
        json(r#"{"participants":[{"bib":"1","shoe":"left"}]}"#)
            .await
            .pointers(),
        ["/participants/0/shoe"]
    );
    assert_eq!(
        json(r#"{"participants":[]}"#).await.pointers(),
        ["/participants"]
    );
    assert_eq!(
        json(r#"{"participants":[{"bib":"-"}]}"#).await.pointers(),
        ["/participants/0"]
    );
    json("[").await.is_problem(400);
    put(&ann, &session, "application/pdf", "%PDF")
        .await
        .is_problem(415);
    put(&ann, &session, "text/csv", vec![b'x'; 33 << 20])
        .await
        .is_problem(413);
    let view = ann.get(&format!("/api/sessions/{session}")).await;
    assert_eq!(view.body["participants"], 9);
}

#[tokio::test]
async fn a_partner_that_sends_many_keeps_no_other_waiting() {
    let port = Port::start().await;
    let (ann, olga) = (port.log_in(ANN).await, port.log_in(OLGA).await);
    let store = &port.services.store;
    let other = store.partner_named("Other").await.expect("reads");
    let other = other.expect("is there").id;
    let timing = store.open_timing_session(other, "X", "9", "2021-05-08", NOW);
    let timing = timing.await.expect("opens");
    let stream = store.open_stream(other, timing, "9", "FINISH", NOW);
    stream.await.expect("opens");
    let made = json!({"mode": "results", "chronotrack_session_ids": [timing.to_string()]});
    let others = olga.post("/api/sessions/create", &made).await.text("id");
    let acmes = port.session(&ann).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let turn = port.app.uploads.begin(port.origin.partner_id).await;
        held.push(turn.expect("free"));
    }
    let csv = "bib\n1\n";
    let mut own = Box::pin(put(&ann, &acmes, "text/csv", csv));
    tokio::select! {
        biased;
        answer = &mut own => panic!("it is not its turn: {answer:?}"),
        answer = put(&olga, &others, "text/csv", csv) => assert_eq!(answer.body["imported"], 1, "{answer:?}"),
    }
    drop(held);
    assert_eq!(own.await.body["removed"], 8);
}
