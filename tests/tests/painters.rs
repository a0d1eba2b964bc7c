//! The kiosk and the browser paint the same picture.
//!
//! Every case is painted by both at the canvas's own size; what differs too much is written to `tests/out/`.

use std::path::Path;

use anyhow::{Context, Result};
use gantry_core::{
    board::{Board, settings::Mode},
    compose::{
        Composer,
        sample::{SHOWN_AT, board},
    },
    scene::{
        Align, Node, Scene,
        sample::{Item, Paint, sample},
    },
    template::{Template, shipped},
    text::shaper::Shaper,
    time::Moment,
};
use gantry_kiosk::offscreen;
use gantry_tests::{
    browser::Browser,
    fixtures,
    ink::{InkBox, ink_box},
    similarity::similarity,
    stage::Stage,
    tolerance::{COLOR_LEVELS, COLOR_SHARE, INK_UNITS, SIMILARITY, TEXT_UNITS},
    vectors::AT,
};
use image::{Rgba, RgbaImage};

struct Case {
    name: String,
    scene: Scene,
    at: Moment,
}

/// What a painter made of a case.
struct Painted {
    picture: RgbaImage,
    without_texts: RgbaImage,
}

#[tokio::test]
async fn fixtures_look_alike() -> Result<()> {
    let mut cases = vec![Case {
        name: "leaderboard".to_owned(),
        scene: fixtures::leaderboard(),
        at: AT,
    }];
    cases.extend([120, 333, 1_100].map(|ms| Case {
        name: format!("everything-{ms}"),
        scene: fixtures::everything(AT),
        at: AT + ms,
    }));
    all_look_alike(cases).await
}

#[tokio::test]
async fn templates_look_alike_when_empty() -> Result<()> {
    all_look_alike(on_every_template("empty", &Board::default())?).await
}

#[tokio::test]
async fn templates_look_alike_before_the_race() -> Result<()> {
    all_look_alike(on_every_template("pre-race", &board(Mode::PreRace))?).await
}

#[tokio::test]
async fn templates_look_alike_with_results() -> Result<()> {
    all_look_alike(on_every_template("results", &board(Mode::Results))?).await
}

fn on_every_template(name: &str, board: &Board) -> Result<Vec<Case>> {
    let case = |template: Template| Case {
        name: format!("{}-{name}", template.id),
        scene: Composer::new(template).compose(board).scene,
        at: SHOWN_AT,
    };
    Ok(shipped::all()?.into_iter().map(case).collect())
}

