//! Names and homes of made-up runners, from many countries and in many scripts.
//!
//! A display that has only seen `John Smith` breaks on its first real race. Each culture keeps its own alphabet, its own forms
//! for women's and men's family names, and its own order of the two.

use super::{
    chance::Chance,
    cultures::{CULTURES, Culture, Order},
};
use crate::roster::Sex;

/// Who somebody is.
pub(super) struct Identity {
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) city: String,
    pub(super) country: &'static str,
}

/// Draws a person of this sex.
pub(super) fn draw(sex: Sex, chance: &mut Chance) -> Identity {
    let culture = pick_culture(chance);
    let given = match sex {
        Sex::Female => culture.women,
        Sex::NonBinary if chance.permille(500) => culture.women,
        Sex::Male | Sex::NonBinary => culture.men,
    };
    let given = word(given, chance);
    let mut family = form(&word(culture.families, chance), sex);
    if culture.order == Order::GivenFirst && chance.permille(culture.doubled_permille) {
        family = format!("{family}-{}", form(&word(culture.families, chance), sex));
    }
    let (first_name, last_name) = match culture.order {
        Order::GivenFirst => (given, family),
        Order::FamilyFirst => (String::new(), format!("{family}{given}")),
        Order::FamilyFirstSpaced => (String::new(), format!("{family} {given}")),
    };
    Identity {
        first_name,
        last_name,
        city: word(culture.cities, chance),
        country: culture.country,
    }
}

fn pick_culture(chance: &mut Chance) -> &'static Culture {
    let total = CULTURES.iter().map(|culture| culture.share).sum();
    let mut drawn = chance.below(total);
    CULTURES
        .iter()
        .find(|culture| {
            let is_it = drawn < culture.share;
            drawn = drawn.saturating_sub(culture.share);
            is_it
        })
        .unwrap_or(&CULTURES[0])
}

fn word(list: &str, chance: &mut Chance) -> String {
    let words: Vec<&str> = list.split_whitespace().collect();
    chance.pick(&words).replace('_', " ")
}

fn form(family: &str, sex: Sex) -> String {
    match family.split_once('/') {
        Some((_, woman)) if sex == Sex::Female => woman.to_owned(),
        Some((man, _)) => man.to_owned(),
        None => family.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cosmic_text::{Buffer, Metrics, Shaping};

    use super::*;
    use crate::{
        scene::Weight,
        text::fonts::{attrs, font_system},
    };

    #[test]
    fn every_character_is_in_a_shipped_font() {
        let mut fonts = font_system();
        let mut letters = 0;
        for culture in CULTURES {
            for list in [culture.cities, culture.women, culture.men, culture.families] {
                let mut buffer = Buffer::new(&mut fonts, Metrics::new(40.0, 40.0));
                let attrs = attrs(Weight::Bold);
                buffer.set_text(list, &attrs, Shaping::Advanced, None);
                buffer.shape_until_scroll(&mut fonts, false);
                for glyph in buffer.layout_runs().flat_map(|run| run.glyphs.iter()) {
                    let text = &list[glyph.start..glyph.end];
                    assert_ne!(glyph.glyph_id, 0, "{text} in {list}");
                    letters += 1;
                }
            }
        }
        assert!(letters > 5000, "{letters}");
    }

    #[test]
    fn names_keep_to_their_culture() {
        let mut chance = Chance::new(7);
        let mut scripts = BTreeSet::new();
        let mut latin = 0;
        for _ in 0..2500 {
            let identity = draw(Sex::Female, &mut chance);
            let name = format!("{}{}", identity.first_name, identity.last_name);
            assert!(
                !name.contains(['_', '/']) && !identity.last_name.is_empty(),
                "{name}"
            );
            let script = unicode_script::UnicodeScript::script(&name.chars().next().expect("some"));
            scripts.insert(script.full_name());
            latin += u32::from(script == unicode_script::Script::Latin);
        }
        assert!((2000..2350).contains(&latin), "{latin} of 2500");
        for script in [
            "Greek",
            "Cyrillic",
            "Arabic",
            "Hebrew",
            "Devanagari",
            "Thai",
            "Han",
            "Hangul",
        ] {
            assert!(scripts.contains(script), "{script}");
        }
    }
}
