//! Forms and questions as they are when they open.

use crate::{
    api::{
        people::Share,
        request::Request,
        roster::Imported,
        types::{Colleague, DisplaySession, Identified, Mode},
    },
    app::{
        dialog::{Dialog, Question, Then},
        form::{Choice, Field, Form, Name, Purpose, Subject},
        model::Model,
        submit::{EDIT, PINNED, PRE_RACE, RESULTS, SEPARATOR, VIEW},
    },
    words::{counted, grouped},
};

/// The heading of a question before something that cannot be taken back.
const SURE: &str = "Are you sure?";

/// The form for a new display session, bound to the chosen timing session.
pub(super) fn new_session(model: &Model) -> Dialog {
    let timing = model.timing.chosen();
    let name = timing.map_or("", |session| {
        let event = session.event_name.as_deref();
        event
            .filter(|name| !name.is_empty())
            .unwrap_or(&session.name)
    });
    let bound = timing.map_or("", Identified::id);
    let fields = session_fields(model, name, bound, Mode::Results, None);
    Dialog::Form(Form::new(Purpose::NewSession, fields))
}

/// The form that changes a display session.
pub(super) fn change_session(model: &Model, session: &DisplaySession) -> Dialog {
    let fields = session_fields(
        model,
        session.title(),
        &session.chronotrack_session_ids.join(SEPARATOR),
        session.mode,
        session.template_id.as_deref(),
    );
    Dialog::Form(Form::new(Purpose::ChangeSession(subject(session)), fields))
}

fn subject(session: &DisplaySession) -> Subject {
    Subject {
        id: session.id.clone(),
        seen: session.revision,
    }
}

/// The form that shares a display session, or why there is none.
pub(super) fn share(model: &Model, session: &DisplaySession) -> Result<Dialog, String> {
    let options = colleagues(model, session, |_| true)?;
    let access = |id: &str, label: &str, detail: &str| Choice {
        id: id.to_owned(),
        label: label.to_owned(),
        detail: detail.to_owned(),
    };
    let access = vec![
        access(EDIT, "edit it", "Change it and its displays, like you."),
        access(
            VIEW,
            "look at it",
            "See it and its displays, and change nothing.",
        ),
        access("", "not see it", "Ends what was shared before."),
    ];
    let fields = vec![
        Field::choice(Name::Colleague, options, None),
        Field::choice(Name::Access, access, None),
    ];
    let form = Form::new(Purpose::Share(subject(session)), fields);
    Ok(Dialog::Form(form))
}

/// Says in the open form how far each colleague was let in already.
pub(super) fn tell_shares(model: &mut Model, request: &Request, shares: &[Share]) {
    let (Request::Shares { id }, Some(Dialog::Form(form))) = (request, &mut model.dialog) else {
        return;
    };
    if !matches!(&form.purpose, Purpose::Share(subject) if subject.id == *id) {
        return;
    }
    for choice in form.options_mut(Name::Colleague) {
        let share = shares.iter().find(|share| share.user_id == choice.id);
        let now = match share.map(|share| share.access.as_str()) {
            Some(EDIT) => "may edit it now",
            Some(_) => "may look at it now",
            None => "does not see it now",
        };
        choice.detail = format!("{} · {now}", choice.detail);
    }
}

/// The form that gives a display session away, or why there is none.
pub(super) fn hand_over(model: &Model, session: &DisplaySession) -> Result<Dialog, String> {
    let runs_displays = |colleague: &Colleague| colleague.role != "viewer";
    let options = colleagues(model, session, runs_displays)?;
    let fields = vec![Field::choice(Name::Colleague, options, None)];
    let form = Form::new(Purpose::HandOver(subject(session)), fields);
    Ok(Dialog::Form(form))
}

