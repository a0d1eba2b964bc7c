//! What the operator may not do with what is chosen, and why. The server decides; this spares the operator a form in vain.

use crate::{
    api::{
        feeds::Feed,
        types::{Access, DisplaySession},
    },
    app::model::Model,
    keymap::action::Action,
};

/// Why an action cannot be done now, if it cannot. Where nothing is chosen, nothing is forbidden.
pub fn forbidden(model: &Model, action: Action) -> Option<String> {
    let partner = &model.partner;
    match action {
        Action::GoFeeds if model.looks_only => {
            return Some(format!(
                "you are a viewer of {partner}: its feeds are for owners and operators"
            ));
        }
        Action::AddFeed | Action::ChangeFeed | Action::RemoveFeed if !model.is_owner => {
            return Some(format!("only an owner of {partner} changes its feeds"));
        }
        Action::ChangeFeed | Action::RemoveFeed if model.feeds.items().is_empty() => {
            return Some("there is no feed yet; n makes one".to_owned());
        }
        Action::CopyConfirmation if !model.feeds.chosen().is_some_and(Feed::awaits_a_word) => {
            return Some("no feed that waits for a word is chosen".to_owned());
        }
        _ => {}
    }
    let needs = needed(action)?;
    if model.looks_only {
        return Some(format!(
            "you are a viewer of {partner}: you see what is shared with you and change nothing; an owner can make you an operator"
        ));
    }
    let session = match action {
        Action::NewSession
        | Action::RenameTiming
        | Action::PinTiming
        | Action::CloseTiming
        | Action::MergeTiming
        | Action::SplitTiming
        | Action::CorrectTiming => None,
        Action::Revoke => {
            let display = model.looked_at()?;
            model.sessions.find(display.session_id.as_deref()?)
        }
        _ => model.sessions.chosen(),
    };
    session.and_then(|session| withheld(session, action, needs))
}

/// How far a display session has to be shared for an action; nothing for what everybody may do.
fn needed(action: Action) -> Option<Access> {
    match action {
        Action::NewSession
        | Action::DuplicateSession
        | Action::RenameTiming
        | Action::PinTiming
        | Action::CloseTiming
        | Action::MergeTiming
        | Action::SplitTiming
        | Action::CorrectTiming => Some(Access::View),
        Action::ChangeSession | Action::ImportRoster | Action::MakeUrl | Action::Revoke => {
            Some(Access::Edit)
        }
        Action::DeleteSession
        | Action::ShareSession
        | Action::HandOverSession
        | Action::ArchiveSession => Some(Access::Owner),
        _ => None,
    }
}

/// Why this cannot be done to a display session, if it cannot.
fn withheld(session: &DisplaySession, action: Action, needs: Access) -> Option<String> {
    let owner = session.owner.as_ref();
    let owner = owner.map_or("its owner", |owner| owner.email.as_str());
    if session.access < needs {
        return Some(match session.access {
            Access::View => {
                format!("view only: {owner} shared it with you to look at, not to change")
            }
            _ => format!("only {owner} can do that; the session is shared with you to edit"),
        });
    }
    let is_open = matches!(
        action,
        Action::ArchiveSession | Action::DeleteSession | Action::DuplicateSession
    );
    (session.archived_at.is_some() && !is_open)
        .then(|| "it is archived and read-only; a takes it out of the archive".to_owned())
}
