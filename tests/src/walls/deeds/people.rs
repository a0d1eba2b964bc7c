//! The partner's people, and those who are invited.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::json;

use super::text;
use crate::{
    caller::Question,
    walls::{chance::Chance, company::Company, table::Who},
};

/// Invitations that a partner keeps open.
const MOST: usize = 5;

pub(super) async fn invite(company: &mut Company, chance: &mut Chance) -> Result<()> {
    if company.invitations.len() >= MOST {
        return uninvite(company, chance).await;
    }
    let person = company.anybody(chance);
    let name = company.text().replace(' ', "");
    let email = format!("{name}@{}.example", company.side.mark());
    let question = Question::new(Method::POST, "/api/invitations")
        .json(&json!({"email": email, "role": "viewer"}));
    let verdict = company.role_verdict(person, Who::Owner);
    if let Some(made) = company.attempt(person, question, verdict).await? {
        let id = text(&made, "id")?;
        company.secrets.keep(company.side, "invitation", &id);
        company.invitations.insert(id, email);
    }
    Ok(())
}

pub(super) async fn uninvite(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let Some(id) = chance.pick(company.invitations.keys()).cloned() else {
        return list(company, chance).await;
    };
    let question = Question::new(Method::DELETE, format!("/api/invitations/{id}"));
    let verdict = company.role_verdict(person, Who::Owner);
    if company.attempt(person, question, verdict).await?.is_some() {
        company.invitations.remove(&id);
    }
    Ok(())
}

/// Looks who works for the partner, and who is invited.
pub(super) async fn list(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let verdict = company.role_verdict(person, Who::Owner);
    let known = company.people.iter().map(|person| person.email);
    let invited = company.invitations.values().map(String::as_str);
    for (kind, expected) in [
        ("people", known.collect::<BTreeSet<_>>()),
        ("invitations", invited.collect()),
    ] {
        let question = Question::new(Method::GET, format!("/api/{kind}"));
        let Some(listed) = company.attempt(person, question, verdict).await? else {
            continue;
        };
        let listed = listed[kind].as_array().context("no list")?;
        let told: BTreeSet<_> = listed
            .iter()
            .filter_map(|one| one["email"].as_str())
            .collect();
        ensure!(told == expected, "{kind}: {told:?} is not {expected:?}");
    }
    Ok(())
}