/// Everybody but the owner who `fits`, or why there is nobody.
fn colleagues(
    model: &Model,
    session: &DisplaySession,
    fits: impl Fn(&Colleague) -> bool,
) -> Result<Vec<Choice>, String> {
    if model.colleagues.is_empty() {
        return Err("the colleagues are still being asked for; try again in a moment".to_owned());
    }
    let owner = session.owner.as_ref().map(|owner| owner.id.as_str());
    let others = model
        .colleagues
        .iter()
        .filter(|colleague| Some(colleague.id.as_str()) != owner && fits(colleague));
    let choices: Vec<Choice> = others
        .map(|colleague| Choice {
            id: colleague.id.clone(),
            label: colleague.email.clone(),
            detail: format!("{} of {}", colleague.role, model.partner),
        })
        .collect();
    if choices.is_empty() {
        let partner = &model.partner;
        return Err(format!(
            "nobody else of {partner} can take it; an owner can invite colleagues"
        ));
    }
    Ok(choices)
}

/// The form that copies a display session.
pub(super) fn duplicate(session: &DisplaySession) -> Dialog {
    let name = format!("{} (copy)", session.title());
    let purpose = Purpose::Duplicate(session.id.clone());
    Dialog::Form(Form::new(purpose, vec![Field::text(Name::Session, name)]))
}

/// The question before a display session is put away or taken out.
pub(super) fn archive(session: &DisplaySession) -> Dialog {
    let away = session.archived_at.is_none();
    let (verb, consequence) = if away {
        (
            "Archive",
            "Its URLs stop on every screen. It keeps roster and settings, and a takes it out again.",
        )
    } else {
        (
            "Restore",
            "It can be changed again. Its URLs stay ended; Enter makes a new one.",
        )
    };
    Dialog::Confirm(Question {
        title: SURE,
        text: format!("{verb} the display session {:?}?", session.title()),
        consequence: consequence.to_owned(),
        then: Then::Ask(Request::Archive {
            id: session.id.clone(),
            away,
            seen: session.revision,
        }),
    })
}

/// The form that asks for a roster's file.
pub(super) fn import_roster(session: &DisplaySession) -> Dialog {
    let purpose = Purpose::ImportRoster(subject(session));
    Dialog::Form(Form::new(purpose, vec![Field::text(Name::File, "")]))
}

/// The question before people go from a roster. `session` tells how many there are, `import` does it.
pub(super) fn replace_roster(
    session: Option<&DisplaySession>,
    would: &Imported,
    import: Request,
) -> Dialog {
    let parts = [(would.imported, "new"), (would.updated, "changed")];
    let mut parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", grouped(count)))
        .collect();
    let removed = grouped(would.removed);
    parts.push(match session.and_then(|session| session.participants) {
        Some(all) => format!("{removed} of {} people go", grouped(all)),
        None => format!("{removed} people go"),
    });
    let rejected = match would.rejected.len() {
        0 => String::new(),
        count => format!(" {} of the file cannot be used.", counted(count, "line")),
    };
    let title = session.map_or("", |session| session.title());
    Dialog::Confirm(Question {
        title: SURE,
        text: format!("{}. Import?", parts.join(", ")),
        consequence: format!(
            "The file takes the place of the whole roster of {title:?}, on every screen at once.{rejected}"
        ),
        then: Then::Ask(import),
    })
}

/// The form that asks how long a URL lives and what it shows.
pub(super) fn make_url(model: &Model, session: &DisplaySession) -> Dialog {
    let purpose = Purpose::MakeUrl(session.id.clone());
    let fields = vec![
        Field::text(Name::Hours, "24"),
        Field::choice(Name::Shows, shown_choices(model), None),
    ];
    Dialog::Form(Form::new(purpose, fields))
}

/// What a display can show: what its session does, any template, and of the partner's own the revision of today.
fn shown_choices(model: &Model) -> Vec<Choice> {
    let mut choices = vec![Choice {
        id: String::new(),
        label: "what the session shows".to_owned(),
        detail: "And what it will show later.".to_owned(),
    }];
    for (template, choice) in model.templates.iter().zip(template_choices(model)) {
        let pinned = template.revision.map(|revision| Choice {
            id: format!("{}{PINNED}{revision}", choice.id),
            label: format!("{}, revision {revision}", choice.label),
            detail: "Stays as it is when the template is edited.".to_owned(),
        });
        choices.push(choice);
        choices.extend(pinned);
    }
    choices
}

