//! A console as it is after some work, for the tests of its views and its steps.

use std::collections::VecDeque;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use gantry_core::{
    scene::{
        Align, Canvas, ClockFormat, Fill, Layer, Node, Rect, SCENE_VERSION, Scene, Show, TextStyle,
        Weight, color::Color,
    },
    time::Moment,
    wire::ServerMessage,
};
use jiff::{Timestamp, tz::TimeZone};
use ratatui::{Terminal as Screen, backend::TestBackend};
use serde_json::json;

use crate::{
    api::{
        client::Reply,
        failure::{Failure, Problem},
        feeds::Feed,
        live::LiveEvent,
        request::{Answer, Request},
        types::{
            Colleague, Display, DisplaySession, Login, Mode, Partner, Preview, Template,
            TimingSession, Token,
        },
    },
    app::{
        event::{Effect, Event},
        example::Example,
        model::{Model, Reads, Stage},
        tab::Tab,
        update::update,
    },
    terminal::{Clipboard, Depth, Terminal},
    view,
};

/// 2026-05-03T06:12:30Z, a Sunday morning.
pub(crate) const NOW: Moment = Moment(1_777_788_750_000);

/// The time of [`NOW`], less some seconds.
pub(crate) fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_millisecond(NOW.0 - seconds * 1000).expect("in range")
}

/// A console before the login.
pub(crate) fn fresh() -> Model {
    let terminal = Terminal {
        depth: Depth::True,
        clipboard: Clipboard::Tmux,
    };
    let server = "127.0.0.1:8088".parse().expect("a good address");
    let mut model = Model::new(server, terminal, TimeZone::UTC, "");
    model.now = NOW;
    model
}

/// A console that is logged in and has heard nothing yet.
pub(crate) fn entered() -> Model {
    let mut model = fresh();
    model.stage = Stage::Console;
    model.partner = "Northside Timing".to_owned();
    model.is_owner = true;
    model
}

/// A console in the middle of a race.
pub(crate) fn working(tab: Tab) -> Model {
    let mut model = entered();
    model.tab = tab;
    model.timing.replace(timing_sessions());
    model.sessions.replace(display_sessions());
    model.displays.replace(displays());
    model.feeds.replace(feeds());
    model.templates = templates();
    model.colleagues = colleagues();
    for id in ["finish-line", "announcer"] {
        for mode in [Mode::Results, Mode::PreRace] {
            let example = Example::Picture(Box::new(scene()));
            model.examples.hold(id, mode, example);
        }
    }
    model.reads = Some(Reads {
        session_id: "t1".to_owned(),
        preview: preview(),
        rates: VecDeque::from([3, 8, 15, 22, 30, 41, 38, 44, 52, 60, 57, 42]),
    });
    follow(&mut model);
    model
}

/// Makes the model follow what is looked at, and shows it [`scene`].
pub(crate) fn follow(model: &mut Model) {
    show(model, scene(), NOW);
}

/// Makes the model follow what is looked at, and shows it a scene as it is at `server_time`.
pub(crate) fn show(model: &mut Model, scene: Scene, server_time: Moment) {
    update(model, Event::Tick(NOW));
    let Some(display) = model.live.as_ref().map(|live| live.display.clone()) else {
        return;
    };
    let messages = [
        ServerMessage::Hello {
            server_time,
            heartbeat_ms: 1000,
        },
        ServerMessage::Scene {
            epoch: 1,
            revision: 1,
            scene,
        },
    ];
    for message in messages {
        let event = LiveEvent::Message(Box::new(message));
        let display = display.clone();
        update(model, Event::Live { display, event });
    }
}

/// Timing sessions as the server tells of them.
pub(crate) fn timing_sessions() -> Vec<TimingSession> {
    serde_json::from_value(json!([
        {"id": "t1", "name": "FINISH-A", "event_name": "Harbour Half 2026", "status": "live",
         "locations": [{"name": "5K Split"}, {"name": "10K Split"}, {"name": "Finish"}],
         "reads": 12_345, "last_read_at": ago(1), "connections": 3, "news": "of a later server"},
        {"id": "t2", "name": "START-B", "event_name": "Harbour Half 2026", "status": "idle",
         "locations": [{"name": "Start"}], "reads": 2_498, "last_read_at": ago(95), "connections": 0},
        {"id": "t3", "name": "Saturday 5K", "status": "closed", "locations": [], "reads": 0},
    ]))
    .expect("the samples fit")
}

