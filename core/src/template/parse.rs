//! From JSON text to a template that can be trusted.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Map, Value};
use serde_path_to_error::{Path, Segment};

use crate::{
    compose::{
        Composer,
        expressions::{self, Failed},
    },
    scene::color::Color,
    template::{
        TEMPLATE_VERSION, Template,
        element::{Content, Element, Style, When},
    },
    text::hidden::is_hidden,
};

/// Nodes of a picture that a template may ask for at once, each row of a list counted: ten times what a full board needs. A
/// server composes for many, so one of them must not keep it busy.
const MOST_NODES: usize = 2_000;

/// The longest text with expressions, in bytes.
const LONGEST_TEXT: usize = 1_000;

/// Why a text is no template.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It is not JSON.
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A part of it is not what a template has there.
    #[error("{pointer:?}: {problem}")]
    Part {
        /// A JSON pointer to the part; empty for the whole.
        pointer: String,
        /// What is wrong and what would be accepted.
        problem: String,
    },
}

type Checked = Result<(), TemplateError>;

impl Template {
    /// Reads and checks a template. A `palette` object beside the fields of [`Template`] gives names to colours.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut value: Value = serde_json::from_str(text)?;
        let palette = value
            .as_object_mut()
            .and_then(|fields| fields.remove("palette"))
            .unwrap_or_else(|| Value::Object(Map::new()));
        check_palette(&palette)?;
        check_canvas(&value)?;
        resolve(&mut value, &palette, "")?;
        let template: Self = serde_path_to_error::deserialize(&value).map_err(misfit)?;
        template.check()?;
        match Composer::new(template.clone()).try_sample() {
            None => Ok(template),
            Some(failed) => {
                let pointer = place_of(&value, &failed.expression, "").unwrap_or_default();
                let Failed {
                    expression,
                    problem,
                } = failed;
                let problem = format!("expression {expression:?}: {problem}");
                Err(bad(&pointer, problem))
            }
        }
    }

    fn check(&self) -> Checked {
        if self.version != TEMPLATE_VERSION {
            let problem = format!(
                "version {} is unknown; this program reads {TEMPLATE_VERSION}",
                self.version
            );
            return Err(bad("/version", problem));
        }
        let lengths = 1..=120;
        if !lengths.contains(&self.name.trim().chars().count()) {
            return Err(bad("/name", "1 to 120 characters are accepted"));
        }
        for (pointer, text) in [("/name", &self.name), ("/summary", &self.summary)] {
            if text.contains(is_hidden) {
                let problem = "control characters and controls of text direction are not accepted";
                return Err(bad(pointer, problem));
            }
        }
        if self.summary.chars().count() > 500 {
            return Err(bad("/summary", "at most 500 characters are accepted"));
        }
        let sizes = 1..=16_384;
        if !sizes.contains(&self.canvas.width) || !sizes.contains(&self.canvas.height) {
            let problem = format!(
                "canvas {} × {} is out of range; each side is 1 to 16384",
                self.canvas.width, self.canvas.height
            );
            return Err(bad("/canvas", problem));
        }
        check_names(&self.elements, "/elements")?;
        for (index, element) in self.elements.iter().enumerate() {
            check_layer(element, Nesting::Template, &format!("/elements/{index}"))?;
        }
        let nodes = count(&self.elements);
        if nodes > MOST_NODES {
            let problem =
                format!("it draws {nodes} nodes with its rows; at most {MOST_NODES} are accepted");
            return Err(bad("/elements", problem));
        }
        Ok(())
    }
}

/// Whether every name of the palette is a colour's, also those that nothing uses yet.
fn check_palette(palette: &Value) -> Checked {
    let colors = palette
        .as_object()
        .ok_or_else(|| bad("/palette", "an object of colours is expected"))?;
    for (name, color) in colors {
        if let Err(error) = Color::deserialize(color) {
            return Err(bad(
                &format!("/palette/{}", escaped(name)),
                error.to_string(),
            ));
        }
    }
    Ok(())
}

/// A canvas is part of scenes too, whose readers let unknown fields pass; whoever writes a template is told of them.
fn check_canvas(template: &Value) -> Checked {
    let mut fields = template["canvas"].as_object().into_iter().flatten();
    match fields.find(|(name, _)| !["width", "height"].contains(&name.as_str())) {
        Some((name, _)) => {
            let pointer = format!("/canvas/{}", escaped(name));
            Err(bad(
                &pointer,
                "unknown field; width and height are accepted",
            ))
        }
        None => Ok(()),
    }
}

/// What does not fit, and where. A field that is missing is pointed to as well.
fn misfit(error: serde_path_to_error::Error<serde_json::Error>) -> TemplateError {
    let at = pointer(error.path());
    let problem = error.into_inner().to_string();
    let missing = problem
        .strip_prefix("missing field `")
        .and_then(|rest| rest.strip_suffix('`'));
    let pointer = missing.map_or_else(|| at.clone(), |field| format!("{at}/{}", escaped(field)));
    bad(&pointer, problem)
}

