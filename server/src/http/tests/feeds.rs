//! Feeds as owners keep them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::port::{ANN, Answer, BEN, Client, OLGA, Port, VERA};
use crate::store::{FeedId, Role, testing::NOW};

async fn added(client: &Client, feed: &Value) -> Answer {
    let added = client.post("/api/feeds", feed).await;
    assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
    added
}

async fn change(client: &Client, id: &str, base: &str, change: &Value) -> Answer {
    let request = client.request(Method::PATCH, &format!("/api/feeds/{id}"));
    Answer::of(request.header("if-match", base).json(change)).await
}

/// A port that was free a moment ago.
async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("an address").port()
}

#[tokio::test]
async fn an_owner_adds_changes_and_removes_a_feed() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let feed = json!({
        "name": "Finish", "protocol": "chronotrack", "port": free_port().await,
        "networks": ["10.0.0.0/8", "::1"], "time_zone": "Europe/Vienna",
        "login": {"user": "mat", "password": "secret"},
    });
    let made = added(&ann, &feed).await;
    assert_eq!(made.etag.as_deref(), Some("\"1\""));
    assert_eq!(made.body["state"], "opening", "no collector runs here");
    assert_eq!(
        made.body["login"],
        json!({"method": "hmac-sha1", "user": "mat"})
    );
    assert_eq!(made.body["networks"], json!(["10.0.0.0/8", "::1/128"]));
    let id = made.text("id");
    let path = format!("/api/feeds/{id}");
    assert_eq!(ann.get(&path).await.body, made.body);
    assert_eq!(
        ann.get("/api/feeds").await.body["feeds"],
        json!([made.body])
    );

    let next = json!({"name": "Line", "networks": [], "time_zone": null});
    let changed = change(&ann, &id, "\"1\"", &next).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_eq!(changed.body["name"], "Line");
    assert_eq!(changed.body["time_zone"], Value::Null);
    assert_eq!(changed.body["login"]["user"], "mat", "it stays");
    let lost = change(&ann, &id, "\"1\"", &json!({"name": "Other"})).await;
    lost.is_problem(412);
    assert_eq!(lost.body["current"], changed.body);

    let removed = ann.ask(Method::DELETE, &path, None).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    ann.get(&path).await.is_problem(404);
    let audit = ann.get("/api/audit").await.body.to_string();
    for action in ["feed_added", "feed_changed", "feed_removed"] {
        assert!(audit.contains(action), "{action}");
    }
    assert!(!audit.contains("secret"));
}

#[tokio::test]
async fn operators_look_and_others_do_not() {
    let port = Port::start().await;
    let [ann, ben, vera, olga] = [
        port.log_in(ANN).await,
        port.log_in(BEN).await,
        port.log_in(VERA).await,
        port.log_in(OLGA).await,
    ];
    let feed = json!({"name": "Run", "protocol": "chronotrack", "event": "City Run"});
    let made = added(&ann, &feed).await;
    let path = format!("/api/feeds/{}", made.text("id"));
    assert_eq!(ben.get(&path).await.body, made.body);
    ben.post("/api/feeds", &feed).await.is_problem(403);
    vera.get("/api/feeds").await.is_problem(403);
    olga.get(&path).await.is_problem(404);
    assert_eq!(olga.get("/api/feeds").await.body["feeds"], json!([]));
}

#[tokio::test]
async fn what_could_claim_others_hardware_waits_and_waits_again_when_it_claims_more() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let feed = json!({"name": "Run", "protocol": "chronotrack", "event": "City Run"});
    let made = added(&ann, &feed).await;
    assert_eq!(made.body["state"], "waiting");
    let called = json!({"name": "Box", "protocol": "race-result", "call_address": "10.0.0.5:3601"});
    assert_eq!(added(&ann, &called).await.body["state"], "waiting");

    let id = made.text("id");
    let known = FeedId(id.parse().expect("an id"));
    let state = async |change_to: Value| {
        let changed = change(&ann, &id, "*", &change_to).await;
        assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
        // What the collector does now and then.
        let services = &port.services;
        services.feeds.renew(&services.store).await.expect("reads");
        ann.get(&format!("/api/feeds/{id}")).await.body["state"].clone()
    };
    let store = &port.services.store;
    store.judge_feed(known, true, NOW).await.expect("judges");
    assert_eq!(state(json!({"name": "Again"})).await, "in_force");
    assert_eq!(state(json!({"event": "Another"})).await, "waiting");
    store.judge_feed(known, false, NOW).await.expect("judges");
    assert_eq!(state(json!({"name": "Please"})).await, "refused");
    assert_eq!(state(json!({"event": "Third"})).await, "waiting");

    let other = store.partners().await.expect("lists");
    let other = other.iter().find(|partner| partner.name == "Other");
    let closed = store.close_partner(other.expect("is there").id, NOW).await;
    closed.expect("closes");
    assert_eq!(
        state(json!({"event": "Fourth"})).await,
        "in_force",
        "nobody else is there"
    );
}

