//! What a failed request changes.

use super::answer;
use crate::{
    api::{failure::Failure, request::Request},
    app::{
        example::Example,
        model::{Model, Outage, Stage},
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
    if let Request::Template { id, mode } = request {
        let failed = Example::Failed(failure.to_string());
        model.examples.hold(id, *mode, failed);
        return;
    }
    let now_busy = model
        .form_mut()
        .filter(|form| form.busy && is_sent_by_form(request));
    match now_busy {
        Some(form) => {
            form.busy = false;
            form.error = Some(failure.to_string());
            if failure.is_unauthorized() {
                form.forget_secrets();
            }
        }
        None if matches!(request, Request::LogOut) => {}
        None => model.warn(failure.to_string()),
    }
}

fn is_sent_by_form(request: &Request) -> bool {
    matches!(
        request,
        Request::LogIn { .. }
            | Request::CreateSession(_)
            | Request::ChangeSession { .. }
            | Request::ImportRoster { .. }
            | Request::GenerateUrl { .. }
    )
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