/// Replaces every `"$name"` by the palette's colour.
fn resolve(value: &mut Value, palette: &Value, at: &str) -> Checked {
    match value {
        Value::String(text) if text.starts_with('$') => {
            let color = palette.get(&text[1..]).cloned().ok_or_else(|| {
                let known = palette.as_object().map_or_else(String::new, |colors| {
                    let names = colors.keys().map(|name| format!("${name}"));
                    names.collect::<Vec<_>>().join(", ")
                });
                let problem = format!("unknown palette colour {text:?}; the palette has {known}");
                bad(at, problem)
            })?;
            *value = color;
            Ok(())
        }
        Value::Array(values) => values
            .iter_mut()
            .enumerate()
            .try_for_each(|(index, value)| resolve(value, palette, &format!("{at}/{index}"))),
        Value::Object(fields) => fields.iter_mut().try_for_each(|(name, value)| {
            resolve(value, palette, &format!("{at}/{}", escaped(name)))
        }),
        _ => Ok(()),
    }
}

/// Where a text with this expression stands.
fn place_of(value: &Value, expression: &str, at: &str) -> Option<String> {
    match value {
        Value::String(text) => (text == expression).then(|| at.to_owned()),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .find_map(|(index, value)| place_of(value, expression, &format!("{at}/{index}"))),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            place_of(value, expression, &format!("{at}/{}", escaped(name)))
        }),
        _ => None,
    }
}

