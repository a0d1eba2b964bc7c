//! From the mat to the glass: recorded bytes go into the timing port of a real server, and the same runner's name and time are
//! found on every kind of screen.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use gantry_core::{
    scene::{
        Layer, Node, Scene,
        sample::{Paint, sample},
    },
    time::Moment,
};
use gantry_kiosk::offscreen;
use gantry_tests::{
    browser::Browser,
    console::Console,
    golden,
    hardware::Hardware,
    ink::ink_box,
    programs,
    race::{self, ALL_FINISHED, EVENT, RUNNER, RUNNER_TIME, Race},
    screen::{Screen, texts},
    similarity::similarity,
    tolerance::SIMILARITY,
    venue::{EMAIL, PASSWORD, Venue},
    wait,
};
use image::RgbaImage;

/// The scene after the last finisher had their turn, and a moment from which on only its clocks move.
async fn at_rest(screen: &mut Screen) -> Result<(Arc<Scene>, Moment)> {
    let scene = screen
        .scene_where("all finishers", |scene| {
            texts(scene)
                .iter()
                .any(|text| text.starts_with(ALL_FINISHED))
        })
        .await?;
    let at = screen.rest().await?;
    Ok((scene, at))
}

/// The row of a runner among the leaders.
fn row<'a>(scene: &'a Scene, name: &str) -> Option<&'a Layer> {
    let says = |node: &Node| matches!(node, Node::Text { text, .. } if text == name);
    let leaders = scene
        .layers
        .iter()
        .filter(|layer| layer.key.contains("leaders"));
    leaders
        .into_iter()
        .find(|layer| layer.nodes.iter().any(says))
}

#[tokio::test]
async fn kiosk_and_browser_show_the_runner() -> Result<()> {
    let venue = Venue::new().await?;
    let server = venue.serve().await?;
    let mut race = Race::start(&server).await?;
    race.finish(&server).await?;
    let mut screen = Screen::open(&race.display.url).await?;
    let (scene, at) = at_rest(&mut screen).await?;
    let row = row(&scene, RUNNER).context("the runner's row")?;
    assert!(
        row.nodes
            .iter()
            .any(|node| matches!(node, Node::Text { text, .. } if text == RUNNER_TIME)),
        "{row:?}"
    );

    let file = venue.path().join("kiosk.png").display().to_string();
    programs::succeed(
        "gantry-kiosk",
        &[&race.display.url, "--screenshot", &file],
        "",
    )
    .await?;
    let kiosk = image::open(&file)?.to_rgba8();
    for text in [RUNNER, RUNNER_TIME] {
        assert_painted(&kiosk, &scene, at, text)?;
    }
    let kiosk = golden::without_clocks(&kiosk, &scene);
    golden::check("finish-line", &kiosk)?;

    let mut browser = Browser::start(1920, 1080).await?;
    browser.open(&race.display.url).await?;
    for text in [RUNNER, RUNNER_TIME] {
        browser
            .wait_for(&format!(
                "[...document.querySelectorAll('#picture text')].some((text) => text.textContent === '{text}')"
            ))
            .await?;
    }
    browser
        .wait_for("document.fonts.status === 'loaded'")
        .await?;
    let page = golden::without_clocks(&browser.screenshot().await?, &scene);
    let alike = similarity(&kiosk, &page).mean;
    if alike < SIMILARITY {
        golden::keep("finish-line-kiosk", &kiosk)?;
        golden::keep("finish-line-browser", &page)?;
    }
    assert!(alike >= SIMILARITY, "alike by {alike:.4}; see tests/out");
    assert_eq!(browser.take_complaints(), Vec::<String>::new());
    browser.quit().await
}

/// Fails unless there is ink where a text of the scene has to be.
fn assert_painted(picture: &RgbaImage, scene: &Scene, at: Moment, text: &str) -> Result<()> {
    let mut bare = scene.clone();
    for layer in &mut bare.layers {
        layer
            .nodes
            .retain(|node| matches!(node, Node::Box { .. } | Node::Image { .. }));
    }
    let bare = offscreen::render(&bare, at, picture.width(), picture.height())?;
    let items = sample(scene, at).items;
    let item = items
        .iter()
        .find(|item| matches!(&item.paint, Paint::Text { text: said, .. } if said == text))
        .with_context(|| format!("{text:?} is not to be painted"))?;
    let ink = ink_box(picture, &bare, item).with_context(|| format!("no ink for {text:?}"))?;
    let room = item.rect;
    assert!(
        ink.left as f32 >= room.x - 2.0 && ink.right as f32 <= room.x + room.w + 2.0,
        "{text:?} is painted at {ink:?}, and its box is {room:?}"
    );
    Ok(())
}

#[tokio::test]
async fn an_operator_brings_the_runner_to_the_screens_by_keys() -> Result<()> {
    let venue = Venue::new().await?;
    let server = venue.serve().await?;
    let _start = Hardware::play(server.addresses.timing, "harbour-start.ctp").await?;
    let mut console = Console::start(&server.url(""))?;

    console.shows("Password").await?;
    console.keys(&format!("{EMAIL}\t{PASSWORD}\r"))?;
    console.shows(EVENT).await?;
    console.shows("START").await?;

    console.keys("\r")?;
    console.shows("New display session").await?;
    console.shows("‹ results ›").await?;
    console.keys("\t\t\t")?;
    loop {
        let template = console.line("Template");
        if template.contains("‹ Finish-line leaderboard ›") {
            break;
        }
        console.keys(" ")?;
        wait::until("the next template", async || {
            Ok((console.line("Template") != template).then_some(()))
        })
        .await?;
    }
    console.keys("\r")?;
    console.hides("New display session").await?;
    console.shows("Display sessions").await?;

    console.keys("i")?;
    console.shows("Import a roster").await?;
    console.keys(&format!(
        "{}\t\r",
        race::roster_file().canonicalize()?.display()
    ))?;
    console.shows("Roster imported").await?;
    console.keys("\r")?;
    console.hides("Roster imported").await?;

    console.keys("u")?;
    console.shows("Generate URL").await?;
    console.keys("\t\r")?;
    console.shows("/display/").await?;
    console.keys("c")?;
    let copied = wait::until("the URL on the clipboard", async || Ok(console.copied())).await?;
    let copied = String::from_utf8(STANDARD.decode(copied)?)?;
    assert!(console.text().contains(&copied), "{copied}");
    Screen::open(&copied).await?;

    let _finish = Hardware::play(server.addresses.timing, "harbour-finish.ctp").await?;
    console.keys("p")?;
    console.shows(RUNNER).await?;
    console.shows(RUNNER_TIME).await?;

    console.keys("\x1b")?;
    console.shows("Display sessions").await?;
    console.keys("q")?;
    assert_eq!(console.ended().await?, 0);
    Ok(())
}
