//! Who may say who else works for a partner, and how people come, go and get new passwords.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::port::{ANN, Answer, BEN, Client, OLGA, PASSWORD, Port, VERA};
use crate::store::{Role, User, testing::NOW};

const NEW: &str = "new@example.org";

const NOBODYS_ID: &str = "01a20785-0000-7000-8000-000000000000";

async fn user(port: &Port, email: &str) -> User {
    let user = port.services.store.user_by_email(email).await;
    user.expect("reads").expect("is there")
}

/// What was noted for Acme, newest first.
async fn noted(port: &Port) -> Vec<(String, String, String)> {
    let store = &port.services.store;
    let entries = store.recorded(port.origin.partner_id, None, 99).await;
    let entries = entries.expect("reads").into_iter();
    entries
        .map(|entry| (entry.who, entry.action, entry.subject))
        .collect()
}

fn entry(who: &str, action: &str, subject: &str) -> (String, String, String) {
    (who.to_owned(), action.to_owned(), subject.to_owned())
}

async fn log_in_with(port: &Port, email: &str, password: &str) -> Answer {
    let credentials = json!({"email": email, "password": password});
    port.anybody().post("/api/login", &credentials).await
}

async fn invite(owner: &Client, email: &str, role: &str) -> Answer {
    let invitation = json!({"email": email, "role": role});
    let made = owner.post("/api/invitations", &invitation).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    made
}

async fn accept(port: &Port, email: &str, code: &str, password: &str) -> Answer {
    let acceptance = json!({"email": email, "code": code, "password": password});
    port.anybody()
        .post("/api/invitations/accept", &acceptance)
        .await
}

#[tokio::test]
async fn only_owners_manage_people() {
    let port = Port::start().await;
    let (ann, vera) = (port.log_in(ANN).await, port.log_in(VERA).await);
    let vera_id = user(&port, VERA).await.id;
    let invitation = invite(&ann, NEW, "viewer").await.text("id");
    let routes = [
        (Method::GET, "/api/people".to_owned(), Value::Null),
        (Method::GET, "/api/audit".to_owned(), Value::Null),
        (Method::GET, "/api/invitations".to_owned(), Value::Null),
        (
            Method::POST,
            "/api/invitations".to_owned(),
            json!({"email": "x@example.org", "role": "owner"}),
        ),
        (
            Method::DELETE,
            format!("/api/invitations/{invitation}"),
            Value::Null,
        ),
        (
            Method::PATCH,
            format!("/api/people/{vera_id}"),
            json!({"role": "owner"}),
        ),
        (
            Method::POST,
            format!("/api/people/{vera_id}/reset"),
            Value::Null,
        ),
        (
            Method::DELETE,
            format!("/api/people/{vera_id}"),
            Value::Null,
        ),
    ];
    for role in [Role::Viewer, Role::Operator] {
        let partner = port.origin.partner_id;
        let set = port.services.store.set_role(vera_id, partner, role, NOW);
        set.await.expect("changes");
        for (method, path, body) in &routes {
            let answer = vera.ask(method.clone(), path, Some(body)).await;
            answer.is_problem(403);
            let answer = port.anybody().ask(method.clone(), path, Some(body)).await;
            answer.is_problem(401);
        }
    }
    for (method, path, body) in &routes {
        let answer = ann.ask(method.clone(), path, Some(body)).await;
        assert!(answer.status.is_success(), "{method} {path}: {answer:?}");
    }
}

