//! What a painter says about itself, when the picture may not be true: drawn in the scene's own terms, so that every screen says
//! it alike.

use crate::scene::{
    Align, Canvas, Fill, Layer, Node, Rect, SCENE_VERSION, Scene, Show, TextStyle, Weight,
    color::Color,
};

const AMBER: Color = Color::rgb(0xff_b0_20);
const INK: Color = Color::rgb(0x0b_0f_17);
const PAPER: Color = Color::rgb(0xf4_f6_f8);

/// A bar along the bottom edge that is laid over the last picture, for example `No connection · picture is 12 s old`.
pub fn bar(canvas: Canvas, text: &str) -> Layer {
    let height = canvas.height / 18;
    let rect = Rect::new(0, 0, canvas.width, height);
    let size = height * 5 / 8;
    Layer {
        key: "~notice".to_owned(),
        z: i32::MAX,
        x: 0,
        y: canvas.height - height,
        clip: None,
        show: Show::Always,
        tweens: Vec::new(),
        nodes: vec![
            Node::Box {
                rect,
                radius: 0,
                fill: Fill::Solid(AMBER),
            },
            line(rect, size, Weight::Bold, INK, text),
        ],
    }
}

/// A whole picture with one message, for a screen that has nothing else to show.
pub fn page(canvas: Canvas, title: &str, detail: &str) -> Scene {
    let unit = canvas.width.min(canvas.height) / 12;
    let middle = canvas.height / 2;
    let title_rect = Rect::new(0, middle - unit, canvas.width, unit);
    let detail_rect = Rect::new(0, middle + unit / 4, canvas.width, unit / 2);
    let nodes = vec![
        line(title_rect, unit, Weight::Heavy, PAPER, title),
        line(
            detail_rect,
            unit / 2,
            Weight::Medium,
            PAPER.with_alpha(0xb0),
            detail,
        ),
    ];
    let layer = Layer {
        key: "~page".to_owned(),
        z: 0,
        x: 0,
        y: 0,
        clip: None,
        show: Show::Always,
        tweens: Vec::new(),
        nodes,
    };
    Scene {
        version: SCENE_VERSION,
        canvas,
        background: INK,
        layers: vec![layer],
    }
}

/// The age of a picture as people say it: `8 s`, `3 min`, `2 h`.
pub fn age_text(age_ms: i64) -> String {
    let seconds = (age_ms / 1000).max(0);
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

fn line(rect: Rect, size: i32, weight: Weight, color: Color, text: &str) -> Node {
    let style = TextStyle {
        size_halves: (size * 2) as u16,
        weight,
        align: Align::Center,
        color,
    };
    let baseline = rect.y + (rect.h + size * 7 / 10) / 2;
    Node::Text {
        rect,
        baseline,
        text: text.to_owned(),
        style,
    }
}
