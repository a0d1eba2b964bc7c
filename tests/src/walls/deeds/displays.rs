//! Displays: shared, shown, extended and ended.

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use super::{sessions, text};
use crate::{
    caller::Question,
    walls::{
        chance::Chance,
        company::{Company, Shown, Verdict},
        screens::Way,
        table::Who,
        workspace::Access,
    },
};

/// Displays that a partner makes; the server lists as many.
const MOST: usize = 400;

pub(super) async fn generate(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let Some(session) = company.any_session(chance) else {
        return sessions::make(company, chance).await;
    };
    if company.displays.len() >= MOST {
        return list(company, chance).await;
    }
    let body = json!({"session_id": session});
    let question = Question::new(Method::POST, "/api/display/generate-url").json(&body);
    let verdict = company.verdict(person, &session, Access::Edit, false);
    // The session is named in the body, so it is the body that is wrong.
    let verdict = verdict.map_err(|status| if status == 404 { 422 } else { status });
    if let Some(made) = company.attempt(person, question, verdict).await? {
        let id = text(&made, "id")?;
        company.secrets.keep(company.side, "display", &id);
        let status = "active";
        company.displays.insert(id, Shown { session, status });
    }
    Ok(())
}

pub(super) async fn list(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let listed = company.look(person, "/api/displays").await?;
    let listed = listed["displays"].as_array().context("no displays")?;
    let expected = company
        .displays
        .values()
        .filter(|shown| may(company, person, shown, Access::View).is_ok());
    let expected = expected.count();
    ensure!(
        listed.len() == expected,
        "{} displays are listed of {expected}",
        listed.len()
    );
    listed
        .iter()
        .try_for_each(|display| ensure_shows(company, display))
}

pub(super) async fn look_at(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let Some(id) = company.any_display(chance) else {
        return generate(company, chance).await;
    };
    let question = Question::new(Method::GET, format!("/api/display/{id}"));
    let verdict = may(company, person, &company.displays[&id], Access::View);
    match company.attempt(person, question, verdict).await? {
        Some(display) => ensure_shows(company, &display),
        None => Ok(()),
    }
}

pub(super) async fn extend(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let Some(id) = company.any_display(chance) else {
        return generate(company, chance).await;
    };
    let hours = 1 + chance.below(100);
    let question = Question::new(Method::PATCH, format!("/api/display/{id}"))
        .json(&json!({"expires_in_hours": hours}));
    let shown = &company.displays[&id];
    let mut verdict = may(company, person, shown, Access::Edit);
    if shown.status == "revoked" {
        verdict = verdict.and(Err(409));
    }
    match company.attempt(person, question, verdict).await? {
        Some(display) => ensure_shows(company, &display),
        None => Ok(()),
    }
}

pub(super) async fn revoke(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let person = company.anybody(chance);
    let Some(id) = company.any_display(chance) else {
        return generate(company, chance).await;
    };
    let question = Question::new(Method::DELETE, format!("/api/display/{id}"));
    let verdict = may(company, person, &company.displays[&id], Access::Edit);
    if company.attempt(person, question, verdict).await?.is_some() {
        let shown = company.displays.get_mut(&id).context("it was there")?;
        shown.status = "revoked";
    }
    Ok(())
}

/// Puts a display on one more screen.
pub(super) async fn show(company: &mut Company, chance: &mut Chance) -> Result<()> {
    let active = company
        .displays
        .iter()
        .filter(|(_, shown)| shown.status == "active");
    let Some(id) = chance.pick(active).map(|(id, _)| id.clone()) else {
        return generate(company, chance).await;
    };
    let way = chance.pick([Way::WebSocket, Way::Events]);
    // Each screen has an address of its own, as the limits on asking for displays expect.
    let [.., a, b, c] = chance.draw().to_be_bytes();
    let from = format!("10.{a}.{b}.{c}");
    company
        .screens
        .show(&id, way.context("two ways")?, &from)
        .await
}

/// Whether somebody may do something to a display.
fn may(company: &Company, person: usize, shown: &Shown, needs: Access) -> Verdict {
    if needs > Access::View {
        company.role_verdict(person, Who::Operator)?;
    }
    company.verdict(person, &shown.session, needs, true)
}

fn ensure_shows(company: &Company, display: &Value) -> Result<()> {
    let id = text(display, "id")?;
    let shown = company.displays.get(&id);
    let shown = shown.context("a display that is not there")?;
    ensure!(
        display["session_id"] == shown.session.as_str() && display["status"] == shown.status,
        "{display} is not {shown:?}"
    );
    Ok(())
}
