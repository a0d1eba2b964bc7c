//! Attempts that were refused are noted and slowed down, whatever was tried.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::{Duration, timeout};

use super::port::{ANN, Answer, Client, Port, VERA};

const NEW: &str = "new@example.org";

const WRONG_CODE: &str = "0000-0000-0000-0000";

/// The routes by which somebody shows who they are, with what is wrong, whom it is about and how it is noted.
fn attempts() -> [(&'static str, Value, &'static str, &'static str); 3] {
    [
        (
            "/api/password",
            json!({"old": "wrong", "new": "a new password"}),
            ANN,
            "password_change_refused",
        ),
        (
            "/api/password/reset",
            json!({"email": VERA, "code": WRONG_CODE, "new_password": "a new password"}),
            VERA,
            "password_reset_refused",
        ),
        (
            "/api/invitations/accept",
            json!({"email": NEW, "code": WRONG_CODE, "password": "a new password"}),
            NEW,
            "invitation_refused",
        ),
    ]
}

async fn attempt(client: &Client, path: &str, body: &Value, from: &str) -> Answer {
    let request = client
        .request(Method::POST, path)
        .header("x-forwarded-for", from)
        .json(body);
    Answer::of(request).await
}

/// The newest entry of this kind, once it is there.
async fn noted(ann: &Client, action: &str) -> Value {
    let noted = async {
        loop {
            let log = ann.get("/api/audit").await;
            let entries = log.body["entries"].as_array().expect("a list").clone();
            let found = entries.into_iter().find(|entry| entry["action"] == action);
            if let Some(found) = found {
                return found;
            }
        }
    };
    let noted = timeout(Duration::from_secs(20), noted).await;
    noted.unwrap_or_else(|_elapsed| panic!("no {action} is noted"))
}

#[tokio::test]
async fn whatever_was_tried_is_noted_for_the_owners() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let invitation = json!({"email": NEW, "role": "viewer"});
    ann.post("/api/invitations", &invitation).await;
    for (path, body, subject, action) in attempts() {
        let refused = attempt(&ann, path, &body, "203.0.113.7").await;
        assert!(refused.status.is_client_error(), "{path}: {refused:?}");
        let noted = noted(&ann, action).await;
        assert_eq!(noted["subject"], subject, "{path}");
        assert_eq!(noted["address"], "203.0.113.7", "{path}");
    }
}

#[tokio::test]
async fn whatever_is_tried_too_often_has_to_wait() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    for ((path, body, ..), host) in attempts().into_iter().zip(1..) {
        let from = format!("203.0.113.{host}");
        for _ in 0..4 {
            let refused = attempt(&ann, path, &body, &from).await;
            assert_ne!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        }
        let refused = attempt(&ann, path, &body, &from).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
    }
}
