//! What a failed request changes.

use super::{answer, feeds};
use crate::{
    api::{
        failure::{Current, Failure},
        request::{Request, Seen},
        types::DisplaySession,
    },
    app::{
        dialog::{Dialog, Question, Then},
        example::Example,
        form::{Purpose, Subject},
        model::{Model, Outage, Stage},
        polls::Topic,
        wrong,
    },
};

/// Takes a failure in: the form that was sent shows it, everything else shows it in the notice line.
pub(super) fn refuse(model: &mut Model, request: &Request, failure: &Failure) {
    // What is asked again by itself fails as a state, not as an event.
    if failure.is_connection() && answer::topic(request).is_some() {
        note_outage(model, failure);
        return;
    }
    if failure.is_unauthorized() && matches!(model.stage, Stage::Console | Stage::Partner(_)) {
        model.forget_account();
        model.warn("the login has ended; log in again");
        return;
    }
    match failure.newer() {
        Some(Current::Session(newer)) => return offer_newer(model, request, newer),
        Some(Current::Feed(newer)) => return feeds::offer_newer(model, request, newer),
        None => {}
    }
    if let (Request::Session { .. }, true) = (request, failure.is_not_found()) {
        model.polls.hurry(Topic::Sessions);
        return;
    }
    if let Request::Template { id, mode } = request {
        let failed = Example::Failed(failure.to_string());
        model.examples.hold(id, *mode, failed);
        return;
    }
    match model.waiting(request) {
        Some(form) => {
            form.sent = None;
            wrong::tell(form, failure);
            if failure.is_unauthorized() {
                form.forget_secrets();
            }
        }
        None if matches!(request, Request::LogOut) => {}
        None => model.warn(failure.to_string()),
    }
}

/// Somebody else was faster: shows what is different now, and lets the operator go on from there.
fn offer_newer(model: &mut Model, request: &Request, newer: &DisplaySession) {
    let before = model.sessions.find(&newer.id);
    let parts = before.map_or_else(Vec::new, |before| before.changed_in(newer));
    let what = match parts.as_slice() {
        [] => "It was changed".to_owned(),
        parts => format!("Changed: {}", parts.join(", ")),
    };
    if let Request::CheckRoster { .. } | Request::ImportRoster { .. } = request {
        return check_again(model, request, newer, &what);
    }
    let who: Vec<&str> = newer
        .present
        .iter()
        .map(|other| other.email.as_str())
        .collect();
    let who = match who.as_slice() {
        [] => String::new(),
        who => format!(" Here now: {}.", who.join(", ")),
    };
    let (offer, then) = match built_on(request, newer.revision) {
        Some(again) => (
            "Do it all the same, to what is there now?",
            Then::Ask(again),
        ),
        None => (
            "Go on from the newer state?",
            Then::Edit(Box::new(newer.clone())),
        ),
    };
    let question = Question {
        title: "Changed by somebody else",
        text: format!(
            "{:?} is newer than what you saw. Nothing was saved.",
            newer.title()
        ),
        consequence: format!("{what}.{who} {offer}"),
        then,
    };
    model.sessions.update(newer.clone());
    if model.steps_back(request) {
        model.dialog = Some(Dialog::Confirm(question));
    } else {
        model.warn(question.text);
    }
}

/// A roster that was checked against something older is checked again before anybody goes.
fn check_again(model: &mut Model, request: &Request, newer: &DisplaySession, what: &str) {
    let subject = Subject {
        id: newer.id.clone(),
        seen: newer.revision,
    };
    let why = format!("somebody else was faster; nothing was imported. {what}.");
    match model.waiting(request) {
        Some(form) => {
            form.purpose = Purpose::ImportRoster(subject);
            form.sent = None;
            form.error = Some(format!("{why} Enter checks the file again"));
        }
        None => model.warn(format!("{why} i imports a roster")),
    }
    model.sessions.update(newer.clone());
}

/// The same request built on a newer state; a form's fields have to be looked at again instead.
fn built_on(request: &Request, newer: Seen) -> Option<Request> {
    let mut again = request.clone();
    match &mut again {
        Request::DeleteSession { seen, .. }
        | Request::Share { seen, .. }
        | Request::HandOver { seen, .. }
        | Request::Archive { seen, .. } => *seen = newer,
        _ => return None,
    }
    Some(again)
}

fn note_outage(model: &mut Model, failure: &Failure) {
    let since = model
        .outage
        .as_ref()
        .map_or(model.now, |outage| outage.since);
    model.outage = Some(Outage {
        since,
        reason: failure.to_string(),
    });
}