#[tokio::test]
async fn other_partners_people_are_like_nobody() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let store = &port.services.store;
    let olga = user(&port, OLGA).await.id;
    let other = store.partner_named("Other").await.expect("reads");
    let other = other.expect("is there").id;
    store
        .set_role(olga, other, Role::Owner, NOW)
        .await
        .expect("rises");
    let olgas = port.log_in(OLGA).await;
    let invitation = invite(&olgas, NEW, "viewer").await.text("id");
    for (method, path, body) in [
        (Method::PATCH, "/api/people/{}", json!({"role": "viewer"})),
        (Method::DELETE, "/api/people/{}", Value::Null),
        (Method::POST, "/api/people/{}/reset", Value::Null),
        (Method::DELETE, "/api/invitations/{}", Value::Null),
        (Method::DELETE, "/api/tokens/{}", Value::Null),
    ] {
        let tokens = olgas.get("/api/tokens").await;
        let real = if path.contains("tokens") {
            tokens.body["tokens"][0]["id"]
                .as_str()
                .expect("an id")
                .to_owned()
        } else if path.contains("invitations") {
            invitation.clone()
        } else {
            olga.to_string()
        };
        let mut answers = Vec::new();
        for id in [real.as_str(), NOBODYS_ID, "nonsense"] {
            let path = path.replace("{}", id);
            let answer = ann.ask(method.clone(), &path, Some(&body)).await;
            answer.is_problem(404);
            answers.push(answer.body);
        }
        assert!(
            answers.windows(2).all(|two| two[0] == two[1]),
            "{answers:?}"
        );
    }
    assert_eq!(
        olgas.get("/api/invitations").await.body["invitations"][0]["email"],
        NEW
    );
    let people = ann.get("/api/people").await;
    let emails: Vec<_> = people.body["people"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|person| (person["email"].as_str(), person["role"].as_str()))
        .collect();
    assert_eq!(
        emails,
        [
            (Some(ANN), Some("owner")),
            (Some(BEN), Some("operator")),
            (Some(VERA), Some("viewer"))
        ]
    );
}

#[tokio::test]
async fn an_invited_person_joins_once_with_a_password_of_their_own() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let made = invite(&ann, " New@Example.org ", "operator").await;
    let code = made.text("code");
    let listed = ann.get("/api/invitations").await;
    assert_eq!(listed.body["invitations"][0]["email"], NEW);
    assert!(!listed.body.to_string().contains(&code), "it is told once");

    let wrong_code = "0000-0000-0000-0000";
    for (email, code) in [(NEW, wrong_code), (ANN, &code)] {
        accept(&port, email, code, "a new password")
            .await
            .is_problem(401);
    }
    let short = accept(&port, NEW, &code, "short").await;
    assert_eq!(short.pointers(), ["/password"]);
    let typed = code.to_uppercase().replace('-', " ");
    let joined = accept(&port, NEW, &typed, "a new password").await;
    assert_eq!(joined.status, StatusCode::NO_CONTENT, "{joined:?}");
    accept(&port, NEW, &code, "a new password")
        .await
        .is_problem(401);

    let credentials = log_in_with(&port, NEW, "a new password").await;
    let new = port.anybody().with_token(credentials.text("token"));
    assert_eq!(new.get("/api/sessions").await.status, StatusCode::OK);
    new.get("/api/people").await.is_problem(403);
    let again = json!({"email": NEW, "role": "viewer"});
    ann.post("/api/invitations", &again).await.is_problem(409);
    let noted = noted(&port).await;
    assert!(
        noted.contains(&entry(ANN, "invitation_made", NEW)),
        "{noted:?}"
    );
    assert!(
        noted.contains(&entry(NEW, "invitation_accepted", NEW)),
        "{noted:?}"
    );
}

