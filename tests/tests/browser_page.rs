//! The display page in a real browser: what it paints, and what it does when the line or the display fails.

use std::path::{Path, PathBuf};

use anyhow::Result;
use gantry_core::{
    scene::{Align, Node, Rect, Scene, Weight},
    wire::{ClientMessage, StopReason},
};
use gantry_tests::{
    browser::Browser,
    fixtures::{self, NAMES},
    stage::{Beat, Line, Stage},
    vectors::AT,
};

/// A page that shows the stage's scene.
async fn showing(scene: Scene) -> Result<(Stage, Browser)> {
    let stage = Stage::open(scene, AT).await?;
    let mut browser = Browser::start(1920, 1080).await?;
    browser.open(&stage.url()).await?;
    browser.wait_for(&seen("")).await?;
    Ok((stage, browser))
}

/// True once the picture has a text with `part` in it.
fn seen(part: &str) -> String {
    format!(
        "Array.from(document.querySelectorAll('#picture text')).some((text) => text.textContent.includes({}))",
        serde_json::json!(part)
    )
}

fn message(text: &str) -> Scene {
    let rect = Rect::new(0, 400, 1920, 200);
    let line: Node = fixtures::text(rect, 120, Weight::Heavy, Align::Center, text);
    fixtures::scene(
        1920,
        1080,
        vec![fixtures::layer("message", 0, 0, 0, vec![line])],
    )
}

async fn keep(browser: &mut Browser, name: &str) -> Result<()> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/out"));
    std::fs::create_dir_all(&folder)?;
    browser
        .wait_for("document.fonts.status === 'loaded'")
        .await?;
    browser
        .screenshot()
        .await?
        .save(Path::new(&folder).join(name))?;
    Ok(())
}

#[tokio::test]
async fn every_name_is_on_the_page_in_a_shipped_face() -> Result<()> {
    let (_stage, mut browser) = showing(fixtures::leaderboard()).await?;
    for name in NAMES {
        browser.wait_for(&seen(name)).await?;
    }
    browser.wait_for(&seen("1:11:11")).await?;
    browser
        .wait_for("document.fonts.status === 'loaded'")
        .await?;
    let fonts = browser.fonts("#picture text").await?;
    assert!(fonts.len() >= 3 * NAMES.len(), "{fonts:?}");
    let strange: Vec<_> = fonts.iter().filter(|font| !font.is_custom_font).collect();
    assert!(
        strange.is_empty(),
        "drawn with fonts of the machine: {strange:?}"
    );
    keep(&mut browser, "page-leaderboard.png").await?;
    for (width, height) in [(1280, 720), (1080, 1920), (390, 844), (320, 240)] {
        browser.resize(width, height).await?;
        keep(&mut browser, &format!("page-{width}x{height}.png")).await?;
        let edges: (f64, f64, f64, f64) = browser
            .evaluate(
                "(() => { const box = document.querySelector('#picture rect').getBoundingClientRect();
                    return [box.left, box.right, innerWidth, document.documentElement.scrollHeight - innerHeight]; })()",
            )
            .await?;
        assert!(edges.0 >= -0.5 && edges.1 <= edges.2 + 0.5, "{edges:?}");
        assert!(edges.3 <= 0.0, "the page scrolls: {edges:?}");
    }
    assert_eq!(browser.take_complaints(), Vec::<String>::new());
    browser.quit().await
}

#[tokio::test]
async fn changes_come_as_patches_and_nothing_is_asked_twice() -> Result<()> {
    let (stage, mut browser) = showing(message("First")).await?;
    stage.show(message("Second"));
    browser.wait_for(&seen("Second")).await?;
    stage.show(fixtures::everything(AT));
    browser.wait_for(&seen("LAKESIDE")).await?;
    browser
        .wait_for(
            "document.querySelector('#picture image').getAttribute('visibility') === 'hidden'",
        )
        .await?;
    keep(&mut browser, "page-everything.png").await?;
    let heard = stage.heard();
    assert!(
        heard
            .iter()
            .any(|message| matches!(message, ClientMessage::Time { .. }))
    );
    assert!(!heard.contains(&ClientMessage::Resync), "{heard:?}");
    browser.quit().await
}

#[tokio::test]
async fn a_wrong_fingerprint_makes_it_ask_for_the_whole_picture() -> Result<()> {
    let (stage, mut browser) = showing(message("First")).await?;
    stage.change(|play| play.beat = Beat::Wrong);
    stage.hear(ClientMessage::Resync).await?;
    stage.change(|play| play.beat = Beat::True);
    stage.show(message("Second"));
    browser.wait_for(&seen("Second")).await?;
    browser.quit().await
}

