//! Forms and questions about feeds, and what their answers change.

use gantry_core::decoder::protocol::Protocol;

use super::act;
use crate::{
    api::{
        feeds::{Feed, FeedState},
        request::Request,
        types::Identified,
    },
    app::{
        dialog::{Dialog, Question, Then},
        event::Effect,
        feed_form,
        form::Purpose,
        model::Model,
        polls::Topic,
        tab::Tab,
    },
    keymap::action::Action,
    words::counted,
};

/// Opens what the action takes, or copies what the chosen feed waits for.
pub(super) fn feed(model: &mut Model, action: Action) -> Vec<Effect> {
    if action == Action::AddFeed {
        model.dialog = Some(Dialog::Form(feed_form::form(Purpose::AddFeed, None)));
        return Vec::new();
    }
    let Some(feed) = model.feeds.chosen() else {
        return Vec::new();
    };
    let opened = match action {
        Action::CopyConfirmation => {
            let line = feed.confirmation();
            return act::copy_text(model, line);
        }
        Action::RemoveFeed => Ok(remove(feed)),
        _ => change(feed),
    };
    match opened {
        Ok(dialog) => model.dialog = Some(dialog),
        Err(why) => model.warn(why),
    }
    Vec::new()
}

/// The form that changes a feed, or why there is none.
pub(super) fn change(feed: &Feed) -> Result<Dialog, String> {
    if feed.protocol.parse::<Protocol>().is_err() {
        return Err(format!(
            "this console knows no {}; a newer one does",
            feed.protocol
        ));
    }
    let purpose = Purpose::ChangeFeed {
        id: feed.id.clone(),
        seen: Some(feed.revision),
        login: feed.login.clone(),
    };
    Ok(Dialog::Form(feed_form::form(purpose, Some(feed))))
}

fn remove(feed: &Feed) -> Dialog {
    let hardware = match feed.connected.len() {
        0 => "Nothing is connected by it now.".to_owned(),
        count => format!(
            "{} now: they are let go and, where they come again, belong to whom they fit then.",
            counted(count, "connection")
        ),
    };
    let port = match feed.port {
        Some(port) => format!(" The port {port} is closed."),
        None => String::new(),
    };
    Dialog::Confirm(Question {
        title: "Are you sure?",
        text: format!("Remove the feed {:?}?", feed.name),
        consequence: format!("{hardware}{port} What it brought stays."),
        then: Then::Ask(Request::RemoveFeed {
            id: feed.id.clone(),
        }),
    })
}

/// Takes in a feed that was made or changed.
pub(super) fn told(model: &mut Model, request: &Request, feed: Feed) {
    if model.steps_back(request) {
        model.tab = Tab::Feeds;
    }
    let what = match feed.state {
        FeedState::Waiting => {
            "is saved, and waits until whoever runs the server confirms it: c copies the line"
        }
        FeedState::Trouble => "is saved, and does not work yet",
        _ => "is saved, and works",
    };
    model.tell(format!("{:?} {what}", feed.name));
    let id = feed.id.clone();
    let mut feeds = model.feeds.items().to_vec();
    match feeds.iter_mut().find(|held| held.id == id) {
        Some(held) => *held = feed,
        None => feeds.push(feed),
    }
    model.feeds.replace(feeds);
    model.feeds.choose_id(&id);
    model.polls.hurry(Topic::Feeds);
}

/// Takes in that a feed is gone.
pub(super) fn removed(model: &mut Model, id: &str) {
    let name = model.feeds.find(id).map_or("it", |feed| &feed.name);
    let told = format!("{name:?} is removed");
    model.tell(told);
    let feeds = model.feeds.items().iter();
    let kept = feeds.filter(|feed| feed.id() != id).cloned().collect();
    model.feeds.replace(kept);
    model.polls.hurry(Topic::Feeds);
}

/// Somebody else was faster: shows what is different now, and lets the owner go on from there.
pub(super) fn offer_newer(model: &mut Model, request: &Request, newer: &Feed) {
    let before = model.feeds.find(&newer.id);
    let parts = before.map_or_else(Vec::new, |before| before.changed_in(newer));
    let what = match parts.as_slice() {
        [] => "It was changed".to_owned(),
        parts => format!("Changed: {}", parts.join(", ")),
    };
    let question = Question {
        title: "Changed by somebody else",
        text: format!(
            "{:?} is newer than what you saw. Nothing was saved.",
            newer.name
        ),
        consequence: format!("{what}. Go on from the newer state?"),
        then: Then::EditFeed(Box::new(newer.clone())),
    };
    model.feeds.update(newer.clone());
    if model.steps_back(request) {
        model.dialog = Some(Dialog::Confirm(question));
    } else {
        model.warn(question.text);
    }
}
