//! The stylesheet declares the fonts that `core` ships, all of them and in the same order of fallback.

use gantry_core::text::fonts::{SHIPPED, ShippedFont};

const STYLESHEET: &str = include_str!("../../assets/web/display.css");

#[test]
fn the_stylesheet_declares_every_shipped_face() {
    let declared: Vec<&str> = STYLESHEET
        .split("@font-face {")
        .skip(1)
        .map(|rule| rule.split('}').next().unwrap_or_default().trim())
        .collect();
    let expected: Vec<String> = SHIPPED.iter().map(font_face).collect();
    assert_eq!(declared, expected);
}

#[test]
fn the_families_stand_in_the_order_of_fallback() {
    let mut families: Vec<String> = SHIPPED
        .iter()
        .map(|font| format!("\"{}\"", font.family))
        .collect();
    families.dedup();
    let list = families.join(",\n    ");
    assert!(
        STYLESHEET.contains(&format!("font-family:\n    {list};")),
        "the stylesheet lacks the list:\n    {list}"
    );
}

fn font_face(font: &ShippedFont) -> String {
    let weights = match font.weights {
        (lowest, highest) if lowest == highest => lowest.to_string(),
        (lowest, highest) => format!("{lowest} {highest}"),
    };
    [
        format!("font-family: \"{}\";", font.family),
        format!("src: url(\"/assets/fonts/{}\");", font.file),
        format!("font-weight: {weights};"),
        "font-display: block;".to_owned(),
    ]
    .join("\n  ")
}
