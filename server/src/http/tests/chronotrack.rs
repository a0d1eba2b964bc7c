use std::collections::BTreeMap;

use gantry_core::{dating::ClockOffset, decoder::protocol::Protocol};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    port::{ANN, Client, OLGA, Port, VERA},
    screen::Screen,
};
use crate::{
    alarms::Subject,
    collector::clocks::Clock,
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
async fn everybody_hears_what_is_wrong_with_the_server_and_nobody_of_anothers_hardware() {
    let port = Port::start().await;
    let (vera, olga) = (port.log_in(VERA).await, port.log_in(OLGA).await);
    let heard = async |client: &Client| client.get("/api/alarms").await.body["alarms"].take();
    assert_eq!(heard(&vera).await, json!([]));
    let alarms = &port.services.alarms;
    let words = "port 61620 of Northern's feed is taken".to_owned();
    alarms.concern(Subject::Feeds, [(port.origin.partner_id, words)].into());
    let told = heard(&vera).await;
    assert_eq!(told[0]["name"], "feeds");
    assert_eq!(
        told[0]["words"],
        "Some timing hardware cannot reach the server."
    );
    assert!(!told.to_string().contains("Northern"));
    assert_eq!(heard(&olga).await, json!([]), "it is no matter of Olga's");
    let store = &port.services.store;
    let root = store.user_by_email(OLGA).await.expect("reads");
    let root = root.expect("is known").id;
    store.set_administrator(root, NOW).await.expect("rises");
    assert_eq!(heard(&olga).await, told, "she administers the server");

    alarms.concern(Subject::Feeds, BTreeMap::new());
    alarms.raise(
        Subject::Room,
        "0.3 GiB are free on the disk of /srv/northern",
    );
    let told = heard(&vera).await;
    assert_eq!(told[0]["words"], "The server's disk is nearly full.");
    assert_eq!(heard(&olga).await, told);
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

/// Acme's timing session with reads of the bibs 0 to 9, one in each minute from [`NOW`] on.
async fn ten_minutes(port: &Port) -> String {
    let reads: Vec<_> = (0..10)
        .map(|minute| {
            let mut new = read(port.origin, minute + 1, &minute.to_string());
            new.read.at = NOW + minute.cast_signed() * 60_000;
            new
        })
        .collect();
    port.commit(&reads).await;
    format!(
        "/api/chronotrack/sessions/{}",
        port.origin.timing_session_id
    )
}

/// The bibs that a timing session shows, newest first.
async fn bibs(client: &Client, id: &str) -> Vec<String> {
    let path = format!("/api/chronotrack/sessions/{id}/preview");
    let preview = client.get(&path).await;
    let reads = preview.body["reads"].as_array().expect("reads");
    let counted = preview.body["session"]["reads"].as_u64();
    assert_eq!(counted, Some(reads.len() as u64), "{preview:?}");
    let bib = |read: &Value| read["tag"].as_str().expect("a tag").to_owned();
    reads.iter().map(bib).collect()
}

#[tokio::test]
async fn a_timing_session_is_split_and_merged_by_operators_only() {
    let port = Port::start().await;
    let (ann, vera, olga) = (
        port.log_in(ANN).await,
        port.log_in(VERA).await,
        port.log_in(OLGA).await,
    );
    let path = ten_minutes(&port).await;
    let first = port.origin.timing_session_id.to_string();
    let split = format!("{path}/split");
    let cut = json!({"at": (NOW + 7 * 60_000).to_rfc3339(), "name": "Kids"});
    assert_eq!(vera.post(&split, &cut).await.status, 403);
    olga.post(&split, &cut).await.is_problem(404);
    let kids = ann.post(&split, &cut).await;
    assert_eq!(kids.status, 201, "{kids:?}");
    assert_eq!(
        (kids.text("name").as_str(), &kids.body["reads"]),
        ("Kids", &json!(3))
    );
    let second = kids.text("id");
    assert_eq!(bibs(&ann, &second).await, ["9", "8", "7"]);
    assert_eq!(bibs(&ann, &first).await.len(), 7);
    assert_eq!(ann.post(&split, &cut).await.pointers(), ["/at"]);
    let never = json!({"at": "yesterday"});
    assert_eq!(ann.post(&split, &never).await.pointers(), ["/at"]);
    let reopened = ann.patch(&path, &json!({"closed": false})).await;
    reopened.is_problem(409);

    let merge = format!("/api/chronotrack/sessions/{second}/merge");
    let into = |id: &str| json!({"into": id});
    assert_eq!(vera.post(&merge, &into(&first)).await.status, 403);
    olga.post(&merge, &into(&first)).await.is_problem(404);
    for wrong in [&second, &port.origin.partner_id.to_string()] {
        let refused = ann.post(&merge, &into(wrong)).await;
        assert_eq!(refused.pointers(), ["/into"], "{wrong}");
    }
    let merged = ann.post(&merge, &into(&first)).await;
    assert_eq!(
        (merged.status.as_u16(), merged.text("id")),
        (200, first.clone()),
        "{merged:?}"
    );
    assert_eq!(bibs(&ann, &first).await.len(), 10);
    for gone in [
        ann.get(&format!("/api/chronotrack/sessions/{second}/preview"))
            .await,
        ann.get(&format!("/api/chronotrack/sessions/{second}/reads"))
            .await,
        ann.post(&merge, &into(&first)).await,
    ] {
        gone.is_problem(404);
        assert!(
            gone.text("detail").contains(&first),
            "it says where: {gone:?}"
        );
    }
    let listed = ann.get("/api/chronotrack/sessions").await;
    assert_eq!(listed.body["sessions"].as_array().map(Vec::len), Some(1));
    let audit = ann.get("/api/audit").await.body.to_string();
    assert!(audit.contains("timing_session_split") && audit.contains("timing_session_merged"));
}

#[tokio::test]
async fn a_display_shows_what_its_timing_session_shows_after_it_was_rearranged() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let id = port.session(&ann).await;
    let display = port.display(&ann, &id).await;
    let mut screen = Screen::open(&port.base, &display).await;
    for bib in 1..=2_u64 {
        port.finish(bib, &bib.to_string()).await;
        screen.until_shows(&format!("No{bib}")).await;
    }
    let path = format!(
        "/api/chronotrack/sessions/{}",
        port.origin.timing_session_id
    );
    // Bib 1 finishes 21 minutes after the gun, bib 2 a minute later.
    let cut = json!({"at": (NOW + 1_290_000).to_rfc3339()});
    let later = ann.post(&format!("{path}/split"), &cut).await;
    assert_eq!(later.status, 201, "{later:?}");
    screen.until_hides("No2").await;
    let merge = format!("/api/chronotrack/sessions/{}/merge", later.text("id"));
    let into = json!({"into": port.origin.timing_session_id.to_string()});
    assert_eq!(ann.post(&merge, &into).await.status, 200);
    screen.until_shows("No2").await;
}

#[tokio::test]
async fn a_closed_session_lets_its_hardware_go_and_can_be_opened_again() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let path = ten_minutes(&port).await;
    let registry = &port.services.registry;
    let now = crate::clock::now();
    let presence = registry
        .enter(([127, 0, 0, 1], 1).into(), Protocol::ChronoTrack, now)
        .expect("there is room");
    let source = arrival(port.origin, 1, "7").source;
    presence.update(|connection| connection.source = Some(source));
    let status = |answer: &super::port::Answer| answer.text("status");
    let opened = ann.patch(&path, &json!({"closed": false})).await;
    assert_eq!(status(&opened), "live");
    assert!(!presence.ended().is_cancelled());
    let closed = ann.patch(&path, &json!({"closed": true})).await;
    assert_eq!(status(&closed), "closed");
    assert!(presence.ended().is_cancelled());
    drop(presence);
    let opened = ann.patch(&path, &json!({"closed": false})).await;
    assert_eq!(
        status(&opened),
        "idle",
        "its reads are years old, but it was opened now"
    );
}

