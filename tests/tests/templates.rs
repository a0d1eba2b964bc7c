//! One display session on several screens at once, each with a template of its own choosing.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use gantry_core::template::shipped;
use gantry_tests::{
    database::Kind,
    operator::{Display, Operator},
    race::Race,
    screen::{Screen, texts},
    venue::{Addresses, Venue},
};
use reqwest::Method;
use serde_json::{Value, json};

/// By then a changed template is on every screen that it concerns.
const LIMIT: Duration = Duration::from_secs(1);

/// How many of the race's roster are in, as both templates say it.
const FINISHED: &str = "9 of 24";

#[tokio::test]
async fn after_an_edit_only_what_follows_changes_with_a_file() -> Result<()> {
    Box::pin(one_pinned_and_one_following(Kind::Sqlite)).await
}

#[tokio::test]
async fn after_an_edit_only_what_follows_changes_with_postgres() -> Result<()> {
    Box::pin(one_pinned_and_one_following(Kind::Postgres)).await
}

async fn one_pinned_and_one_following(kind: Kind) -> Result<()> {
    let venue = Venue::on(kind).await?;
    let server = venue.serve().await?;
    let mut race = Race::start(&server).await?;
    let operator = &race.operator;
    let template = operator.post("/api/templates", &titled("First")?).await?;
    let template = template["id"].as_str().context("an id")?.to_owned();
    let clock = json!({"template_id": template});
    let following = display(operator, &race.session, &clock).await?;
    let pinned = json!({"template_id": template, "template_revision": 1});
    let pinned = display(operator, &race.session, &pinned).await?;

    let mut board = Screen::open(&race.display.url).await?;
    let mut following = Screen::open(&following.url).await?;
    let mut pinned_screen = Screen::open(&pinned.url).await?;
    until_says(&mut following, "First").await?;
    until_says(&mut pinned_screen, "First").await?;
    race.finish(&server).await?;
    until_says(&mut board, FINISHED).await?;
    until_says(&mut following, FINISHED).await?;
    until_says(&mut pinned_screen, FINISHED).await?;
    let of_board = board.follower.scene().context("a scene")?.clone();
    ensure!(
        !says(&texts(&of_board), "First"),
        "each has its own picture"
    );

    save(&race.operator, &template, &titled("Second")?).await?;
    tokio::time::timeout(LIMIT, until_says(&mut following, "Second"))
        .await
        .context("the edit is not shown within a second")??;
    // What comes after the edit on the others' streams shows that it was not for them.
    let settings = json!({"settings": {"event_name": "Renamed"}});
    let path = format!("/api/sessions/{}", race.session);
    race.operator.patch(&path, &settings).await?;
    until_says(&mut board, "Renamed").await?;
    let picture = pinned_screen
        .scene_where("the new name", |scene| says(&texts(scene), "Renamed"))
        .await?;
    ensure!(says(&texts(&picture), "First"), "{:?}", texts(&picture));
    ensure!(!says(&texts(&picture), "Second"), "{:?}", texts(&picture));

    // After a restart each shows the same again.
    server.stop().await?;
    let server = venue.serve_with(Addresses::any(), &[]).await?;
    let mut pinned = Screen::open(&server.url(&format!("/display/{}", pinned.id))).await?;
    until_says(&mut pinned, "First").await?;
    ensure!(server.stop().await?.success());
    Ok(())
}

/// The big clock with a text of ours.
fn titled(text: &str) -> Result<Value> {
    let source = shipped::source("big-clock").context("is shipped")?;
    let mut template: Value = serde_json::from_str(source)?;
    let line = json!({
        "name": "ours",
        "rect": {"x": 0, "y": 0, "w": 900, "h": 100},
        "content": {"text": {
            "value": format!("{text} {{{{ event.name }}}}"),
            "style": {"size": 60, "weight": "bold", "align": "left", "color": "#ffffff"},
        }},
    });
    let elements = template["elements"].as_array_mut().context("elements")?;
    elements.push(line);
    Ok(template)
}

async fn display(operator: &Operator, session: &str, template: &Value) -> Result<Display> {
    let mut wanted = template.clone();
    wanted["session_id"] = json!(session);
    let made = operator.post("/api/display/generate-url", &wanted).await?;
    let text = |field: &str| made[field].as_str().map(str::to_owned).context("a text");
    Ok(Display {
        id: text("id")?,
        url: text("url")?,
    })
}

async fn save(operator: &Operator, template: &str, source: &Value) -> Result<()> {
    let path = format!("/api/templates/{template}");
    let request = operator.request(Method::PUT, &path);
    let request = request.header("if-match", "\"1\"").json(source);
    request.send().await?.error_for_status()?;
    Ok(())
}

async fn until_says(screen: &mut Screen, text: &str) -> Result<()> {
    let found = screen.scene_where(text, |scene| says(&texts(scene), text));
    found.await.map(drop)
}

fn says(texts: &[&str], text: &str) -> bool {
    texts.iter().any(|said| said.contains(text))
}