#[tokio::test]
async fn a_port_that_is_taken_is_refused_in_the_same_words_whoever_has_it() {
    let port = Port::start().await;
    let (ann, olga) = (port.log_in(ANN).await, port.log_in(OLGA).await);
    let other = port
        .services
        .store
        .user_by_email(OLGA)
        .await
        .expect("reads");
    let other = other.expect("is there").id;
    let partner = port.services.store.memberships(other).await.expect("reads")[0].partner_id;
    let owner = port
        .services
        .store
        .set_role(other, partner, Role::Owner, NOW);
    owner.await.expect("is set");
    let feed = |port: u16| json!({"name": "Own", "protocol": "jchip", "port": port});

    let theirs = free_port().await;
    added(&olga, &feed(theirs)).await;
    let bound = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let mut words = Vec::new();
    for taken in [theirs, bound.local_addr().expect("an address").port()] {
        let refused = ann.post("/api/feeds", &feed(taken)).await;
        refused.is_problem(422);
        assert_eq!(refused.body["errors"][0]["pointer"], "/port");
        words.push(refused.body);
    }
    assert_eq!(words[0], words[1]);
    let own = added(&ann, &feed(free_port().await)).await;
    let moved = change(&ann, &own.text("id"), "*", &json!({"port": theirs})).await;
    assert_eq!(moved.body, words[0]);
}

#[tokio::test]
async fn a_feed_with_a_way_of_its_own_may_name_the_event_of_its_hardware() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let call = json!({
        "name": "Box", "protocol": "race-result", "call_address": "127.0.0.1:9", "event": "City Run",
    });
    let made = added(&ann, &call).await;
    assert_eq!(made.body["event"], "City Run");
    let store = &port.services.store;
    let feeds = store.all_feeds().await.expect("reads");
    let id = FeedId(made.text("id").parse().expect("an id"));
    assert_eq!(feeds[0].id, id);
    store
        .judge_feed(id, true, NOW)
        .await
        .expect("answers")
        .expect("is there");
    let other = json!({"event": "Hill Climb"});
    let changed = change(&ann, &made.text("id"), "*", &other).await;
    assert_eq!(changed.body["event"], "Hill Climb");
    assert_ne!(changed.body["state"], "waiting", "it claims nothing more");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_where_it_stands() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    for (feed, pointer) in [
        (
            json!({"name": " ", "protocol": "chronotrack", "event": "x"}),
            "/name",
        ),
        (
            json!({"name": "x", "protocol": "ipico", "port": 5001}),
            "/protocol",
        ),
        (json!({"name": "x", "protocol": "chronotrack"}), "/port"),
        (
            json!({"name": "x", "protocol": "chronotrack", "port": 80}),
            "/port",
        ),
        (json!({"name": "x", "protocol": "mylaps"}), "/port"),
        (
            json!({"name": "x", "protocol": "race-result"}),
            "/call_address",
        ),
        (
            json!({"name": "x", "protocol": "race-result", "call_address": "box"}),
            "/call_address",
        ),
        (
            json!({"name": "x", "protocol": "jchip", "port": 5001, "call_address": "a:1"}),
            "/call_address",
        ),
        (
            json!({"name": "x", "protocol": "jchip", "port": 5001, "connection": "x"}),
            "/connection",
        ),
        (
            json!({"name": "x", "protocol": "chronotrack", "event": "x".repeat(65)}),
            "/event",
        ),
        (
            json!({"name": "x", "protocol": "chronotrack", "connection": "x".repeat(65)}),
            "/connection",
        ),
        (
            json!({"name": "x", "protocol": "jchip", "port": 5001, "location": "x"}),
            "/location",
        ),
        (
            json!({"name": "x", "protocol": "chronotrack", "networks": ["::1", "10.0.0.0/33"]}),
            "/networks/1",
        ),
        (
            json!({"name": "x", "protocol": "chronotrack", "event": "x", "time_zone": "Mars"}),
            "/time_zone",
        ),
        (
            json!({"name": "x", "protocol": "chronotrack", "event": "x", "login": {"user": "a", "password": "b"}}),
            "/login",
        ),
        (
            json!({"name": "x", "protocol": "chronotrack", "port": 5001, "login": {"user": "a~", "password": "b"}}),
            "/login/user",
        ),
    ] {
        let refused = ann.post("/api/feeds", &feed).await;
        refused.is_problem(422);
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{feed}");
    }
    assert_eq!(ann.get("/api/feeds").await.body["feeds"], json!([]));
}
