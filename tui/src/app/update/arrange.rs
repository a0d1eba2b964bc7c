//! Forms and questions about timing sessions, and what they ask for.

use crate::{
    api::{
        arrangement::Arrangement,
        request::Request,
        types::{TimingSession, TimingStatus},
    },
    app::{
        dialog::{Dialog, Question, Then},
        event::Effect,
        form::{Choice, Field, Form, Name, Purpose},
        model::Model,
    },
    keymap::action::Action,
};

/// Opens what the action takes for the chosen timing session, or asks for it at once.
pub(super) fn arrange(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(session) = model.timing.chosen() else {
        model.warn("there is no timing session yet");
        return Vec::new();
    };
    let opened = match action {
        Action::PinTiming => {
            let change = Arrangement::Pin(!session.pinned);
            return vec![Effect::Ask(request(session, change))];
        }
        Action::CloseTiming => Ok(close(session)),
        Action::MergeTiming => merge(model, session),
        Action::SplitTiming => Ok(split(model, session)),
        Action::CorrectTiming => correct(session),
        _ => Ok(rename(session)),
    };
    match opened {
        Ok(dialog) => model.dialog = Some(dialog),
        Err(why) => model.warn(why),
    }
    Vec::new()
}

fn request(session: &TimingSession, change: Arrangement) -> Request {
    Request::Arrange {
        id: session.id.clone(),
        change,
    }
}

fn rename(session: &TimingSession) -> Dialog {
    let purpose = Purpose::RenameTiming(session.id.clone());
    let name = Field::text(Name::Session, session.name.clone());
    Dialog::Form(Form::new(purpose, vec![name]))
}

/// The question before a session is closed or opened again.
fn close(session: &TimingSession) -> Dialog {
    let closed = session.status != TimingStatus::Closed;
    let (verb, consequence) = if closed {
        (
            "Close",
            "What its hardware sends from now on is shown in a new session.",
        )
    } else {
        ("Reopen", "Its hardware goes on in it.")
    };
    Dialog::Confirm(Question {
        title: "Are you sure?",
        text: format!("{verb} the timing session {:?}?", session.name),
        consequence: consequence.to_owned(),
        then: Then::Ask(request(session, Arrangement::Close(closed))),
    })
}

fn merge(model: &Model, session: &TimingSession) -> Result<Dialog, String> {
    let others = model
        .timing
        .items()
        .iter()
        .filter(|other| other.id != session.id);
    let options: Vec<Choice> = others
        .map(|other| Choice {
            id: other.id.clone(),
            label: other.name.clone(),
            detail: "It shows the reads of both, on the displays of both.".to_owned(),
        })
        .collect();
    if options.is_empty() {
        return Err("there is no other timing session to merge it into".to_owned());
    }
    let purpose = Purpose::MergeTiming(session.id.clone());
    Ok(Dialog::Form(Form::new(
        purpose,
        vec![Field::choice(Name::Into, options, None)],
    )))
}

fn split(model: &Model, session: &TimingSession) -> Dialog {
    let zone = model.zone.clone();
    let last = session.last_read_at.map(|at| at.to_zoned(zone.clone()));
    let at = last.map_or_else(String::new, |at| {
        at.strftime("%Y-%m-%d %H:%M:%S").to_string()
    });
    let purpose = Purpose::SplitTiming(session.id.clone(), zone);
    Dialog::Form(Form::new(purpose, vec![Field::text(Name::At, at)]))
}

fn correct(session: &TimingSession) -> Result<Dialog, String> {
    let mats: Vec<Choice> = session
        .locations
        .iter()
        .map(|mat| Choice {
            id: mat.name.clone(),
            label: mat.name.clone(),
            detail: "All its reads are dated again; 0 takes a correction back.".to_owned(),
        })
        .collect();
    if mats.is_empty() {
        return Err("it has no mats yet".to_owned());
    }
    let fields = vec![
        Field::choice(Name::Mat, mats, None),
        Field::text(Name::Ahead, ""),
        Field::text(Name::FirstDay, ""),
    ];
    let purpose = Purpose::CorrectTiming(session.id.clone());
    Ok(Dialog::Form(Form::new(purpose, fields)))
}