#[tokio::test]
async fn a_dead_line_is_told_and_a_living_one_clears_it() -> Result<()> {
    let (stage, mut browser) = showing(message("Picture")).await?;
    stage.change(|play| play.line = Line::Cut);
    browser
        .wait_for(&seen("No connection · picture is 3 s old"))
        .await?;
    assert!(browser.evaluate::<bool>(&seen("Picture")).await?);
    keep(&mut browser, "page-stale.png").await?;
    stage.change(|play| play.line = Line::Open);
    browser
        .wait_for(&format!("!({})", seen("No connection")))
        .await?;
    stage.show(message("After"));
    browser.wait_for(&seen("After")).await?;
    browser.quit().await
}

#[tokio::test]
async fn silence_on_an_open_line_is_told_too() -> Result<()> {
    let (stage, mut browser) = showing(message("Picture")).await?;
    stage.change(|play| play.beat = Beat::Silent);
    browser.wait_for(&seen("No connection")).await?;
    stage.change(|play| play.beat = Beat::True);
    browser
        .wait_for(&format!("!({})", seen("No connection")))
        .await?;
    browser.quit().await
}

#[tokio::test]
async fn without_websockets_it_follows_events() -> Result<()> {
    let stage = Stage::open(message("First"), AT).await?;
    stage.change(|play| play.line = Line::NoWebSockets);
    let mut browser = Browser::start(1280, 720).await?;
    browser.open(&stage.url()).await?;
    browser.wait_for(&seen("First")).await?;
    stage.show(message("Second"));
    browser.wait_for(&seen("Second")).await?;
    assert_eq!(stage.heard(), Vec::new());
    browser.quit().await
}

#[tokio::test]
async fn a_display_that_is_over_shows_nothing_of_the_race() -> Result<()> {
    for (reason, said) in [
        (StopReason::Revoked, "The operator switched it off"),
        (StopReason::Expired, "Its time ran out"),
    ] {
        let (stage, mut browser) = showing(message("Secret")).await?;
        stage.change(|play| play.stopped = Some(reason));
        browser.wait_for(&seen(said)).await?;
        assert!(!browser.evaluate::<bool>(&seen("Secret")).await?);
        keep(&mut browser, "page-over.png").await?;
        browser.quit().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_display_that_vanished_while_the_line_was_down_is_told() -> Result<()> {
    let (stage, mut browser) = showing(message("Secret")).await?;
    stage.change(|play| {
        play.line = Line::Cut;
    });
    browser.wait_for(&seen("No connection")).await?;
    stage.change(|play| {
        play.found = false;
        play.line = Line::Open;
    });
    browser
        .wait_for(&seen("This display is not available"))
        .await?;
    assert!(!browser.evaluate::<bool>(&seen("Secret")).await?);
    browser.quit().await
}

#[tokio::test]
async fn an_unknown_display_is_a_page_of_its_own() -> Result<()> {
    let stage = Stage::open(message("Secret"), AT).await?;
    stage.change(|play| play.found = false);
    let mut browser = Browser::start(1280, 720).await?;
    browser.open(&stage.url()).await?;
    let title: String = browser
        .evaluate("document.querySelector('h1').textContent")
        .await?;
    assert_eq!(title, "This display is not available");
    keep(&mut browser, "page-gone.png").await?;
    browser.resize(390, 844).await?;
    keep(&mut browser, "page-gone-phone.png").await?;
    browser.quit().await
}

#[tokio::test]
async fn an_upper_case_address_is_the_same_display() -> Result<()> {
    let stage = Stage::open(message("Picture"), AT).await?;
    let mut browser = Browser::start(1280, 720).await?;
    browser
        .open(&stage.url().replace("a2b3c4d5", "A2B3C4D5"))
        .await?;
    browser.wait_for(&seen("Picture")).await?;
    browser.quit().await
}

#[tokio::test]
async fn what_is_new_is_told_to_assistive_technology() -> Result<()> {
    let (stage, mut browser) = showing(message("Picture")).await?;
    let told = |text: &str| format!("document.getElementById('aloud').textContent === '{text}'");
    browser.wait_for(&told("Picture")).await?;
    stage.show(message("Ava Taylor 1:02:03"));
    browser.wait_for(&told("Ava Taylor 1:02:03")).await?;
    browser.quit().await
}

/// Counts what the browser is made to change in the picture during 40 of its frames.
#[tokio::test]
async fn a_still_picture_changes_nothing() -> Result<()> {
    let (_stage, mut browser) = showing(fixtures::leaderboard()).await?;
    let changes: u32 = browser
        .evaluate(
            "new Promise((resolve) => {
                let changes = 0;
                const watch = new MutationObserver((records) => { changes += records.length; });
                watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
                setTimeout(() => resolve(changes), 2500);
            })",
        )
        .await?;
    assert_eq!(changes, 0);
    browser.quit().await
}
