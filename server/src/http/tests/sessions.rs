use reqwest::StatusCode;
use serde_json::json;

use super::port::{ANN, Port};

#[tokio::test]
async fn a_session_is_made_with_what_suits_its_mode_and_race() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let timing = port.origin.timing_session_id.to_string();
    let wanted = json!({"mode": "pre_race", "chronotrack_session_ids": [timing]});
    let made = ann.post("/api/sessions/create", &wanted).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(made.body["name"], "21ROTM · Pre-race");
    assert_eq!(made.body["template_id"], "announcer");
    assert_eq!(made.body["chronotrack_session_ids"], json!([timing]));
    assert_eq!(made.body["settings"]["event_name"], "21ROTM");
    assert_eq!(made.body["settings"]["midnight"], "2021-05-08T00:00:00Z");
    let id = made.text("id");
    assert_eq!(
        ann.get(&format!("/api/sessions/{id}")).await.body,
        made.body
    );

    let bare = ann
        .post(
            "/api/sessions/create",
            &json!({"mode": "results", "name": " Arena "}),
        )
        .await;
    assert_eq!(bare.body["name"], "Arena");
    assert_eq!(bare.body["template_id"], "finish-line");
    let list = ann.get("/api/sessions").await;
    assert_eq!(list.body["sessions"], json!([bare.body, made.body]));
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let id = port.session(&ann).await;
    let path = format!("/api/sessions/{id}");
    let before = ann.get(&path).await;
    let change = json!({
        "mode": "pre_race",
        "settings": {"midnight": null, "locations": {"9K": "finish"}, "show_ms": 5000},
    });
    let after = ann.patch(&path, &change).await;
    assert_eq!(after.status, StatusCode::OK, "{after:?}");
    assert_eq!(after.body["mode"], "pre_race");
    assert_eq!(after.body["settings"]["midnight"], json!(null));
    assert_eq!(after.body["settings"]["locations"], json!({"9K": "finish"}));
    assert_eq!(after.body["settings"]["show_ms"], 5000);
    assert_eq!(
        after.body["settings"]["show_at_least_ms"],
        before.body["settings"]["show_at_least_ms"]
    );
    for kept in [
        "name",
        "template_id",
        "chronotrack_session_ids",
        "participants",
        "created_at",
    ] {
        assert_eq!(after.body[kept], before.body[kept], "{kept}");
    }
    let unbound = ann
        .patch(
            &path,
            &json!({"chronotrack_session_ids": [], "name": "Hall"}),
        )
        .await;
    assert_eq!(unbound.body["chronotrack_session_ids"], json!([]));
    assert_eq!(unbound.body["settings"], after.body["settings"]);
    assert_eq!(ann.get(&path).await.body, unbound.body);
}

#[tokio::test]
async fn everything_wrong_is_told_at_once_and_nothing_is_stored() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let wanted = json!({
        "mode": "results", "name": " ", "template_id": "nothing", "event_ids": ["1"],
        "chronotrack_session_ids": [port.origin.timing_session_id.to_string(), uuid::Uuid::now_v7().to_string()],
    });
    let refused = ann.post("/api/sessions/create", &wanted).await;
    assert_eq!(
        refused.pointers(),
        [
            "/name",
            "/template_id",
            "/event_ids",
            "/chronotrack_session_ids/1"
        ]
    );
    let create = async |body| ann.post("/api/sessions/create", &body).await;
    assert_eq!(
        create(json!({"mode": "sideways"})).await.pointers(),
        ["/mode"]
    );
    assert_eq!(
        create(json!({"mode": "results", "chronotrack_session_ids": ["x"]}))
            .await
            .pointers(),
        ["/chronotrack_session_ids/0"]
    );
    assert_eq!(ann.get("/api/sessions").await.body["sessions"], json!([]));

    let id = port.session(&ann).await;
    let path = format!("/api/sessions/{id}");
    let before = ann.get(&path).await;
    let change = json!({"name": "x".repeat(121), "settings": {"show_ms": 10, "show_at_least_ms": 100_000, "event_name": "y".repeat(121)}});
    let refused = ann.patch(&path, &change).await;
    assert_eq!(
        refused.pointers(),
        ["/name", "/settings/event_name", "/settings/show_ms"]
    );
    let patch = async |settings| ann.patch(&path, &json!({"settings": settings})).await;
    assert_eq!(
        patch(json!({"show_ms": 1})).await.pointers(),
        ["/settings/show_ms"]
    );
    assert_eq!(
        patch(json!({"show_ms": 2000, "show_at_least_ms": 3000}))
            .await
            .pointers(),
        ["/settings/show_at_least_ms"]
    );
    let no_object = patch(json!([])).await;
    assert_eq!(no_object.pointers(), ["/settings"]);
    assert_eq!(
        no_object.body["errors"][0]["detail"],
        "a JSON object is expected"
    );
    assert_eq!(
        patch(json!({"midnight": "tomorrow"})).await.pointers(),
        ["/settings/midnight"]
    );
    assert_eq!(
        patch(json!({"locations": {"9K": "bar"}})).await.pointers(),
        ["/settings/locations/9K"]
    );
    assert_eq!(
        patch(json!({"speed": 1})).await.pointers(),
        ["/settings/speed"]
    );
    assert_eq!(ann.get(&path).await.body, before.body);
}

#[tokio::test]
async fn a_removed_session_is_gone_with_its_displays() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let id = port.session(&ann).await;
    let display = port.display(&ann, &id).await;
    let path = format!("/api/sessions/{id}");
    assert_eq!(ann.delete(&path).await.status, StatusCode::NO_CONTENT);
    ann.get(&path).await.is_problem(404);
    ann.delete(&path).await.is_problem(404);
    let display = ann.get(&format!("/api/display/{display}")).await;
    assert_eq!(display.body["status"], "revoked");
}

#[tokio::test]
async fn templates_are_listed_and_shown() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let list = ann.get("/api/templates").await;
    let templates = list.body["templates"].as_array().expect("templates");
    let ids: Vec<_> = templates
        .iter()
        .map(|template| template["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(ids, ["announcer", "finish-line", "big-clock"]);
    let one = ann.get("/api/templates/big-clock").await;
    assert_eq!(one.body["template"]["id"], "big-clock");
    assert!(one.body["template"]["elements"].is_array());
    ann.get("/api/templates/none").await.is_problem(404);
}
