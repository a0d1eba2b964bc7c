//! What the screen says about itself, as people see it.

use gantry_core::{
    scene::{Canvas, sample::DisplayList},
    wire::ServerMessage,
};
use gantry_kiosk::{
    address::Address,
    link::{Phase, State},
    offscreen::Offscreen,
    painter::NoImages,
    picture::picture,
};

use crate::{
    golden::assert_golden,
    leaderboard::{GUN, leaderboard},
};

const SCREEN: Canvas = Canvas {
    width: 640,
    height: 360,
};

fn shown(state: &State, local_ms: i64) -> DisplayList {
    let address = Address::parse("https://gantry.example/display/a1b2c3d4", None);
    picture(state, local_ms, &address.expect("an address"), SCREEN).display_list(GUN)
}

fn assert_looks(name: &str, list: &DisplayList) {
    let picture = Offscreen::new()
        .expect("a GPU")
        .render_list(list, (640, 360), &NoImages)
        .expect("a picture");
    assert_golden(name, &picture);
}

#[test]
fn a_bar_over_the_last_picture_says_how_old_it_is() {
    let mut state = State::default();
    let message = ServerMessage::Scene {
        epoch: 1,
        revision: 1,
        scene: leaderboard(),
    };
    state.follower.receive(message, 0);
    state.phase = Phase::Connected;
    assert_looks("stale", &shown(&state, 12_000));
}

#[test]
fn a_page_says_what_is_tried() {
    let state = State {
        phase: Phase::Lost {
            why: "connection refused".to_owned(),
        },
        ..State::default()
    };
    assert_looks("connecting", &shown(&state, 0));
}

#[test]
fn a_page_says_that_the_display_has_ended() {
    let state = State {
        phase: Phase::Ended,
        ..State::default()
    };
    assert_looks("ended", &shown(&state, 0));
}
