//! Pictures that somebody has looked at and found right.

use std::{env, fs, path::PathBuf};

use anyhow::{Context as _, Result, ensure};
use gantry_core::scene::{Node, Scene};
use image::{Rgba, RgbaImage};

use crate::{repository, similarity::similarity, tolerance::GOLDEN};

/// Fails unless `picture` looks like `tests/golden/NAME.png`; with `UPDATE_GOLDEN=1` it becomes that file instead.
///
/// The picture that differs, and where, is kept in `tests/out/`.
pub fn check(name: &str, picture: &RgbaImage) -> Result<()> {
    let file = repository::root().join(format!("tests/golden/{name}.png"));
    if env::var_os("UPDATE_GOLDEN").is_some_and(|update| update == "1") {
        return picture.save(&file).context("write the golden picture");
    }
    let golden = image::open(&file)
        .with_context(|| format!("{}; UPDATE_GOLDEN=1 makes it", file.display()))?
        .to_rgba8();
    ensure!(
        golden.dimensions() == picture.dimensions(),
        "{name} has another size"
    );
    let alike = similarity(&golden, picture);
    if alike.mean < GOLDEN {
        keep(&format!("{name}-now"), picture)?;
        keep(&format!("{name}-alike"), &alike.map)?;
    }
    ensure!(
        alike.mean >= GOLDEN,
        "{name} is alike by {:.4}, and {GOLDEN} is asked; see tests/out",
        alike.mean
    );
    Ok(())
}

/// Blackens the clocks, which say something else at each moment; one pixel for each canvas unit.
pub fn without_clocks(picture: &RgbaImage, scene: &Scene) -> RgbaImage {
    let mut masked = picture.clone();
    for layer in &scene.layers {
        for node in &layer.nodes {
            let Node::Clock { rect, .. } = node else {
                continue;
            };
            let (left, top) = (layer.x + rect.x, layer.y + rect.y);
            let inside = |from: i32, length: i32, size: u32| {
                let edge = |at: i32| (at.max(0) as u32).min(size);
                edge(from)..edge(from + length)
            };
            for y in inside(top, rect.h, picture.height()) {
                for x in inside(left, rect.w, picture.width()) {
                    masked.put_pixel(x, y, Rgba([0, 0, 0, 255]));
                }
            }
        }
    }
    masked
}

/// Writes a picture to `tests/out/NAME.png`, for eyes.
pub fn keep(name: &str, picture: &RgbaImage) -> Result<PathBuf> {
    let folder = repository::root().join("tests/out");
    fs::create_dir_all(&folder).context("make tests/out")?;
    let file = folder.join(format!("{name}.png"));
    picture.save(&file).context("write a picture")?;
    Ok(file)
}
