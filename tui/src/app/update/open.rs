//! Forms and questions as they are when they open.

use crate::{
    api::{
        request::Request,
        types::{DisplaySession, Identified, Mode},
    },
    app::{
        dialog::{Dialog, Question},
        form::{Choice, Field, Form, Name, Purpose},
        model::Model,
        submit::{PRE_RACE, RESULTS, SEPARATOR},
    },
    words::counted,
};

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
    Dialog::Form(Form::new(
        Purpose::ChangeSession(session.id.clone()),
        fields,
    ))
}

/// The form that asks for a roster's file.
pub(super) fn import_roster(session: &DisplaySession) -> Dialog {
    let purpose = Purpose::ImportRoster(session.id.clone());
    Dialog::Form(Form::new(purpose, vec![Field::text(Name::File, "")]))
}

/// The form that asks how long a URL lives.
pub(super) fn make_url(session: &DisplaySession) -> Dialog {
    let purpose = Purpose::MakeUrl(session.id.clone());
    Dialog::Form(Form::new(purpose, vec![Field::text(Name::Hours, "24")]))
}

/// The question before a display session goes.
pub(super) fn delete_session(model: &Model, session: &DisplaySession) -> Dialog {
    let now = model.server_now();
    let active = model
        .displays_of(&session.id)
        .filter(|display| display.is_active(now))
        .count();
    Dialog::Confirm(Question {
        text: format!("Delete the display session {:?}?", session.title()),
        consequence: match active {
            0 => "No screen shows it now. Its roster goes with it.".to_owned(),
            1 => "Its URL stops on every screen. Its roster goes with it.".to_owned(),
            count => format!("Its {count} URLs stop on every screen. Its roster goes with it."),
        },
        request: Request::DeleteSession {
            id: session.id.clone(),
        },
    })
}

/// The question before a display goes dark.
pub(super) fn revoke(id: &str) -> Dialog {
    Dialog::Confirm(Question {
        text: format!("Revoke the display {id}?"),
        consequence:
            "Every screen that shows it goes dark within a second. It cannot be taken back."
                .to_owned(),
        request: Request::Revoke { id: id.to_owned() },
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
