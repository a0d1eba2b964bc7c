//! Templates that displays have of their own.

use crate::{
    clock,
    http::{
        app::App,
        problem::{InputError, Problem},
    },
    store::{DisplaySessionId, Person, Wish},
};

/// Templates that the displays of one session show at once, its own included: each is composed at every change.
const MOST_TEMPLATES: usize = 16;

/// Why a display cannot have this template, if it cannot.
pub(super) async fn check(
    app: &App,
    person: Person,
    session: DisplaySessionId,
    wish: &Wish,
) -> Result<Vec<InputError>, Problem> {
    let Wish {
        template_id,
        revision,
    } = wish;
    let store = &app.services.store;
    let offers = |revision| {
        app.templates
            .offers(store, person.partner, template_id, revision)
    };
    if !offers(None).await? {
        let detail = format!("there is no template {template_id:?}");
        return Ok(vec![InputError::new("/template_id", detail)]);
    }
    if !offers(*revision).await? {
        let detail = "the template has no such revision";
        return Ok(vec![InputError::new("/template_revision", detail)]);
    }
    let wishes = store.wishes(person.partner, session, clock::now()).await?;
    let mut others: Vec<Wish> = wishes.into_iter().map(|(_, wish)| wish).collect();
    others.retain(|other| other != wish);
    others.sort_unstable();
    others.dedup();
    if others.len() + 1 >= MOST_TEMPLATES {
        let detail = format!("a display session shows at most {MOST_TEMPLATES} templates at once");
        return Ok(vec![InputError::new("/template_id", detail)]);
    }
    Ok(Vec::new())
}