fn preview() -> Preview {
    serde_json::from_value(json!({
        "reads": [
            {"kind": "chip", "location": "Finish", "tag": "1482", "at": ago(1), "lap": 1},
            {"kind": "chip", "location": "10K Split", "tag": "77", "at": ago(3), "lap": 2},
            {"kind": "chip", "location": "Finish", "tag": "2210", "at": ago(4), "lap": 1},
            {"kind": "gun", "location": "Start", "tag": "GUNTIME", "at": ago(3600)},
        ],
        "by_location": [
            {"location": "5K Split", "reads": 6_120},
            {"location": "10K Split", "reads": 4_005},
            {"location": "Finish", "reads": 2_220},
        ],
        "reads_per_minute": 42,
        "feeds": ["Harbour Half"],
    }))
    .expect("the sample fits")
}

/// Display sessions as the server tells of them.
pub(crate) fn display_sessions() -> Vec<DisplaySession> {
    serde_json::from_value(json!([
        {"id": "s1", "name": "Finish line", "mode": "results", "chronotrack_session_ids": ["t1"],
         "template_id": "finish-line", "participants": 2500, "revision": 4, "access": "owner",
         "owner": {"id": "u1", "email": "ann@northside.example", "role": "operator"}},
        {"id": "s2", "name": "Start announcer", "mode": "pre_race", "chronotrack_session_ids": ["t2", "t1"],
         "template_id": "announcer", "participants": 0, "revision": 7,
         "owner": {"id": "u2", "email": "ben@northside.example", "role": "operator"}},
        {"id": "s3", "name": null, "mode": "results"},
    ]))
    .expect("the samples fit")
}

/// Feeds as the server tells of them.
pub(crate) fn feeds() -> Vec<Feed> {
    let connected = |peer: &str, mats: &[&str], reads: u64| {
        json!({"peer": peer, "since": ago(600), "program": "SimpleClient 0.6.0", "event": "Harbour Half 2026",
               "connection": "FINISH-A", "locations": mats, "reads": reads, "last_read_at": ago(1)})
    };
    serde_json::from_value(json!([
        {"id": "0199d1f0-0000-7000-8000-000000000001", "revision": 3, "name": "Harbour Half", "protocol": "chronotrack",
         "networks": ["192.0.2.0/24", "198.51.100.7"], "event": "Harbour Half 2026", "state": "in_force", "connections": 2,
         "connected": [connected("192.0.2.17:50312", &["Finish", "10K Split"], 12_345), connected("192.0.2.18:41077", &["Start"], 2_498)]},
        {"id": "0199d1f0-0000-7000-8000-000000000002", "revision": 1, "name": "Loops", "protocol": "mylaps", "port": 3097,
         "time_zone": "Europe/Vienna", "state": "listening"},
        {"id": "0199d1f0-0000-7000-8000-000000000003", "revision": 1, "name": "Trail finish", "protocol": "race-result",
         "call_address": "10.0.0.5:3601", "location": "FINISH", "state": "waiting"},
        {"id": "0199d1f0-0000-7000-8000-000000000004", "revision": 2, "name": "Rented boxes", "protocol": "chronotrack", "port": 61700,
         "login": {"method": "hmac-sha1", "user": "boxes"}, "state": "trouble",
         "trouble": "the port cannot be opened: something else on the server has it"},
        {"id": "0199d1f0-0000-7000-8000-000000000005", "revision": 2, "name": "Everything", "protocol": "chronotrack",
         "networks": ["0.0.0.0/0"], "state": "refused"},
    ]))
    .expect("the samples fit")
}

fn colleagues() -> Vec<Colleague> {
    serde_json::from_value(json!([
        {"id": "u1", "email": "ann@northside.example", "role": "operator"},
        {"id": "u2", "email": "ben@northside.example", "role": "operator"},
        {"id": "u3", "email": "vera@northside.example", "role": "viewer"},
    ]))
    .expect("the samples fit")
}

fn displays() -> Vec<Display> {
    let end = ago(-23 * 3600);
    serde_json::from_value(json!([
        {"id": "a1b2c3d4", "url": "http://127.0.0.1:8088/display/a1b2c3d4", "session_id": "s1", "expires_at": end, "screens": 3},
        {"id": "k7m9p2q4", "url": "http://127.0.0.1:8088/display/k7m9p2q4", "session_id": "s2", "expires_at": end, "revoked_at": ago(50)},
        {"id": "z8x6w4v2", "url": "http://127.0.0.1:8088/display/z8x6w4v2", "session_id": "s1", "expires_at": ago(60)},
    ]))
    .expect("the samples fit")
}

fn templates() -> Vec<Template> {
    serde_json::from_value(json!([
        {"id": "finish-line", "name": "Finish line", "description": "Leaders, the newest finisher and the race clock."},
        {"id": "announcer", "name": "Announcer", "description": "One runner at a time, large enough to read aloud."},
        {"id": "big-clock", "name": "Big clock", "description": "The race clock, readable from afar."},
    ]))
    .expect("the samples fit")
}

