//! The routes that a running server has: those it describes itself, and those that its source adds beside them.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{caller::Caller, repository};

/// The methods that a description can have.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The OpenAPI description of a running server.
pub struct Description(Value);

/// A route that a server describes.
#[derive(Clone, Debug)]
pub struct Route {
    /// The method and the path with its parameters in braces: `GET /api/sessions/{id}`.
    pub name: String,
    /// Whether a token has to be sent.
    pub needs_token: bool,
    /// What the description says of it.
    pub operation: Value,
}

impl Description {
    /// Asks the server for it.
    pub async fn of(caller: &Caller) -> Result<Self> {
        let answer = caller.get("/api/openapi.json").await?;
        answer.json().map(Self)
    }

    /// Every route that is described; at least one.
    pub fn routes(&self) -> Result<Vec<Route>> {
        let paths = self.0["paths"].as_object().context("no paths")?;
        let mut routes = Vec::new();
        for (path, operations) in paths {
            for method in METHODS {
                let Some(operation) = operations.get(method) else {
                    continue;
                };
                routes.push(Route {
                    name: format!("{} {path}", method.to_uppercase()),
                    needs_token: operation.get("security").is_some(),
                    operation: operation.clone(),
                });
            }
        }
        ensure!(!routes.is_empty(), "the description has no routes");
        Ok(routes)
    }

    /// What a schema says, be it there or behind a reference.
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> Result<&'a Value> {
        let Some(reference) = schema.get("$ref") else {
            return Ok(schema);
        };
        reference
            .as_str()
            .and_then(|reference| reference.strip_prefix('#'))
            .and_then(|pointer| self.0.pointer(pointer))
            .with_context(|| format!("{reference} leads nowhere"))
    }
}

/// Ways to make a route that would not be found below, whatever it serves.
const HIDDEN: [&str; 4] = [
    ".route_service(",
    ".nest(",
    ".nest_service(",
    ".fallback_service(",
];

/// The routes of the HTTP port that no description has: pages, streams and files. They are found where they are made, anywhere in
/// the server's source, as `.route("PATH", METHOD(…))`, and made in no other way.
pub fn undescribed() -> Result<BTreeSet<String>> {
    let mut routes = BTreeSet::new();
    for (file, text) in repository::texts(&["rs"])? {
        // The status port is another one; what tests serve is nobody's.
        let is_http = file.starts_with("server/src")
            && !file.starts_with("server/src/status")
            && !file
                .iter()
                .any(|part| part == "tests" || part == "tests.rs");
        if !is_http {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for hidden in HIDDEN {
            ensure!(
                !code.contains(hidden),
                "{}: {hidden}…) makes routes that nobody finds",
                file.display()
            );
        }
        for made in code.split(".route(").skip(1) {
            let route = parsed(made).with_context(|| {
                format!(
                    "{}: a route that is not written .route(\"PATH\", METHOD(…))",
                    file.display()
                )
            })?;
            routes.insert(route);
        }
    }
    ensure!(!routes.is_empty(), "no route is made in server/src");
    Ok(routes)
}

/// The method and the path of a route by what stands after `.route(`. A second method of the same path would be missed, so it has
/// to be a route of its own.
fn parsed(made: &str) -> Option<String> {
    let (path, rest) = made.trim_start().strip_prefix('"')?.split_once("\",")?;
    let (method, rest) = rest.trim_start().split_once('(')?;
    let method = METHODS.iter().find(|known| **known == method)?;
    let (_, rest) = rest.split_once(')')?;
    rest.trim_start_matches([',', ' ', '\n'])
        .strip_prefix(')')?;
    Some(format!("{} {path}", method.to_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_says_its_method_and_its_path() {
        assert_eq!(
            parsed("\"/display/{id}/live\", get(live))\n"),
            Some("GET /display/{id}/live".to_owned())
        );
        for hidden in [
            "LIVE, get(live))",
            "\"/live\", any(live))",
            "\"/live\", get(live).post(live))",
        ] {
            assert_eq!(parsed(hidden), None, "{hidden}");
        }
    }
}
