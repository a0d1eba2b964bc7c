//! What the server's answers change.

use gantry_core::template::Template;

use super::{feeds, open, refuse};
use crate::{
    api::{
        client::Reply,
        request::{Answer, Request, RosterFile},
        roster::Imported,
        types::{Display, DisplaySession, Login, Preview},
    },
    app::{
        dialog::Dialog,
        event::Effect,
        model::{Model, Reads, Stage},
        picker::Picker,
        polls::Topic,
        tab::Tab,
    },
    words::grouped,
};

/// Takes a reply in.
pub(super) fn answer(model: &mut Model, request: &Request, reply: Reply) -> Vec<Effect> {
    if let Some(server_time) = reply.server_time {
        model.server_ahead_ms = server_time.since_ms(model.now);
    }
    if let Some(topic) = topic(request) {
        model.polls.answered(topic, reply.result.is_err());
    }
    match reply.result {
        Ok(answer) => {
            model.outage = None;
            accept(model, request, answer)
        }
        Err(failure) => {
            refuse::refuse(model, request, &failure);
            Vec::new()
        }
    }
}

fn accept(model: &mut Model, request: &Request, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::LoggedIn(login) => return logged_in(model, request, login),
        Answer::PartnerSelected(selected) => enter(model, &selected.partner_id),
        Answer::Alarms(list) => model.alarms = list.alarms,
        Answer::TimingSessions(list) => {
            let goes_on = list.next_cursor.is_some();
            model.timing.replace_newest(list.sessions, goes_on);
        }
        Answer::TimingPreview(preview) => hold_reads(model, request, preview),
        Answer::Templates(list) => model.templates = list.templates,
        Answer::Template(template) => return compose(request, template),
        Answer::Sessions(list) => {
            let goes_on = list.next_cursor.is_some();
            model.sessions.replace_newest(list.sessions, goes_on);
        }
        Answer::Displays(list) => model.displays.replace(list.displays),
        Answer::Session(session) => session_told(model, request, session),
        Answer::Shares(list) => open::tell_shares(model, request, &list.shares),
        Answer::Colleagues(list) => model.colleagues = list.colleagues,
        Answer::RosterChecked { would, roster } => {
            return roster_checked(model, request, &would, roster);
        }
        Answer::RosterImported(imported) => roster_imported(model, request, imported),
        Answer::UrlGenerated(display) => url_generated(model, request, display),
        Answer::Feeds(list) => model.feeds.replace(list.feeds),
        Answer::Feed(feed) => feeds::told(model, request, *feed),
        Answer::Done => done(model, request),
    }
    Vec::new()
}

/// The topic that a request is asked for, if it is asked again and again.
pub(super) fn topic(request: &Request) -> Option<Topic> {
    match request {
        Request::Alarms => Some(Topic::Alarms),
        Request::TimingSessions => Some(Topic::TimingSessions),
        Request::TimingPreview { .. } => Some(Topic::TimingPreview),
        Request::Sessions { .. } => Some(Topic::Sessions),
        Request::Session { .. } => Some(Topic::Session),
        Request::Colleagues => Some(Topic::Colleagues),
        Request::Displays => Some(Topic::Displays),
        Request::Templates => Some(Topic::Templates),
        Request::Feeds => Some(Topic::Feeds),
        _ => None,
    }
}

fn logged_in(model: &mut Model, request: &Request, login: Login) -> Vec<Effect> {
    if let Request::LogIn { email, .. } = request {
        model.account.clone_from(email);
    }
    let selected = login.partner_id.clone();
    let mut partners = Picker::default();
    partners.replace(login.partners);
    let only = (partners.items().len() == 1).then(|| partners.items()[0].id.clone());
    let has_none = partners.items().is_empty();
    model.stage = Stage::Partner(partners);
    match (selected, only) {
        (Some(partner_id), _) => enter(model, &partner_id),
        (None, Some(partner_id)) => {
            return vec![Effect::Ask(Request::SelectPartner { partner_id })];
        }
        (None, None) if has_none => {
            model.forget_account();
            model.warn("this account belongs to no timing partner; ask an owner to add it");
        }
        (None, None) => {}
    }
    Vec::new()
}

/// A template came, because somebody wants to see what it looks like.
fn compose(request: &Request, template: Box<Template>) -> Vec<Effect> {
    match request {
        Request::Template { mode, .. } => vec![Effect::Compose {
            template,
            mode: *mode,
        }],
        _ => Vec::new(),
    }
}

/// Into the lists, acting for a partner.
fn enter(model: &mut Model, partner_id: &str) {
    if let Stage::Partner(partners) = &model.stage {
        let partner = partners.find(partner_id);
        let is = |role| partner.is_some_and(|partner| partner.role == role);
        (model.looks_only, model.is_owner) = (is("viewer"), is("owner"));
        model.partner = partner
            .map(|partner| partner.name.clone())
            .unwrap_or_default();
    }
    model.stage = Stage::Console;
    model.notice = None;
}

