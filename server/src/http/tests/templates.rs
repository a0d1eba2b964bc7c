//! Templates of one's own, and displays that show different ones.

use futures_util::future::join_all;
use gantry_core::template::shipped;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    port::{ANN, Answer, Client, OLGA, Port},
    screen::{Screen, shows},
};
use crate::{
    clock,
    store::{DisplayChange, DisplaySessionId},
};

/// The big clock with this text where the name of the event was.
fn titled(title: &str) -> Value {
    let source = shipped::source("big-clock").expect("is shipped");
    let mut template: Value = serde_json::from_str(source).expect("JSON");
    template["elements"][0]["content"]["group"][0]["content"]["text"]["value"] = json!(title);
    template
}

async fn made(client: &Client, title: &str) -> String {
    let made = client.post("/api/templates", &titled(title)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!(made.body["revision"], 1);
    made.text("id")
}

async fn save(client: &Client, id: &str, base: &str, template: &Value) -> Answer {
    let request = client.request(Method::PUT, &format!("/api/templates/{id}"));
    Answer::of(request.header("if-match", base).json(template)).await
}

async fn display(client: &Client, wanted: &Value) -> String {
    let made = client.post("/api/display/generate-url", wanted).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    made.text("id")
}

#[tokio::test]
async fn a_template_is_copied_changed_restored_and_removed() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let copy = json!({"from": "finish-line", "name": "Our finish"});
    let made = ann.post("/api/templates", &copy).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let id = made.text("id");
    assert_eq!(made.body["name"], "Our finish");
    assert_eq!(made.body["template"]["id"], json!(id));
    assert_eq!(made.body["source"]["palette"]["signal"], "#ffc81f");
    let path = format!("/api/templates/{id}");
    assert_eq!(ann.get(&path).await.body, made.body);
    let list = ann.get("/api/templates").await;
    let listed = &list.body["templates"][3];
    assert_eq!(
        (&listed["id"], &listed["revision"]),
        (&json!(id), &json!(1))
    );
    assert_eq!(listed["shipped"], false);

    let unconditional = ann.ask(Method::PUT, &path, Some(&titled("A"))).await;
    unconditional.is_problem(428);
    let saved = save(&ann, &id, "\"1\"", &titled("A")).await;
    assert_eq!(saved.body["revision"], 2, "{saved:?}");
    let lost = save(&ann, &id, "\"1\"", &titled("B")).await;
    lost.is_problem(412);
    assert_eq!(lost.body["current"], ann.get(&path).await.body);
    let restored = ann
        .post(&format!("{path}/revisions/1/restore"), &json!({}))
        .await;
    assert_eq!(restored.body["revision"], 3, "{restored:?}");
    assert_eq!(restored.body["source"], made.body["source"]);
    let revisions = ann.get(&format!("{path}/revisions")).await;
    assert_eq!(revisions.body["revisions"][0]["revision"], 3);
    assert_eq!(revisions.body["revisions"][2]["saved_by"], ANN);
    let newest = ann.get(&format!("{path}/revisions?limit=2")).await;
    let next = format!("{path}/revisions?cursor={}", newest.text("next_cursor"));
    let oldest = ann.get(&next).await;
    assert_eq!(
        oldest.body["revisions"],
        json!([revisions.body["revisions"][2]])
    );
    assert_eq!(oldest.body.get("next_cursor"), None);

    assert_eq!(ann.delete(&path).await.status, StatusCode::NO_CONTENT);
    ann.get(&path).await.is_problem(404);
}