fn pointer(path: &Path) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } | Segment::Enum { variant: key } => format!("/{}", escaped(key)),
            Segment::Unknown => "/?".to_owned(),
        })
        .collect()
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn check_names(elements: &[Element], at: &str) -> Checked {
    let mut names = HashSet::new();
    for (index, element) in elements.iter().enumerate() {
        if element.name.is_empty() || !names.insert(element.name.as_str()) {
            let pointer = format!("{at}/{index}/name");
            return Err(bad(&pointer, "a name is needed that no neighbour has"));
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq)]
enum Nesting {
    Template,
    Page,
}

fn check_layer(element: &Element, nesting: Nesting, at: &str) -> Checked {
    if nesting == Nesting::Page && element.when != When::Always {
        return Err(bad(
            &format!("{at}/when"),
            "an element of a page is seen on its page and has no `when`",
        ));
    }
    if matches!(element.content, Content::Pages { .. }) && element.when == When::Active {
        return Err(bad(
            &format!("{at}/when"),
            "pages belong to no single runner and cannot be `active`",
        ));
    }
    match &element.content {
        Content::List {
            rows, pitch, row, ..
        } => {
            if !(1..=200).contains(rows) || *pitch < 1 {
                return Err(bad(
                    &format!("{at}/content/list"),
                    "a list has 1 to 200 rows and a pitch of at least 1",
                ));
            }
            check_condition(element, at)?;
            check_nodes(row, &format!("{at}/content/list/row"))
        }
        Content::Pages {
            period_ms, page, ..
        } if nesting == Nesting::Template => {
            if !(1_000..=3_600_000).contains(period_ms) {
                let pointer = format!("{at}/content/pages/period_ms");
                return Err(bad(&pointer, "a page is seen for 1000 to 3600000 ms"));
            }
            check_condition(element, at)?;
            let at = format!("{at}/content/pages/page");
            check_names(page, &at)?;
            page.iter().enumerate().try_for_each(|(index, element)| {
                check_layer(element, Nesting::Page, &format!("{at}/{index}"))
            })
        }
        _ => check_node(element, at),
    }
}

fn check_nodes(elements: &[Element], at: &str) -> Checked {
    let mut elements = elements.iter().enumerate();
    elements.try_for_each(|(index, element)| check_node(element, &format!("{at}/{index}")))
}

fn check_node(element: &Element, at: &str) -> Checked {
    check_condition(element, at)?;
    match &element.content {
        Content::Text { value, style } => {
            let pointer = format!("{at}/content/text/value");
            expressions::check(value).map_err(|problem| bad(&pointer, problem))?;
            check_length(value, &pointer)?;
            check_style(style, &format!("{at}/content/text/style"))
        }
        Content::Clock { style, .. } => check_style(style, &format!("{at}/content/clock/style")),
        Content::Group(children) => check_nodes(children, &format!("{at}/content/group")),
        Content::List { .. } | Content::Pages { .. } => Err(bad(
            &format!("{at}/content"),
            "a list or pages cannot stand here",
        )),
        Content::Box { .. } | Content::Image { .. } => Ok(()),
    }
}

fn check_condition(element: &Element, at: &str) -> Checked {
    let Some(condition) = &element.only_if else {
        return Ok(());
    };
    let pointer = format!("{at}/only_if");
    expressions::check_condition(condition).map_err(|problem| bad(&pointer, problem))?;
    check_length(condition, &pointer)
}

fn check_length(text: &str, at: &str) -> Checked {
    if text.len() <= LONGEST_TEXT {
        return Ok(());
    }
    let problem = format!("at most {LONGEST_TEXT} bytes are accepted");
    Err(bad(at, problem))
}

fn check_style(style: &Style, at: &str) -> Checked {
    let sizes = 8..=2_000;
    if sizes.contains(&style.size)
        && style
            .least
            .is_none_or(|least| sizes.contains(&least) && least <= style.size)
    {
        Ok(())
    } else {
        let problem = "a font size is 8 to 2000, and `least` is not more than `size`";
        Err(bad(at, problem))
    }
}

/// How many nodes elements draw at most, on one page.
fn count(elements: &[Element]) -> usize {
    let nodes = elements.iter().map(|element| match &element.content {
        Content::Group(children) => count(children),
        Content::List { rows, row, .. } => rows.saturating_mul(count(row)),
        Content::Pages { page, .. } => count(page),
        Content::Box { .. }
        | Content::Text { .. }
        | Content::Clock { .. }
        | Content::Image { .. } => 1,
    });
    nodes.fold(0, usize::saturating_add)
}

fn bad(pointer: &str, problem: impl Into<String>) -> TemplateError {
    TemplateError::Part {
        pointer: pointer.to_owned(),
        problem: problem.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::shipped;

    /// Big clock with one part replaced.
    fn with(pointer: &str, part: Value) -> Result<Template, TemplateError> {
        let source = shipped::source("big-clock").expect("is shipped");
        let mut value: Value = serde_json::from_str(source).expect("JSON");
        *value.pointer_mut(pointer).expect("a part") = part;
        Template::parse(&value.to_string())
    }

    #[test]
    fn what_is_wrong_is_pointed_to() {
        let text = "/elements/1/content/pages/page/0/content/text";
        let value = format!("{text}/value");
        let cases = [
            ("/version", json!(2), "/version"),
            ("/name", json!("  "), "/name"),
            ("/name", json!("a\0b"), "/name"),
            ("/summary", json!("\u{202e}"), "/summary"),
            ("/canvas/width", json!(0), "/canvas"),
            ("/canvas/width", json!("wide"), "/canvas/width"),
            ("/canvas", json!({"width": 1}), "/canvas/height"),
            ("/canvas", json!({"depth": 1}), "/canvas/depth"),
            ("/palette", json!(7), "/palette"),
            ("/palette", json!({"a": "red"}), "/palette/a"),
            ("/background", json!("$nothing"), "/background"),
            ("/modes/0", json!("party"), "/modes/0"),
            ("/elements/1/name", json!("head"), "/elements/1/name"),
            (
                &format!("{text}/style/size"),
                json!(1),
                &format!("{text}/style"),
            ),
            (
                &format!("{text}/style/color"),
                json!("red"),
                &format!("{text}/style/color"),
            ),
            (&value, json!("{{ nobody.name }}"), &value),
            (&value, json!("{{ race.name"), &value),
            (&value, json!("x".repeat(1_001)), &value),
            (
                &value,
                json!("{% for c in race.name %}x{% endfor %}"),
                &value,
            ),
            (&value, json!("{{ 'x' * 100000000 }}"), &value),
            (&value, json!("{{ '}}' * 100000000 }}"), &value),
            (&value, json!("{{ race.name | replace('a', 'b') }}"), &value),
            (
                "/elements/2/content/list/rows",
                json!(201),
                "/elements/2/content/list",
            ),
        ];
        for (at, part, expected) in cases {
            match with(at, part.clone()) {
                Err(TemplateError::Part { pointer, problem }) => {
                    assert_eq!(pointer, expected, "{part}: {problem}");
                }
                other => panic!("{at} {part}: {other:?}"),
            }
        }
        assert!(matches!(Template::parse("{"), Err(TemplateError::Json(_))));
    }

    #[test]
    fn a_template_that_would_draw_too_much_is_refused() {
        let part = json!({"list": {"of": "feed", "rows": 200, "pitch": 1, "row": vec![
            json!({"rect": {"x": 0, "y": 0, "w": 1, "h": 1}, "content": {"image": {"image": "logo"}}}); 11
        ]}});
        let refused = with("/elements/2/content", part).expect_err("too much");
        assert!(refused.to_string().contains("at most 2000"), "{refused}");
    }

    #[test]
    fn a_checked_template_needs_no_second_check() {
        for template in shipped::all().expect("shipped templates parse") {
            let text = serde_json::to_string(&template).expect("serialises");
            let again: Template = serde_json::from_str(&text).expect("reads back");
            assert_eq!(again, template);
            assert_eq!(Template::parse(&text).expect("is still good"), template);
        }
    }
}
