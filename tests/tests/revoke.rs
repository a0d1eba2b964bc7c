//! A display that is revoked stops on every kind of screen within a second.

use std::{process::Stdio, time::Duration};

use anyhow::Result;
use gantry_core::wire::StopReason;
use gantry_tests::{
    browser::Browser, programs, race::Race, screen::Screen, venue::Venue, wait, xvfb::Xvfb,
};

/// The ground of the kiosk's own messages, which no template begins with.
const MESSAGE: [u8; 3] = [0x0b, 0x0f, 0x17];

/// What a screen without a window shows.
const NOTHING: [u8; 3] = [0, 0, 0];

/// The promise: by then every screen has been told.
const LIMIT: Duration = Duration::from_secs(1);

/// What a browser and a kiosk may take more to paint it, on a machine that paints in software.
const PAINTED: Duration = Duration::from_secs(3);

#[tokio::test]
async fn every_screen_stops_within_a_second() -> Result<()> {
    let venue = Venue::new().await?;
    let server = venue.serve().await?;
    let race = Race::start(&server).await?;

    let mut screen = Screen::open(&race.display.url).await?;
    screen.scene_where("anything", |_| true).await?;
    let mut browser = Browser::start(960, 540).await?;
    browser.open(&race.display.url).await?;
    browser
        .wait_for("document.querySelectorAll('#picture text').length > 0")
        .await?;

    let monitor = Xvfb::start(960, 540).await?;
    let _kiosk = programs::command("gantry-kiosk")?
        .arg(&race.display.url)
        .env("DISPLAY", &monitor.display)
        .env_remove("WAYLAND_DISPLAY")
        .stderr(Stdio::null())
        .spawn()?;
    wait::until("the kiosk's picture", async || {
        let corner = monitor.corner()?;
        Ok((corner != NOTHING && corner != MESSAGE).then_some(()))
    })
    .await?;

    race.operator.revoke(&race.display).await?;
    let told = wait::within(PAINTED, "the browser's farewell", async || {
        let over = "document.body.textContent.includes('This display has ended')";
        let is_over: bool = browser.evaluate(over).await?;
        Ok(is_over.then_some(()))
    });
    let cleared = wait::within(PAINTED, "the kiosk's farewell", async || {
        Ok((monitor.corner()? == MESSAGE).then_some(()))
    });
    let stopped = screen.stopped_within(LIMIT);
    let (told, cleared, stopped) = tokio::join!(told, cleared, stopped);
    told?;
    cleared?;
    assert_eq!(stopped?, StopReason::Revoked);

    assert!(Screen::open(&race.display.url).await.is_err(), "it is gone");
    browser.quit().await
}
