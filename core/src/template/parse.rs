//! From JSON text to a template that can be trusted.

use std::collections::HashSet;

use serde_json::Value;

use crate::{
    compose::Composer,
    template::{
        TEMPLATE_VERSION, Template,
        element::{Content, Element, Style, When},
    },
};

/// Why a text is no template.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It is not the JSON of a template.
    #[error("not a template: {0}")]
    Json(#[from] serde_json::Error),
    /// A colour names something that the palette lacks.
    #[error("unknown palette colour {name:?}; the palette has {known}")]
    Palette {
        /// As written, with its `$`.
        name: String,
        /// The palette's names.
        known: String,
    },
    /// A value is out of its range or place.
    #[error("element {element:?}: {problem}")]
    Element {
        /// The element's name.
        element: String,
        /// What is wrong and what would be accepted.
        problem: String,
    },
    /// The template as a whole is out of range.
    #[error("{0}")]
    Template(String),
    /// An expression does not compile, or names a value that does not exist.
    #[error("expression {expression:?}: {problem}")]
    Expression {
        /// The text with the expression.
        expression: String,
        /// What MiniJinja says.
        problem: String,
    },
}

impl Template {
    /// Reads and checks a template. A `palette` object beside the fields of [`Template`] gives names to colours.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut value: Value = serde_json::from_str(text)?;
        let palette = value
            .as_object_mut()
            .and_then(|fields| fields.remove("palette"))
            .unwrap_or_default();
        resolve(&mut value, &palette)?;
        let template: Self = serde_json::from_value(value)?;
        template.check()?;
        Composer::new(template.clone()).try_sample()?;
        Ok(template)
    }

    fn check(&self) -> Result<(), TemplateError> {
        if self.version != TEMPLATE_VERSION {
            let problem = format!(
                "version {} is unknown; this program reads {TEMPLATE_VERSION}",
                self.version
            );
            return Err(TemplateError::Template(problem));
        }
        let sizes = 1..=16_384;
        if !sizes.contains(&self.canvas.width) || !sizes.contains(&self.canvas.height) {
            let problem = format!(
                "canvas {} × {} is out of range; each side is 1 to 16384",
                self.canvas.width, self.canvas.height
            );
            return Err(TemplateError::Template(problem));
        }
        check_names(&self.elements)?;
        self.elements
            .iter()
            .try_for_each(|element| check_layer(element, Nesting::Template))
    }
}

/// Replaces every `"$name"` by the palette's colour.
fn resolve(value: &mut Value, palette: &Value) -> Result<(), TemplateError> {
    match value {
        Value::String(text) if text.starts_with('$') => {
            let color = palette
                .get(&text[1..])
                .cloned()
                .ok_or_else(|| TemplateError::Palette {
                    name: text.clone(),
                    known: palette.as_object().map_or_else(String::new, |colors| {
                        colors
                            .keys()
                            .map(|name| format!("${name}"))
                            .collect::<Vec<_>>()
                            .join(", ")
                    }),
                })?;
            *value = color;
            Ok(())
        }
        Value::Array(values) => values
            .iter_mut()
            .try_for_each(|value| resolve(value, palette)),
        Value::Object(fields) => fields
            .values_mut()
            .try_for_each(|value| resolve(value, palette)),
        _ => Ok(()),
    }
}

fn check_names(elements: &[Element]) -> Result<(), TemplateError> {
    let mut names = HashSet::new();
    for element in elements {
        if element.name.is_empty() || !names.insert(element.name.as_str()) {
            return Err(bad(element, "a name is needed that no neighbour has"));
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq)]
enum Nesting {
    Template,
    Page,
}

fn check_layer(element: &Element, nesting: Nesting) -> Result<(), TemplateError> {
    if nesting == Nesting::Page && element.when != When::Always {
        return Err(bad(
            element,
            "an element of a page is seen on its page and has no `when`",
        ));
    }
    let is_many = matches!(
        element.content,
        Content::List { .. } | Content::Pages { .. }
    );
    if is_many && element.when == When::Active {
        return Err(bad(
            element,
            "a list or pages belong to no single runner and cannot be `active`",
        ));
    }
    match &element.content {
        Content::List {
            rows, pitch, row, ..
        } => {
            if !(1..=200).contains(rows) || *pitch < 1 {
                return Err(bad(
                    element,
                    "a list has 1 to 200 rows and a pitch of at least 1",
                ));
            }
            row.iter().try_for_each(check_node)
        }
        Content::Pages {
            period_ms, page, ..
        } if nesting == Nesting::Template => {
            if !(1_000..=3_600_000).contains(period_ms) {
                return Err(bad(element, "a page is seen for 1000 to 3600000 ms"));
            }
            check_names(page)?;
            page.iter()
                .try_for_each(|element| check_layer(element, Nesting::Page))
        }
        _ => check_node(element),
    }
}

fn check_node(element: &Element) -> Result<(), TemplateError> {
    match &element.content {
        Content::Text { style, .. } | Content::Clock { style, .. } => check_style(element, style),
        Content::Group(children) => children.iter().try_for_each(check_node),
        Content::List { .. } | Content::Pages { .. } => {
            Err(bad(element, "a list or pages cannot stand here"))
        }
        Content::Box { .. } | Content::Image { .. } => Ok(()),
    }
}

fn check_style(element: &Element, style: &Style) -> Result<(), TemplateError> {
    let sizes = 8..=2_000;
    if sizes.contains(&style.size)
        && style
            .least
            .is_none_or(|least| sizes.contains(&least) && least <= style.size)
    {
        Ok(())
    } else {
        Err(bad(
            element,
            "a font size is 8 to 2000, and `least` is not more than `size`",
        ))
    }
}

fn bad(element: &Element, problem: &str) -> TemplateError {
    TemplateError::Element {
        element: element.name.clone(),
        problem: problem.to_owned(),
    }
}
