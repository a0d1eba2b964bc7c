//! What a kiosk costs: the time to its first picture, the CPU's work on a frame, and the frames it draws while nothing moves.

use std::{io::Write, process::Stdio, time::Duration};

use anyhow::{Context as _, Result};
use gantry_core::{
    board::settings::Mode,
    compose::{Composer, Composition, sample},
    motion::animate,
    scene::Scene,
    template::shipped,
    time::Moment,
};
use gantry_kiosk::offscreen::Offscreen;
use hdrhistogram::Histogram;
use serde_json::Value;
use tokio::time::sleep;

use super::{report, screens::histogram};
use crate::{
    hardware::Hardware,
    operator::{Display, Operator},
    programs,
    screen::{Screen, texts},
    venue::{Server, Venue},
    xvfb::Xvfb,
};

/// A frame of a screen with 60 Hz.
const FRAME_MS: i64 = 16;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Frames of the leaderboard.
    pub frames: usize,
    /// Starts of the program.
    pub starts: usize,
    /// How long a still picture is watched.
    pub still: Duration,
}

impl Effort {
    /// What the figures are made of.
    pub const FULL: Effort = Effort {
        frames: 600,
        starts: 5,
        still: Duration::from_secs(30),
    };

    /// Whether it works at all.
    pub const SHORT: Effort = Effort {
        frames: 10,
        starts: 1,
        still: Duration::from_secs(2),
    };
}

/// Measures it all.
pub async fn run(effort: Effort, out: &mut impl Write) -> Result<()> {
    frames(effort, out)?;
    let venue = Venue::new().await?;
    let server = venue.serve().await?;
    let display = leaderboard(&server).await?;
    let screen = Xvfb::start(1280, 720).await?;
    starts(effort, &display, &screen, out).await?;
    rest(&display).await?;
    still(effort, &display, &screen, out).await?;
    server.stop().await?;
    Ok(())
}

/// The CPU's work on the leaderboard's frames: at rest, and while a new finisher pushes the others down.
fn frames(effort: Effort, out: &mut impl Write) -> Result<()> {
    let mut offscreen = Offscreen::new()?;
    writeln!(out, "painted by {}", offscreen.adapter())?;
    report::heading(out)?;
    for (width, height) in [(1920, 1080), (1280, 720)] {
        let cases = [("at rest", at_rest()?), ("everything moves", in_motion()?)];
        for (what, (scene, from)) in cases {
            let mut cpu = histogram()?;
            let mut total = histogram()?;
            // The first picture of a kind compiles and uploads; the time to the first frame has that in it.
            offscreen.measure(&scene, from, width, height)?;
            for frame in 0..effort.frames {
                let at = from + frame as i64 * FRAME_MS % 400;
                let cost = offscreen.measure(&scene, at, width, height)?;
                cpu.saturating_record(cost.cpu.as_micros() as u64);
                total.saturating_record(cost.total.as_micros() as u64);
            }
            let case = format!("{width}×{height}, {what}");
            report::latency(out, &format!("{case}, CPU"), &cpu)?;
            report::latency(out, &format!("{case}, painted"), &total)?;
        }
    }
    writeln!(out)?;
    Ok(())
}

/// The leaderboard of the sample race, and a moment to look at it.
fn at_rest() -> Result<(Scene, Moment)> {
    let at = sample::SHOWN_AT;
    Ok((animate(None, compose()?, at), at))
}

/// The same, as it comes in over an empty board.
fn in_motion() -> Result<(Scene, Moment)> {
    let at = sample::SHOWN_AT;
    let next = compose()?;
    let mut empty = next.scene.clone();
    empty.layers.clear();
    Ok((animate(Some(&empty), next, at), at))
}

fn compose() -> Result<Composition> {
    let template = shipped::find("finish-line")?.context("no template \"finish-line\"")?;
    Ok(Composer::new(template).compose(&sample::board(Mode::Results)))
}

async fn leaderboard(server: &Server) -> Result<Display> {
    let _hardware = Hardware::play(server.addresses.timing, "simpleclient-finish.ctp").await?;
    let operator = Operator::log_in(server).await?;
    let timing = operator.timing_session("21ROTM").await?;
    let session = operator.session(&timing, "finish-line", "results").await?;
    let roster = "bib,first name,last name,race\n3848,Maya,Okafor,5 km\n";
    operator.roster(&session, roster).await?;
    operator.share(&session).await
}

/// From the start of the process to the first frame that shows the display.
async fn starts(
    effort: Effort,
    display: &Display,
    screen: &Xvfb,
    out: &mut impl Write,
) -> Result<()> {
    let mut micros: Histogram<u64> = histogram()?;
    for _ in 0..effort.starts {
        let run = watch(display, screen, Duration::from_millis(1500)).await?;
        let first = run["first_frame_ms"]
            .as_u64()
            .context("the kiosk showed no picture")?;
        micros.saturating_record(first * 1000);
    }
    report::latency(out, "process start to first frame", &micros)
}

/// Waits until every finisher had their turn on the board: a runner who comes or goes is drawn with each frame.
async fn rest(display: &Display) -> Result<()> {
    let mut screen = Screen::open(&display.url).await?;
    screen
        .scene_where("the runner", |scene| texts(scene).contains(&"Maya Okafor"))
        .await?;
    screen.rest().await?;
    Ok(())
}

/// Frames drawn while only the clock runs.
async fn still(
    effort: Effort,
    display: &Display,
    screen: &Xvfb,
    out: &mut impl Write,
) -> Result<()> {
    let run = watch(display, screen, effort.still).await?;
    let figure = |name: &str| {
        run[name]
            .as_f64()
            .with_context(|| format!("no {name} in {run}"))
    };
    let (frames, seconds) = (figure("frames")?, figure("seconds")?);
    writeln!(
        out,
        "{frames} frames in {seconds} s while only the clock runs: {:.2} a second",
        frames / seconds
    )?;
    Ok(())
}

/// Runs a kiosk in a window for a while and returns what it counted.
async fn watch(display: &Display, screen: &Xvfb, length: Duration) -> Result<Value> {
    let kiosk = programs::command("gantry-kiosk")?
        .args([display.url.as_str(), "--windowed", "1280x720", "--stats"])
        .env("DISPLAY", &screen.display)
        .env_remove("WAYLAND_DISPLAY")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("start gantry-kiosk")?;
    sleep(length).await;
    let id = kiosk.id().context("the kiosk has ended")?;
    programs::terminate(id)?;
    let output = kiosk.wait_with_output().await?;
    let said = String::from_utf8(output.stdout)?;
    said.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .find(|line: &Value| line["span"] == "run")
        .with_context(|| format!("no figures of the run in {said:?}"))
}
