//! Who may see and do what.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::port::{ANN, OLGA, Port, VERA};

/// Every route that needs a login, with a body that it would take. `{s}`, `{d}` and `{t}` are Acme's.
fn routes(session: &str, display: &str, timing: &str) -> Vec<(Method, String, serde_json::Value)> {
    vec![
        (
            Method::GET,
            "/api/chronotrack/sessions".to_owned(),
            json!(null),
        ),
        (
            Method::GET,
            format!("/api/chronotrack/sessions/{timing}/preview"),
            json!(null),
        ),
        (
            Method::POST,
            "/api/sessions/create".to_owned(),
            json!({"mode": "results", "chronotrack_session_ids": [timing]}),
        ),
        (Method::GET, "/api/sessions".to_owned(), json!(null)),
        (Method::GET, format!("/api/sessions/{session}"), json!(null)),
        (
            Method::PATCH,
            format!("/api/sessions/{session}"),
            json!({"name": "Mine now"}),
        ),
        (
            Method::PUT,
            format!("/api/sessions/{session}/roster"),
            json!({"participants": []}),
        ),
        (
            Method::DELETE,
            format!("/api/sessions/{session}"),
            json!(null),
        ),
        (Method::GET, "/api/colleagues".to_owned(), json!(null)),
        (
            Method::GET,
            format!("/api/sessions/{session}/shares"),
            json!(null),
        ),
        (
            Method::PUT,
            format!("/api/sessions/{session}/shares/{NOBODYS_ID}"),
            json!({"access": "edit"}),
        ),
        (
            Method::DELETE,
            format!("/api/sessions/{session}/shares/{NOBODYS_ID}"),
            json!(null),
        ),
        (
            Method::POST,
            format!("/api/sessions/{session}/hand-over"),
            json!({"user_id": NOBODYS_ID}),
        ),
        (
            Method::POST,
            format!("/api/sessions/{session}/duplicate"),
            json!({}),
        ),
        (
            Method::POST,
            format!("/api/sessions/{session}/archive"),
            json!(null),
        ),
        (
            Method::POST,
            format!("/api/sessions/{session}/restore"),
            json!(null),
        ),
        (Method::GET, "/api/templates".to_owned(), json!(null)),
        (
            Method::GET,
            "/api/templates/finish-line".to_owned(),
            json!(null),
        ),
        (
            Method::GET,
            "/api/templates/finish-line/revisions".to_owned(),
            json!(null),
        ),
        (
            Method::GET,
            format!("/api/sessions/{session}/template"),
            json!(null),
        ),
        (
            Method::PUT,
            format!("/api/sessions/{session}/template"),
            json!({"revision": 1}),
        ),
        (
            Method::DELETE,
            format!("/api/sessions/{session}/template"),
            json!(null),
        ),
        (
            Method::POST,
            "/api/display/generate-url".to_owned(),
            json!({"session_id": session}),
        ),
        (Method::GET, "/api/displays".to_owned(), json!(null)),
        (Method::GET, format!("/api/display/{display}"), json!(null)),
        (
            Method::PATCH,
            format!("/api/display/{display}"),
            json!({"expires_in_hours": 1}),
        ),
        (
            Method::DELETE,
            format!("/api/display/{display}"),
            json!(null),
        ),
    ]
}

const NOBODYS_ID: &str = "01a20785-0000-7000-8000-000000000000";

#[tokio::test]
async fn what_is_anothers_answers_like_what_never_was() {
    let port = Port::start().await;
    let (ann, olga) = (port.log_in(ANN).await, port.log_in(OLGA).await);
    let session = port.session(&ann).await;
    let display = port.display(&ann, &session).await;
    let timing = port.origin.timing_session_id.to_string();

    let anothers = routes(&session, &display, &timing);
    let nobodys = routes(NOBODYS_ID, "00000000", NOBODYS_ID);
    for ((method, path, body), (_, other_path, other_body)) in anothers.into_iter().zip(nobodys) {
        let named = path != other_path || body != other_body;
        let one = olga.ask(method.clone(), &path, Some(&body)).await;
        let two = olga
            .ask(method.clone(), &other_path, Some(&other_body))
            .await;
        assert_eq!(
            (one.status, &one.body),
            (two.status, &two.body),
            "{method} {path}"
        );
        assert_eq!(
            named,
            one.status.is_client_error(),
            "{method} {path}: {one:?}"
        );
    }
    let untouched = ann.get(&format!("/api/sessions/{session}")).await;
    assert_eq!(untouched.body["participants"], 9, "{untouched:?}");
    let untouched = ann.get(&format!("/api/display/{display}")).await;
    assert_eq!(untouched.body["status"], "active");
}

#[tokio::test]
async fn nobody_gets_in_without_a_token() {
    let port = Port::start().await;
    let forged = port.anybody().with_token("0".repeat(64));
    for (method, path, body) in routes(NOBODYS_ID, "00000000", NOBODYS_ID) {
        for client in [&port.anybody(), &forged] {
            let answer = client.ask(method.clone(), &path, Some(&body)).await;
            answer.is_problem(401);
        }
    }
}

#[tokio::test]
async fn a_viewer_looks_and_changes_nothing() {
    let port = Port::start().await;
    let (ann, vera) = (port.log_in(ANN).await, port.log_in(VERA).await);
    let session = port.session(&ann).await;
    let display = port.display(&ann, &session).await;
    let timing = port.origin.timing_session_id.to_string();
    port.share(&ann, &session, VERA, "edit").await;
    for (method, path, body) in routes(&session, &display, &timing) {
        let answer = vera.ask(method.clone(), &path, Some(&body)).await;
        if method == Method::GET && path != "/api/colleagues" {
            assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
        } else {
            answer.is_problem(403);
        }
    }
}

#[tokio::test]
async fn what_is_not_routed_is_a_problem_too() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    ann.get("/api/nothing").await.is_problem(404);
    ann.get("/api/providers").await.is_problem(404);
    ann.delete("/api/sessions").await.is_problem(405);
    ann.get("/api/sessions/not-an-id").await.is_problem(404);
    ann.get("/api/sessions/%ff").await.is_problem(404);
    ann.get("/api/display/%ff").await.is_problem(404);
}

#[tokio::test]
async fn the_description_tells_every_route() {
    let port = Port::start().await;
    let answer = port.anybody().get("/api/openapi.json").await;
    assert_eq!(answer.status, StatusCode::OK);
    for (method, path, _) in routes("{id}", "{id}", "{id}") {
        let method = method.as_str().to_lowercase();
        let path = path
            .replace("finish-line", "{id}")
            .replace(NOBODYS_ID, "{user_id}");
        assert!(
            answer.body["paths"][&path][&method].is_object(),
            "{method} {path}"
        );
    }
}
