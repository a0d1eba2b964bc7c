//! A finish-line board set by hand, for pictures and measurements that want something like the real thing.

use gantry_core::{
    scene::{
        Align, Canvas, ClockFormat, Fill, Layer, Node, Rect, SCENE_VERSION, Scene, Show, TextStyle,
        Weight, color::Color,
    },
    time::Moment,
};

const NAVY: Color = Color::rgb(0x0a_12_24);
const ROW: Color = Color::rgb(0x14_20_3a);
const ROW_LIT: Color = Color::rgb(0x1a_2a_4c);
const PAPER: Color = Color::rgb(0xf4_f7_fb);
const MUTED: Color = Color::rgb(0x9d_ae_cb);
const GOLD: Color = Color::rgb(0xff_c2_2e);
const BLUE: Color = Color::rgb(0x1f_6f_eb);
const DEEP_BLUE: Color = Color::rgb(0x0b_2f_7a);

/// When the board's race started.
pub(crate) const GUN: Moment = Moment(1_790_000_000_000);

const FINISHERS: [(&str, &str, &str, &str, &str); 10] = [
    ("1", "1207", "Łukasz Wójcik", "POL", "1:04:12"),
    ("2", "1003", "Abebe Tekle Gebremariam", "ETH", "1:04:15"),
    ("3", "1544", "João Conceição", "BRA", "1:04:58"),
    ("4", "1090", "Sørine Ångström-Nyqvist", "SWE", "1:05:20"),
    ("5", "1311", "佐藤 美咲", "JPN", "1:05:41"),
    ("6", "1802", "Дмитрий Ковалёв", "KAZ", "1:06:03"),
    ("7", "1021", "ليلى المنصوري", "MAR", "1:06:27"),
    ("8", "1477", "Siobhán O'Connor", "IRL", "1:06:59"),
    ("9", "1650", "Ελένη Παπαδοπούλου", "GRE", "1:07:11"),
    ("10", "1118", "Nguyễn Thị Hương", "VIE", "1:07:48"),
];

/// Header, clock and ten rows on a canvas of 1920 × 1080.
pub(crate) fn leaderboard() -> Scene {
    let mut layers = vec![header()];
    layers.extend(FINISHERS.iter().enumerate().map(|(index, row)| {
        let (place, bib, name, country, time) = *row;
        finisher(index as i32, place, bib, name, country, time)
    }));
    layers.sort_by(|a, b| (a.z, &a.key).cmp(&(b.z, &b.key)));
    Scene {
        version: SCENE_VERSION,
        canvas: Canvas {
            width: 1920,
            height: 1080,
        },
        background: NAVY,
        layers,
    }
}

fn header() -> Layer {
    let ground = Rect::new(0, 0, 1920, 168);
    let fill = Fill::Across {
        from: BLUE,
        to: DEEP_BLUE,
    };
    layer(
        "header",
        0,
        0,
        vec![
            filled(ground, 0, fill),
            filled(Rect::new(0, 168, 1920, 6), 0, Fill::Solid(GOLD)),
            text(
                Rect::new(64, 24, 1200, 64),
                80,
                72,
                Weight::Heavy,
                Align::Left,
                PAPER,
                "HALF MARATHON",
            ),
            text(
                Rect::new(64, 96, 1200, 48),
                138,
                40,
                Weight::Medium,
                Align::Left,
                PAPER.with_alpha(0xc8),
                "Overall · net time · 412 of 1,180 finished",
            ),
            clock(Rect::new(1280, 24, 576, 120), 130, 128),
        ],
    )
}

fn finisher(index: i32, place: &str, bib: &str, name: &str, country: &str, time: &str) -> Layer {
    let color = if index == 0 { GOLD } else { PAPER };
    let fill = Fill::Solid(if index % 2 == 0 { ROW_LIT } else { ROW });
    let line = |x, w, size, weight, align, color, what: &str| {
        text(Rect::new(x, 8, w, 64), 58, size, weight, align, color, what)
    };
    layer(
        &format!("leaders/{bib}"),
        1,
        198 + index * 86,
        vec![
            filled(Rect::new(64, 0, 1792, 78), 12, fill),
            filled(Rect::new(64, 0, 10, 78), 4, Fill::Solid(color)),
            line(96, 96, 56, Weight::Heavy, Align::Right, color, place),
            line(232, 128, 40, Weight::Medium, Align::Left, MUTED, bib),
            line(376, 960, 56, Weight::Bold, Align::Left, PAPER, name),
            line(1360, 120, 40, Weight::Medium, Align::Center, MUTED, country),
            line(1520, 304, 60, Weight::Heavy, Align::Right, color, time),
        ],
    )
}

fn layer(key: &str, z: i32, y: i32, nodes: Vec<Node>) -> Layer {
    Layer {
        key: key.to_owned(),
        z,
        x: 0,
        y,
        clip: None,
        show: Show::Always,
        tweens: Vec::new(),
        nodes,
    }
}

fn filled(rect: Rect, radius: i32, fill: Fill) -> Node {
    Node::Box { rect, radius, fill }
}

fn text(
    rect: Rect,
    baseline: i32,
    size: u16,
    weight: Weight,
    align: Align,
    color: Color,
    text: &str,
) -> Node {
    let style = TextStyle {
        size_halves: size * 2,
        weight,
        align,
        color,
    };
    Node::Text {
        rect,
        baseline,
        text: text.to_owned(),
        style,
    }
}

fn clock(rect: Rect, baseline: i32, size: u16) -> Node {
    let style = TextStyle {
        size_halves: size * 2,
        weight: Weight::Heavy,
        align: Align::Right,
        color: PAPER,
    };
    Node::Clock {
        rect,
        baseline,
        zero_at: GUN,
        stopped_at: None,
        format: ClockFormat::Race,
        style,
    }
}
