//! A real window on a real X server.

use std::time::{Duration, Instant};

use gantry_core::{
    scene::{
        Align, Canvas, ClockFormat, Ease, Node, Property, Rect, Scene, TextStyle, Tween, Weight,
        color::Color, notice,
    },
    time::Moment,
    wire::{ServerMessage, StopReason},
};

use crate::{
    pause::pause,
    process::{Running, kiosk},
    server::{Screen, Server},
    xvfb::Xvfb,
};

const GREEN: Color = Color::rgb(0x0a_6a_3a);
const BLUE: Color = Color::rgb(0x0a_2a_6a);

/// The ground of the painter's own pages and the colour of its bar.
const INK: Color = Color::rgb(0x0b_0f_17);
const AMBER: Color = Color::rgb(0xff_b0_20);

#[test]
fn the_first_frame_fills_the_screen_and_sigterm_ends_it_cleanly() {
    let (xvfb, server) = (Xvfb::start(640, 360), Server::start());
    let running = start(&xvfb, &server, &["--stats"]);
    let mut screen = server.accept();
    screen.hello(Moment(0));
    screen.show(1, &page(GREEN));
    xvfb.wait("the display", |shown| shown.is_filled_with(GREEN));
    beat(&mut screen, &page(GREEN), Duration::from_millis(1500));
    let stats = stop(running);
    assert!(stats["first_frame_ms"].is_u64(), "{stats}");
    let frames = frames(&stats);
    assert!(
        (1..=8).contains(&frames),
        "a still picture costs no frames: {stats}"
    );
}

#[test]
fn a_clock_costs_a_frame_a_second_and_a_movement_many() {
    let (xvfb, server) = (Xvfb::start(320, 180), Server::start());
    let running = start(&xvfb, &server, &["--stats"]);
    let mut screen = server.accept();
    screen.hello(Moment(0));
    let clock = with_clock(page(GREEN));
    screen.show(1, &clock);
    xvfb.wait("the clock", |shown| shown.is_filled_with(GREEN));
    beat(&mut screen, &clock, Duration::from_millis(3200));
    let ticking = frames(&stop(running));
    assert!((4..=12).contains(&ticking), "{ticking} frames of a clock");

    let running = start(&xvfb, &server, &["--stats"]);
    let mut screen = server.accept();
    screen.hello(Moment(0));
    let moving = with_movement(page(BLUE));
    screen.show(1, &moving);
    xvfb.wait("the movement", |shown| shown.is_filled_with(BLUE));
    beat(&mut screen, &moving, Duration::from_millis(1500));
    let moving = frames(&stop(running));
    assert!(
        (15..=110).contains(&moving),
        "{moving} frames of a movement"
    );
}

#[test]
fn the_screen_says_when_the_link_is_dead_and_when_the_display_has_ended() {
    let (xvfb, server) = (Xvfb::start(640, 360), Server::start());
    let mut running = start(&xvfb, &server, &["--monitor", "1"]);
    xvfb.wait("the page before the first picture", |shown| {
        shown.is_filled_with(INK)
    });
    let mut screen = server.accept();
    screen.hello(Moment(0));
    screen.show(1, &page(GREEN));
    xvfb.wait("the display", |shown| shown.is_filled_with(GREEN));
    drop(screen);
    xvfb.wait("the bar over the picture", |shown| {
        shown.at(0, 0) == GREEN && shown.at(0, -1) == AMBER && shown.at(-1, -5) == AMBER
    });
    let mut screen = server.accept();
    screen.hello(Moment(0));
    screen.show(2, &page(BLUE));
    xvfb.wait("the new picture without a bar", |shown| {
        shown.is_filled_with(BLUE)
    });
    screen.send(&ServerMessage::Stop {
        reason: StopReason::Revoked,
    });
    let stopped = Instant::now();
    xvfb.wait("the end", |shown| shown.is_filled_with(INK));
    assert!(
        stopped.elapsed() < Duration::from_secs(1),
        "{:?}",
        stopped.elapsed()
    );
    running.terminate();
    assert_eq!(running.finish().status.code(), Some(0));
}

#[test]
fn a_monitor_that_is_not_there_is_refused_with_those_that_are() {
    let (xvfb, server) = (Xvfb::start(320, 180), Server::start());
    let output = start(&xvfb, &server, &["--monitor", "3"]).finish();
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        message.contains("no monitor 3") && message.contains("320x180"),
        "{message}"
    );
}

fn start(xvfb: &Xvfb, server: &Server, more: &[&str]) -> Running {
    let mut command = kiosk();
    command
        .arg(server.url())
        .args(more)
        .env("DISPLAY", xvfb.display());
    Running::start(&mut command)
}

/// Ends the program and returns the statistics of its whole run.
fn stop(mut running: Running) -> serde_json::Value {
    running.terminate();
    let output = running.finish();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().expect("a line of statistics");
    let stats: serde_json::Value = serde_json::from_str(line).expect("JSON");
    assert_eq!(stats["span"], "run");
    stats
}

fn frames(stats: &serde_json::Value) -> u64 {
    stats["frames"].as_u64().expect("a number of frames")
}

/// Keeps the picture true for that long.
fn beat(screen: &mut Screen, scene: &Scene, length: Duration) {
    let start = Instant::now();
    while start.elapsed() < length {
        let server_time = Moment(start.elapsed().as_millis() as i64);
        screen.heartbeat(1, scene, server_time);
        pause(Duration::from_millis(250));
    }
}

fn page(background: Color) -> Scene {
    let canvas = Canvas {
        width: 1280,
        height: 720,
    };
    Scene {
        background,
        ..notice::page(canvas, "Finish", "0 of 2,500")
    }
}

fn with_clock(mut scene: Scene) -> Scene {
    let style = TextStyle {
        size_halves: 240,
        weight: Weight::Heavy,
        align: Align::Center,
        color: AMBER,
    };
    scene.layers[0].nodes.push(Node::Clock {
        rect: Rect::new(0, 0, 1280, 200),
        baseline: 160,
        zero_at: Moment(0),
        stopped_at: None,
        format: ClockFormat::Race,
        style,
    });
    scene
}

/// The text moves for a minute from the server's time 0 on.
fn with_movement(mut scene: Scene) -> Scene {
    scene.layers[0].tweens.push(Tween {
        property: Property::X,
        from: 0,
        to: 200,
        start: Moment(0),
        length_ms: 60_000,
        ease: Ease::Linear,
    });
    scene
}
