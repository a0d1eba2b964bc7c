//! One picture into a file, without a window.

use std::{
    path::Path,
    sync::mpsc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, bail};
use gantry_core::{
    scene::{
        Canvas, SCENE_VERSION, Scene,
        sample::{DisplayList, sample},
    },
    time::Moment,
};

use crate::{
    address::Address,
    clock::LocalClock,
    config::{Screenshot, Size, Subject},
    link::{Link, Phase, State, Timing},
    offscreen::Offscreen,
    painter::NoImages,
    picture::picture,
};

/// How long the first scene may take before the screenshot is given up, as the help says.
const FIRST_SCENE: Duration = Duration::from_secs(30);

/// Takes the screenshot and writes it.
pub fn take(screenshot: &Screenshot) -> anyhow::Result<()> {
    let list = match &screenshot.subject {
        Subject::Scene { file, at } => sample(&read_scene(file)?, at.unwrap_or_else(now)),
        Subject::Display { address, after } => watch(address, *after)?,
    };
    write(&list, screenshot.size, &screenshot.file)
}

fn write(list: &DisplayList, size: Option<Size>, file: &Path) -> anyhow::Result<()> {
    let Canvas { width, height } = list.canvas;
    let size = size.map_or((width.max(0) as u32, height.max(0) as u32), |size| {
        (size.width, size.height)
    });
    let picture = Offscreen::new()?.render_list(list, size, &NoImages)?;
    picture
        .save_with_format(file, image::ImageFormat::Png)
        .with_context(|| format!("cannot write the screenshot to {}", file.display()))
}

fn read_scene(file: &Path) -> anyhow::Result<Scene> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    let scene: Scene =
        serde_json::from_str(&text).with_context(|| format!("{name} holds no scene"))?;
    if scene.version != SCENE_VERSION {
        bail!(
            "{name} holds a scene of version {}; this program reads version {SCENE_VERSION}",
            scene.version
        );
    }
    Ok(scene)
}

/// What the display shows `after` its first scene came.
fn watch(address: &Address, after: Duration) -> anyhow::Result<DisplayList> {
    let clock = LocalClock::start();
    let (wake, woken) = mpsc::sync_channel(1);
    let link = Link::start(address.clone(), Timing::default(), clock, move || {
        wake.try_send(()).ok();
    })
    .context("cannot start the network thread")?;
    await_scene(&link, &woken)?;
    wait(after);
    let (state, local_ms) = (link.state(), clock.now_ms());
    let at = state.follower.server_time(local_ms).unwrap_or_else(now);
    let screen = Canvas {
        width: 1920,
        height: 1080,
    };
    Ok(picture(&state, local_ms, address, screen).display_list(at))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a length of time is what the user asked for"
)]
fn wait(length: Duration) {
    std::thread::sleep(length);
}

fn await_scene(link: &Link, woken: &mpsc::Receiver<()>) -> anyhow::Result<()> {
    let deadline = Instant::now() + FIRST_SCENE;
    loop {
        let State { follower, phase } = link.state();
        if follower.scene().is_some() {
            return Ok(());
        }
        if phase == Phase::Ended {
            bail!("the server has no such display; it may have ended");
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let why = match phase {
                Phase::Lost { why } => why,
                _ => "the server sent no picture".to_owned(),
            };
            bail!("no picture came within {} s: {why}", FIRST_SCENE.as_secs());
        }
        // A timeout is told by the deadline, and a link that has ended by its state.
        woken.recv_timeout(left).ok();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a picture without a server has only the machine's clock, and this is the kiosk's one place that asks it"
)]
fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Moment(since.map_or(0, |since| since.as_millis() as i64))
}
