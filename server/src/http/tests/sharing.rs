//! Several people at one display session.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::port::{ANN, Answer, BEN, Client, OLGA, Port, VERA};
use crate::store::testing;

/// Asks with an `If-Match`.
async fn ask_if(
    client: &Client,
    method: Method,
    path: &str,
    tag: &str,
    body: Option<&Value>,
) -> Answer {
    let request = client.request(method, path).header("if-match", tag);
    Answer::of(match body {
        Some(body) => request.json(body),
        None => request,
    })
    .await
}

#[tokio::test]
async fn a_session_is_hidden_from_colleagues_until_it_is_shared() {
    let port = Port::start().await;
    let (ann, ben) = (port.log_in(ANN).await, port.log_in(BEN).await);
    // Ann owns Acme, so Ben's session is hers to see as well, and hers is not his.
    let hers = port.session(&ann).await;
    let his = port.session(&ben).await;
    let (hers, his) = (
        format!("/api/sessions/{hers}"),
        format!("/api/sessions/{his}"),
    );
    assert_eq!(ann.get(&his).await.body["access"], "owner");
    assert_eq!(ann.get(&his).await.body["owner"]["email"], BEN);
    ben.get(&hers).await.is_problem(404);
    let listed = ben.get("/api/sessions").await;
    assert_eq!(listed.body["sessions"].as_array().map(Vec::len), Some(1));

    let ben_id = port.person(BEN).await.user;
    let share = format!("{hers}/shares/{ben_id}");
    let grant = async |access: &str| {
        ann.ask(Method::PUT, &share, Some(&json!({"access": access})))
            .await
    };
    assert_eq!(grant("view").await.status, StatusCode::NO_CONTENT);
    assert_eq!(ben.get(&hers).await.body["access"], "view");
    ben.patch(&hers, &json!({"name": "Mine"}))
        .await
        .is_problem(403);
    ben.delete(&hers).await.is_problem(403);
    assert_eq!(grant("edit").await.status, StatusCode::NO_CONTENT);
    let renamed = ben.patch(&hers, &json!({"name": "Ours"})).await;
    assert_eq!(renamed.body["name"], "Ours");
    assert_eq!(renamed.body["access"], "edit");
    let shares = ben.get(&format!("{hers}/shares")).await;
    assert_eq!(shares.body["shares"][0]["email"], BEN);
    assert_eq!(shares.body["shares"][0]["access"], "edit");
    ben.delete(&share).await.is_problem(403);

    assert_eq!(grant("sideways").await.pointers(), ["/access"]);
    assert_eq!(ann.delete(&share).await.status, StatusCode::NO_CONTENT);
    ann.delete(&share).await.is_problem(404);
    ben.get(&hers).await.is_problem(404);
    let olga = port.person(OLGA).await.user;
    let stranger = format!("{hers}/shares/{olga}");
    ann.ask(Method::PUT, &stranger, Some(&json!({"access": "view"})))
        .await
        .is_problem(404);
    let own = format!("{his}/shares/{ben_id}");
    ann.ask(Method::PUT, &own, Some(&json!({"access": "view"})))
        .await
        .is_problem(409);
}