#[tokio::test]
async fn times_are_corrected_by_operators_only() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let path = ten_minutes(&port).await;
    let corrections = format!("{path}/corrections");
    let correct = async |client: &Client, body: Value| {
        client.ask(Method::PUT, &corrections, Some(&body)).await
    };
    let ahead = json!({"location": "FINISH", "ahead_ms": 3_200, "first_day": "2021-05-07"});
    let set = correct(&ann, ahead.clone()).await;
    let told = json!([{
        "location": "FINISH", "ahead_ms": 3_200, "ahead": "3.2 s ahead", "first_day": "2021-05-07", "redating": true,
    }]);
    assert_eq!(
        (set.status.as_u16(), &set.body["corrections"]),
        (200, &told),
        "{set:?}"
    );
    assert_eq!(ann.get(&corrections).await.body["corrections"], told);
    let pending = port.services.store.pending_corrections().await;
    assert_eq!(pending.expect("lists").len(), 1);

    let nowhere = correct(&ann, json!({"location": "NOWHERE"})).await;
    assert_eq!(nowhere.pointers(), ["/location"]);
    let wrong = json!({"location": "FINISH", "ahead_ms": 1_i64 << 60, "first_day": "Monday"});
    assert_eq!(
        correct(&ann, wrong).await.pointers(),
        ["/ahead_ms", "/first_day"]
    );
    let (vera, olga) = (port.log_in(VERA).await, port.log_in(OLGA).await);
    assert_eq!(correct(&vera, ahead.clone()).await.status, 403);
    assert_eq!(vera.get(&corrections).await.status, 200);
    correct(&olga, ahead).await.is_problem(404);
    olga.get(&corrections).await.is_problem(404);
    let audit = ann.get("/api/audit").await.body.to_string();
    assert!(audit.contains("timing_session_redated"));
}
