//! Working together: display sessions shared, handed over, and taken back.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::json;

use super::sessions;
use crate::{
    caller::Question,
    walls::{chance::Chance, company::Company, table::Who, workspace::Access},
};

pub(super) async fn share(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let (person, with) = (company.anybody(chance), company.anybody(chance));
    let Some(id) = company.any_session(chance) else {
        return sessions::make(company, chance).await;
    };
    let granted = chance.pick([Access::View, Access::Edit]);
    let granted = granted.context("two kinds")?;
    let question = Question::new(Method::PUT, path(company, &id, with))
        .json(&json!({"access": granted.text()}));
    let mut verdict = company.verdict(person, &id, Access::Own, false);
    if company.sessions[&id].owner == with {
        verdict = verdict.and(Err(409));
    }
    if company.attempt(person, question, verdict).await?.is_some() {
        let workspace = company.sessions.get_mut(&id).context("it was there")?;
        workspace.shares.insert(with, granted);
    }
    Ok(())
}

pub(super) async fn unshare(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let (person, with) = (company.anybody(chance), company.anybody(chance));
    let Some(id) = company.any_session(chance) else {
        return sessions::make(company, chance).await;
    };
    let question = Question::new(Method::DELETE, path(company, &id, with));
    let mut verdict = company.verdict(person, &id, Access::Own, false);
    if !company.sessions[&id].shares.contains_key(&with) {
        verdict = verdict.and(Err(404));
    }
    if company.attempt(person, question, verdict).await?.is_some() {
        let workspace = company.sessions.get_mut(&id).context("it was there")?;
        workspace.shares.remove(&with);
    }
    Ok(())
}

pub(super) async fn hand_over(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let (person, heir) = (company.anybody(chance), company.anybody(chance));
    let Some(id) = company.any_session(chance) else {
        return sessions::make(company, chance).await;
    };
    let question = Question::new(Method::POST, format!("/api/sessions/{id}/hand-over"))
        .json(&json!({"user_id": company.people[heir].id}));
    let mut verdict = company.verdict(person, &id, Access::Own, false);
    if company.people[heir].role < Who::Operator {
        verdict = verdict.and(Err(422));
    }
    if company.attempt(person, question, verdict).await?.is_some() {
        let workspace = company.sessions.get_mut(&id).context("it was there")?;
        // Whoever gave it away goes on working on it.
        workspace.shares.insert(workspace.owner, Access::Edit);
        workspace.shares.remove(&heir);
        workspace.owner = heir;
    }
    Ok(())
}

pub(super) async fn look_at(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let Some(id) = company.any_session(chance) else {
        return sessions::make(company, chance).await;
    };
    let question = Question::new(Method::GET, format!("/api/sessions/{id}/shares"));
    let verdict = company.verdict(person, &id, Access::View, true);
    let Some(listed) = company.attempt(person, question, verdict).await? else {
        return Ok(());
    };
    let listed = listed["shares"].as_array().context("no shares")?;
    let told: BTreeSet<_> = listed
        .iter()
        .map(|share| (share["email"].as_str(), share["access"].as_str()))
        .collect();
    let shares = company.sessions[&id].shares.iter();
    let expected = shares
        .map(|(with, access)| (Some(company.people[*with].email), Some(access.text())))
        .collect();
    ensure!(told == expected, "{told:?} is not {expected:?}");
    Ok(())
}

fn path(company: &Company, session: &str, with: usize) -> String {
    format!("/api/sessions/{session}/shares/{}", company.people[with].id)
}