#[tokio::test]
async fn displays_follow_the_walls_of_their_sessions() {
    let port = Port::start().await;
    let (ann, ben) = (port.log_in(ANN).await, port.log_in(BEN).await);
    let session = port.session(&ann).await;
    let display = format!("/api/display/{}", port.display(&ann, &session).await);
    ben.get(&display).await.is_problem(404);
    ben.delete(&display).await.is_problem(404);
    assert_eq!(ben.get("/api/displays").await.body["displays"], json!([]));
    port.share(&ann, &session, BEN, "view").await;
    assert_eq!(ben.get(&display).await.status, StatusCode::OK);
    ben.patch(&display, &json!({"expires_in_hours": 1}))
        .await
        .is_problem(403);
    ben.delete(&display).await.is_problem(403);
    let wanted = json!({"session_id": session});
    ben.post("/api/display/generate-url", &wanted)
        .await
        .is_problem(403);
    port.share(&ann, &session, BEN, "edit").await;
    assert_eq!(ben.delete(&display).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_lost_write_is_told_what_is_there_now() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let path = format!("/api/sessions/{}", port.session(&ann).await);
    let seen = ann.get(&path).await;
    let tag = seen.etag.clone().expect("an ETag");
    assert_eq!(tag, format!("\"{}\"", seen.body["revision"]));
    let first = ask_if(
        &ann,
        Method::PATCH,
        &path,
        &tag,
        Some(&json!({"name": "First"})),
    )
    .await;
    assert_eq!(first.status, StatusCode::OK, "{first:?}");
    assert_ne!(first.etag.as_ref(), Some(&tag));

    let late = ask_if(
        &ann,
        Method::PATCH,
        &path,
        &tag,
        Some(&json!({"name": "Late"})),
    )
    .await;
    late.is_problem(412);
    assert_eq!(late.body["current"], first.body);
    let roster = json!({"participants": [{"bib": "1"}]});
    let roster_path = format!("{path}/roster");
    ask_if(&ann, Method::PUT, &roster_path, &tag, Some(&roster))
        .await
        .is_problem(412);
    ask_if(&ann, Method::DELETE, &path, &tag, None)
        .await
        .is_problem(412);
    assert_eq!(ann.get(&path).await.body, first.body, "nothing was stored");

    for bad in ["7", "W/\"7\"", "\"x\""] {
        ask_if(&ann, Method::PATCH, &path, bad, Some(&json!({})))
            .await
            .is_problem(400);
    }
    let unheeding = ann.patch(&path, &json!({"name": "Script"})).await;
    assert_eq!(unheeding.body["name"], "Script");
    let tag = unheeding.etag.expect("an ETag");
    let imported = ask_if(&ann, Method::PUT, &roster_path, &tag, Some(&roster)).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");
    let tag = imported.etag.expect("an ETag");
    let gone = ask_if(&ann, Method::DELETE, &path, &tag, None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn everything_that_is_done_to_a_session_counts() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let path = format!("/api/sessions/{}", port.session(&ann).await);
    let ben = port.person(BEN).await.user.to_string();
    let share = format!("{path}/shares/{ben}");
    let mut revision = ann.get(&path).await.body["revision"]
        .as_i64()
        .expect("a number");
    for (method, path, body) in [
        (Method::PATCH, path.clone(), json!({"name": "Arena"})),
        (Method::PUT, share.clone(), json!({"access": "view"})),
        (Method::DELETE, share.clone(), json!(null)),
        (Method::POST, format!("{path}/archive"), json!(null)),
        (Method::POST, format!("{path}/restore"), json!(null)),
        (
            Method::POST,
            format!("{path}/hand-over"),
            json!({"user_id": ben}),
        ),
    ] {
        let answer = ann.ask(method.clone(), &path, Some(&body)).await;
        assert!(answer.status.is_success(), "{method} {path}: {answer:?}");
        revision += 1;
        let id = path.split('/').nth(3).expect("an id");
        let now = ann.get(&format!("/api/sessions/{id}")).await;
        assert_eq!(now.body["revision"], revision, "{method} {path}");
    }
}

#[tokio::test]
async fn a_session_is_handed_over_and_duplicated() {
    let port = Port::start().await;
    let (ben, vera) = (port.log_in(BEN).await, port.person(VERA).await.user);
    let path = format!("/api/sessions/{}", port.session(&ben).await);
    let copied = ben.post(&format!("{path}/duplicate"), &json!({})).await;
    assert_eq!(copied.status, StatusCode::CREATED);
    assert_eq!(copied.body["name"], "21ROTM · Results (copy)");
    assert_eq!(copied.body["participants"], 9);
    assert_eq!(copied.body["owner"]["email"], BEN);
    let named = ben
        .post(&format!("{path}/duplicate"), &json!({"name": " B "}))
        .await;
    assert_eq!(named.body["name"], "B");
    let unnamed = ben
        .post(&format!("{path}/duplicate"), &json!({"name": " "}))
        .await;
    assert_eq!(unnamed.pointers(), ["/name"]);

    let give = async |to: String| {
        ben.post(&format!("{path}/hand-over"), &json!({"user_id": to}))
            .await
    };
    assert_eq!(give(vera.to_string()).await.pointers(), ["/user_id"]);
    let ann = port.person(ANN).await.user;
    assert_eq!(give(ann.to_string()).await.status, StatusCode::NO_CONTENT);
    let after = ben.get(&path).await;
    assert_eq!(after.body["owner"]["email"], ANN);
    assert_eq!(after.body["access"], "edit");
    give(ann.to_string()).await.is_problem(403);
}

#[tokio::test]
async fn an_archived_session_is_out_of_the_way() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let display = port.display(&ann, &session).await;
    let path = format!("/api/sessions/{session}");
    let archived = ann.post(&format!("{path}/archive"), &json!(null)).await;
    assert!(archived.body["archived_at"].is_string(), "{archived:?}");
    let display = ann.get(&format!("/api/display/{display}")).await;
    assert_eq!(display.body["status"], "revoked");
    let listed = async |query: &str| {
        let list = ann.get(&format!("/api/sessions{query}")).await;
        list.body["sessions"].as_array().map(Vec::len)
    };
    assert_eq!(listed("").await, Some(0));
    assert_eq!(listed("?archived=true").await, Some(1));
    ann.patch(&path, &json!({"name": "x"}))
        .await
        .is_problem(409);
    ann.post(&format!("{path}/archive"), &json!(null))
        .await
        .is_problem(409);
    let wanted = json!({"session_id": session});
    ann.post("/api/display/generate-url", &wanted)
        .await
        .is_problem(409);
    let restored = ann.post(&format!("{path}/restore"), &json!(null)).await;
    assert_eq!(restored.body["archived_at"], json!(null));
    assert_eq!(listed("").await, Some(1));
}

#[tokio::test]
async fn whoever_is_at_a_session_is_seen_by_the_others() {
    let port = Port::start().await;
    let (ann, ben) = (port.log_in(ANN).await, port.log_in(BEN).await);
    let session = port.session(&ann).await;
    port.share(&ann, &session, BEN, "edit").await;
    let path = format!("/api/sessions/{session}");
    assert_eq!(ann.get(&path).await.body["present"], json!([]));
    let seen = ben.get(&path).await;
    assert_eq!(seen.body["present"][0]["email"], ANN);
    assert!(seen.body["present"][0]["since"].is_string());
    assert_eq!(ann.get(&path).await.body["present"][0]["email"], BEN);
    let list = ann.get("/api/sessions").await;
    assert_eq!(list.body["sessions"][0]["present"][0]["email"], BEN);
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    for name in ["A", "B", "C"] {
        ann.post(
            "/api/sessions/create",
            &json!({"mode": "results", "name": name}),
        )
        .await;
    }
    let first = ann.get("/api/sessions?limit=2").await;
    let names = |page: &Answer| -> Vec<String> {
        let sessions = page.body["sessions"].as_array().expect("sessions");
        sessions
            .iter()
            .map(|session| session["name"].as_str().expect("a name").to_owned())
            .collect()
    };
    assert_eq!(names(&first), ["C", "B"]);
    let next = first.text("next_cursor");
    let last = ann
        .get(&format!("/api/sessions?limit=2&cursor={next}"))
        .await;
    assert_eq!(names(&last), ["A"]);
    assert_eq!(last.body["next_cursor"], json!(null));
    let bad = ann.get("/api/sessions?limit=0&cursor=x&archived=yes").await;
    assert_eq!(bad.pointers(), ["/archived", "/cursor", "/limit"]);
}

#[tokio::test]
async fn a_session_that_was_nobodys_is_every_operators() {
    let port = Port::start().await;
    let (ann, ben, vera) = (
        port.log_in(ANN).await,
        port.log_in(BEN).await,
        port.log_in(VERA).await,
    );
    let session = port.session(&ann).await;
    let id = session
        .parse()
        .map(crate::store::DisplaySessionId)
        .expect("an id");
    testing::disown(&port.services.store, port.origin.partner_id, id).await;
    let path = format!("/api/sessions/{session}");
    let seen = ben.get(&path).await;
    assert_eq!(
        (&seen.body["owner"], &seen.body["access"]),
        (&json!(null), &json!("owner"))
    );
    assert_eq!(vera.get(&path).await.body["access"], "view");
    assert_eq!(ben.delete(&path).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn what_is_done_to_a_session_is_in_the_audit_log() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let path = format!("/api/sessions/{session}");
    port.share(&ann, &session, BEN, "view").await;
    ann.patch(&path, &json!({"name": "Arena"})).await;
    let ben = port.person(BEN).await.user.to_string();
    ann.delete(&format!("{path}/shares/{ben}")).await;
    ann.post(&format!("{path}/duplicate"), &json!({})).await;
    ann.post(&format!("{path}/archive"), &json!(null)).await;
    ann.post(&format!("{path}/restore"), &json!(null)).await;
    ann.post(&format!("{path}/hand-over"), &json!({"user_id": ben}))
        .await;
    assert_eq!(ann.delete(&path).await.status, StatusCode::NO_CONTENT);
    let log = ann.get("/api/audit").await;
    let entries = log.body["entries"].as_array().expect("entries");
    let told: Vec<_> = entries
        .iter()
        .filter(|entry| entry["who"] == ANN && entry["detail"]["session_id"].is_string())
        .map(|entry| entry["action"].as_str().expect("an action"))
        .collect();
    assert_eq!(
        told,
        [
            "session_removed",
            "session_handed_over",
            "session_restored",
            "session_archived",
            "session_duplicated",
            "session_unshared",
            "session_changed",
            "session_shared",
            "roster_replaced",
            "session_created",
        ]
    );
}
