//! Where people are signed in, for how long, and what of it is noted.

use std::{net::IpAddr, time::Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::{Duration, timeout};

use super::port::{ANN, Answer, Client, Port, VERA};
use crate::{
    auth::{
        email::Email,
        token::{IDLE_MS, LONGEST_MS},
    },
    clock,
    store::TokenId,
};

async fn tokens(client: &Client) -> Vec<Value> {
    let answer = client.get("/api/tokens").await;
    answer.body["tokens"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn somebody_sees_where_they_are_signed_in_and_ends_it() {
    let port = Port::start().await;
    let vera = port.log_in(VERA).await;
    let (here, there) = (port.log_in(ANN).await, port.log_in(ANN).await);
    let request = port
        .anybody()
        .request(reqwest::Method::POST, "/api/login")
        .header("user-agent", "gantry/1.0")
        .header("x-forwarded-for", "203.0.113.7")
        .json(&json!({"email": ANN, "password": super::port::PASSWORD}));
    let venue = Answer::of(request).await;
    let venue = port.anybody().with_token(venue.text("token"));

    let listed = tokens(&here).await;
    assert_eq!(listed.len(), 3, "{listed:?}");
    let current: Vec<_> = listed
        .iter()
        .filter(|token| token["current"] == true)
        .collect();
    assert_eq!(current.len(), 1);
    let at_venue = listed.iter().find(|token| token["client"] == "gantry/1.0");
    let at_venue = at_venue.expect("it is listed");
    assert_eq!(at_venue["address"], "203.0.113.7");
    assert_eq!(at_venue["current"], false);

    let path = format!("/api/tokens/{}", at_venue["id"].as_str().expect("an id"));
    vera.delete(&path).await.is_problem(404);
    assert_eq!(venue.get("/api/me").await.status, StatusCode::OK);
    assert_eq!(here.delete(&path).await.status, StatusCode::NO_CONTENT);
    venue.get("/api/me").await.is_problem(401);

    let others = here.delete("/api/tokens").await;
    assert_eq!(others.body, json!({"revoked": 1}));
    there.get("/api/me").await.is_problem(401);
    assert_eq!(tokens(&here).await.len(), 1);
    assert_eq!(tokens(&vera).await.len(), 1, "hers is hers");
}

#[tokio::test]
async fn a_use_prolongs_a_token_but_not_for_ever() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let id = tokens(&ann).await[0]["id"].as_str().expect("an id").parse();
    let id = TokenId(id.expect("a UUID"));
    let store = &port.services.store;
    let user = store.user_by_email(ANN).await.expect("reads");
    let user = user.expect("is there").id;
    let stored = async || {
        store
            .tokens(user, clock::now())
            .await
            .expect("lists")
            .remove(0)
    };

    let first = stored().await;
    ann.get("/api/me").await;
    assert_eq!(
        stored().await,
        first,
        "a use right after another is not noted"
    );

    let earlier = clock::now() - 3_600_000;
    let set = store.use_token(id, "::1", earlier, earlier + IDLE_MS).await;
    set.expect("sets");
    let me = ann.get("/api/me").await;
    let used = stored().await;
    assert!(used.used_at > earlier && used.address != "::1", "{used:?}");
    assert_eq!(used.expires_at, used.used_at + IDLE_MS);
    assert_eq!(me.text("expires_at"), used.expires_at.to_rfc3339());
    assert!(used.expires_at <= used.created_at + LONGEST_MS);

    let over = store.use_token(id, "::1", earlier, clock::now()).await;
    over.expect("sets");
    ann.get("/api/me").await.is_problem(401);
}

#[tokio::test]
async fn an_owner_reads_who_signed_in_and_who_was_refused() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let log_in = async |email: &str, password: &str| {
        let credentials = json!({"email": email, "password": password});
        port.anybody().post("/api/login", &credentials).await
    };
    log_in(VERA, "wrong").await.is_problem(401);
    log_in("nobody@example.org", "wrong").await.is_problem(401);
    let refusal = async || {
        loop {
            let log = ann.get("/api/audit").await;
            let entries = log.body["entries"].as_array().expect("a list").clone();
            let refused = entries
                .into_iter()
                .find(|entry| entry["action"] == "sign_in_refused");
            if let Some(refused) = refused {
                return refused;
            }
        }
    };
    let refused = timeout(Duration::from_secs(20), refusal()).await;
    let refused = refused.expect("it is noted");
    assert_eq!(
        (&refused["subject"], &refused["who"]),
        (&json!(VERA), &json!(""))
    );
    assert_eq!(refused["address"], "127.0.0.1");

    let vera = port.log_in(VERA).await;
    vera.post("/api/logout", &json!({})).await;
    let first = ann.get("/api/audit?limit=2").await;
    let entries = first.body["entries"].as_array().expect("a list");
    let told: Vec<_> = entries
        .iter()
        .map(|entry| (entry["who"].as_str(), entry["action"].as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Some(VERA), Some("signed_out")),
            (Some(VERA), Some("signed_in"))
        ]
    );
    let next = format!("/api/audit?limit=2&cursor={}", first.text("next_cursor"));
    let next = ann.get(&next).await;
    assert_eq!(next.body["entries"].as_array().map(Vec::len), Some(2));
    assert_eq!(next.body["entries"][1]["action"], "signed_in");
    assert_eq!(next.body.get("next_cursor"), None);
    let wrong = ann.get("/api/audit?limit=0&cursor=x").await;
    assert_eq!(wrong.pointers(), ["/cursor", "/limit"]);
}

#[tokio::test]
async fn strangers_keep_nobody_out_elsewhere() {
    let port = Port::start().await;
    let log_in = async |password: &str, from: &str| {
        let request = port
            .anybody()
            .request(reqwest::Method::POST, "/api/login")
            .header("x-forwarded-for", from)
            .json(&json!({"email": ANN, "password": password}));
        request.send().await.expect("the port answers")
    };
    let right = super::port::PASSWORD;
    assert_eq!(log_in(right, "203.0.113.7").await.status(), StatusCode::OK);
    let ann = Email::try_from(ANN).expect("an address");
    for stranger in 1..40 {
        let stranger = IpAddr::from([198, 51, 100, stranger]);
        port.app.patience.failed(&ann, stranger, Instant::now());
    }
    let stranger = log_in(right, "198.51.100.1").await;
    assert_eq!(stranger.status(), StatusCode::TOO_MANY_REQUESTS);
    let after = stranger.headers()["retry-after"].to_str().expect("text");
    assert!(after.parse::<u64>().expect("seconds") >= 1);
    for (venue, what) in [("203.0.113.7", "familiar"), ("192.0.2.1", "new")] {
        let at_venue = log_in(right, venue).await;
        assert_eq!(at_venue.status(), StatusCode::OK, "{what}");
    }
}
