use gantry_core::{dating::ClockOffset, decoder::protocol::Protocol};
use reqwest::Method;
use serde_json::json;

use super::port::{ANN, OLGA, Port, VERA};
use crate::{
    alarms::Subject,
    collector::registry::Clock,
    store::{
        Origin, PartnerId,
        testing::{NOW, arrival, read},
    },
};

#[tokio::test]
async fn sessions_are_listed_newest_first_and_page_by_page() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let partner = port.origin.partner_id;
    for event in ["5K", "10K"] {
        let opened =
            port.services
                .store
                .open_timing_session(partner, event, event, "2021-05-08", NOW);
        opened.await.expect("opens");
    }
    port.commit(&[read(port.origin, 1, "7"), read(port.origin, 2, "8")])
        .await;

    let first = ann.get("/api/chronotrack/sessions?limit=2").await;
    let names = |page: &super::port::Answer| -> Vec<String> {
        let sessions = page.body["sessions"].as_array().expect("sessions");
        sessions
            .iter()
            .map(|session| session["event_name"].as_str().expect("a name").to_owned())
            .collect()
    };
    assert_eq!(names(&first), ["10K", "5K"]);
    let cursor = first.text("next_cursor");
    let second = ann
        .get(&format!(
            "/api/chronotrack/sessions?limit=2&cursor={cursor}"
        ))
        .await;
    assert_eq!(names(&second), ["21ROTM"]);
    assert_eq!(second.body.get("next_cursor"), None);
    let session = &second.body["sessions"][0];
    assert_eq!(session["reads"], 2);
    assert_eq!(session["locations"], json!([{"name": "FINISH"}]));
    assert_eq!(session["status"], "closed", "its reads are years old");

    let closed = ann.get("/api/chronotrack/sessions?status=closed").await;
    assert_eq!(names(&closed).len(), 3);
    let live = ann.get("/api/chronotrack/sessions?status=live").await;
    assert_eq!(names(&live), Vec::<String>::new());
}

#[tokio::test]
async fn a_preview_shows_the_newest_reads_first() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let reads: Vec<_> = (1..=60)
        .map(|n| read(port.origin, n, &n.to_string()))
        .collect();
    port.commit(&reads).await;
    let path = format!(
        "/api/chronotrack/sessions/{}/preview",
        port.origin.timing_session_id
    );
    let preview = ann.get(&path).await;
    let shown = preview.body["reads"].as_array().expect("reads");
    assert_eq!(shown.len(), 50);
    assert_eq!(shown[0]["tag"], "60");
    assert_eq!(shown[0]["at"], "2021-05-08T07:58:21.95Z");
    assert_eq!(preview.body["by_location"][0]["reads"], 60);
    assert_eq!(preview.body["reads_per_minute"], 0);
    let short = ann.get(&format!("{path}?limit=3")).await;
    assert_eq!(short.body["reads"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_preview_tells_whose_clock_is_wrong() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let (own, id) = (port.origin, port.origin.timing_session_id);
    let registry = &port.services.registry;
    let enter = |port: u16, origin: Option<Origin>| {
        let presence = registry.enter(([127, 0, 0, 1], port).into(), Protocol::JChip, NOW);
        let presence = presence.expect("there is room");
        presence.update(|connection| {
            connection.source = origin.map(|origin| arrival(origin, 1, "7").source);
            connection.clocks = vec![Clock {
                location: "FINISH".to_owned(),
                reader: format!("{port}"),
                offset: ClockOffset { ahead_ms: 3_190 },
            }];
        });
        presence
    };
    let elsewhere = Origin {
        partner_id: PartnerId::new(),
        ..own
    };
    let _own = enter(1, Some(own));
    let _of_another = enter(2, Some(elsewhere));
    let _of_nobody = enter(3, None);
    let path = format!("/api/chronotrack/sessions/{id}/preview");
    let preview = ann.get(&path).await;
    assert_eq!(
        preview.body["readers"],
        json!([{"location": "FINISH", "reader": "1", "ahead_ms": 3190,
                "words": "reader 1 at FINISH is 3.2 s ahead"}])
    );
    assert_eq!(preview.body["suggestions"], json!([]));
}

#[tokio::test]
async fn everybody_hears_what_is_wrong_with_the_server() {
    let port = Port::start().await;
    let vera = port.log_in(VERA).await;
    let none = vera.get("/api/alarms").await;
    assert_eq!(none.body, json!({"alarms": []}));
    let alarms = &port.services.alarms;
    alarms.raise(Subject::Feeds, "port 61620 of Northern's feed is taken");
    let told = vera.get("/api/alarms").await;
    assert_eq!(told.body["alarms"][0]["name"], "feeds");
    assert_eq!(
        told.body["alarms"][0]["words"],
        "Some timing hardware cannot reach the server."
    );
    assert!(!told.body.to_string().contains("Northern"));
}

#[tokio::test]
async fn questions_that_make_no_sense_are_refused_with_a_pointer() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let list = async |query: &str| ann.get(&format!("/api/chronotrack/sessions?{query}")).await;
    let all = list("status=asleep&cursor=first&limit=0").await;
    assert_eq!(all.pointers(), ["/status", "/cursor", "/limit"]);
    assert_eq!(list("limit=201").await.pointers(), ["/limit"]);
    let unknown = list("colour=red").await;
    assert_eq!(unknown.pointers(), ["/colour"]);
    let detail = unknown.body["errors"][0]["detail"].as_str();
    let accepted = "unknown field `colour`, expected one of `status`, `cursor`, `limit`";
    assert_eq!(detail, Some(accepted));
    assert_eq!(list("limit=1&limit=2").await.pointers(), ["/limit"]);
    let path = format!(
        "/api/chronotrack/sessions/{}/preview",
        port.origin.timing_session_id
    );
    assert_eq!(
        ann.get(&format!("{path}?limit=501")).await.pointers(),
        ["/limit"]
    );
}

