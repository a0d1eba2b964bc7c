//! Templates of the partner's own.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::json;

use super::{sessions, text};
use crate::{
    caller::Question,
    walls::{chance::Chance, company::Company, table::Who, workspace::Access},
};

/// Templates that a partner makes.
const MOST: usize = 12;

pub(super) async fn make(company: &mut Company, chance: &mut Chance) -> Result<()> {
    if company.templates.len() >= MOST {
        return list(company, chance).await;
    }
    let person = company.anybody(chance);
    let name = company.text();
    let question = Question::new(Method::POST, "/api/templates")
        .json(&json!({"from": "finish-line", "name": name}));
    let verdict = company.role_verdict(person, Who::Operator);
    if let Some(made) = company.attempt(person, question, verdict).await? {
        let id = text(&made, "id")?;
        company.secrets.keep(company.side, "template", &id);
        company.templates.insert(id, name);
    }
    Ok(())
}

/// Everybody of the partner sees all of its templates, and nobody else's.
pub(super) async fn list(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let listed = company.look(person, "/api/templates").await?;
    let listed = listed["templates"].as_array().context("no templates")?;
    let told: BTreeSet<_> = listed
        .iter()
        .filter(|template| template["shipped"] == false)
        .filter_map(|template| template["name"].as_str())
        .collect();
    let expected: BTreeSet<_> = company.templates.values().map(String::as_str).collect();
    ensure!(told == expected, "templates: {told:?} is not {expected:?}");
    Ok(())
}

/// Somebody has a display session show one of them.
pub(super) async fn choose(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let Some(session) = company.any_session(chance) else {
        return sessions::make(company, chance).await;
    };
    let Some(template) = chance.pick(company.templates.keys()).cloned() else {
        return make(company, chance).await;
    };
    let question = Question::new(Method::PATCH, format!("/api/sessions/{session}"))
        .json(&json!({"template_id": template}));
    let verdict = company.verdict(person, &session, Access::Edit, false);
    company.attempt(person, question, verdict).await?;
    Ok(())
}