fn hold_reads(model: &mut Model, request: &Request, preview: Preview) {
    let Request::TimingPreview { id } = request else {
        return;
    };
    if model.timing.chosen_id() != Some(id) {
        model.polls.hurry(Topic::TimingPreview);
        return;
    }
    let mut rates = match model.reads.take() {
        Some(reads) if reads.session_id == *id => reads.rates,
        _ => std::collections::VecDeque::new(),
    };
    rates.push_back(preview.reads_per_minute.max(0.0) as u64);
    if rates.len() > Reads::RATES_KEPT {
        rates.pop_front();
    }
    model.reads = Some(Reads {
        session_id: id.clone(),
        preview,
        rates,
    });
}

fn session_told(model: &mut Model, request: &Request, session: DisplaySession) {
    let what = match request {
        Request::Session { .. } => return model.sessions.update(session),
        Request::ChangeSession { .. } => "is saved",
        Request::Archive { away: true, .. } => "is archived; A lists it, a takes it out",
        Request::Archive { .. } => "is out of the archive",
        Request::Duplicate { .. } => "is made, with the roster and settings of the other",
        _ => "is made: i imports a roster, Enter makes a URL",
    };
    go_if_free(model, request, Tab::Sessions);
    model.tell(format!("{:?} {what}", session.title()));
    model.sessions.put(session);
    model.polls.hurry(Topic::Sessions);
}

/// Shows the list that an answer belongs to, unless the operator is at something else by now.
fn go_if_free(model: &mut Model, answered: &Request, tab: Tab) {
    if model.steps_back(answered) {
        model.tab = tab;
    }
}

/// Imports the roster when nobody goes, and asks first when somebody does. A form that was closed meanwhile was closed to change
/// nothing.
fn roster_checked(
    model: &mut Model,
    request: &Request,
    would: &Imported,
    roster: RosterFile,
) -> Vec<Effect> {
    let Request::CheckRoster {
        session_id, seen, ..
    } = request
    else {
        return Vec::new();
    };
    let import = Request::ImportRoster {
        session_id: session_id.clone(),
        roster,
        seen: *seen,
    };
    let Some(form) = model.waiting(request) else {
        return Vec::new();
    };
    if would.removed == 0 {
        form.sent = Some(import.clone());
        return vec![Effect::Ask(import)];
    }
    let session = model.sessions.find(session_id);
    model.dialog = Some(open::replace_roster(session, would, import));
    Vec::new()
}

fn roster_imported(model: &mut Model, request: &Request, imported: Imported) {
    model.polls.hurry(Topic::Sessions);
    model.tell(format!(
        "roster: {} new, {} changed, {} gone, {} rejected",
        grouped(imported.imported),
        grouped(imported.updated),
        grouped(imported.removed),
        imported.rejected.len()
    ));
    if model.steps_back(request) {
        model.dialog = Some(Dialog::Report {
            imported,
            scroll: 0,
        });
    }
}

fn url_generated(model: &mut Model, request: &Request, display: Display) {
    let session_id = match request {
        Request::GenerateUrl { session_id, .. } => Some(session_id.clone()),
        _ => None,
    };
    go_if_free(model, request, Tab::Screens);
    model.tell("URL made: c copies it, o shows it as a QR code");
    model.displays.put(Display {
        session_id: display.session_id.or(session_id),
        ..display
    });
    model.polls.hurry(Topic::Displays);
}

fn name_of(model: &Model, user_id: &str) -> String {
    let mut colleagues = model.colleagues.iter();
    let found = colleagues.find(|colleague| colleague.id == user_id);
    found.map_or_else(|| "the colleague".to_owned(), |found| found.email.clone())
}

fn done(model: &mut Model, request: &Request) {
    match request {
        Request::Revoke { id } => model.tell(format!("display {id} is revoked")),
        Request::DeleteSession { .. } => model.tell("display session deleted"),
        Request::RemoveFeed { id } => return feeds::removed(model, id),
        Request::Arrange { id, change } => {
            let name = model.timing.find(id).map_or("it", |session| &session.name);
            let told = format!("{name:?} {}", change.told());
            model.steps_back(request);
            model.tell(told);
            model.polls.hurry(Topic::TimingSessions);
            model.polls.hurry(Topic::TimingPreview);
        }
        Request::Share {
            user_id, access, ..
        } => {
            let name = name_of(model, user_id);
            model.steps_back(request);
            model.tell(match access {
                Some(access) => format!("{name} may {access} it from now on"),
                None => format!("{name} does not see it any more"),
            });
        }
        Request::HandOver { user_id, .. } => {
            let name = name_of(model, user_id);
            model.steps_back(request);
            model.tell(format!("it is {name}'s now"));
        }
        _ => {}
    }
    model.polls.hurry(Topic::Displays);
    model.polls.hurry(Topic::Sessions);
}
