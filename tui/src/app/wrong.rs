//! What the server found wrong with a form, put at the fields that are meant.

use crate::{
    api::failure::Failure,
    app::form::{Form, Name},
};

/// Puts what is wrong at the fields that are meant, and the focus on the first of them; the rest is about the whole form.
pub fn tell(form: &mut Form, failure: &Failure) {
    let mut rest = Vec::new();
    for error in failure.input_errors() {
        let name = meant(&error.pointer);
        let field = form
            .fields
            .iter_mut()
            .find(|field| Some(field.name) == name);
        match field {
            Some(field) => field.error = Some(error.detail.clone()),
            None => rest.push(error.to_string()),
        }
    }
    let first = form.fields.iter().position(|field| field.error.is_some());
    form.focus = first.unwrap_or(form.focus);
    form.error = match (first, rest.is_empty()) {
        (None, true) => Some(failure.to_string()),
        (Some(_), true) => None,
        (_, false) => Some(rest.join(" · ")),
    };
}

/// The field that a JSON pointer means.
fn meant(pointer: &str) -> Option<Name> {
    let mut parts = pointer.trim_start_matches(['#', '/']).split('/');
    Some(match (parts.next()?, parts.next()) {
        ("name", _) => Name::Session,
        ("protocol", _) => Name::Protocol,
        ("port", _) => Name::Port,
        ("call_address", _) => Name::Call,
        ("networks", _) => Name::Networks,
        ("event", _) => Name::Event,
        ("connection", _) => Name::Connection,
        ("location", _) => Name::Place,
        ("login", Some("user")) => Name::User,
        ("login", Some("password")) => Name::Password,
        ("login", _) => Name::Login,
        ("time_zone", _) => Name::Zone,
        _ => return None,
    })
}
