use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, extract::WebSocketUpgrade, routing::get};
use futures_util::{SinkExt, StreamExt};
use gantry_core::{
    scene::{Canvas, Scene, notice},
    wire::{ClientMessage, SUBPROTOCOL, ServerMessage, StopReason, follow::Follower},
};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::{net::TcpListener, sync::watch};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use super::{
    port::{ANN, Port},
    screen::{Screen, at_rest, dial, shows},
};
use crate::{
    clock,
    display::{
        published::Published,
        socket,
        terms::{Guest, Terms, Watched},
    },
    http::displays::tell_screens,
    store::DisplayChange,
};

#[tokio::test]
async fn a_late_screen_sees_what_the_others_see() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let display = port.display(&ann, &session).await;
    let mut early = Screen::open(&port.base, &display).await;
    early.hear().await;
    assert!(matches!(
        early.heard[0],
        ServerMessage::Hello {
            heartbeat_ms: 1000,
            ..
        }
    ));
    early.until_shows("21ROTM").await;
    for bib in 1..=5 {
        port.finish(bib, &bib.to_string()).await;
        early.until_shows(&format!("No{bib}")).await;
    }
    let steps = early
        .heard
        .iter()
        .filter(|message| matches!(message, ServerMessage::Patch { .. }));
    assert!(steps.count() >= 5, "{:?}", early.heard);

    let mut late = Screen::open(&port.base, &display).await;
    late.until_shows("No5").await;
    assert_eq!(late.scene(), early.scene());
    assert_eq!(late.follower.revision(), early.follower.revision());
    assert!(
        !late
            .heard
            .iter()
            .any(|message| matches!(message, ServerMessage::Patch { .. }))
    );
}

#[tokio::test]
async fn two_displays_of_one_session_show_one_picture() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let mut screens = Vec::new();
    for _ in 0..2 {
        let display = port.display(&ann, &session).await;
        screens.push(Screen::open(&port.base, &display).await);
    }
    port.finish(1, "7").await;
    for screen in &mut screens {
        screen.until_shows("No7").await;
    }
    assert_eq!(screens[0].scene(), screens[1].scene());
    let id = ann.get("/api/displays").await;
    assert_eq!(id.body["displays"][0]["screens"], 1);
}

#[tokio::test]
async fn a_preview_gets_the_picture_and_is_no_screen() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let display = port.display(&ann, &session).await;
    let screens = async || {
        let listed = ann.get("/api/displays").await;
        listed.body["displays"][0]["screens"].clone()
    };
    let mut preview = Screen::preview(&port.base, &display).await;
    preview.hear().await;
    assert_eq!(screens().await, 0);
    let _screen = Screen::open(&port.base, &display).await;
    assert_eq!(screens().await, 1);
    port.finish(1, "7").await;
    preview.until_shows("No7").await;
    ann.delete(&format!("/api/display/{display}")).await;
    assert_eq!(preview.until_over().await, Some(StopReason::Revoked));
    let path = format!("/display/{display}/live?preview=perhaps");
    port.anybody().get(&path).await.is_problem(422);
}

#[tokio::test]
async fn the_picture_is_proved_true_and_the_time_told() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let display = port.display(&ann, &session).await;
    let mut screen = Screen::open(&port.base, &display).await;
    screen.until_shows("21ROTM").await;
    screen.say_text("nonsense").await;
    screen.say(&ClientMessage::Time { sent: 42 }).await;
    loop {
        match screen.hear().await {
            Some(ServerMessage::Time {
                sent: 42,
                server_time,
            }) => {
                assert!(clock::now().since_ms(server_time).abs() < 10_000);
                break;
            }
            Some(_) => {}
            None => panic!("closed"),
        }
    }
    screen.say(&ClientMessage::Resync).await;
    while !matches!(screen.hear().await, Some(ServerMessage::Scene { .. })) {}
    // The follower takes a heartbeat for good only if revision and fingerprint are those of its picture.
    while !matches!(screen.hear().await, Some(ServerMessage::Heartbeat { .. })) {}
}

#[tokio::test]
async fn an_operators_change_is_on_the_screen_at_once() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let display = port.display(&ann, &session).await;
    port.finish(1, "7").await;
    let mut screen = Screen::open(&port.base, &display).await;
    screen.until_shows("No7").await;
    let path = format!("/api/sessions/{session}");
    ann.patch(&path, &json!({"settings": {"event_name": "Town Run"}}))
        .await;
    assert!(shows(screen.until_shows("Town Run").await, "No7"));
    ann.patch(&path, &json!({"chronotrack_session_ids": []}))
        .await;
    while shows(&at_rest(screen.scene()), "No7") {
        screen.hear().await.expect("still open");
    }
    let portrait = ann.patch(&path, &json!({"template_id": "big-clock"})).await;
    assert_eq!(portrait.status, StatusCode::OK);
    let revision = screen.follower.revision();
    while screen.follower.revision() == revision {
        screen.hear().await.expect("still open");
    }
}

#[tokio::test]
async fn a_revoked_display_stops_on_every_screen_within_a_second() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let display = port.display(&ann, &session).await;
    let mut screens = [
        Screen::open(&port.base, &display).await,
        Screen::open(&port.base, &display).await,
    ];
    let events = port
        .anybody()
        .request(Method::GET, &format!("/display/{display}/events"));
    let events = events.send().await.expect("answers");
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    for screen in &mut screens {
        screen.until_shows("21ROTM").await;
    }
    let revoked_at = Instant::now();
    ann.delete(&format!("/api/display/{display}")).await;
    for screen in &mut screens {
        assert_eq!(screen.until_over().await, Some(StopReason::Revoked));
    }
    let stream = events.text().await.expect("it ends");
    assert!(revoked_at.elapsed() < Duration::from_secs(1));

    let mut follower = Follower::default();
    for data in stream
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
    {
        follower.receive(serde_json::from_str(data).expect("a message"), 0);
    }
    assert_eq!(follower.stopped(), Some(StopReason::Revoked));
    assert_eq!(
        Screen::refused(&port.base, &display, Some(SUBPROTOCOL)).await,
        404
    );
}

