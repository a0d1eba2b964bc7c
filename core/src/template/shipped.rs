//! The templates that are part of the program.

use super::{Template, TemplateError};

/// Their ids and what is written in their files.
const SOURCES: [(&str, &str); 3] = [
    (
        "announcer",
        include_str!("../../../assets/templates/announcer.json"),
    ),
    (
        "finish-line",
        include_str!("../../../assets/templates/finish-line.json"),
    ),
    (
        "big-clock",
        include_str!("../../../assets/templates/big-clock.json"),
    ),
];

/// Every shipped template. It cannot fail in a program that passed its tests.
pub fn all() -> Result<Vec<Template>, TemplateError> {
    SOURCES
        .iter()
        .map(|(_, source)| Template::parse(source))
        .collect()
}

/// The shipped template of this id.
pub fn find(id: &str) -> Result<Option<Template>, TemplateError> {
    source(id).map(Template::parse).transpose()
}

/// What is written in the file of the shipped template of this id, with its palette.
pub fn source(id: &str) -> Option<&'static str> {
    let mut sources = SOURCES.iter();
    sources
        .find(|(shipped, _)| *shipped == id)
        .map(|(_, source)| *source)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// The smallest text that can be read from where spectators stand, in canvas units.
    const READABLE: u64 = 40;

    /// The styles that are written in a part of a template.
    fn styles(part: &Value) -> Vec<&Value> {
        match part {
            Value::Object(fields) => fields
                .iter()
                .flat_map(|(name, part)| match name.as_str() {
                    "style" => vec![part],
                    _ => styles(part),
                })
                .collect(),
            Value::Array(parts) => parts.iter().flat_map(styles).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn no_text_becomes_too_small_to_read() {
        for (id, source) in SOURCES {
            let template: Value = serde_json::from_str(source).expect("JSON");
            for style in styles(&template) {
                let size = style["size"].as_u64().expect("every text has a size");
                let least = style["least"].as_u64().unwrap_or(size / 2);
                assert!(least >= READABLE, "{id}: {style}");
            }
        }
    }

    #[test]
    fn every_template_is_found_by_the_id_in_its_file() {
        for (id, _) in SOURCES {
            let template = find(id).expect("it parses").expect("it is there");
            assert_eq!(template.id, id);
        }
    }
}
