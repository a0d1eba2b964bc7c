//! What the painter puts where, pixel by pixel.

use std::{io::Cursor, sync::Arc};

use gantry_core::{
    scene::{
        Align, Canvas, Fill, Rect, TextStyle, Weight,
        color::Color,
        sample::{DisplayList, Item, Paint, RectF, sample},
    },
    text::fonts::CAP_HEIGHT,
};
use gantry_kiosk::{
    offscreen::{self, Offscreen},
    painter::{ImageSource, NoImages},
};
use image::{ImageFormat, Rgba, RgbaImage};

use crate::{
    golden::assert_golden,
    leaderboard::{GUN, leaderboard},
};

const GROUND: Color = Color::rgb(0x10_20_30);
const RED: Color = Color::rgb(0xe0_20_10);
const WHITE: Color = Color::rgb(0xff_ff_ff);

const CANVAS: Canvas = Canvas {
    width: 200,
    height: 100,
};

#[test]
fn a_solid_box_has_its_exact_colour_on_its_exact_pixels() {
    let picture = paint(vec![solid(20.0, 10.0, 30.0, 40.0, RED)]);
    for (x, y, color) in [
        (20, 10, RED),
        (49, 49, RED),
        (19, 10, GROUND),
        (20, 9, GROUND),
        (50, 49, GROUND),
        (49, 50, GROUND),
    ] {
        assert_eq!(at(&picture, x, y), color, "{x},{y}");
    }
}

#[test]
fn a_box_between_pixels_is_softened_by_area() {
    let picture = paint(vec![solid(20.5, 10.0, 30.0, 40.0, WHITE)]);
    let edge = at(&picture, 20, 20);
    assert!(near(edge, Color::rgb(0x88_90_98), 1), "{edge:?}");
    assert_eq!(at(&picture, 21, 20), WHITE);
    assert!(near(at(&picture, 50, 20), Color::rgb(0x88_90_98), 1));
}

#[test]
fn opacity_is_mixed_gamma_encoded_as_browsers_do() {
    let mut item = solid(0.0, 0.0, 200.0, 100.0, WHITE.with_alpha(0x80));
    item.opacity = 0.5;
    let picture = paint(vec![item]);
    let expected = Color::rgb(0x4c_5864);
    assert!(
        near(at(&picture, 100, 50), expected, 1),
        "{:?}",
        at(&picture, 100, 50)
    );
}

#[test]
fn a_rounded_corner_is_soft_and_symmetric() {
    let mut item = solid(20.0, 10.0, 60.0, 60.0, WHITE);
    item.paint = Paint::Box {
        radius: 20.0,
        fill: Fill::Solid(WHITE),
    };
    let picture = paint(vec![item]);
    assert_eq!(at(&picture, 20, 10), GROUND);
    assert_eq!(at(&picture, 50, 10), WHITE);
    assert_eq!(at(&picture, 20, 40), WHITE);
    let soft = (20..40)
        .map(|x| at(&picture, x, 15))
        .filter(|color| *color != GROUND && *color != WHITE)
        .count();
    assert!((1..=3).contains(&soft), "{soft} soft pixels");
    for (dx, dy) in [(3, 7), (5, 5), (9, 2)] {
        let corners = [
            at(&picture, 20 + dx, 10 + dy),
            at(&picture, 79 - dx, 10 + dy),
            at(&picture, 20 + dx, 69 - dy),
            at(&picture, 79 - dx, 69 - dy),
        ];
        assert!(
            corners.iter().all(|color| near(*color, corners[0], 1)),
            "{corners:?}"
        );
    }
}

#[test]
fn gradients_run_from_edge_to_edge() {
    let (from, to) = (Color::rgb(0), WHITE);
    let picture = paint(vec![
        filled(0.0, 0.0, 200.0, 20.0, Fill::Across { from, to }),
        filled(0.0, 30.0, 20.0, 60.0, Fill::Down { from, to }),
    ]);
    assert!(near(at(&picture, 0, 10), from, 1));
    assert!(near(at(&picture, 99, 10), Color::rgb(0x7f_7f_7f), 1));
    assert!(near(at(&picture, 199, 10), to, 1));
    assert!(near(at(&picture, 10, 30), from, 3));
    assert!(near(at(&picture, 10, 89), to, 3));
}

#[test]
fn nothing_is_painted_outside_a_clip() {
    let mut boxed = solid(0.0, 0.0, 200.0, 100.0, RED);
    boxed.clip = Some(Rect::new(50, 20, 40, 30));
    let mut written = text(Rect::new(60, 60, 140, 40), 95, 40, Align::Left, "HHHHHH");
    written.clip = Some(Rect::new(60, 60, 50, 40));
    let picture = paint(vec![boxed, written]);
    assert_eq!(at(&picture, 50, 20), RED);
    assert_eq!(at(&picture, 89, 49), RED);
    for (x, y) in [(49, 30), (90, 30), (60, 19), (60, 50)] {
        assert_eq!(at(&picture, x, y), GROUND, "{x},{y}");
    }
    let ink = ink(&picture, Rect::new(0, 55, 200, 45)).expect("some text");
    assert!(ink.x >= 60 && ink.x + ink.w == 110, "{ink:?}");
}

