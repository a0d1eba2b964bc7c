use reqwest::StatusCode;
use serde_json::json;

use super::port::{ANN, Port};
use crate::clock;

#[tokio::test]
async fn a_display_is_made_listed_extended_and_revoked() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let made = ann
        .post("/api/display/generate-url", &json!({"session_id": session}))
        .await;
    let id = made.text("id");
    assert_eq!(id.len(), 8);
    assert_eq!(made.body["url"], format!("{}/display/{id}", port.base));
    let hours = |answer: &super::port::Answer| {
        let end: jiff::Timestamp = answer.text("expires_at").parse().expect("a moment");
        (end.as_millisecond() - clock::now().0) as f64 / 3_600_000.0
    };
    assert!((23.9..=24.0).contains(&hours(&made)), "{made:?}");

    let path = format!("/api/display/{}", id.to_uppercase());
    assert_eq!(ann.get(&path).await.body, made.body);
    assert_eq!(
        ann.get("/api/displays").await.body["displays"],
        json!([made.body])
    );
    let extended = ann.patch(&path, &json!({"expires_in_hours": 48})).await;
    assert!((47.9..=48.0).contains(&hours(&extended)), "{extended:?}");

    assert_eq!(ann.delete(&path).await.status, StatusCode::NO_CONTENT);
    let revoked = ann.get(&path).await;
    assert_eq!(revoked.body["status"], "revoked");
    assert_eq!(ann.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        ann.get(&path).await.body["revoked_at"],
        revoked.body["revoked_at"]
    );
    ann.patch(&path, &json!({"expires_in_hours": 1}))
        .await
        .is_problem(409);
}

#[tokio::test]
async fn lives_out_of_range_are_refused() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    for hours in [0, -1, 8_785, i64::MAX] {
        let wanted = json!({"session_id": session, "expires_in_hours": hours});
        let refused = ann.post("/api/display/generate-url", &wanted).await;
        assert_eq!(refused.pointers(), ["/expires_in_hours"], "{hours}");
    }
    let wanted = json!({"session_id": uuid::Uuid::now_v7().to_string()});
    let refused = ann.post("/api/display/generate-url", &wanted).await;
    assert_eq!(refused.pointers(), ["/session_id"]);
    assert_eq!(ann.get("/api/displays").await.body["displays"], json!([]));
}

#[tokio::test]
async fn what_is_done_to_a_display_is_noted_without_its_id() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let display = port.display(&ann, &session).await;
    let path = format!("/api/display/{display}");
    ann.patch(&path, &json!({"expires_in_hours": 2})).await;
    ann.delete(&path).await;
    let log = ann.get("/api/audit?limit=3").await;
    let entries = log.body["entries"].as_array().expect("a list");
    let actions: Vec<_> = entries.iter().map(|entry| &entry["action"]).collect();
    assert_eq!(
        actions,
        ["display_revoked", "display_changed", "display_made"]
    );
    for entry in entries {
        assert_eq!(entry["detail"]["session_id"], session.as_str());
        assert_eq!(entry["who"], ANN);
    }
    assert!(!log.body.to_string().contains(&display), "{log:?}");
}

#[tokio::test]
async fn an_old_display_is_found_page_by_page() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(port.display(&ann, &session).await);
    }
    let (mut listed, mut path) = (Vec::new(), "/api/displays?limit=2".to_owned());
    for most in [2, 2, 1] {
        let page = ann.get(&path).await;
        let displays = page.body["displays"].as_array().expect("a list");
        assert_eq!(displays.len(), most, "{page:?}");
        let ids = displays.iter().filter_map(|display| display["id"].as_str());
        listed.extend(ids.map(str::to_owned));
        let next = page.body["next_cursor"].as_str();
        assert_eq!(next.is_some(), most == 2);
        path = format!("/api/displays?limit=2&cursor={}", next.unwrap_or_default());
    }
    let whole = ann.get("/api/displays").await;
    assert_eq!(whole.body.get("next_cursor"), None);
    let whole = whole.body["displays"].as_array().expect("a list").iter();
    let whole: Vec<_> = whole.filter_map(|display| display["id"].as_str()).collect();
    assert_eq!(listed, whole, "the same order");
    listed.sort();
    made.sort();
    assert_eq!(listed, made, "each of them once");
    let wrong = ann.get("/api/displays?limit=501&cursor=x").await;
    assert_eq!(wrong.pointers(), ["/cursor", "/limit"]);
}