#[tokio::test]
async fn what_is_wrong_with_a_template_is_pointed_to_and_not_stored() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let refused = ann
        .post("/api/templates", &titled("{{ nobody.name }}"))
        .await;
    let value = "/elements/0/content/group/0/content/text/value";
    assert_eq!(refused.pointers(), [value]);
    let refused = ann.post("/api/templates", &json!({"from": "none"})).await;
    assert_eq!(refused.pointers(), ["/from"]);
    let large = titled(&"x".repeat(300 << 10));
    ann.post("/api/templates", &large).await.is_problem(413);
    let list = ann.get("/api/templates").await;
    assert_eq!(list.body["templates"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn shipped_templates_are_everybodys_and_stay_as_they_are() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let refused = save(&ann, "big-clock", "\"1\"", &titled("A")).await;
    refused.is_problem(409);
    assert!(refused.text("detail").contains("POST /api/templates"));
    ann.delete("/api/templates/big-clock").await.is_problem(409);
}

#[tokio::test]
async fn anothers_template_is_like_none() {
    let port = Port::start().await;
    let (ann, olga) = (port.log_in(ANN).await, port.log_in(OLGA).await);
    let session = port.session(&ann).await;
    let theirs = ann
        .post("/api/templates", &titled("Secret"))
        .await
        .text("id");
    let nobodys = uuid::Uuid::now_v7().to_string();
    let mut answers = Vec::new();
    for id in [&theirs, &nobodys] {
        let path = format!("/api/templates/{id}");
        let created = json!({"mode": "results", "template_id": id});
        let mut said = Vec::new();
        for answer in [
            olga.get(&path).await,
            olga.get(&format!("{path}/revisions")).await,
            save(&olga, id, "\"1\"", &titled("Mine")).await,
            olga.post(&format!("{path}/revisions/1/restore"), &json!({}))
                .await,
            olga.delete(&path).await,
            olga.post("/api/templates", &json!({"from": id})).await,
            olga.post("/api/sessions/create", &created).await,
        ] {
            assert!(answer.status.is_client_error(), "{answer:?}");
            said.push((answer.status, answer.body.to_string().replace(id, "ID")));
        }
        answers.push(said);
    }
    assert_eq!(answers[0], answers[1]);
    let list = olga.get("/api/templates").await;
    assert_eq!(list.body["templates"].as_array().map(Vec::len), Some(3));
    let wanted = json!({"session_id": session, "template_id": nobodys});
    let refused = ann.post("/api/display/generate-url", &wanted).await;
    assert_eq!(refused.pointers(), ["/template_id"]);
}

#[tokio::test]
async fn displays_of_one_session_show_different_templates_and_pins_hold() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let template = made(&ann, "First words").await;
    let following = json!({"session_id": session, "template_id": template});
    let pinned = json!({"session_id": session, "template_id": template, "template_revision": 1});
    let plain = port.display(&ann, &session).await;
    let following = display(&ann, &following).await;
    let pinned = display(&ann, &pinned).await;
    let mut plain = Screen::open(&port.base, &plain).await;
    let mut screen = Screen::open(&port.base, &following).await;
    let mut still = Screen::open(&port.base, &pinned).await;
    plain.until_shows("21ROTM").await;
    screen.until_shows("First words").await;
    still.until_shows("First words").await;
    port.finish(1, "7").await;
    for screen in [&mut plain, &mut screen, &mut still] {
        screen.until_shows("No7").await;
    }
    assert!(!shows(plain.scene(), "First words"));

    let saved = save(&ann, &template, "\"1\"", &titled("Second words")).await;
    assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
    assert!(shows(screen.until_shows("Second words").await, "No7"));
    port.finish(2, "8").await;
    still.until_shows("No8").await;
    assert!(shows(still.scene(), "First words"));
    ann.delete(&format!("/api/templates/{template}"))
        .await
        .is_problem(409);

    let path = format!("/api/display/{pinned}");
    let unpinned = ann.patch(&path, &json!({"template_revision": null})).await;
    assert_eq!(unpinned.status, StatusCode::OK, "{unpinned:?}");
    still.until_shows("Second words").await;
    let freed = ann.patch(&path, &json!({"template_id": null})).await;
    assert_eq!(freed.body["template_id"], Value::Null, "{freed:?}");
    still.until_shows("21ROTM").await;
}