#[test]
fn another_shape_is_letterboxed_in_the_background_colour() {
    let everywhere = solid(-50.0, -50.0, 300.0, 200.0, RED);
    let list = list(vec![everywhere]);
    let picture = Offscreen::new()
        .expect("a GPU")
        .render_list(&list, (200, 140), &NoImages)
        .expect("a picture");
    for (y, color) in [
        (0, GROUND),
        (19, GROUND),
        (20, RED),
        (119, RED),
        (120, GROUND),
    ] {
        assert_eq!(at(&picture, 100, y), color, "row {y}");
    }
}

#[test]
fn text_stands_on_its_baseline_inside_its_box() {
    for (align, scale) in [(Align::Left, 1), (Align::Center, 1), (Align::Right, 2)] {
        let rect = Rect::new(20, 20, 160, 60);
        let item = text(rect, 70, 60, align, "H");
        let size = (200 * scale, 100 * scale);
        let picture = Offscreen::new()
            .expect("a GPU")
            .render_list(&list(vec![item]), size, &NoImages)
            .expect("a picture");
        let scale = scale as i32;
        let ink = ink(&picture, Rect::new(0, 0, size.0 as i32, size.1 as i32)).expect("an H");
        assert_eq!(
            ink.y + ink.h,
            70 * scale,
            "{align:?}: the H stands on the baseline"
        );
        let cap_height = (60.0 * CAP_HEIGHT) as i32 * scale;
        assert!((ink.h - cap_height).abs() <= 1, "{align:?}: {ink:?}");
        let (left, right) = (20 * scale, 180 * scale);
        assert!(
            ink.x >= left && ink.x + ink.w <= right,
            "{align:?}: {ink:?}"
        );
        let (before, after) = (ink.x - left, right - (ink.x + ink.w));
        match align {
            Align::Left => assert!(before < 6 * scale, "{ink:?}"),
            Align::Center => assert!((before - after).abs() <= 2, "{ink:?}"),
            Align::Right => assert!(after < 6 * scale, "{ink:?}"),
        }
    }
}

#[test]
fn right_to_left_text_keeps_to_the_asked_edge() {
    let rect = Rect::new(20, 20, 160, 60);
    let picture = paint(vec![text(rect, 60, 40, Align::Left, "נועה")]);
    let ink = ink(&picture, Rect::new(0, 0, 200, 100)).expect("some text");
    assert!((20..26).contains(&ink.x) && ink.x + ink.w < 120, "{ink:?}");
}

#[test]
fn figures_are_tabular() {
    let width = |what: &str| {
        let item = text(Rect::new(0, 0, 200, 100), 80, 60, Align::Right, what);
        ink(&paint(vec![item]), Rect::new(0, 0, 200, 100))
            .expect("figures")
            .x
    };
    let (ones, eights) = (width("8111"), width("8888"));
    assert!((ones - eights).abs() <= 1, "{ones} and {eights}");
}

#[test]
fn later_items_cover_earlier_ones_of_any_kind() {
    let rect = Rect::new(0, 0, 200, 100);
    let under = text(rect, 90, 100, Align::Left, "HHHHHHHH");
    let cover = solid(0.0, 0.0, 100.0, 100.0, RED);
    let over = text(Rect::new(10, 0, 80, 100), 90, 60, Align::Left, "H");
    let picture = paint(vec![under, cover, over]);
    let left: Vec<Color> = (0..100)
        .flat_map(|x| (0..100).map(move |y| (x, y)))
        .map(|(x, y)| at(&picture, x, y))
        .collect();
    assert!(left.contains(&RED) && left.contains(&WHITE));
    assert_eq!(at(&picture, 5, 60), RED, "the box covers the text under it");
    assert!(ink(&picture, Rect::new(102, 0, 98, 100)).is_some());
}

#[test]
fn an_image_is_fitted_and_centred_and_an_unknown_one_leaves_no_trace() {
    let image = |id: &str, x| Item {
        rect: RectF {
            x,
            y: 10.0,
            w: 80.0,
            h: 80.0,
        },
        clip: None,
        opacity: 1.0,
        paint: Paint::Image {
            radius: 0.0,
            image: id.to_owned(),
        },
    };
    let list = list(vec![
        image("flag", 10.0),
        image("missing", 110.0),
        image("broken", 110.0),
    ]);
    let picture = Offscreen::new()
        .expect("a GPU")
        .render_list(&list, (200, 100), &Flag)
        .expect("a picture");
    for (x, y, color) in [
        (10, 30, RED),
        (89, 69, RED),
        (50, 29, GROUND),
        (50, 70, GROUND),
    ] {
        assert!(
            near(at(&picture, x, y), color, 2),
            "{x},{y}: {:?}",
            at(&picture, x, y)
        );
    }
    assert_eq!(at(&picture, 150, 50), GROUND);
}

