//! Scenes that every painter has to draw.

use gantry_core::{
    scene::{
        Align, Canvas, ClockFormat, Ease, Fill, Layer, Node, Property, Rect, SCENE_VERSION, Scene,
        Show, TextStyle, Tween, Weight, color::Color, patch::sort_layers,
    },
    time::Moment,
};

const GROUND: Color = Color::rgb(0x0b_0f_17);
const PANEL: Color = Color::rgb(0x16_20_2e);
const PAPER: Color = Color::rgb(0xf4_f6_f8);
const AMBER: Color = Color::rgb(0xff_b0_20);
const TEAL: Color = Color::rgb(0x1f_c8_b0);

/// Names from many scripts, as a start list has them.
pub const NAMES: [&str; 10] = [
    "Łukasz Wiśniewski-Ångström",
    "AVA TAYLOR To. 111 4:07",
    "Ελένη Παπαδοπούλου",
    "Дмитрий Шостакович",
    "12 نور الهدى العلي",
    "נועה בן־דוד",
    "मीरा कुमारी",
    "ณัฐพล ศรีสุข",
    "佐藤 さくら",
    "김민준 Kim",
];

/// A whole leaderboard with names in ten scripts and a clock that was stopped: nothing on it moves.
pub fn leaderboard() -> Scene {
    let mut layers = vec![header(), stopped_clock()];
    layers.extend(
        NAMES
            .iter()
            .enumerate()
            .map(|(index, name)| row(index as i32, name)),
    );
    scene(1920, 1080, layers)
}

/// Every kind of node, of visibility and of motion, around the moment `at`.
pub fn everything(at: Moment) -> Scene {
    let mut layers = vec![header(), running_clocks(at), picture_and_gradients()];
    layers.extend(shows(at));
    layers.extend(tweens(at));
    scene(1920, 1080, layers)
}

/// A scene of these layers in painting order.
pub fn scene(width: i32, height: i32, mut layers: Vec<Layer>) -> Scene {
    sort_layers(&mut layers);
    Scene {
        version: SCENE_VERSION,
        canvas: Canvas { width, height },
        background: GROUND,
        layers,
    }
}

/// A layer that stands still and is always seen.
pub fn layer(key: &str, z: i32, x: i32, y: i32, nodes: Vec<Node>) -> Layer {
    Layer {
        key: key.to_owned(),
        z,
        x,
        y,
        clip: None,
        show: Show::Always,
        tweens: Vec::new(),
        nodes,
    }
}

/// A line of text in a box, its baseline three quarters down.
pub fn text(rect: Rect, size: u16, weight: Weight, align: Align, text: &str) -> Node {
    Node::Text {
        rect,
        baseline: rect.y + rect.h * 3 / 4,
        text: text.to_owned(),
        style: style(size, weight, align),
    }
}

fn style(size: u16, weight: Weight, align: Align) -> TextStyle {
    TextStyle {
        size_halves: size * 2,
        weight,
        align,
        color: PAPER,
    }
}

fn solid(rect: Rect, radius: i32, color: Color) -> Node {
    Node::Box {
        rect,
        radius,
        fill: Fill::Solid(color),
    }
}

fn header() -> Layer {
    let nodes = vec![
        solid(Rect::new(0, 0, 1920, 132), 0, PANEL),
        Node::Box {
            rect: Rect::new(0, 132, 1920, 6),
            radius: 0,
            fill: Fill::Across {
                from: AMBER,
                to: TEAL.with_alpha(0x40),
            },
        },
        text(
            Rect::new(64, 16, 1100, 100),
            72,
            Weight::Heavy,
            Align::Left,
            "LAKESIDE HALF MARATHON",
        ),
    ];
    layer("header", 0, 0, 0, nodes)
}

fn stopped_clock() -> Layer {
    let clock = Node::Clock {
        rect: Rect::new(0, 16, 500, 100),
        baseline: 92,
        zero_at: Moment(0),
        stopped_at: Some(Moment(4_271_430)),
        format: ClockFormat::Race,
        style: style(88, Weight::Bold, Align::Right),
    };
    layer("clock", 1, 1356, 0, vec![clock])
}