#[tokio::test]
async fn a_timing_session_is_renamed_and_pinned_by_operators_only() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let path = format!(
        "/api/chronotrack/sessions/{}",
        port.origin.timing_session_id
    );
    let changed = ann
        .patch(&path, &json!({"name": " Saturday ", "pinned": true}))
        .await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(changed.text("name"), "Saturday");
    assert_eq!(
        changed.body["event_name"], "21ROTM",
        "what the hardware said stays"
    );
    assert_eq!(changed.body["pinned"], true);
    let loose = ann.patch(&path, &json!({"pinned": false})).await;
    assert_eq!(
        (&loose.body["name"], &loose.body["pinned"]),
        (&json!("Saturday"), &json!(false))
    );

    for name in ["", " ", &"x".repeat(121)] {
        let refused = ann.patch(&path, &json!({"name": name})).await;
        assert_eq!(refused.pointers(), ["/name"], "{name:?}");
    }
    let vera = port.log_in(VERA).await;
    let refused = vera.patch(&path, &json!({"pinned": true})).await;
    assert_eq!(refused.status, 403);
    let olga = port.log_in(OLGA).await;
    let refused = olga.patch(&path, &json!({"name": "Mine"})).await;
    assert_eq!(refused.status, 404, "another partner's");
}

#[tokio::test]
async fn all_reads_are_handed_out_as_a_file() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let reads: Vec<_> = (1..=3_000).map(|n| read(port.origin, n, "7")).collect();
    port.commit(&reads).await;
    let path = format!(
        "/api/chronotrack/sessions/{}/reads",
        port.origin.timing_session_id
    );
    let answer = ann
        .request(Method::GET, &path)
        .send()
        .await
        .expect("answers");
    let name = answer.headers()["content-disposition"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(
        name.starts_with("attachment") && name.ends_with(".csv\""),
        "{name}"
    );
    let text = answer.text().await.expect("text");
    assert_eq!(text.lines().count(), 3_001);
    let raw = format!("{path}?format=raw");
    let raw = ann
        .request(Method::GET, &raw)
        .send()
        .await
        .expect("answers");
    assert!(
        raw.text()
            .await
            .expect("text")
            .starts_with("ack~geteventinfo~21ROTM~")
    );
    let other = ann.get(&format!("{path}?format=xlsx")).await;
    assert_eq!(other.pointers(), ["/format"]);
    let olga = port.log_in(OLGA).await;
    assert_eq!(olga.get(&path).await.status, 404, "another partner's");
}

#[tokio::test]
async fn a_partner_with_many_exports_is_told_to_come_back() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let path = format!(
        "/api/chronotrack/sessions/{}/reads",
        port.origin.timing_session_id
    );
    let mut open = Vec::new();
    while let Ok(place) = port.app.exports.begin(port.origin.partner_id).await {
        open.push(place);
    }
    let refused = ann.request(Method::GET, &path).send().await;
    let refused = refused.expect("answers");
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    drop(open.pop());
    // The second finds its place only if the first gave it back at its end.
    for _ in 0..2 {
        let taken = ann.request(Method::GET, &path).send().await;
        let taken = taken.expect("answers");
        assert_eq!(taken.status(), 200);
        assert_eq!(taken.text().await.expect("text").lines().count(), 1);
    }
}
