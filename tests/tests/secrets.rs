//! Display ids and tokens are known to whoever was given them and to nobody else: not to the log, and not to other sites.

use anyhow::{Context as _, Result, ensure};
use gantry_tests::{
    browser::Browser,
    caller::{Caller, Question},
    race::Race,
    screen::Screen,
    venue::{Addresses, EMAIL, PASSWORD, Server, Venue},
    wait::PATIENCE,
};
use reqwest::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    time::timeout,
};

/// An id that no display has.
const GUESS: &str = "zzzzzzzz";

#[tokio::test]
async fn the_log_has_neither_ids_nor_tokens_at_any_level() -> Result<()> {
    for level in ["info,sqlx=warn", "trace"] {
        let venue = Venue::new().await?;
        let server = venue
            .serve_with(Addresses::any(), &["--log", level])
            .await?;
        let secrets = use_secrets(&server).await?;
        ensure!(server.stop().await?.success());
        let log = venue.log()?;
        ensure!(log.contains("somebody asks for displays"), "{log}");
        for secret in secrets {
            let line = log.lines().find(|line| line.contains(&secret));
            ensure!(line.is_none(), "at {level}, {secret:?} is told: {line:?}");
        }
    }
    Ok(())
}

/// Uses ids and tokens in every way that there is, rightly and wrongly, and answers them.
async fn use_secrets(server: &Server) -> Result<Vec<String>> {
    let race = Race::start(server).await?;
    let id = race.display.id.clone();
    let ann = Caller::sign_in(server, EMAIL, PASSWORD).await?;
    let token = ann.token().context("a token")?.to_owned();
    let nobody = Caller::nobody(server);
    let mut screen = Screen::open(&race.display.url).await?;
    screen.scene_where("anything", |_| true).await?;
    let upper = id.to_uppercase();
    for id in [&id, &upper, GUESS] {
        for path in ["", "/live", "/events", "/nothing"] {
            let path = format!("/display/{id}{path}");
            nobody.ask(&Question::new(Method::GET, path)).await?;
        }
        let typed = format!("/display?code={id}");
        nobody.ask(&Question::new(Method::GET, typed)).await?;
        let path = format!("/api/display/{id}");
        for caller in [&nobody, &ann] {
            caller.ask(&Question::new(Method::GET, &path)).await?;
            for body in [json!({"expires_in_hours": 2}), json!({"surprise": 1})] {
                let change = Question::new(Method::PATCH, &path).json(&body);
                caller.ask(&change).await?;
            }
        }
    }
    let garbage = "not-a-token-but-somebodys-secret";
    let me = Question::new(Method::GET, "/api/me");
    nobody.with_token(garbage).ask(&me).await?;
    let revoke = Question::new(Method::DELETE, format!("/api/display/{id}"));
    ann.succeed(&revoke).await?;
    ann.post("/api/logout", &json!({})).await?;
    ann.ask(&me).await?;
    let used = [&id, &upper, &token];
    let used = used.into_iter().map(String::as_str);
    let used = used.chain([GUESS, garbage, PASSWORD]);
    Ok(used.map(str::to_owned).collect())
}

#[tokio::test]
async fn other_sites_are_not_told_where_somebody_comes_from() -> Result<()> {
    let venue = Venue::new().await?;
    let server = venue.serve().await?;
    let race = Race::start(&server).await?;
    let nobody = Caller::nobody(&server);
    let display = format!("/display/{}", race.display.id);
    let events = format!("{display}/events");
    for path in [
        display.as_str(),
        &events,
        "/display/zzzzzzzz",
        "/",
        "/api/me",
        "/nothing",
    ] {
        let answer = nobody.ask(&Question::new(Method::GET, path)).await?;
        let policy = answer.headers.get("referrer-policy");
        let policy = policy.with_context(|| format!("{path} has no policy"))?;
        assert_eq!(policy, "no-referrer", "{path}");
    }

    let elsewhere = TcpListener::bind("127.0.0.1:0").await?;
    let address = elsewhere.local_addr()?;
    let mut browser = Browser::start(960, 540).await?;
    browser.open(&race.display.url).await?;
    browser
        .wait_for("document.querySelectorAll('#picture text').length > 0")
        .await?;
    let link = format!(
        "const link = document.createElement('a'); link.href = 'http://{address}/elsewhere'; \
         document.body.append(link); link.click(); true"
    );
    browser.evaluate::<bool>(&link).await?;
    let head = timeout(PATIENCE, asked(&elsewhere))
        .await
        .context("the browser does not follow the link")??;
    ensure!(!head.to_lowercase().contains("referer:"), "{head}");
    ensure!(!head.contains(&race.display.id), "{head}");
    browser.quit().await
}

/// The head of the request for the page that the link leads to.
async fn asked(listener: &TcpListener) -> Result<String> {
    loop {
        let (mut stream, _) = listener.accept().await?;
        let mut heard = Vec::new();
        while !heard.ends_with(b"\r\n\r\n") && stream.read_buf(&mut heard).await? > 0 {}
        let head = String::from_utf8_lossy(&heard).into_owned();
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .await
            .ok();
        // A browser may open connections that it does not use, and asks for an icon.
        if head.starts_with("GET /elsewhere ") {
            return Ok(head);
        }
    }
}
