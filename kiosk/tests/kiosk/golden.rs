//! Comparison with pictures that were looked at and found good. `UPDATE_GOLDEN=1` writes them anew.

use std::{env, fs, path::PathBuf};

use image::RgbaImage;

/// How far a channel may be off before a pixel counts as another: drivers round and soften edges differently.
const CHANNEL_TOLERANCE: u8 = 24;

/// How many of a thousand pixels may be another.
const PIXELS_PERMILLE: usize = 2;

/// Fails unless `picture` looks like `tests/golden/{name}.png`; the differing picture is then left beside it in the temporary folder.
pub(crate) fn assert_golden(name: &str, picture: &RgbaImage) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(format!("{name}.png"));
    if env::var_os("UPDATE_GOLDEN").is_some() {
        picture.save(&file).expect("the golden picture is written");
    }
    let golden = image::open(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; UPDATE_GOLDEN=1 makes it", file.display()))
        .into_rgba8();
    assert_eq!(golden.dimensions(), picture.dimensions(), "{name}");
    let different = golden
        .pixels()
        .zip(picture.pixels())
        .filter(|(a, b)| is_another(a.0, b.0))
        .count();
    let allowed = golden.pixels().len() * PIXELS_PERMILLE / 1000;
    if different > allowed {
        let actual = env::temp_dir().join(format!("{name}.actual.png"));
        fs::remove_file(&actual).ok();
        picture.save(&actual).expect("the picture is written");
        panic!(
            "{name}: {different} pixels differ, {allowed} may; see {}",
            actual.display()
        );
    }
}

fn is_another(a: [u8; 4], b: [u8; 4]) -> bool {
    a.iter()
        .zip(b)
        .any(|(a, b)| a.abs_diff(b) > CHANNEL_TOLERANCE)
}