#[tokio::test]
async fn who_is_known_already_joins_by_the_password_that_they_have() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let code = invite(&ann, OLGA, "viewer").await.text("code");
    let guessed = accept(&port, OLGA, &code, "not her password").await;
    guessed.is_problem(401);
    let unknown = accept(&port, NEW, &code, "not her password").await;
    assert_eq!(guessed.body, unknown.body);
    let joined = accept(&port, OLGA, &code, PASSWORD).await;
    assert_eq!(joined.status, StatusCode::NO_CONTENT, "{joined:?}");
    let olga = log_in_with(&port, OLGA, PASSWORD).await;
    assert_eq!(olga.body["partners"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_withdrawn_invitation_is_worth_nothing() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let made = invite(&ann, NEW, "viewer").await;
    let path = format!("/api/invitations/{}", made.text("id"));
    assert_eq!(ann.delete(&path).await.status, StatusCode::NO_CONTENT);
    ann.delete(&path).await.is_problem(404);
    let refused = accept(&port, NEW, &made.text("code"), "a new password").await;
    refused.is_problem(401);
    assert_eq!(
        noted(&port).await[0],
        entry(ANN, "invitation_withdrawn", NEW)
    );
}

#[tokio::test]
async fn who_is_removed_is_out_at_once_and_the_last_owner_stays() {
    let port = Port::start().await;
    let (ann, vera) = (port.log_in(ANN).await, port.log_in(VERA).await);
    let path = |id: crate::store::UserId| format!("/api/people/{id}");
    let (anns, veras) = (
        path(user(&port, ANN).await.id),
        path(user(&port, VERA).await.id),
    );
    ann.delete(&anns).await.is_problem(409);
    let viewer = json!({"role": "viewer"});
    ann.patch(&anns, &viewer).await.is_problem(409);

    let raised = ann.patch(&veras, &json!({"role": "owner"})).await;
    assert_eq!(raised.text("role"), "owner");
    assert_eq!(
        vera.get("/api/people").await.status,
        StatusCode::OK,
        "at once"
    );
    assert_eq!(ann.patch(&anns, &viewer).await.status, StatusCode::OK);
    ann.get("/api/people").await.is_problem(403);
    vera.patch(&veras, &viewer).await.is_problem(409);
    assert_eq!(vera.delete(&anns).await.status, StatusCode::NO_CONTENT);
    ann.get("/api/me").await.is_problem(401);
    let noted = noted(&port).await;
    assert_eq!(noted[0], entry(VERA, "person_removed", ANN));
    assert_eq!(noted[1], entry(ANN, "role_changed", ANN));
    let no_role = vera.patch(&veras, &json!({"role": "king"})).await;
    assert_eq!(no_role.pointers(), ["/role"]);
}

#[tokio::test]
async fn a_new_password_signs_out_everywhere_else() {
    let port = Port::start().await;
    let (here, there) = (port.log_in(ANN).await, port.log_in(ANN).await);
    let change = |old: &str, new: &str| json!({"old": old, "new": new});
    let refused = here
        .post("/api/password", &change("wrong", "another one"))
        .await;
    assert_eq!(refused.pointers(), ["/old"]);
    let refused = here.post("/api/password", &change(PASSWORD, "short")).await;
    assert_eq!(refused.pointers(), ["/new"]);
    let refused = here
        .post("/api/password", &change(PASSWORD, &"x".repeat(257)))
        .await;
    assert_eq!(refused.pointers(), ["/new"]);
    let done = here
        .post("/api/password", &change(PASSWORD, "another one"))
        .await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{done:?}");
    assert_eq!(here.get("/api/me").await.status, StatusCode::OK);
    there.get("/api/me").await.is_problem(401);
    log_in_with(&port, ANN, PASSWORD).await.is_problem(401);
    let signed_in = log_in_with(&port, ANN, "another one").await;
    assert_eq!(signed_in.status, StatusCode::OK, "{signed_in:?}");
    let noted = noted(&port).await;
    assert!(
        noted.contains(&entry(ANN, "password_changed", ANN)),
        "{noted:?}"
    );
}

#[tokio::test]
async fn an_owner_gets_a_colleague_back_in_but_through_no_wall() {
    let port = Port::start().await;
    let (ann, vera) = (port.log_in(ANN).await, port.log_in(VERA).await);
    let store = &port.services.store;
    let (ann_id, vera_id) = (user(&port, ANN).await.id, user(&port, VERA).await.id);
    let path = format!("/api/people/{vera_id}/reset");
    let own = format!("/api/people/{ann_id}/reset");
    ann.post(&own, &json!({})).await.is_problem(403);
    let issued = ann.post(&path, &json!({})).await;
    assert_eq!(issued.status, StatusCode::CREATED, "{issued:?}");
    let reset = async |email: &str, code: &str| {
        let body = json!({"email": email, "code": code, "new_password": "another one"});
        port.anybody().post("/api/password/reset", &body).await
    };
    let code = issued.text("code");
    reset(ANN, &code).await.is_problem(401);

    // She joins another partner before the code is used: now it would lead through a wall.
    let other = store.partner_named("Other").await.expect("reads");
    let other = other.expect("is there").id;
    store
        .set_role(vera_id, other, Role::Viewer, NOW)
        .await
        .expect("joins");
    reset(VERA, &code).await.is_problem(401);
    ann.post(&path, &json!({})).await.is_problem(403);
    store.remove_role(vera_id, other).await.expect("leaves");

    assert_eq!(reset(VERA, &code).await.status, StatusCode::NO_CONTENT);
    reset(VERA, &code).await.is_problem(401);
    vera.get("/api/me").await.is_problem(401);
    let signed_in = log_in_with(&port, VERA, "another one").await;
    assert_eq!(signed_in.status, StatusCode::OK, "{signed_in:?}");
    let noted = noted(&port).await;
    assert!(
        noted.contains(&entry(ANN, "password_reset_issued", VERA)),
        "{noted:?}"
    );
    assert!(
        noted.contains(&entry(VERA, "password_reset", VERA)),
        "{noted:?}"
    );
    let whole = ann.get("/api/audit?limit=200").await.body.to_string();
    assert!(!whole.contains(&code), "no secret is noted");
}

#[tokio::test]
async fn an_administrator_is_apart_from_all_partners() {
    let port = Port::start().await;
    let store = &port.services.store;
    let hash = user(&port, ANN).await.password_hash;
    let root = store.add_user("root@example.org", &hash, NOW).await;
    let root = root.expect("adds").expect("is new");
    store.set_administrator(root.id, NOW).await.expect("rises");
    let root = port.log_in("root@example.org").await;
    let me = root.get("/api/me").await;
    assert_eq!(me.body["administrator"], true);
    assert_eq!(me.body["partners"], json!([]));
    for path in [
        "/api/sessions",
        "/api/people",
        "/api/audit",
        "/api/displays",
    ] {
        root.get(path).await.is_problem(403);
    }
}

#[tokio::test]
async fn bodies_about_people_are_checked_field_by_field() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let long = format!("{}@example.org", "a".repeat(300));
    let code = "0000-0000-0000-0000";
    for (path, body, pointer) in [
        (
            "/api/invitations",
            json!({"email": long, "role": "viewer"}),
            "/email",
        ),
        (
            "/api/invitations",
            json!({"email": "a\u{0}@b", "role": "viewer"}),
            "/email",
        ),
        (
            "/api/invitations",
            json!({"email": "\u{202e}a@b", "role": "viewer"}),
            "/email",
        ),
        (
            "/api/invitations",
            json!({"email": NEW, "role": 1}),
            "/role",
        ),
        (
            "/api/invitations",
            json!({"email": NEW, "role": "viewer", "expires_in_hours": 0}),
            "/expires_in_hours",
        ),
        (
            "/api/invitations",
            json!({"email": NEW, "role": "viewer", "x": 1}),
            "/x",
        ),
        (
            "/api/invitations/accept",
            json!({"email": NEW, "code": "1234", "password": PASSWORD}),
            "/code",
        ),
        (
            "/api/invitations/accept",
            json!({"email": NEW, "code": code, "password": "nul\u{0}nul\u{0}"}),
            "/password",
        ),
        (
            "/api/password/reset",
            json!({"email": NEW, "code": code, "new_password": "short"}),
            "/new_password",
        ),
        (
            "/api/login",
            json!({"email": "a\u{0}@b", "password": "x"}),
            "/email",
        ),
        (
            "/api/login",
            json!({"email": NEW, "password": "x".repeat(257)}),
            "/password",
        ),
    ] {
        let answer = ann.post(path, &body).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{path} {body}"
        );
        assert_eq!(answer.pointers(), [pointer], "{path} {body}");
    }
    let none = ann.get("/api/invitations").await;
    assert_eq!(none.body["invitations"], json!([]));
}