#[test]
fn absurd_input_is_drawn_somehow() {
    let mut items = vec![
        solid(f32::NAN, 0.0, f32::INFINITY, 1e30, RED),
        solid(50.0, 50.0, -40.0, -40.0, RED),
        text(
            Rect::new(i32::MIN, i32::MIN, i32::MAX, i32::MAX),
            i32::MAX,
            40,
            Align::Right,
            "far",
        ),
        text(Rect::new(0, 0, 0, 0), 50, 0, Align::Left, "no size"),
        text(Rect::new(0, 0, 200, 100), 50, 32_000, Align::Left, "huge"),
        text(
            Rect::new(0, 0, 200, 100),
            50,
            20,
            Align::Left,
            "two\nlines\u{0}\u{202e}",
        ),
    ];
    items.push(solid(0.0, 0.0, 10.0, 10.0, WHITE));
    let picture = paint(items);
    assert_eq!(at(&picture, 5, 5), WHITE);
}

#[test]
fn the_board_looks_as_it_should() {
    let at = GUN + 3_912_400;
    let picture = offscreen::render(&leaderboard(), at, 960, 540).expect("a picture");
    assert_golden("leaderboard", &picture);
    let later = offscreen::render(&leaderboard(), at + 1000, 960, 540).expect("a picture");
    assert_ne!(picture, later, "the clock runs");
}

#[test]
fn the_same_board_gives_the_same_pixels_from_a_warm_painter() {
    let list = sample(&leaderboard(), GUN);
    let mut offscreen = Offscreen::new().expect("a GPU");
    let mut render = || {
        offscreen
            .render_list(&list, (640, 360), &NoImages)
            .expect("a picture")
    };
    assert_eq!(render(), render());
}

/// A red picture of two to one.
struct Flag;

impl ImageSource for Flag {
    fn bytes(&self, id: &str) -> Option<Arc<[u8]>> {
        let mut bytes = Cursor::new(Vec::new());
        match id {
            "flag" => RgbaImage::from_pixel(40, 20, Rgba([RED.r, RED.g, RED.b, 255]))
                .write_to(&mut bytes, ImageFormat::Png)
                .expect("a PNG"),
            "broken" => bytes.get_mut().extend(b"\x89PNG\r\n\x1a\n no more"),
            _ => return None,
        }
        Some(bytes.into_inner().into())
    }
}

fn paint(items: Vec<Item>) -> RgbaImage {
    Offscreen::new()
        .expect("a GPU")
        .render_list(&list(items), (200, 100), &NoImages)
        .expect("a picture")
}

fn list(items: Vec<Item>) -> DisplayList {
    DisplayList {
        canvas: CANVAS,
        background: GROUND,
        items,
    }
}

fn solid(x: f32, y: f32, w: f32, h: f32, color: Color) -> Item {
    filled(x, y, w, h, Fill::Solid(color))
}

fn filled(x: f32, y: f32, w: f32, h: f32, fill: Fill) -> Item {
    Item {
        rect: RectF { x, y, w, h },
        clip: None,
        opacity: 1.0,
        paint: Paint::Box { radius: 0.0, fill },
    }
}

fn text(rect: Rect, baseline: i32, size: u16, align: Align, text: &str) -> Item {
    Item {
        rect: RectF {
            x: rect.x as f32,
            y: rect.y as f32,
            w: rect.w as f32,
            h: rect.h as f32,
        },
        clip: None,
        opacity: 1.0,
        paint: Paint::Text {
            baseline: baseline as f32,
            text: text.to_owned(),
            style: TextStyle {
                size_halves: size.saturating_mul(2),
                weight: Weight::Bold,
                align,
                color: WHITE,
            },
        },
    }
}

fn at(picture: &RgbaImage, x: u32, y: u32) -> Color {
    let channels = picture.get_pixel(x, y).0;
    Color {
        r: channels[0],
        g: channels[1],
        b: channels[2],
        a: channels[3],
    }
}

fn near(a: Color, b: Color, tolerance: u8) -> bool {
    [(a.r, b.r), (a.g, b.g), (a.b, b.b)]
        .iter()
        .all(|(a, b)| a.abs_diff(*b) <= tolerance)
}

/// The smallest rectangle around all pixels of `within` that are at least half ink.
fn ink(picture: &RgbaImage, within: Rect) -> Option<Rect> {
    let inked = |x: i32, y: i32| at(picture, x as u32, y as u32).r > 0x88;
    let mut found: Option<(i32, i32, i32, i32)> = None;
    for y in within.y..within.y + within.h {
        for x in (within.x..within.x + within.w).filter(|x| inked(*x, y)) {
            let (left, top, right, bottom) = found.unwrap_or((x, y, x, y));
            found = Some((left.min(x), top.min(y), right.max(x), bottom.max(y)));
        }
    }
    found.map(|(left, top, right, bottom)| Rect::new(left, top, right - left + 1, bottom - top + 1))
}