fn row(index: i32, name: &str) -> Layer {
    let place = (index + 1).to_string();
    let time = format!("1:{:02}:{:02}", 11 + index, (index * 37) % 60);
    let nodes = vec![
        solid(Rect::new(0, 0, 1792, 76), 10, PANEL.with_alpha(0xc0)),
        solid(Rect::new(0, 0, 96, 76), 10, TEAL.with_alpha(0x60)),
        text(
            Rect::new(0, 4, 96, 68),
            52,
            Weight::Heavy,
            Align::Center,
            &place,
        ),
        text(
            Rect::new(128, 4, 1200, 68),
            52,
            Weight::Bold,
            Align::Left,
            name,
        ),
        text(
            Rect::new(1460, 4, 300, 68),
            52,
            Weight::Medium,
            Align::Right,
            &time,
        ),
    ];
    layer(&format!("leaders/{index}"), 2, 64, 176 + index * 86, nodes)
}

fn running_clocks(at: Moment) -> Layer {
    let formats = [
        (ClockFormat::Race, at - 3_661_250, None),
        (ClockFormat::Race, at + 4_321, None),
        (ClockFormat::Race, at - 61_000, Some(at + 1_500)),
        (ClockFormat::TimeOfDay, at - 86_398_500, None),
        (ClockFormat::HourMinute, at - 7_379_000, None),
    ];
    let nodes = formats
        .into_iter()
        .enumerate()
        .map(|(index, (format, zero_at, stopped_at))| Node::Clock {
            rect: Rect::new(0, index as i32 * 60, 400, 56),
            baseline: index as i32 * 60 + 44,
            zero_at,
            stopped_at,
            format,
            style: style(48, Weight::Medium, Align::Right),
        })
        .collect();
    layer("clocks", 1, 1400, 200, nodes)
}

fn picture_and_gradients() -> Layer {
    let nodes = vec![
        Node::Image {
            rect: Rect::new(0, 0, 200, 120),
            radius: 16,
            image: "club-crest".to_owned(),
        },
        Node::Box {
            rect: Rect::new(220, 0, 200, 120),
            radius: 60,
            fill: Fill::Down {
                from: AMBER,
                to: TEAL,
            },
        },
    ];
    let mut layer = layer("images", 1, 64, 200, nodes);
    layer.clip = Some(Rect::new(64, 200, 380, 100));
    layer
}

/// Keys that sort differently by code point and by UTF-16 unit, one layer for each way of being seen.
fn shows(at: Moment) -> Vec<Layer> {
    let turn = |page| Show::Turn {
        page,
        pages: 3,
        period_ms: 700,
        since: at - 1_234,
    };
    let between = |from: Option<i64>, until: Option<i64>| Show::Between {
        from: from.map(|ms| at + ms),
        until: until.map(|ms| at + ms),
    };
    let shows = [
        ("é", between(Some(500), Some(1_500))),
        ("\u{e000}", between(None, Some(900))),
        ("\u{fffd}", between(Some(-100), None)),
        ("\u{10000}", turn(0)),
        ("😀 \"quoted\"\t\u{7f}\u{2028}", turn(1)),
        ("z", turn(2)),
    ];
    shows
        .into_iter()
        .enumerate()
        .map(|(index, (key, show))| {
            let rect = Rect::new(0, 0, 600, 60);
            let line = text(rect, 40, Weight::Medium, Align::Left, NAMES[index]);
            let mut layer = layer(key, 3, 64, 360 + index as i32 * 60, vec![line]);
            layer.show = show;
            layer
        })
        .collect()
}

fn tweens(at: Moment) -> Vec<Layer> {
    let eases = [Ease::Linear, Ease::Out, Ease::In, Ease::InOut];
    eases
        .into_iter()
        .enumerate()
        .map(|(index, ease)| {
            let tween = |property, from, to| Tween {
                property,
                from,
                to,
                start: at + index as i64 * 150,
                length_ms: 640,
                ease,
            };
            let rect = Rect::new(0, 0, 300, 60);
            let line = text(rect, 40, Weight::Bold, Align::Center, "Moving");
            let mut layer = layer(
                &format!("moving/{index}"),
                4,
                800,
                360,
                vec![solid(rect, 8, PANEL), line],
            );
            layer.tweens = vec![
                tween(Property::Y, 120 * index as i32, 80 * index as i32),
                tween(Property::X, -400, 37),
                tween(Property::Opacity, 0, 1000),
            ];
            layer
        })
        .collect()
}
