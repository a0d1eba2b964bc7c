//! The expressions of a template, compiled once.

use minijinja::{Environment, UndefinedBehavior, Value};

use crate::{template::TemplateError, text::shaper::one_line};

/// What an expression may cost before it is given up: more than any line of text needs.
const FUEL: u64 = 20_000;

/// Compiled expressions, by their text.
pub(super) struct Expressions {
    environment: Environment<'static>,
    first_error: Option<TemplateError>,
}

impl Default for Expressions {
    fn default() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        Self {
            environment,
            first_error: None,
        }
    }
}

impl Expressions {
    /// The text with its expressions filled in, as one line; empty when one of them fails.
    pub(super) fn text(&mut self, source: &str, context: &Value) -> String {
        let filled = self
            .compile(source)
            .and_then(|()| self.environment.get_template(source)?.render(context));
        match filled {
            Ok(text) => one_line(&text),
            Err(error) => {
                self.remember(source, &error);
                String::new()
            }
        }
    }

    /// Whether an expression is true; false when it fails.
    pub(super) fn is_true(&mut self, source: &str, context: &Value) -> bool {
        let wrapped = format!("{{% if {source} %}}1{{% endif %}}");
        !self.text(&wrapped, context).is_empty()
    }

    /// The first expression that failed.
    pub(super) fn first_error(self) -> Option<TemplateError> {
        self.first_error
    }

    fn compile(&mut self, source: &str) -> Result<(), minijinja::Error> {
        if self.environment.get_template(source).is_ok() {
            return Ok(());
        }
        self.environment
            .add_template_owned(source.to_owned(), source.to_owned())
    }

    fn remember(&mut self, source: &str, error: &minijinja::Error) {
        let error = TemplateError::Expression {
            expression: source.to_owned(),
            problem: error.to_string(),
        };
        self.first_error.get_or_insert(error);
    }
}
