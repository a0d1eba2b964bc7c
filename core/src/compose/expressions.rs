//! The expressions of a template, compiled once.
//!
//! Templates are written by people whom the server does not know, and it composes for others as well. So what an expression
//! can do is bounded: a condition or a value and no more, by filters that cannot make much of little.

use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value, filters, tests};

use crate::text::shaper::one_line;

/// What an expression may cost before it is given up: more than any line of text needs.
const FUEL: u64 = 20_000;

/// The longest text that a filter makes, in bytes; no line on a screen is longer.
const LONGEST: usize = 4_096;

/// The statements that a text may have.
const STATEMENTS: [&str; 4] = ["if", "elif", "else", "endif"];

/// Compiled expressions, by their text.
pub(super) struct Expressions {
    environment: Environment<'static>,
    first_failed: Option<Failed>,
}

/// An expression that does not compile, or names a value that does not exist.
#[derive(Debug)]
pub(crate) struct Failed {
    /// As the template has it.
    pub(crate) expression: String,
    /// What MiniJinja says.
    pub(crate) problem: String,
}

impl Default for Expressions {
    fn default() -> Self {
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.add_filter("abs", filters::abs);
        environment.add_filter("capitalize", filters::capitalize);
        environment.add_filter("default", filters::default);
        environment.add_filter("first", filters::first);
        environment.add_filter("int", filters::int);
        environment.add_filter("join", join);
        environment.add_filter("last", filters::last);
        environment.add_filter("length", filters::length);
        environment.add_filter("lower", filters::lower);
        environment.add_filter("round", filters::round);
        environment.add_filter("select", filters::select);
        environment.add_filter("title", filters::title);
        environment.add_filter("trim", filters::trim);
        environment.add_filter("upper", filters::upper);
        environment.add_test("defined", tests::is_defined);
        environment.add_test("none", tests::is_none);
        environment.add_test("undefined", tests::is_undefined);
        Self {
            environment,
            first_failed: None,
        }
    }
}

/// Says why a text is not accepted before it is compiled: what could make a great deal of a short text.
pub(crate) fn check(text: &str) -> Result<(), String> {
    for statement in text.split("{%").skip(1) {
        let word = statement.trim_start_matches(['-', '+']).trim_start();
        let word: String = word.chars().take_while(|c| c.is_alphanumeric()).collect();
        if !STATEMENTS.contains(&word.as_str()) {
            return Err(format!(
                "the statement {word:?} is not accepted; if, elif, else and endif are"
            ));
        }
    }
    let is_literal = !text.contains("{{") && !text.contains("{%");
    if is_literal {
        Ok(())
    } else {
        check_operators(text)
    }
}

/// Says why a condition is not accepted before it is compiled.
pub(crate) fn check_condition(text: &str) -> Result<(), String> {
    if ["{%", "%}", "{{", "}}", "{#", "#}"]
        .iter()
        .any(|mark| text.contains(mark))
    {
        return Err("a condition is an expression without braces".to_owned());
    }
    check_operators(text)
}

/// A text times a number is a long text. What is quoted is not told apart: where a quote ends is not for this to know.
fn check_operators(text: &str) -> Result<(), String> {
    if text.contains('*') {
        return Err("a * beside an expression is not accepted".to_owned());
    }
    Ok(())
}

/// The parts in one text, with a separator between them.
fn join(parts: &Value, separator: Option<&str>) -> Result<String, Error> {
    let separator = separator.unwrap_or_default();
    let mut text = String::new();
    for (index, part) in parts.try_iter()?.enumerate() {
        if index > 0 {
            text.push_str(separator);
        }
        match part.as_str() {
            Some(part) => text.push_str(part),
            None => text.push_str(&part.to_string()),
        }
        if text.len() > LONGEST {
            let problem = format!("join makes a text of more than {LONGEST} bytes");
            return Err(Error::new(ErrorKind::InvalidOperation, problem));
        }
    }
    Ok(text)
}

impl Expressions {
    /// The text with its expressions filled in, as one line; empty when one of them fails.
    pub(super) fn text(&mut self, source: &str, context: &Value) -> String {
        self.fill(source, context).unwrap_or_else(|error| {
            self.remember(source, &error);
            String::new()
        })
    }

    /// Whether an expression is true; false when it fails.
    pub(super) fn is_true(&mut self, source: &str, context: &Value) -> bool {
        let wrapped = format!("{{% if {source} %}}1{{% endif %}}");
        let filled = self.fill(&wrapped, context).unwrap_or_else(|error| {
            self.remember(source, &error);
            String::new()
        });
        !filled.is_empty()
    }

    /// The first expression that failed.
    pub(super) fn first_failed(self) -> Option<Failed> {
        self.first_failed
    }

    fn fill(&mut self, source: &str, context: &Value) -> Result<String, Error> {
        self.compile(source)?;
        let text = self.environment.get_template(source)?.render(context)?;
        Ok(one_line(&text))
    }

    fn compile(&mut self, source: &str) -> Result<(), Error> {
        if self.environment.get_template(source).is_ok() {
            return Ok(());
        }
        self.environment
            .add_template_owned(source.to_owned(), source.to_owned())
    }

    fn remember(&mut self, source: &str, error: &Error) {
        self.first_failed.get_or_insert_with(|| Failed {
            expression: source.to_owned(),
            problem: error.to_string(),
        });
    }
}
