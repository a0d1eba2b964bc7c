//! `--screenshot`, and how settings are refused.

use std::fs;

use gantry_core::time::Moment;
use gantry_kiosk::offscreen;

use crate::{
    leaderboard::{GUN, leaderboard},
    process::{Running, kiosk},
    server::Server,
};

#[test]
fn a_display_is_written_to_a_file_without_a_screen() {
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("shot.png");
    let mut command = kiosk();
    command
        .arg(
            server
                .url()
                .to_uppercase()
                .replace("HTTP", "http")
                .replace("DISPLAY", "display"),
        )
        .arg("--screenshot")
        .arg(&file)
        .args(["--size", "480x270"]);
    let running = Running::start(&mut command);
    let mut screen = server.accept();
    let mut board = leaderboard();
    board.layers.retain(|layer| layer.key != "header");
    screen.hello(GUN);
    screen.show(1, &board);
    let output = running.finish();
    assert!(output.status.success(), "{output:?}");
    let shot = image::open(&file).expect("a PNG").into_rgba8();
    let expected = offscreen::render(&board, GUN, 480, 270).expect("a picture");
    assert!(shot == expected, "the file shows the display");
}

#[test]
fn a_scene_file_is_drawn_as_at_a_moment() {
    let folder = tempfile::tempdir().expect("a folder");
    let (scene, file) = (
        folder.path().join("scene.json"),
        folder.path().join("shot.png"),
    );
    fs::write(&scene, serde_json::to_string(&leaderboard()).expect("JSON")).expect("a file");
    let at = Moment(GUN.0 + 61_000);
    let output = kiosk()
        .args(["--at", &at.0.to_string(), "--screenshot"])
        .arg(&file)
        .arg("--scene")
        .arg(&scene)
        .output()
        .expect("the program");
    assert!(output.status.success(), "{output:?}");
    let shot = image::open(&file).expect("a PNG").into_rgba8();
    let expected = offscreen::render(&leaderboard(), at, 1920, 1080).expect("a picture");
    assert!(shot == expected, "the file shows the scene");
}

#[test]
fn a_display_that_is_not_there_leaves_no_file() {
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("shot.png");
    let mut command = kiosk();
    command.arg(server.url()).arg("--screenshot").arg(&file);
    let running = Running::start(&mut command);
    server.refuse("404 Not Found");
    let output = running.finish();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no such display"));
    assert!(!file.exists());
}

#[test]
fn bad_settings_end_with_2_wherever_they_come_from() {
    let ends = |command: &mut std::process::Command| {
        let output = command.output().expect("the program");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (code, message) = ends(kiosk().arg("a1b2c3d4").env("GANTRY_SERVER", "nowhere"));
    assert_eq!(code, Some(2));
    assert!(
        message.starts_with("error: ")
            && message.contains("\"nowhere\"")
            && message.contains("https://HOST"),
        "{message}"
    );
    let (code, message) = ends(kiosk().env("GANTRY_WINDOWED", "big"));
    assert_eq!(code, Some(2));
    assert!(
        message.starts_with("error: ") && message.contains("'big'") && message.contains("1280x720"),
        "{message}"
    );
}

#[test]
fn without_a_screen_it_says_so() {
    let output = kiosk()
        .arg("http://127.0.0.1:9/display/a1b2c3d4")
        .output()
        .expect("the program");
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        message.contains("no screen") && message.contains("--screenshot"),
        "{message}"
    );
    assert!(!message.contains(".rs"), "no place in a source: {message}");
}
