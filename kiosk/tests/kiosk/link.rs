//! The link against a real WebSocket server.

use std::{
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

use gantry_core::{
    scene::{Canvas, Scene, notice},
    time::Moment,
    wire::{ClientMessage, ServerMessage, StopReason},
};
use gantry_kiosk::{
    address::Address,
    clock::LocalClock,
    link::{Link, Phase, State, Timing},
};

use crate::server::Server;

/// Quick enough for tests, slow enough for a busy machine.
const TIMING: Timing = Timing {
    first_retry: Duration::from_millis(20),
    longest_retry: Duration::from_millis(100),
    ended_retry: Duration::from_millis(20),
    connect: Duration::from_secs(10),
    silence: Duration::from_secs(10),
    first_questions: Duration::from_millis(10),
    questions: Duration::from_secs(10),
};

struct Followed {
    link: Link,
    clock: LocalClock,
    woken: Receiver<()>,
}

impl Followed {
    fn start(server: &Server, timing: Timing) -> Self {
        Self::start_at(&server.url(), timing)
    }

    fn start_at(url: &str, timing: Timing) -> Self {
        let address = Address::parse(url, None).expect("an address");
        let clock = LocalClock::start();
        let (wake, woken) = mpsc::sync_channel(1);
        let link = Link::start(address, timing, clock, move || {
            wake.try_send(()).ok();
        })
        .expect("a thread");
        Self { link, clock, woken }
    }

    /// Waits until the link wakes the window with a state that will do.
    fn wait(&self, what: &str, will_do: impl Fn(&State) -> bool) -> State {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let state = self.link.state();
            if will_do(&state) {
                return state;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let woken = self.woken.recv_timeout(left);
            assert!(
                woken.is_ok(),
                "waited for {what}, have {:?}",
                self.link.state()
            );
        }
    }

    fn wait_revision(&self, revision: u64) -> State {
        self.wait("a revision", |state| {
            state.follower.revision() == Some((1, revision))
        })
    }
}

fn scene(text: &str) -> Scene {
    let canvas = Canvas {
        width: 320,
        height: 180,
    };
    notice::page(canvas, text, "")
}

#[test]
fn a_dropped_connection_is_made_again_and_the_picture_stays_meanwhile() {
    let server = Server::start();
    let followed = Followed::start(&server, TIMING);
    let mut screen = server.accept();
    screen.hello(Moment(0));
    screen.show(1, &scene("one"));
    let state = followed.wait_revision(1);
    assert_eq!(state.phase, Phase::Connected);
    drop(screen);
    let state = followed.wait("a loss", |state| matches!(state.phase, Phase::Lost { .. }));
    assert!(state.follower.scene().is_some());
    server.refuse("503 Service Unavailable");
    followed.wait(
        "the reason",
        |state| matches!(&state.phase, Phase::Lost { why } if why.contains("503")),
    );
    let mut screen = server.accept();
    screen.hello(Moment(0));
    screen.show(2, &scene("two"));
    let state = followed.wait_revision(2);
    assert_eq!(state.phase, Phase::Connected);
    assert_eq!(
        state.follower.scene().map(AsRef::as_ref),
        Some(&scene("two"))
    );
}

#[test]
fn a_server_that_falls_silent_is_left() {
    let server = Server::start();
    let timing = Timing {
        silence: Duration::from_millis(200),
        ..TIMING
    };
    let followed = Followed::start(&server, timing);
    let mut screen = server.accept();
    screen.hello(Moment(0));
    followed.wait(
        "the silence",
        |state| matches!(&state.phase, Phase::Lost { why } if why.contains("silent")),
    );
    server.accept();
}

#[test]
fn the_servers_time_is_asked_for_several_times_at_once() {
    let server = Server::start();
    let followed = Followed::start(&server, TIMING);
    let mut screen = server.accept();
    screen.hello(Moment(0));
    let server_time = Moment(1_790_000_000_000);
    let mut asked = 0;
    while asked < 4 {
        if let Some(ClientMessage::Time { sent }) = screen.question() {
            screen.send(&ServerMessage::Time { sent, server_time });
            asked += 1;
        }
    }
    screen.show(1, &scene("one"));
    let state = followed.wait_revision(1);
    let told = state.follower.server_time(followed.clock.now_ms());
    let off_ms = told.expect("a time").since_ms(server_time);
    assert!((0..20_000).contains(&off_ms), "{off_ms} ms off");
}

#[test]
fn a_display_that_stops_shows_nothing_more_until_it_lives_again() {
    let server = Server::start();
    let followed = Followed::start(&server, TIMING);
    let mut screen = server.accept();
    screen.hello(Moment(0));
    screen.show(1, &scene("one"));
    followed.wait_revision(1);
    screen.send(&ServerMessage::Stop {
        reason: StopReason::Revoked,
    });
    let state = followed.wait("the end", |state| state.phase == Phase::Ended);
    assert!(state.follower.scene().is_none());
    server.refuse("404 Not Found");
    let mut screen = server.accept();
    screen.hello(Moment(0));
    screen.show(7, &scene("back"));
    let state = followed.wait_revision(7);
    assert_eq!(state.phase, Phase::Connected);
}

#[test]
fn an_unknown_display_takes_the_picture_away() {
    let server = Server::start();
    let followed = Followed::start(&server, TIMING);
    let mut screen = server.accept();
    screen.hello(Moment(0));
    screen.show(1, &scene("one"));
    followed.wait_revision(1);
    drop(screen);
    server.refuse("404 Not Found");
    let state = followed.wait("the end", |state| state.phase == Phase::Ended);
    assert!(state.follower.scene().is_none());
}

#[test]
fn nonsense_from_the_server_ends_the_connection_and_nothing_else() {
    let server = Server::start();
    let followed = Followed::start(&server, TIMING);
    for nonsense in ["{", r#"{"type":"other"}"#, ""] {
        let mut screen = server.accept();
        screen.send_text(nonsense.to_owned());
        while screen.question().is_some() {}
    }
    let mut screen = server.accept();
    screen.hello(Moment(0));
    screen.show(1, &scene("one"));
    followed.wait_revision(1);
}

#[test]
fn a_server_that_does_not_encrypt_is_no_reason_to_give_up() {
    let server = Server::start();
    let url = server.url().replace("http:", "https:");
    let followed = Followed::start_at(&url, TIMING);
    for _ in 0..2 {
        server.refuse_bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    }
    followed.wait("a loss", |state| matches!(state.phase, Phase::Lost { .. }));
}

#[test]
fn dropping_the_link_ends_its_thread_and_leaves_the_server() {
    let server = Server::start();
    let followed = Followed::start(&server, TIMING);
    let mut screen = server.accept();
    screen.hello(Moment(0));
    followed.wait("a connection", |state| state.phase == Phase::Connected);
    drop(followed);
    while screen.question().is_some() {}
}