#[tokio::test]
async fn a_display_stops_when_its_time_runs_out_or_its_session_is_removed() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let short = port.display(&ann, &session).await;
    let long = port.display(&ann, &session).await;
    let mut expiring = Screen::open(&port.base, &short).await;
    let mut removed = Screen::open(&port.base, &long).await;
    let store = &port.services.store;
    let change = DisplayChange {
        expires_at: Some(clock::now() + 200),
        ..DisplayChange::default()
    };
    let soon = store
        .change_display(port.person(ANN).await, &short, &change, clock::now())
        .await;
    let soon = soon.expect("stores").expect("there is room");
    tell_screens(&port.app, &soon.expect("is there"));
    assert_eq!(expiring.until_over().await, Some(StopReason::Expired));
    ann.delete(&format!("/api/sessions/{session}")).await;
    assert_eq!(removed.until_over().await, Some(StopReason::Revoked));
}

#[tokio::test]
async fn after_a_restart_the_picture_is_the_same() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let display = port.display(&ann, &session).await;
    let mut screen = Screen::open(&port.base, &display).await;
    for bib in 1..=6 {
        port.finish(bib, &bib.to_string()).await;
    }
    screen.until_shows("No6").await;
    let before = at_rest(screen.scene());
    let (epoch, _) = screen.follower.revision().expect("a picture");
    let (port, closed) = tokio::join!(port.restart(), screen.until_over());
    assert_eq!(closed, None, "a restart is no end");

    let mut again = Screen::open(&port.base, &display).await;
    again.follower = screen.follower;
    while again
        .follower
        .revision()
        .is_some_and(|(held, _)| held == epoch)
    {
        again.hear().await.expect("open");
    }
    assert_eq!(at_rest(again.scene()), before);
    port.finish(7, "7").await;
    again.until_shows("No7").await;
}

#[tokio::test]
async fn a_stream_needs_its_subprotocol() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let display = port.display(&ann, &session).await;
    for protocol in [None, Some("gantry.display.v0")] {
        assert_eq!(Screen::refused(&port.base, &display, protocol).await, 400);
    }
    let plain = port
        .anybody()
        .get(&format!("/display/{display}/live"))
        .await;
    plain.is_problem(400);
}

/// A scene of some megabytes, all of which differs from number to number.
fn large_scene(number: usize) -> Scene {
    let canvas = Canvas {
        width: 1920,
        height: 1080,
    };
    let mut scene = notice::page(canvas, "Large", "");
    let text = number.to_string().repeat(1000);
    scene.layers = (0..1000)
        .map(|index| {
            let mut layer = notice::bar(canvas, &text);
            layer.key = format!("{index:04}");
            layer
        })
        .collect();
    scene
}

#[tokio::test]
async fn a_screen_that_does_not_read_skips_pictures_and_catches_up() {
    const PICTURES: usize = 12;
    let picture = watch::Sender::new(Some(Arc::new(Published::first(1, large_scene(0)))));
    let (watched, subscribed) = (Arc::new(Watched::default()), picture.clone());
    let live = async move |upgrade: WebSocketUpgrade| {
        let id = "a1b2c3d4".parse().expect("an id");
        let terms = Terms {
            expires_at: clock::now() + 3_600_000,
            revoked: false,
        };
        let (term, picture) = (
            watched.arrive(&id, Guest::Screen).with(terms),
            subscribed.subscribe(),
        );
        let serve = move |socket| socket::serve(socket, picture, term, CancellationToken::new());
        upgrade
            .protocols([SUBPROTOCOL])
            .write_buffer_size(4096)
            .on_upgrade(serve)
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(
        async move { axum::serve(listener, Router::new().route("/live", get(live))).await },
    );

    let connect = async || {
        dial(&base, "/live", Some(SUBPROTOCOL))
            .await
            .expect("connects")
    };
    let (mut slow, mut fast) = (connect().await, connect().await);
    let mut follower = Follower::default();
    let mut last = picture.borrow().clone().expect("a picture");
    for number in 1..=PICTURES {
        while follower.revision() != Some((last.epoch, last.revision)) {
            if let Some(Ok(Message::Text(text))) = fast.next().await {
                follower.receive(serde_json::from_str(&text).expect("a message"), 0);
            }
        }
        last = Arc::new(last.next(large_scene(number)).expect("another picture"));
        picture.send_replace(Some(Arc::clone(&last)));
    }

    let mut late = Follower::default();
    let mut pictures = 0;
    while late.revision() != Some((last.epoch, last.revision)) {
        let Some(Ok(Message::Text(text))) = slow.next().await else {
            panic!("a slow screen is not dropped");
        };
        let message: ServerMessage = serde_json::from_str(&text).expect("a message");
        pictures += usize::from(matches!(
            message,
            ServerMessage::Scene { .. } | ServerMessage::Patch { .. }
        ));
        assert_ne!(late.receive(message, 0), Some(ClientMessage::Resync));
    }
    assert_eq!(late.scene(), Some(&last.scene));
    assert!(pictures < PICTURES, "{pictures} pictures came");
    slow.close(None).await.expect("closes");
    slow.flush().await.ok();
}