async fn all_look_alike(cases: Vec<Case>) -> Result<()> {
    assert!(!cases.is_empty());
    let stage = Stage::open(fixtures::leaderboard(), AT).await?;
    let mut browser = Browser::start(1920, 1080).await?;
    browser
        .open(&format!("http://{}/tests/web/painter.html", stage.address))
        .await?;
    browser.wait_for("window.paint !== undefined").await?;
    let mut faults = Vec::new();
    for case in &cases {
        faults.extend(compare(&mut browser, case).await?);
    }
    browser.quit().await?;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

/// What is wrong with a case; its pictures are kept when something is.
async fn compare(browser: &mut Browser, case: &Case) -> Result<Vec<String>> {
    let canvas = case.scene.canvas;
    browser
        .resize(canvas.width as u32, canvas.height as u32)
        .await?;
    let (boxes, in_browser) = paint_in_browser(browser, case).await?;
    let on_kiosk = Painted {
        picture: paint_on_kiosk(&case.scene, case.at)?,
        without_texts: paint_on_kiosk(&without_texts(&case.scene), case.at)?,
    };
    let texts = texts(case);
    let mut faults = misplaced(&texts, &boxes);
    faults.extend(inked_elsewhere(&texts, &in_browser, &on_kiosk));
    faults.extend(coloured_otherwise(
        &in_browser.without_texts,
        &on_kiosk.without_texts,
    ));
    faults.extend(unlike(&case.name, &in_browser.picture, &on_kiosk.picture)?);
    if !faults.is_empty() {
        keep(&format!("{}-browser", case.name), &in_browser.picture)?;
        keep(&format!("{}-kiosk", case.name), &on_kiosk.picture)?;
    }
    Ok(faults
        .into_iter()
        .map(|fault| format!("{}: {fault}", case.name))
        .collect())
}

async fn paint_in_browser(
    browser: &mut Browser,
    case: &Case,
) -> Result<(Vec<(Option<f64>, f64)>, Painted)> {
    let call = |scene: &Scene| -> Result<String> {
        Ok(format!(
            "paint({}, {})",
            serde_json::to_string(scene)?,
            case.at.0
        ))
    };
    let _: Vec<(Option<f64>, f64)> = browser
        .evaluate(&call(&without_texts(&case.scene))?)
        .await?;
    let without_texts = browser.screenshot().await?;
    let boxes = browser.evaluate(&call(&case.scene)?).await?;
    let picture = browser.screenshot().await?;
    Ok((
        boxes,
        Painted {
            picture,
            without_texts,
        },
    ))
}

fn paint_on_kiosk(scene: &Scene, at: Moment) -> Result<RgbaImage> {
    let canvas = scene.canvas;
    offscreen::render(scene, at, canvas.width as u32, canvas.height as u32)
        .context("the kiosk could not paint")
}

fn without_texts(scene: &Scene) -> Scene {
    let mut bare = scene.clone();
    for layer in &mut bare.layers {
        layer
            .nodes
            .retain(|node| matches!(node, Node::Box { .. } | Node::Image { .. }));
    }
    bare
}

fn texts(case: &Case) -> Vec<Item> {
    let mut items = sample(&case.scene, case.at).items;
    items.retain(|item| matches!(item.paint, Paint::Text { .. }));
    items
}

/// Texts whose advance box in the browser is not where core's shaping puts it.
fn misplaced(texts: &[Item], boxes: &[(Option<f64>, f64)]) -> Vec<String> {
    assert_eq!(texts.len(), boxes.len());
    let mut shaper = Shaper::new();
    let mut faults = Vec::new();
    for (item, (x, width)) in texts.iter().zip(boxes) {
        let (Paint::Text { text, style, .. }, Some(x)) = (&item.paint, x) else {
            continue;
        };
        let shaped = f64::from(shaper.width(text, style.weight, style.size_halves));
        let room = f64::from(item.rect.w) - shaped;
        let left = f64::from(item.rect.x)
            + match style.align {
                Align::Left => 0.0,
                Align::Center => room / 2.0,
                Align::Right => room,
            };
        let apart = (x - left).abs().max((x + width - left - shaped).abs());
        if apart > TEXT_UNITS {
            faults.push(format!(
                "{text:?} stands at {x:.2} and is {width:.2} wide, not at {left:.2} and {shaped:.2}"
            ));
        }
    }
    faults
}

/// Texts whose ink is not in the same place in both pictures.
fn inked_elsewhere(texts: &[Item], in_browser: &Painted, on_kiosk: &Painted) -> Vec<String> {
    let ink = |painted: &Painted, item| ink_box(&painted.picture, &painted.without_texts, item);
    let apart = |a: InkBox, b: InkBox| {
        let edges = [
            (a.left, b.left),
            (a.top, b.top),
            (a.right, b.right),
            (a.bottom, b.bottom),
        ];
        edges
            .into_iter()
            .map(|(a, b)| f64::from(a.abs_diff(b)))
            .fold(0.0, f64::max)
    };
    texts
        .iter()
        .filter_map(|item| match (ink(in_browser, item), ink(on_kiosk, item)) {
            (None, None) => None,
            (Some(a), Some(b)) if apart(a, b) <= INK_UNITS => None,
            (browser, kiosk) => {
                let Paint::Text { text, .. } = &item.paint else {
                    return None;
                };
                Some(format!(
                    "{text:?} has its ink at {browser:?} in the browser, {kiosk:?} on the kiosk"
                ))
            }
        })
        .collect()
}

/// Boxes and grounds whose colours differ by more than rounding, edges left aside.
fn coloured_otherwise(browser: &RgbaImage, kiosk: &RgbaImage) -> Option<String> {
    let differs = |(a, b): (&Rgba<u8>, &Rgba<u8>)| {
        a.0.iter()
            .zip(b.0)
            .any(|(a, b)| a.abs_diff(b) > COLOR_LEVELS)
    };
    let different = browser
        .pixels()
        .zip(kiosk.pixels())
        .filter(|pair| differs(*pair))
        .count();
    let share = different as f64 / f64::from(browser.width() * browser.height());
    (share > COLOR_SHARE).then(|| format!("{different} pixels of boxes have another colour"))
}

/// Whole pictures that are not alike, with a picture of the difference.
fn unlike(name: &str, browser: &RgbaImage, kiosk: &RgbaImage) -> Result<Option<String>> {
    let found = similarity(browser, kiosk);
    if found.mean >= SIMILARITY {
        return Ok(None);
    }
    keep(&format!("{name}-difference"), &found.map)?;
    Ok(Some(format!("only {:.4} alike", found.mean)))
}

fn keep(name: &str, picture: &RgbaImage) -> Result<()> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/out"));
    std::fs::create_dir_all(folder)?;
    picture
        .save(folder.join(format!("{name}.png")))
        .with_context(|| format!("failed to keep \"{name}\""))
}
