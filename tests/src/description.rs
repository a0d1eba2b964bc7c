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

/// The routes of the HTTP port that no description has: pages, streams and files. They are found where they are made, in the
/// source, as `.route("PATH", METHOD(…))`.
pub fn undescribed() -> Result<BTreeSet<String>> {
    let mut routes = BTreeSet::new();
    for (file, text) in repository::texts(&["rs"])? {
        if !file.starts_with("server/src/http") || file.starts_with("server/src/http/tests") {
            continue;
        }
        for made in text.split(".route(").skip(1) {
            let parsed = made.trim_start().strip_prefix('"').and_then(|rest| {
                let (path, rest) = rest.split_once("\",")?;
                let (method, _) = rest.trim_start().split_once('(')?;
                Some(format!("{} {path}", method.to_uppercase()))
            });
            let route = parsed.with_context(|| {
                format!(
                    "{}: a route that is not written .route(\"PATH\", METHOD(…))",
                    file.display()
                )
            })?;
            routes.insert(route);
        }
    }
    ensure!(!routes.is_empty(), "no route is made in server/src/http");
    Ok(routes)
}
