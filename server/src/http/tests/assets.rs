use gantry_core::text::fonts::SHIPPED;
use reqwest::{Method, StatusCode};

use super::port::{ANN, Port};

#[tokio::test]
async fn every_page_and_what_it_loads_is_served_under_its_policy() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let display = port.display(&ann, &session).await;
    for (path, status) in [
        ("/".to_owned(), StatusCode::OK),
        (format!("/display/{display}"), StatusCode::OK),
        (
            format!("/display/{}", display.to_uppercase()),
            StatusCode::OK,
        ),
        ("/display/00000000".to_owned(), StatusCode::NOT_FOUND),
        ("/display/nonsense-%ff".to_owned(), StatusCode::NOT_FOUND),
    ] {
        let response = port
            .anybody()
            .request(Method::GET, &path)
            .send()
            .await
            .expect("answers");
        assert_eq!(response.status(), status, "{path}");
        let header = |name| response.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(header("content-type"), "text/html; charset=utf-8", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cache-control"), "no-store");
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(!policy.contains("://"), "{policy}");
        let is_display = status == StatusCode::OK && path != "/";
        assert_eq!(policy.contains("script-src 'self'"), is_display, "{path}");
        assert_eq!(policy.contains("form-action 'none'"), is_display, "{path}");
        assert!(
            response
                .headers()
                .get("access-control-allow-origin")
                .is_none()
        );
        let page = response.text().await.expect("text");
        for loaded in page.split('"').filter(|part| part.starts_with("/assets/")) {
            let asset = port.anybody().get(loaded).await;
            assert_eq!(asset.status, StatusCode::OK, "{loaded}");
        }
    }
}

#[tokio::test]
async fn unknown_expired_and_revoked_displays_look_the_same() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let display = port.display(&ann, &session).await;
    ann.delete(&format!("/api/display/{display}")).await;
    for suffix in ["", "/live", "/events"] {
        let revoked = port
            .anybody()
            .get(&format!("/display/{display}{suffix}"))
            .await;
        let unknown = port
            .anybody()
            .get(&format!("/display/00000000{suffix}"))
            .await;
        assert_eq!(revoked.status, StatusCode::NOT_FOUND);
        assert_eq!((revoked.body, revoked.media), (unknown.body, unknown.media));
    }
}

#[tokio::test]
async fn a_typed_code_leads_to_its_display() {
    let port = Port::start().await;
    let typed = port
        .anybody()
        .request(Method::GET, "/display?code=%20A1B2C3DO%20");
    let response = typed.send().await.expect("answers");
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()["location"], "/display/a1b2c3d0");
    let nonsense = port.anybody().get("/display?code=nope").await;
    assert_eq!(nonsense.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn files_are_kept_by_browsers_for_as_long_as_they_are_true() {
    let port = Port::start().await;
    let get = async |path: &str| {
        port.anybody()
            .request(Method::GET, path)
            .send()
            .await
            .expect("answers")
    };
    let script = get("/assets/web/display.js").await;
    assert_eq!(
        script.headers()["content-type"],
        "text/javascript; charset=utf-8"
    );
    let tag = script.headers()["etag"].clone();
    let again = port
        .anybody()
        .request(Method::GET, "/assets/web/display.js")
        .header("if-none-match", tag);
    assert_eq!(
        again.send().await.expect("answers").status(),
        StatusCode::NOT_MODIFIED
    );

    let font = get(&format!("/assets/fonts/{}", SHIPPED[0].file)).await;
    assert_eq!(font.headers()["content-type"], "font/ttf");
    assert!(
        font.headers()["cache-control"]
            .to_str()
            .expect("text")
            .contains("immutable")
    );
    assert_eq!(font.bytes().await.expect("bytes"), SHIPPED[0].bytes);
    for path in [
        "/assets/web/nothing.js",
        "/assets/web/display.html",
        "/assets/fonts/..%2fweb%2fdisplay.js",
        "/assets/fonts/Comic.ttf",
    ] {
        port.anybody().get(path).await.is_problem(404);
    }
}

#[tokio::test]
async fn guessing_is_refused_before_it_gets_anywhere() {
    let port = Port::start().await;
    let client = port.anybody();
    let mut statuses = Vec::new();
    for guess in 0..400 {
        let request = client
            .request(Method::GET, &format!("/display/{guess:08}/events"))
            .header("x-forwarded-for", "203.0.113.7");
        statuses.push(request.send().await.expect("answers").status());
    }
    let first_refusal = statuses
        .iter()
        .position(|status| *status == StatusCode::TOO_MANY_REQUESTS);
    assert!(
        first_refusal.is_some_and(|at| at >= 300),
        "{first_refusal:?}"
    );
    let venue = client
        .request(Method::GET, "/display/00000000")
        .header("x-forwarded-for", "198.51.100.1");
    assert_eq!(
        venue.send().await.expect("answers").status(),
        StatusCode::NOT_FOUND
    );
}