/// The question before a display session goes.
pub(super) fn delete_session(model: &Model, session: &DisplaySession) -> Dialog {
    let now = model.server_now();
    let active = model
        .displays_of(&session.id)
        .filter(|display| display.is_active(now))
        .count();
    Dialog::Confirm(Question {
        title: SURE,
        text: format!("Delete the display session {:?}?", session.title()),
        consequence: match active {
            0 => "No screen shows it now. Its roster goes with it.".to_owned(),
            1 => "Its URL stops on every screen. Its roster goes with it.".to_owned(),
            count => format!("Its {count} URLs stop on every screen. Its roster goes with it."),
        },
        then: Then::Ask(Request::DeleteSession {
            id: session.id.clone(),
            seen: session.revision,
        }),
    })
}

/// The question before a display goes dark.
pub(super) fn revoke(id: &str) -> Dialog {
    Dialog::Confirm(Question {
        title: SURE,
        text: format!("Revoke the display {id}?"),
        consequence:
            "Every screen that shows it goes dark within a second. It cannot be taken back."
                .to_owned(),
        then: Then::Ask(Request::Revoke { id: id.to_owned() }),
    })
}

fn session_fields(
    model: &Model,
    name: &str,
    timing: &str,
    mode: Mode,
    template: Option<&str>,
) -> Vec<Field> {
    let suited = || {
        let mut templates = model.templates.iter();
        let template = templates.find(|template| template.modes.contains(&mode))?;
        Some(template.id.as_str())
    };
    let template = template.or_else(suited);
    let mode = match mode {
        Mode::PreRace => PRE_RACE,
        Mode::Results => RESULTS,
    };
    vec![
        Field::text(Name::Session, name),
        Field::choice(Name::Timing, timing_choices(model, timing), Some(timing)),
        Field::choice(Name::Mode, mode_choices(), Some(mode)),
        Field::choice(Name::Template, template_choices(model), template),
    ]
}

/// Every timing session, none, and `bound` when that is more than one.
fn timing_choices(model: &Model, bound: &str) -> Vec<Choice> {
    let several = bound.contains(SEPARATOR).then(|| Choice {
        id: bound.to_owned(),
        label: counted(bound.split(SEPARATOR).count(), "session"),
        detail: "As they are bound now.".to_owned(),
    });
    let sessions = model.timing.items().iter().map(|session| Choice {
        id: session.id.clone(),
        label: session.name.clone(),
        detail: session.event_name.clone().unwrap_or_default(),
    });
    let none = Choice {
        id: String::new(),
        label: "none yet".to_owned(),
        detail: "The displays rest until one is bound.".to_owned(),
    };
    several.into_iter().chain(sessions).chain([none]).collect()
}

fn mode_choices() -> Vec<Choice> {
    let mode = |id: &str, label: &str, detail: &str| Choice {
        id: id.to_owned(),
        label: label.to_owned(),
        detail: detail.to_owned(),
    };
    vec![
        mode(RESULTS, "results", "Times and places, for the finish."),
        mode(
            PRE_RACE,
            "pre-race",
            "Entries from the roster, for a start line or an arrival mat.",
        ),
    ]
}

fn template_choices(model: &Model) -> Vec<Choice> {
    let templates = model.templates.iter().map(|template| Choice {
        id: template.id.clone(),
        label: match template.name.as_str() {
            "" => template.id.clone(),
            name => name.to_owned(),
        },
        detail: template.description.clone(),
    });
    let usual = Choice {
        id: String::new(),
        label: "the server's choice".to_owned(),
        detail: String::new(),
    };
    if model.templates.is_empty() {
        vec![usual]
    } else {
        templates.collect()
    }
}
