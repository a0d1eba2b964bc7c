//! The templates that are part of the program.

use super::{Template, TemplateError};

const SOURCES: [&str; 3] = [
    include_str!("../../../assets/templates/announcer.json"),
    include_str!("../../../assets/templates/finish-line.json"),
    include_str!("../../../assets/templates/big-clock.json"),
];

/// Every shipped template. It cannot fail in a program that passed its tests.
pub fn all() -> Result<Vec<Template>, TemplateError> {
    SOURCES
        .iter()
        .map(|source| Template::parse(source))
        .collect()
}

/// The shipped template of this id.
pub fn find(id: &str) -> Result<Option<Template>, TemplateError> {
    Ok(all()?.into_iter().find(|template| template.id == id))
}
