//! What each action does.

use super::{arrange, feeds, open};
use crate::{
    api::request::Request,
    app::{
        dialog::{Dialog, Then},
        event::Effect,
        feed_form,
        form::{Form, Purpose},
        model::{Model, Stage},
        permission::forbidden,
        polls::Topic,
        submit,
        tab::Tab,
    },
    keymap::action::Action,
    terminal::Clipboard,
};

const PAGE: isize = 10;

/// Does it. `place` is the row or field that the mouse was over.
pub(super) fn act(model: &mut Model, action: Action, place: Option<usize>) -> Vec<Effect> {
    if let Some(why) = forbidden(model, action) {
        model.warn(why);
        return Vec::new();
    }
    match action {
        Action::Quit => return vec![Effect::Quit],
        Action::Redraw => return vec![Effect::Redraw],
        Action::LogOut => return log_out(model),
        Action::Submit => return send(model),
        Action::Yes => return confirm(model),
        Action::CopyUrl => return copy(model),
        Action::TakePartner => return take_partner(model),
        Action::Help => model.dialog = Some(Dialog::Help { scroll: 0 }),
        Action::Close => model.dialog = None,
        Action::GoTiming => go(model, Tab::Timing),
        Action::GoSessions => go(model, Tab::Sessions),
        Action::GoScreens => go(model, Tab::Screens),
        Action::GoFeeds => go(model, Tab::Feeds),
        Action::NextTab => go(model, beside(model, 1)),
        Action::PreviousTab => go(model, beside(model, -1)),
        Action::Up => step(model, -1),
        Action::Down => step(model, 1),
        Action::PageUp => step(model, -PAGE),
        Action::PageDown => step(model, PAGE),
        Action::First => step(model, isize::MIN),
        Action::Last => step(model, isize::MAX),
        Action::PickRow => pick(model, place),
        Action::NewSession => model.dialog = Some(open::new_session(model)),
        Action::RenameTiming
        | Action::PinTiming
        | Action::CloseTiming
        | Action::MergeTiming
        | Action::SplitTiming
        | Action::CorrectTiming => return arrange::arrange(model, action),
        Action::AddFeed | Action::ChangeFeed | Action::RemoveFeed | Action::CopyConfirmation => {
            return feeds::feed(model, action);
        }
        Action::ShareSession => return open_share(model),
        Action::ChangeSession
        | Action::DeleteSession
        | Action::ImportRoster
        | Action::MakeUrl
        | Action::HandOverSession
        | Action::DuplicateSession
        | Action::ArchiveSession => open_for_session(model, action),
        Action::ShowArchived => show_archived(model),
        Action::ShowCode | Action::ShowPicture | Action::Revoke => open_for_display(model, action),
        Action::NextField => with_form(model, |form| form.step(1)),
        Action::PreviousField => with_form(model, |form| form.step(-1)),
        Action::PickField => with_form(model, |form| form.focus_on(place.unwrap_or(form.focus))),
        Action::NextOption => with_form(model, |form| turn(form, 1)),
        Action::PreviousOption => with_form(model, |form| turn(form, -1)),
    }
    Vec::new()
}

fn go(model: &mut Model, tab: Tab) {
    model.tab = tab;
    model.notice = None;
}

fn beside(model: &Model, by: isize) -> Tab {
    let tabs = model.tabs();
    let count = tabs.len() as isize;
    tabs[(model.tab as isize + by).rem_euclid(count) as usize]
}

fn step(model: &mut Model, by: isize) {
    match (&mut model.dialog, &mut model.stage) {
        (Some(Dialog::Help { scroll } | Dialog::Report { scroll, .. }), _) => {
            *scroll = scroll.saturating_add_signed(by);
        }
        (Some(_), _) | (None, Stage::LogIn(_)) => {}
        (None, Stage::Partner(partners)) => partners.step(by),
        (None, Stage::Console) => match model.tab {
            Tab::Timing => model.timing.step(by),
            Tab::Sessions => model.sessions.step(by),
            Tab::Screens => model.displays.step(by),
            Tab::Feeds => model.feeds.step(by),
        },
    }
    look_at_chosen(model);
}

fn pick(model: &mut Model, place: Option<usize>) {
    let Some(index) = place else { return };
    match (&mut model.stage, model.tab) {
        (Stage::LogIn(_), _) => {}
        (Stage::Partner(partners), _) => partners.choose(index),
        (Stage::Console, Tab::Timing) => model.timing.choose(index),
        (Stage::Console, Tab::Sessions) => model.sessions.choose(index),
        (Stage::Console, Tab::Screens) => model.displays.choose(index),
        (Stage::Console, Tab::Feeds) => model.feeds.choose(index),
    }
    look_at_chosen(model);
}

/// Forgets the reads of a timing session that is no longer the chosen one.
fn look_at_chosen(model: &mut Model) {
    let shown = model.reads.as_ref().map(|reads| reads.session_id.as_str());
    if shown != model.timing.chosen_id() {
        model.reads = None;
        model.polls.hurry(Topic::TimingPreview);
    }
}

