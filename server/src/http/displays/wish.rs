//! Templates that displays have of their own.

use crate::{
    http::{
        app::App,
        problem::{InputError, Problem},
    },
    store::{MOST_TEMPLATES, Person, Wish},
};

/// Why a display cannot have this template, if it cannot.
pub(super) async fn check(
    app: &App,
    person: Person,
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
    Ok(Vec::new())
}

/// There are too many templates for what was asked for at `pointer`.
pub(super) fn crowded(pointer: &str) -> Problem {
    let detail = format!("a display session shows at most {MOST_TEMPLATES} templates at once");
    Problem::invalid(vec![InputError::new(pointer, detail)])
}