#[tokio::test]
async fn a_session_shows_no_more_templates_than_it_may_however_fast_they_come() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let template = made(&ann, "A").await;
    for base in 1..20 {
        let saved = save(&ann, &template, &format!("\"{base}\""), &titled("A")).await;
        assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
    }
    let generate = async |revision: i64| {
        let wanted = json!({
            "session_id": session, "template_id": template, "template_revision": revision,
        });
        ann.post("/api/display/generate-url", &wanted).await
    };
    let answers = join_all((1..=20).map(&generate)).await;
    let (given, refused): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.status == StatusCode::CREATED);
    assert_eq!(given.len(), 15, "and the session's own");
    for refused in &refused {
        assert_eq!(refused.pointers(), ["/template_id"]);
    }
    let shown = given[0].body["template_revision"].as_i64();
    let again = generate(shown.expect("a revision")).await;
    assert_eq!(again.status, StatusCode::CREATED, "{again:?}");

    let over = given[1].text("id");
    let ended = DisplayChange {
        expires_at: Some(clock::now() - 1),
        ..DisplayChange::default()
    };
    let person = port.person(ANN).await;
    let store = &port.services.store;
    let ended = store
        .change_display(person, &over, &ended, clock::now())
        .await;
    ended.expect("answers").expect("there is room");
    let missing = (1..=20).find(|revision| {
        let mut shown = given.iter().map(|given| &given.body["template_revision"]);
        shown.all(|shown| shown != revision)
    });
    let other = generate(missing.expect("one was refused")).await;
    assert_eq!(other.status, StatusCode::CREATED, "{other:?}");
    let path = format!("/api/display/{over}");
    let longer = json!({"expires_in_hours": 2});
    let refused = ann.patch(&path, &longer).await;
    assert_eq!(refused.pointers(), ["/expires_in_hours"]);
    let plain = ann.patch(&path, &json!({"template_id": null})).await;
    assert_eq!(plain.status, StatusCode::OK, "{plain:?}");
    let extended = ann.patch(&path, &longer).await;
    assert_eq!(extended.body["status"], "active", "{extended:?}");
}

#[tokio::test]
async fn a_template_is_known_by_one_spelling_of_its_id() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let shown = port.display(&ann, &session).await;
    let template = made(&ann, "A").await;
    for id in [
        template.to_uppercase(),
        template.replace('-', ""),
        format!("{{{template}}}"),
        format!("urn:uuid:{template}"),
    ] {
        let wanted = json!({"template_id": id});
        let created = json!({"mode": "results", "template_id": id});
        let generated = json!({"session_id": session, "template_id": id});
        for refused in [
            ann.post("/api/sessions/create", &created).await,
            ann.patch(&format!("/api/sessions/{session}"), &wanted)
                .await,
            ann.post("/api/display/generate-url", &generated).await,
            ann.patch(&format!("/api/display/{shown}"), &wanted).await,
        ] {
            assert_eq!(refused.pointers(), ["/template_id"], "{id}");
        }
    }
}

#[tokio::test]
async fn a_working_copy_is_of_the_template_that_the_session_has() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let path = format!("/api/sessions/{session}");
    let own = format!("{path}/template");
    let copy = json!({"working_copy": titled("Mine")});
    let (store, partner) = (&port.services.store, port.person(ANN).await.partner);
    let id = DisplaySessionId(session.parse().expect("an id"));
    for template in ["announcer", "finish-line"].repeat(5) {
        let change = json!({"template_id": template});
        let (set, changed) = tokio::join!(
            ann.ask(Method::PUT, &own, Some(&copy)),
            ann.patch(&path, &change)
        );
        assert_eq!(set.status, StatusCode::OK, "{set:?}");
        assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
        let stored = store.session_template(partner, id).await.expect("reads");
        assert!(
            stored.is_none_or(|stored| stored.template_id == template),
            "it is of the template before"
        );
    }
}

#[tokio::test]
async fn a_working_copy_is_seen_by_its_session_alone() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let template = made(&ann, "Shared words").await;
    let mut sessions = Vec::new();
    let mut screens = Vec::new();
    for _ in 0..2 {
        let session = port.session(&ann).await;
        let path = format!("/api/sessions/{session}");
        let changed = ann.patch(&path, &json!({"template_id": template})).await;
        assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
        let display = port.display(&ann, &session).await;
        let mut screen = Screen::open(&port.base, &display).await;
        screen.until_shows("Shared words").await;
        screens.push(screen);
        sessions.push(format!("{path}/template"));
    }
    let copied = ann
        .ask(
            Method::PUT,
            &sessions[0],
            Some(&json!({"working_copy": titled("My words")})),
        )
        .await;
    assert_eq!(copied.status, StatusCode::OK, "{copied:?}");
    screens[0].until_shows("My words").await;
    let saved = save(&ann, &template, "\"1\"", &titled("New words")).await;
    assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
    screens[1].until_shows("New words").await;
    port.finish(1, "7").await;
    assert!(shows(screens[0].until_shows("No7").await, "My words"));
    let other = ann.get(&sessions[1]).await;
    assert_eq!(other.body["working_copy"], Value::Null, "{other:?}");

    let cleared = ann.delete(&sessions[0]).await;
    assert_eq!(cleared.body["working_copy"], Value::Null, "{cleared:?}");
    screens[0].until_shows("New words").await;
    let pinned = ann
        .ask(Method::PUT, &sessions[0], Some(&json!({"revision": 1})))
        .await;
    assert_eq!(pinned.body["revision"], 1, "{pinned:?}");
    screens[0].until_shows("Shared words").await;
    let refused = ann
        .ask(Method::PUT, &sessions[0], Some(&json!({"revision": 9})))
        .await;
    assert_eq!(refused.pointers(), ["/revision"]);
}

