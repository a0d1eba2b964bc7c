use reqwest::StatusCode;
use serde_json::json;

use super::port::{ANN, Answer, OLGA, PASSWORD, Port};
use crate::{
    clock,
    store::{Role, testing::NOW},
};

#[tokio::test]
async fn a_login_of_one_company_is_bound_to_it() {
    let port = Port::start().await;
    let credentials = json!({"email": "ANN@example.org", "password": PASSWORD});
    let answer = port.anybody().post("/api/login", &credentials).await;
    assert_eq!(answer.status, StatusCode::OK);
    let acme = port.origin.partner_id.to_string();
    assert_eq!(answer.body["partner_id"], acme.as_str());
    let partners = json!([{"id": acme, "name": "Acme", "role": "owner"}]);
    assert_eq!(answer.body["partners"], partners);
    let expires_at: jiff::Timestamp = answer.text("expires_at").parse().expect("a moment");
    assert!(expires_at.as_millisecond() > clock::now().0);

    let client = port.anybody().with_token(answer.text("token"));
    let me = client.get("/api/me").await;
    assert_eq!(me.body["email"], ANN);
    assert_eq!(
        client.post("/api/logout", &json!({})).await.status,
        StatusCode::NO_CONTENT
    );
    client.get("/api/me").await.is_problem(401);
}

#[tokio::test]
async fn somebody_of_two_companies_chooses_one() {
    let port = Port::start().await;
    let store = &port.services.store;
    let olga = store
        .user_by_email(OLGA)
        .await
        .expect("reads")
        .expect("is there");
    let acme = port.origin.partner_id;
    store
        .set_role(olga.id, acme, Role::Viewer, NOW)
        .await
        .expect("joins");

    let credentials = json!({"email": OLGA, "password": PASSWORD});
    let answer = port.anybody().post("/api/login", &credentials).await;
    assert_eq!(answer.body.get("partner_id"), None);
    assert_eq!(answer.body["partners"].as_array().map(Vec::len), Some(2));
    let unbound = port.anybody().with_token(answer.text("token"));
    unbound.get("/api/sessions").await.is_problem(403);

    let choice = json!({"partner_id": acme.to_string()});
    let answer = unbound.post("/api/select-partner", &choice).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let bound = port.anybody().with_token(answer.text("token"));
    assert_eq!(bound.get("/api/sessions").await.status, StatusCode::OK);
    unbound.get("/api/me").await.is_problem(401);

    store.remove_role(olga.id, acme).await.expect("leaves");
    bound.get("/api/sessions").await.is_problem(401);
}

#[tokio::test]
async fn another_company_cannot_be_chosen() {
    let port = Port::start().await;
    let olga = port.log_in(OLGA).await;
    let acme = json!({"partner_id": port.origin.partner_id.to_string()});
    let nobody = json!({"partner_id": uuid::Uuid::now_v7().to_string()});
    let (one, two) = (
        olga.post("/api/select-partner", &acme).await,
        olga.post("/api/select-partner", &nobody).await,
    );
    one.is_problem(404);
    assert_eq!(one.body, two.body);
}

#[tokio::test]
async fn wrong_credentials_are_all_answered_alike_and_cost_a_wait() {
    let port = Port::start().await;
    let client = port.anybody();
    let attempt = async |email: &str, password: &str, from: &str| {
        let request = client
            .request(reqwest::Method::POST, "/api/login")
            .header("x-forwarded-for", from)
            .json(&json!({"email": email, "password": password}));
        Answer::of(request).await
    };
    let wrong = attempt(ANN, "wrong", "203.0.113.7").await;
    wrong.is_problem(401);
    let unknown = attempt("nobody@example.org", PASSWORD, "203.0.113.7").await;
    assert_eq!(wrong.body, unknown.body);
    for _ in 0..2 {
        attempt(ANN, "wrong", "203.0.113.7").await.is_problem(401);
    }
    attempt(ANN, PASSWORD, "203.0.113.7").await.is_problem(429);
    let other = attempt(ANN, PASSWORD, "203.0.113.8").await;
    assert_eq!(other.status, StatusCode::OK);
}

#[tokio::test]
async fn bodies_that_do_not_fit_are_refused_with_a_pointer() {
    let port = Port::start().await;
    let client = port.anybody();
    let login = async |body| client.post("/api/login", &body).await;
    let number = login(json!({"email": ANN, "password": 1})).await;
    assert_eq!(number.pointers(), ["/password"]);
    assert_eq!(
        number.body["errors"][0]["detail"],
        "invalid type: integer `1`, expected a string"
    );
    let more = json!({"email": ANN, "password": "x", "remember": true});
    assert_eq!(login(more).await.pointers(), ["/remember"]);
    assert_eq!(login(json!({"email": ANN})).await.pointers(), ["/password"]);

    let raw = async |media: &str, body: String| {
        let request = client
            .request(reqwest::Method::POST, "/api/login")
            .header("content-type", media)
            .body(body);
        Answer::of(request).await
    };
    for no_json in ["{\"email\":", "{} {}"] {
        raw("application/json", no_json.to_owned())
            .await
            .is_problem(400);
    }
    for no_object in ["[]", "[\"ann\",\"x\"]", "7"] {
        let refused = raw("application/json", no_object.to_owned()).await;
        assert_eq!(refused.pointers(), [""], "{no_object}");
        let detail = &refused.body["errors"][0]["detail"];
        assert_eq!(detail, "a JSON object is expected", "{no_object}");
    }
    raw("text/plain", "{}".to_owned()).await.is_problem(415);
    let long = format!("{{\"email\":\"{}\"}}", "a".repeat(100_000));
    raw("application/json", long).await.is_problem(413);
}
