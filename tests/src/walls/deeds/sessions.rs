//! Display sessions: made, changed, looked at, put away and removed.

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use super::text;
use crate::{
    caller::Question,
    walls::{
        chance::Chance,
        company::Company,
        table::Who,
        workspace::{Access, Workspace},
    },
};

/// Display sessions that a partner keeps, so that lists stay as long as they are in life.
const MOST: usize = 10;

/// An `If-Match` of no display session.
const STALE: &str = "\"4000000000\"";

pub(super) async fn make(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let there = company
        .sessions
        .values()
        .filter(|workspace| !workspace.is_removed);
    if there.count() >= MOST {
        return list(company, chance).await;
    }
    let name = company.text();
    let timing: Vec<_> = company.timing_session.iter().collect();
    let body = json!({"name": name, "mode": "results", "chronotrack_session_ids": timing});
    let question = Question::new(Method::POST, "/api/sessions/create").json(&body);
    let verdict = company.role_verdict(person, Who::Operator);
    let Some(made) = company.attempt(person, question, verdict).await? else {
        return Ok(());
    };
    let workspace = Workspace {
        name,
        event_name: text(&made["settings"], "event_name")?,
        participants: 0,
        owner: person,
        shares: [].into(),
        is_archived: false,
        is_removed: false,
    };
    keep(company, person, &made, workspace)
}

pub(super) async fn duplicate(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let there = company
        .sessions
        .values()
        .filter(|workspace| !workspace.is_removed);
    let original = company.any_session(chance).filter(|_| there.count() < MOST);
    let Some(original) = original else {
        return make(company, chance).await;
    };
    let name = company.text();
    let path = format!("/api/sessions/{original}/duplicate");
    let question = Question::new(Method::POST, path).json(&json!({"name": name}));
    let verdict = company
        .role_verdict(person, Who::Operator)
        .and_then(|()| company.verdict(person, &original, Access::View, true));
    let Some(made) = company.attempt(person, question, verdict).await? else {
        return Ok(());
    };
    let workspace = Workspace {
        name,
        owner: person,
        shares: [].into(),
        is_archived: false,
        ..company.sessions[&original].clone()
    };
    keep(company, person, &made, workspace)
}

fn keep(company: &mut Company, person: usize, made: &Value, workspace: Workspace) -> Result<()> {
    let id = text(made, "id")?;
    company.secrets.keep(company.side, "session", &id);
    company.sessions.insert(id, workspace);
    ensure_is(company, person, made)
}

pub(super) async fn change(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let Some(id) = company.any_session(chance) else {
        return make(company, chance).await;
    };
    let (name, event_name) = (company.text(), company.text());
    let mut body = json!({"name": name, "settings": {"event_name": event_name}});
    if let Some(timing) = &company.timing_session {
        body["chronotrack_session_ids"] = json!([timing]);
    }
    let path = format!("/api/sessions/{id}");
    let mut question = Question::new(Method::PATCH, path).json(&body);
    let mut verdict = company.verdict(person, &id, Access::Edit, false);
    if chance.below(4) == 0 {
        // Somebody who has not seen the newest changes nothing.
        question = question.header("if-match", STALE);
        verdict = verdict.and(Err(412));
    }
    let Some(changed) = company.attempt(person, question, verdict).await? else {
        return Ok(());
    };
    let workspace = company.sessions.get_mut(&id).context("it was there")?;
    workspace.name = name;
    workspace.event_name = event_name;
    ensure_is(company, person, &changed)
}

pub(super) async fn remove(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let Some(id) = company.any_session(chance) else {
        return make(company, chance).await;
    };
    let question = Question::new(Method::DELETE, format!("/api/sessions/{id}"));
    let verdict = company.verdict(person, &id, Access::Own, true);
    if company.attempt(person, question, verdict).await?.is_some() {
        let workspace = company.sessions.get_mut(&id).context("it was there")?;
        workspace.is_removed = true;
        company.end_displays(&id);
    }
    Ok(())
}

/// Puts a display session away, or takes it back out.
pub(super) async fn put_away(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let Some(id) = company.any_session(chance) else {
        return make(company, chance).await;
    };
    let is_to_be_archived = chance.below(2) == 0;
    let what = if is_to_be_archived {
        "archive"
    } else {
        "restore"
    };
    let question = Question::new(Method::POST, format!("/api/sessions/{id}/{what}"));
    let verdict = company.verdict(person, &id, Access::Own, !is_to_be_archived);
    let Some(answer) = company.attempt(person, question, verdict).await? else {
        return Ok(());
    };
    let workspace = company.sessions.get_mut(&id).context("it was there")?;
    workspace.is_archived = is_to_be_archived;
    if is_to_be_archived {
        company.end_displays(&id);
    }
    ensure_is(company, person, &answer)
}

pub(super) async fn replace_roster(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let Some(id) = company.any_session(chance) else {
        return make(company, chance).await;
    };
    let count = 1 + chance.below(20);
    let mut participants = Vec::new();
    for bib in 1..=count {
        participants.push(json!({
            "bib": bib.to_string(),
            "first_name": company.runner(),
            "last_name": company.text(),
            "team": company.text(),
        }));
    }
    let path = format!("/api/sessions/{id}/roster");
    let question = Question::new(Method::PUT, path).json(&json!({"participants": participants}));
    let verdict = company.verdict(person, &id, Access::Edit, false);
    let Some(imported) = company.attempt(person, question, verdict).await? else {
        return Ok(());
    };
    let workspace = company.sessions.get_mut(&id).context("it was there")?;
    let gone = workspace.participants.saturating_sub(count);
    ensure!(imported["removed"] == gone, "{gone} are gone: {imported}");
    workspace.participants = count;
    Ok(())
}

pub(super) async fn list(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let archived_too = chance.below(2) == 0;
    let path = format!("/api/sessions?archived={archived_too}&limit=200");
    let listed = company.look(person, path).await?;
    let listed = listed["sessions"].as_array().context("no sessions")?;
    let role = company.people[person].role;
    let expected = company.sessions.values().filter(|workspace| {
        !workspace.is_removed
            && (archived_too || !workspace.is_archived)
            && workspace.access(person, role).is_some()
    });
    let expected = expected.count();
    ensure!(
        listed.len() == expected,
        "{} sessions are listed of {expected}",
        listed.len()
    );
    listed
        .iter()
        .try_for_each(|session| ensure_is(company, person, session))
}

pub(super) async fn look_at(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let Some(id) = company.any_session(chance) else {
        return make(company, chance).await;
    };
    let question = Question::new(Method::GET, format!("/api/sessions/{id}"));
    let verdict = company.verdict(person, &id, Access::View, true);
    match company.attempt(person, question, verdict).await? {
        Some(session) => ensure_is(company, person, &session),
        None => Ok(()),
    }
}

/// Fails unless a display session is told to somebody as it is.
fn ensure_is(company: &Company, person: usize, told: &Value) -> Result<()> {
    let id = text(told, "id")?;
    let workspace = company.sessions.get(&id);
    let workspace = workspace.context("a session that is not there")?;
    let access = workspace.access(person, company.people[person].role);
    let owner = company.people[workspace.owner].email;
    let is_it = told["name"] == workspace.name.as_str()
        && told["settings"]["event_name"] == workspace.event_name.as_str()
        && told["participants"] == workspace.participants
        && told["owner"]["email"] == owner
        && told["archived_at"].is_null() != workspace.is_archived
        && access.is_some_and(|access| told["access"] == access.text());
    ensure!(is_it, "{told} is not {workspace:?}");
    Ok(())
}