#[tokio::test]
async fn two_people_at_one_working_copy_do_not_overwrite_each_other() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let path = format!("/api/sessions/{session}/template");
    let tag = |answer: &Answer| answer.etag.clone().expect("a tag");
    let put = async |base: &str, body: &Value| {
        let request = ann.request(Method::PUT, &path);
        Answer::of(request.header("if-match", base).json(body)).await
    };
    let looked_at = tag(&ann.get(&path).await);
    let faster = put(&looked_at, &json!({"working_copy": titled("Faster")})).await;
    assert_eq!(faster.status, StatusCode::OK, "{faster:?}");
    let late = put(&looked_at, &json!({"working_copy": titled("Late")})).await;
    late.is_problem(412);
    assert_eq!(late.body["current"], faster.body);
    let request = ann.request(Method::DELETE, &path);
    let late = Answer::of(request.header("if-match", &looked_at)).await;
    late.is_problem(412);
    let whole = ann.get(&format!("/api/sessions/{session}")).await;
    assert_eq!(
        tag(&whole),
        tag(&faster),
        "a change of the template is one of the session"
    );
    let cleared = ann.request(Method::DELETE, &path);
    let cleared = Answer::of(cleared.header("if-match", tag(&faster))).await;
    assert_eq!(cleared.status, StatusCode::OK, "{cleared:?}");
}

#[tokio::test]
async fn a_working_copy_is_checked_like_a_template() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let path = format!("/api/sessions/{session}/template");
    let value = "/working_copy/elements/0/content/group/0/content/text/value";
    for (body, pointer) in [
        (json!({}), ""),
        (
            json!({"revision": 1, "working_copy": titled("A")}),
            "/revision",
        ),
        (json!({"revision": 1}), "/revision"),
        (json!({"working_copy": "x"}), "/working_copy"),
        (json!({"working_copy": titled("{{ nobody.name }}")}), value),
        (json!({"working_copy": titled("a\u{202e}b")}), value),
    ] {
        let refused = ann.ask(Method::PUT, &path, Some(&body)).await;
        assert_eq!(refused.pointers(), [pointer], "{body}");
    }
    let own = ann.get(&path).await;
    assert_eq!(own.body["saved_at"], Value::Null, "nothing was stored");
}

#[tokio::test]
async fn a_duplicate_shows_the_working_copy_until_it_is_changed() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let original = port.session(&ann).await;
    let own = async |session: &str, words: &str| {
        let path = format!("/api/sessions/{session}/template");
        let body = json!({"working_copy": titled(words)});
        let set = ann.ask(Method::PUT, &path, Some(&body)).await;
        assert_eq!(set.status, StatusCode::OK, "{set:?}");
    };
    own(&original, "Our words").await;
    let path = format!("/api/sessions/{original}/duplicate");
    let twin = ann.post(&path, &json!({})).await.text("id");
    let mut screens = Vec::new();
    for session in [&original, &twin] {
        let display = port.display(&ann, session).await;
        let mut screen = Screen::open(&port.base, &display).await;
        screen.until_shows("Our words").await;
        screens.push(screen);
    }
    own(&twin, "Twin words").await;
    screens[1].until_shows("Twin words").await;
    port.finish(1, "7").await;
    assert!(shows(screens[0].until_shows("No7").await, "Our words"));
}

#[tokio::test]
async fn a_display_that_is_over_is_not_given_a_template() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let display = port.display(&ann, &session).await;
    let path = format!("/api/display/{display}");
    assert_eq!(ann.delete(&path).await.status, StatusCode::NO_CONTENT);
    for change in [
        json!({"template_id": "announcer"}),
        json!({"expires_in_hours": 2}),
    ] {
        ann.patch(&path, &change).await.is_problem(409);
    }
    let path = format!("/api/sessions/{session}/archive");
    assert_eq!(ann.post(&path, &json!({})).await.status, StatusCode::OK);
    let wanted = json!({"session_id": session, "template_id": "announcer"});
    let made = ann.post("/api/display/generate-url", &wanted).await;
    made.is_problem(409);
}
