//! Test vectors for painters that are not written in Rust: scenes, moments, and what `core` makes of them.
//!
//! The file holds one case a line, so that a change shows in review as the cases that it changes.
//! Scenes, patches and messages are written as the server writes them: fingerprints depend on the order of their members.

use gantry_core::{
    scene::{
        Canvas, ClockFormat, Scene, clock,
        hash::scene_hash,
        notice, patch,
        sample::{DisplayList, Item, NextFrame, Paint, next_frame, sample},
    },
    time::Moment,
    wire::{ClientMessage, ServerMessage, StopReason, follow::Follower},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::fixtures;

/// A moment whose milliseconds are odd, so that rounding shows.
pub const AT: Moment = Moment(1_767_225_601_237);

/// The whole file.
pub fn document() -> String {
    let sections = [
        section("scenes", &scenes()),
        section("samples", &samples()),
        section("clocks", &clocks()),
        section("patches", &patches()),
        section("follows", &follows()),
        section("bars", &bars()),
        section("pages", &pages()),
        section("ages", &ages()),
    ];
    format!("{{\n{}\n}}\n", sections.join(",\n"))
}

fn section<T: Serialize>(name: &str, cases: &[T]) -> String {
    let line = |case| serde_json::to_string(case).expect("a case is plain data");
    let lines: Vec<String> = cases.iter().map(line).collect();
    format!("{}: [\n{}\n]", json!(name), lines.join(",\n"))
}

fn scenes() -> Vec<Scene> {
    let empty = fixtures::scene(1, 1, Vec::new());
    vec![fixtures::everything(AT), fixtures::leaderboard(), empty]
}

/// Moments around everything that happens in [`fixtures::everything`], and far from it.
fn moments() -> impl Iterator<Item = Moment> {
    let near = (-2_000..3_000).step_by(97);
    let exact = [-100, 0, 234, 500, 640, 900, 1_090, 1_500, 4_321, 86_400_000];
    near.chain(exact).map(|ms| AT + ms)
}

fn samples() -> Vec<Value> {
    let case = |index: usize, scene: &Scene, at: Moment| {
        let next = match next_frame(scene, at) {
            NextFrame::Now => Some(at),
            NextFrame::At(moment) => Some(moment),
            NextFrame::Never => None,
        };
        json!({ "scene": index, "at": at, "next": next, "list": list_json(&sample(scene, at)) })
    };
    let scenes = scenes();
    let mut cases: Vec<Value> = moments().map(|at| case(0, &scenes[0], at)).collect();
    cases.extend((1..scenes.len()).map(|index| case(index, &scenes[index], AT)));
    cases
}

fn list_json(list: &DisplayList) -> Value {
    json!({
        "canvas": list.canvas,
        "background": list.background,
        "items": list.items.iter().map(item_json).collect::<Vec<_>>(),
    })
}

fn item_json(item: &Item) -> Value {
    let paint = match &item.paint {
        Paint::Box { radius, fill } => {
            json!({ "kind": "box", "radius": thousandths(*radius), "fill": fill })
        }
        Paint::Text {
            baseline,
            text,
            style,
        } => {
            json!({ "kind": "text", "baseline": thousandths(*baseline), "text": text, "style": style })
        }
        Paint::Image { radius, image } => {
            json!({ "kind": "image", "radius": thousandths(*radius), "image": image })
        }
    };
    let rect = item.rect;
    json!({
        "rect": { "x": thousandths(rect.x), "y": thousandths(rect.y), "w": thousandths(rect.w), "h": thousandths(rect.h) },
        "clip": item.clip,
        "opacity": thousandths(item.opacity),
        "paint": paint,
    })
}

/// Short enough to read, and finer than the tolerance.
fn thousandths(value: f32) -> f64 {
    (f64::from(value) * 1000.0).round() / 1000.0
}

fn clocks() -> Vec<Value> {
    let formats = [
        ClockFormat::Race,
        ClockFormat::TimeOfDay,
        ClockFormat::HourMinute,
    ];
    let elapsed = [
        -90_000_001,
        -5_001,
        -5_000,
        -1,
        0,
        999,
        1_000,
        59_999,
        3_723_999,
        86_399_999,
        86_400_000,
        360_000_000,
    ];
    let stops = [None, Some(AT), Some(AT + 61_500)];
    let mut cases = Vec::new();
    for format in formats {
        for stop in stops {
            for at in elapsed.map(|ms| AT + ms) {
                cases.push(json!({
                    "clock": { "format": format, "zero_at": AT, "stopped_at": stop },
                    "at": at,
                    "text": clock::text(format, AT, stop, at),
                    "next": clock::next_change(format, AT, stop, at),
                }));
            }
        }
    }
    cases
}

#[derive(Serialize)]
struct PatchCase {
    from: usize,
    to: usize,
    patch: patch::Patch,
    hash: u32,
}

fn patches() -> Vec<PatchCase> {
    let scenes = scenes();
    let case = |from: usize, to: usize| PatchCase {
        from,
        to,
        patch: patch::diff(&scenes[from], &scenes[to]),
        hash: scene_hash(&scenes[to]),
    };
    let all = 0..scenes.len();
    all.clone()
        .flat_map(|from| all.clone().map(move |to| (from, to)))
        .map(|(from, to)| case(from, to))
        .collect()
}

/// A step of a conversation and what a follower makes of it.
#[derive(Serialize)]
struct Step {
    local_ms: i64,
    message: ServerMessage,
    answer: Option<ClientMessage>,
    revision: Option<u64>,
    hash: Option<u32>,
    server_time: Option<Moment>,
    stale_ms: [Option<i64>; 4],
    stopped: Option<StopReason>,
}

fn follows() -> Vec<Step> {
    let mut follower = Follower::default();
    conversation()
        .into_iter()
        .map(|(local_ms, message)| Step {
            local_ms,
            answer: follower.receive(message.clone(), local_ms),
            message,
            revision: follower.revision().map(|(_, revision)| revision),
            hash: follower.scene().map(|scene| scene_hash(scene)),
            server_time: follower.server_time(local_ms + 10),
            stale_ms: [0, 3_000, 3_001, 60_000].map(|ms| follower.stale_ms(local_ms + ms)),
            stopped: follower.stopped(),
        })
        .collect()
}

fn conversation() -> Vec<(i64, ServerMessage)> {
    let scenes = scenes();
    let hello = |server_time| ServerMessage::Hello {
        server_time,
        heartbeat_ms: 1000,
    };
    let time = |sent, server_time| ServerMessage::Time { sent, server_time };
    let scene = |revision, index: usize| ServerMessage::Scene {
        epoch: 5,
        revision,
        scene: scenes[index].clone(),
    };
    let patch = |epoch, base, revision, from: usize, to: usize| ServerMessage::Patch {
        epoch,
        base,
        revision,
        patch: patch::diff(&scenes[from], &scenes[to]),
    };
    let beat = |revision, hash, server_time| ServerMessage::Heartbeat {
        epoch: 5,
        revision,
        hash,
        server_time,
    };
    let hash = |index: usize| scene_hash(&scenes[index]);
    vec![
        (100, hello(AT)),
        (120, patch(5, 1, 2, 0, 1)),
        (141, time(100, AT + 20)),
        (150, scene(7, 0)),
        (1_100, beat(7, hash(0), AT + 1_400)),
        (1_200, patch(5, 7, 8, 0, 1)),
        (1_300, patch(5, 7, 9, 0, 2)),
        (1_400, patch(4, 8, 9, 1, 2)),
        (2_100, beat(8, hash(1), AT + 2_000)),
        (3_100, beat(8, hash(0), AT + 3_000)),
        (4_100, beat(7, hash(1), AT + 4_000)),
        (9_000, time(8_000, AT + 8_400)),
        (900_000, time(899_960, AT + 899_870)),
        (1_000_000, time(999_960, AT + 4_600_000)),
        (1_001_000, scene(9, 2)),
        (
            1_002_000,
            ServerMessage::Stop {
                reason: StopReason::Revoked,
            },
        ),
    ]
}

const CANVASES: [Canvas; 3] = [
    Canvas {
        width: 1920,
        height: 1080,
    },
    Canvas {
        width: 1080,
        height: 1920,
    },
    Canvas {
        width: 1271,
        height: 2259,
    },
];

fn bars() -> Vec<Value> {
    let bar = |canvas| json!({ "canvas": canvas, "layer": notice::bar(canvas, "No connection") });
    CANVASES.into_iter().map(bar).collect()
}

fn pages() -> Vec<Value> {
    let page =
        |canvas| json!({ "canvas": canvas, "scene": notice::page(canvas, "Title", "Detail") });
    CANVASES.into_iter().map(page).collect()
}

fn ages() -> Vec<Value> {
    [-1, 0, 8_999, 119_999, 120_000, 7_199_999, 7_200_000]
        .map(|ms| json!({ "age_ms": ms, "text": notice::age_text(ms) }))
        .to_vec()
}