fn with_form(model: &mut Model, change: impl FnOnce(&mut Form)) {
    if let Some(form) = model.form_mut() {
        change(form);
    }
}

fn turn(form: &mut Form, by: isize) {
    form.turn(by);
    feed_form::fit(form);
}

fn send(model: &mut Model) -> Vec<Effect> {
    let Some(form) = model.form_mut() else {
        return Vec::new();
    };
    if form.is_busy() {
        return Vec::new();
    }
    match submit::request(form) {
        Ok(request) => {
            form.sent = Some(request.clone());
            form.forget_errors();
            vec![Effect::Ask(request)]
        }
        Err(missing) => {
            form.error = Some(missing);
            Vec::new()
        }
    }
}

fn confirm(model: &mut Model) -> Vec<Effect> {
    match model.dialog.take() {
        Some(Dialog::Confirm(question)) => match question.then {
            Then::Ask(request) => vec![Effect::Ask(request)],
            Then::Edit(session) => {
                model.dialog = Some(open::change_session(model, &session));
                Vec::new()
            }
            Then::EditFeed(feed) => {
                match feeds::change(&feed) {
                    Ok(dialog) => model.dialog = Some(dialog),
                    Err(why) => model.warn(why),
                }
                Vec::new()
            }
        },
        other => {
            model.dialog = other;
            Vec::new()
        }
    }
}

fn log_out(model: &mut Model) -> Vec<Effect> {
    model.forget_account();
    vec![Effect::Ask(Request::LogOut)]
}

fn take_partner(model: &mut Model) -> Vec<Effect> {
    let Stage::Partner(partners) = &model.stage else {
        return Vec::new();
    };
    let request = partners.chosen_id().map(|id| Request::SelectPartner {
        partner_id: id.to_owned(),
    });
    request.map(Effect::Ask).into_iter().collect()
}

fn copy(model: &mut Model) -> Vec<Effect> {
    let Some(url) = model.looked_at().map(|display| display.url.clone()) else {
        model.warn(no_url(model));
        return Vec::new();
    };
    copy_text(model, url)
}

/// Puts a text on the operator's clipboard, as far as that can be known.
pub(super) fn copy_text(model: &mut Model, text: String) -> Vec<Effect> {
    match model.terminal.clipboard {
        Clipboard::Unsupported => {
            model.warn("this terminal takes no text from programs; select it by hand");
            return Vec::new();
        }
        Clipboard::Unconfirmed => {
            model.tell("sent to the clipboard; terminals do not confirm it, so paste to check");
        }
        Clipboard::Tmux => {
            model.tell("sent to tmux; it needs `tmux set -s set-clipboard on`, so paste to check");
        }
        Clipboard::Screen => {
            model.warn("sent, but GNU screen passes it on only in a newer setup; paste to check");
        }
    }
    vec![Effect::Copy(text)]
}

fn no_url(model: &Model) -> &'static str {
    if forbidden(model, Action::MakeUrl).is_some() {
        "there is no active URL here"
    } else {
        "there is no active URL here; Enter in 2 Display sessions makes one"
    }
}

/// Opens the form, and asks whom the session was shared with already.
fn open_share(model: &mut Model) -> Vec<Effect> {
    open_for_session(model, Action::ShareSession);
    match &model.dialog {
        Some(Dialog::Form(form)) => match &form.purpose {
            Purpose::Share(subject) => vec![Effect::Ask(Request::Shares {
                id: subject.id.clone(),
            })],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn open_for_session(model: &mut Model, action: Action) {
    let Some(session) = model.sessions.chosen() else {
        model.warn(if model.looks_only {
            "no display session is shared with you yet"
        } else {
            "there is no display session yet; bind a timing session to one first"
        });
        return;
    };
    let opened = match action {
        Action::ChangeSession => Ok(open::change_session(model, session)),
        Action::DeleteSession => Ok(open::delete_session(model, session)),
        Action::ImportRoster => Ok(open::import_roster(session)),
        Action::ShareSession => open::share(model, session),
        Action::HandOverSession => open::hand_over(model, session),
        Action::DuplicateSession => Ok(open::duplicate(session)),
        Action::ArchiveSession => Ok(open::archive(session)),
        _ => Ok(open::make_url(model, session)),
    };
    match opened {
        Ok(dialog) => model.dialog = Some(dialog),
        Err(why) => model.warn(why),
    }
}

fn show_archived(model: &mut Model) {
    model.with_archived = !model.with_archived;
    model.tell(if model.with_archived {
        "archived display sessions are listed too"
    } else {
        "archived display sessions are hidden"
    });
    model.polls.hurry(Topic::Sessions);
}

fn open_for_display(model: &mut Model, action: Action) {
    let Some(display) = model.looked_at() else {
        model.warn(no_url(model));
        return;
    };
    model.dialog = Some(match action {
        Action::Revoke => open::revoke(&display.id),
        Action::ShowCode => Dialog::Code {
            display: display.id.clone(),
        },
        _ => Dialog::Picture,
    });
}
