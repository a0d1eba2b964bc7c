//! The only place where the model changes.

mod act;
mod answer;
mod arrange;
mod edit;
mod feeds;
mod open;
mod refuse;
#[cfg(test)]
mod tests;

use crate::{
    api::request::Request,
    app::{
        dialog::Dialog,
        event::{Effect, Event, Pointer, Target},
        example::{self, Example},
        live::Live,
        model::{Model, Stage},
        polls::Topic,
        tab::Tab,
    },
    keymap::resolve,
};

/// Takes in what happened and says what is to be done about it.
pub fn update(model: &mut Model, event: Event) -> Vec<Effect> {
    let mut effects = match event {
        Event::Tick(now) => {
            model.now = now;
            poll(model)
        }
        Event::Key(key) => {
            if let Some(action) = resolve::key(model.context(), key) {
                act::act(model, action, None)
            } else {
                edit::key(model, key);
                Vec::new()
            }
        }
        Event::Mouse(pointer) => match resolve::pointer(model.context(), pointer) {
            Some(action) => act::act(model, action, place(pointer)),
            None => Vec::new(),
        },
        Event::Paste(text) => {
            edit::paste(model, &text);
            Vec::new()
        }
        Event::Resize => Vec::new(),
        Event::Api { request, reply } => answer::answer(model, &request, *reply),
        Event::Composed {
            template_id,
            mode,
            scene,
        } => {
            model
                .examples
                .hold(&template_id, mode, Example::Picture(scene));
            Vec::new()
        }
        Event::Live { display, event } => match &mut model.live {
            Some(live) if live.display == display => live
                .hear(event, model.now)
                .map(Effect::Say)
                .into_iter()
                .collect(),
            _ => Vec::new(),
        },
    };
    effects.extend(follow(model));
    effects.extend(ask_for_example(model));
    effects
}

/// Asks for the template that the open form has chosen, the first time that it is.
fn ask_for_example(model: &mut Model) -> Option<Effect> {
    let Some(Dialog::Form(form)) = &model.dialog else {
        return None;
    };
    let (id, mode) = example::chosen(form)?;
    if model.examples.find(id, mode).is_some() {
        return None;
    }
    let id = id.to_owned();
    model.examples.hold(&id, mode, Example::Asked);
    Some(Effect::Ask(Request::Template { id, mode }))
}

/// The place in the list or form that the mouse was over.
fn place(pointer: Pointer) -> Option<usize> {
    match pointer.target {
        Some(Target::Row(index) | Target::Field(index)) => Some(index),
        _ => None,
    }
}

/// Asks again for what is due.
fn poll(model: &mut Model) -> Vec<Effect> {
    if !matches!(model.stage, Stage::Console) {
        return Vec::new();
    }
    let due = model.polls.take_due(model.tab, model.now);
    due.into_iter()
        .filter_map(|topic| request(model, topic))
        .map(Effect::Ask)
        .collect()
}

/// What to ask about a topic; nothing when there is nothing to ask about.
fn request(model: &mut Model, topic: Topic) -> Option<Request> {
    match (topic, model.timing.chosen_id()) {
        (Topic::Alarms, _) => Some(Request::Alarms),
        (Topic::TimingSessions, _) => Some(Request::TimingSessions),
        (Topic::Sessions, _) => Some(Request::Sessions {
            archived: model.with_archived,
        }),
        (Topic::Session, _) => {
            let id = model.sessions.chosen_id().map(str::to_owned);
            let asked = id.filter(|_| model.tab == Tab::Sessions);
            if asked.is_none() {
                model.polls.answered(topic, false);
            }
            asked.map(|id| Request::Session { id })
        }
        (Topic::Colleagues | Topic::Feeds, _) if model.looks_only => {
            model.polls.answered(topic, false);
            None
        }
        (Topic::Colleagues, _) => Some(Request::Colleagues),
        (Topic::Feeds, _) => Some(Request::Feeds),
        (Topic::Displays, _) => Some(Request::Displays),
        (Topic::Templates, _) => Some(Request::Templates),
        (Topic::TimingPreview, Some(id)) => Some(Request::TimingPreview { id: id.to_owned() }),
        (Topic::TimingPreview, None) => {
            model.polls.answered(topic, false);
            None
        }
    }
}

/// Follows the display that is looked at, and no other.
fn follow(model: &mut Model) -> Option<Effect> {
    let wanted = model.looked_at().map(|display| display.id.clone());
    let held = model.live.as_ref().map(|live| &live.display);
    if held == wanted.as_ref() {
        return None;
    }
    model.live = wanted.clone().map(Live::new);
    Some(Effect::Follow(wanted))
}
