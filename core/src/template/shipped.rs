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
    use super::*;

    #[test]
    fn every_template_is_found_by_the_id_in_its_file() {
        for (id, _) in SOURCES {
            let template = find(id).expect("it parses").expect("it is there");
            assert_eq!(template.id, id);
        }
    }
}