/// A leaderboard with a header, three rows and a clock.
pub(crate) fn scene() -> Scene {
    let band = Node::Box {
        rect: Rect::new(0, 0, 1920, 140),
        radius: 0,
        fill: Fill::Across {
            from: Color::rgb(0x00_50_78),
            to: Color::rgb(0x00_20_40),
        },
    };
    let clock = Node::Clock {
        rect: Rect::new(1400, 0, 460, 140),
        baseline: 105,
        zero_at: NOW - 3_723_000,
        stopped_at: None,
        format: ClockFormat::Race,
        style: style(96, Weight::Heavy, Align::Right),
    };
    let head = vec![
        band,
        text(60, 105, 900, 88, "Harbour Half", Align::Left),
        clock,
    ];
    let mut layers = vec![layer("head", 0, head)];
    let rows = [
        ("1", "Zoë Łukaszewicz", "1:01:02"),
        ("2", "山本 太郎", "1:01:40"),
        ("3", "Maximiliane von Hohenzollern-Sigmaringen", "1:02:03"),
    ];
    for (index, (place, name, time)) in rows.into_iter().enumerate() {
        let nodes = vec![
            text(60, 100, 100, 72, place, Align::Right),
            text(220, 100, 1200, 72, name, Align::Left),
            text(1560, 100, 300, 72, time, Align::Right),
        ];
        layers.push(layer(
            &format!("rows/{place}"),
            240 + 160 * index as i32,
            nodes,
        ));
    }
    Scene {
        version: SCENE_VERSION,
        canvas: Canvas {
            width: 1920,
            height: 1080,
        },
        background: Color::rgb(0x0b_0f_17),
        layers,
    }
}

/// A layer that stands still.
pub(crate) fn layer(key: &str, y: i32, nodes: Vec<Node>) -> Layer {
    Layer {
        key: key.to_owned(),
        z: 0,
        x: 0,
        y,
        clip: None,
        show: Show::Always,
        tweens: Vec::new(),
        nodes,
    }
}

fn text(x: i32, baseline: i32, width: i32, size: u16, text: &str, align: Align) -> Node {
    Node::Text {
        rect: Rect::new(x, 0, width, 140),
        baseline,
        text: text.to_owned(),
        style: style(size, Weight::Bold, align),
    }
}

fn style(size: u16, weight: Weight, align: Align) -> TextStyle {
    TextStyle {
        size_halves: size * 2,
        weight,
        align,
        color: Color::rgb(0xf4_f6_f8),
    }
}

/// A good login for some partners.
pub(crate) fn login(partners: &[&str], selected: Option<&str>) -> Answer {
    Answer::LoggedIn(Login {
        token: Token("secret".to_owned()),
        partners: partners
            .iter()
            .map(|name| Partner {
                id: name.to_lowercase(),
                name: (*name).to_owned(),
                role: "operator".to_owned(),
            })
            .collect(),
        partner_id: selected.map(str::to_owned),
    })
}

/// The server says no.
pub(crate) fn refused(status: u16, detail: &str) -> Failure {
    Failure::Refused(Problem {
        status,
        detail: Some(detail.to_owned()),
        ..Problem::default()
    })
}

/// The server does not answer.
pub(crate) fn unreachable() -> Failure {
    Failure::Unreachable {
        server: "127.0.0.1:8088".to_owned(),
        reason: "connection refused".to_owned(),
    }
}

/// Lets the server answer.
pub(crate) fn answer(
    model: &mut Model,
    request: Request,
    result: Result<Answer, Failure>,
) -> Vec<Effect> {
    let reply = Box::new(Reply {
        result,
        server_time: None,
    });
    let request = Box::new(request);
    update(model, Event::Api { request, reply })
}

/// Presses keys: each character is itself, `<Enter>` and the like are special keys. Answers the effects of the last one.
pub(crate) fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        let special = rest
            .strip_prefix('<')
            .and_then(|after| after.split_once('>'));
        let code = if let Some((name, after)) = special {
            rest = after;
            named(name)
        } else {
            rest = &rest[first.len_utf8()..];
            KeyCode::Char(first)
        };
        effects = update(model, Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }
    effects
}

fn named(name: &str) -> KeyCode {
    match name {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "End" => KeyCode::End,
        "F1" => KeyCode::F(1),
        other => panic!("no key is called {other:?}"),
    }
}

/// The model drawn on a terminal of this size.
pub(crate) fn drawn(model: &Model, width: u16, height: u16) -> TestBackend {
    let mut screen = Screen::new(TestBackend::new(width, height)).expect("it has a size");
    screen
        .draw(|frame| {
            view::draw(model, frame);
        })
        .expect("it draws into memory");
    screen.backend().clone()
}
