//! The shipped font files and the order in which they stand in for one another.
//!
//! Barlow Condensed carries Latin; the Noto faces, Droid Sans Fallback (Han, kana) and NanumSquare
//! (Hangul) carry the scripts that it lacks.
//! Licences lie beside the files in `assets/fonts/`.

use std::sync::Arc;

use cosmic_text::{Attrs, Fallback, Family, FeatureTag, FontFeatures, FontSystem, Stretch, fontdb};

use crate::scene::Weight;

/// The family in which everything is set.
pub const FAMILY: &str = "Barlow Condensed";

/// Height of a capital letter as a fraction of the font size (Barlow's OS/2 `sCapHeight`: 700 of 1000).
pub const CAP_HEIGHT: f32 = 0.7;

/// A font file that is part of the program.
pub struct ShippedFont {
    /// The file's name, under which the server serves it.
    pub file: &'static str,
    /// The name under which a stylesheet declares it.
    pub family: &'static str,
    /// The weights that it stands for, as CSS counts them: lowest and highest.
    pub weights: (u16, u16),
    /// The whole file.
    pub bytes: &'static [u8],
}

macro_rules! shipped {
    ($($file:literal, $family:literal, $from:literal..=$to:literal;)*) => {
        &[$(ShippedFont {
            file: $file,
            family: $family,
            weights: ($from, $to),
            bytes: include_bytes!(concat!("../../../assets/fonts/", $file)),
        }),*]
    };
}

/// Every shipped font, in the order of fallback.
pub const SHIPPED: &[ShippedFont] = shipped! {
    "BarlowCondensed-Medium.ttf", "Barlow Condensed", 500..=500;
    "BarlowCondensed-Bold.ttf", "Barlow Condensed", 700..=700;
    "BarlowCondensed-ExtraBold.ttf", "Barlow Condensed", 800..=800;
    "NotoSans-CondensedMedium.ttf", "Noto Sans", 100..=599;
    "NotoSans-CondensedBold.ttf", "Noto Sans", 600..=900;
    "NotoSansArabic-CondensedSemiBold.ttf", "Noto Sans Arabic", 100..=900;
    "NotoSansHebrew-CondensedSemiBold.ttf", "Noto Sans Hebrew", 100..=900;
    "NotoSansDevanagari-CondensedSemiBold.ttf", "Noto Sans Devanagari", 100..=900;
    "NotoSansThai-CondensedSemiBold.ttf", "Noto Sans Thai", 100..=900;
    "NotoSansArmenian-CondensedSemiBold.ttf", "Noto Sans Armenian", 100..=900;
    "NotoSansGeorgian-CondensedSemiBold.ttf", "Noto Sans Georgian", 100..=900;
    "NotoSansTamil-CondensedSemiBold.ttf", "Noto Sans Tamil", 100..=900;
    "DroidSansFallbackFull.ttf", "Droid Sans Fallback", 100..=900;
    "NanumSquareB.ttf", "NanumSquare", 100..=900;
};

/// A font system that knows the shipped files and nothing of the machine it runs on.
pub fn font_system() -> FontSystem {
    let mut db = fontdb::Database::new();
    for font in SHIPPED {
        for face in faces(font) {
            db.push_face_info(face);
        }
    }
    FontSystem::new_with_locale_and_db_and_fallback("en-US".to_owned(), db, ShippedFallback)
}

/// The file's face, once for each of our weights that it stands for.
///
/// The shaper keeps to the order of fallback only among faces of exactly the weight asked for, and a script that ships in one
/// weight must not make a line fall out of that order.
fn faces(font: &ShippedFont) -> Vec<fontdb::FaceInfo> {
    let mut loaded = fontdb::Database::new();
    loaded.load_font_source(fontdb::Source::Binary(Arc::new(font.bytes)));
    let (lowest, highest) = font.weights;
    let weights = Weight::ALL
        .into_iter()
        .map(Weight::css)
        .filter(|weight| (lowest..=highest).contains(weight));
    weights
        .flat_map(|weight| {
            loaded.faces().cloned().map(move |face| fontdb::FaceInfo {
                weight: fontdb::Weight(weight),
                stretch: Stretch::Condensed,
                ..face
            })
        })
        .collect()
}

/// The attributes with which every painter shapes a text of this weight: house family, kerning and tabular figures.
pub fn attrs(weight: Weight) -> Attrs<'static> {
    let mut features = FontFeatures::new();
    features
        .enable(FeatureTag::KERNING)
        .enable(FeatureTag::new(b"tnum"));
    Attrs::new()
        .family(Family::Name(FAMILY))
        .stretch(Stretch::Condensed)
        .weight(fontdb::Weight(weight.css()))
        .font_features(features)
}

struct ShippedFallback;

const FALLBACK_FAMILIES: &[&str] = &[
    "Noto Sans",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Sans Armenian",
    "Noto Sans Georgian",
    "Noto Sans Tamil",
    "Droid Sans Fallback",
    "NanumSquare",
];

impl Fallback for ShippedFallback {
    fn common_fallback(&self) -> &[&'static str] {
        FALLBACK_FAMILIES
    }

    fn forbidden_fallback(&self) -> &[&'static str] {
        &[]
    }

    fn script_fallback(&self, _script: unicode_script::Script, _locale: &str) -> &[&'static str] {
        &[]
    }
}

#[cfg(test)]
mod tests {
    use cosmic_text::{Buffer, Metrics, Shaping};

    use super::*;

    /// The family that drew each glyph of a line.
    fn families(fonts: &mut FontSystem, text: &str) -> Vec<String> {
        let mut buffer = Buffer::new(fonts, Metrics::new(40.0, 48.0));
        buffer.set_text(text, &attrs(Weight::Bold), Shaping::Advanced, None);
        buffer.shape_until_scroll(fonts, false);
        let glyphs: Vec<_> = buffer
            .layout_runs()
            .flat_map(|run| {
                run.glyphs
                    .iter()
                    .map(|g| (g.font_id, g.glyph_id))
                    .collect::<Vec<_>>()
            })
            .collect();
        glyphs
            .into_iter()
            .map(|(id, glyph)| {
                assert_ne!(glyph, 0, "no glyph in {text:?}");
                fonts
                    .db()
                    .face(id)
                    .expect("a font that was just used")
                    .post_script_name
                    .clone()
            })
            .collect()
    }

    #[test]
    fn every_script_finds_its_face() {
        let mut fonts = font_system();
        for (text, face) in [
            ("Łukasz", "BarlowCondensed-Bold"),
            ("Ελένη", "NotoSans-CondensedBold"),
            ("Дмитрий", "NotoSans-CondensedBold"),
            ("ليلى", "NotoSansArabic-CondensedSemiBold"),
            ("נועה", "NotoSansHebrew-CondensedSemiBold"),
            ("मीरा", "NotoSansDevanagari-CondensedSemiBold"),
            ("ณัฐ", "NotoSansThai-CondensedSemiBold"),
            ("佐藤", "DroidSansFallback"),
            ("김민준", "NanumSquareB"),
        ] {
            let used = families(&mut fonts, text);
            assert!(
                !used.is_empty() && used.iter().all(|name| name == face),
                "{text}: {used:?}"
            );
        }
    }
}
