//! A roster's way from a file into a session.

use super::*;
use crate::{
    api::{
        failure::{Failure, Problem},
        request::{Answer, RosterFile},
    },
    app::{dialog::Dialog, form::Purpose, tab::Tab},
    testing::{answer, display_sessions, press, refused, working},
};

#[test]
fn a_roster_is_imported_and_its_rejected_lines_are_shown() {
    let mut model = working(Tab::Sessions);
    let effects = press(&mut model, "i/tmp/roster.csv<Enter>");
    let check = Request::CheckRoster {
        session_id: "s1".to_owned(),
        path: "/tmp/roster.csv".into(),
        seen: Some(4),
    };
    assert_eq!(effects, [Effect::Ask(check.clone())]);
    let effects = answer(&mut model, check, Ok(checked(r#"{"imported":2}"#)));
    let request = import();
    assert_eq!(
        effects,
        [Effect::Ask(request.clone())],
        "nobody goes, so nothing is asked"
    );
    let imported =
        serde_json::from_str(r#"{"imported":2,"rejected":[{"line":3,"reason":"no bib"}]}"#);
    let imported = imported.expect("it fits");
    answer(&mut model, request, Ok(Answer::RosterImported(imported)));
    assert!(
        matches!(&model.dialog, Some(Dialog::Report { imported, .. }) if imported.rejected.len() == 1)
    );
    press(&mut model, "<Esc>");
    assert!(model.dialog.is_none());
}

fn checked(would: &str) -> Answer {
    Answer::RosterChecked {
        would: serde_json::from_str(would).expect("it fits"),
        roster: file(),
    }
}

fn file() -> RosterFile {
    RosterFile(b"bib\n1\n".as_slice().into())
}

fn import() -> Request {
    Request::ImportRoster {
        session_id: "s1".to_owned(),
        roster: file(),
        seen: Some(4),
    }
}

#[test]
fn people_go_from_a_roster_only_after_a_question() {
    let would = r#"{"updated":4,"removed":2496,"rejected":[{"line":3,"reason":"no bib"}]}"#;
    let asked = |model: &mut Model| {
        let effects = press(model, "i/tmp/wrong.csv<Enter>");
        let [Effect::Ask(check)] = &effects[..] else {
            panic!("{effects:?}");
        };
        let effects = answer(model, check.clone(), Ok(checked(would)));
        assert!(effects.is_empty(), "{effects:?}");
        check.clone()
    };
    let mut model = working(Tab::Sessions);
    asked(&mut model);
    let Some(Dialog::Confirm(question)) = &model.dialog else {
        panic!("{:?}", model.dialog);
    };
    assert_eq!(
        question.text.replace('\u{202f}', ","),
        "4 changed, 2,496 of 2,500 people go. Import?"
    );
    assert!(
        question
            .consequence
            .ends_with("1 line of the file cannot be used.")
    );
    assert!(press(&mut model, "n").is_empty());
    assert!(model.dialog.is_none());

    asked(&mut model);
    assert_eq!(press(&mut model, "y"), [Effect::Ask(import())]);

    let effects = press(&mut model, "i/tmp/wrong.csv<Enter><Esc>");
    assert!(effects.is_empty(), "{effects:?}");
    let check = Request::CheckRoster {
        session_id: "s1".to_owned(),
        path: "/tmp/wrong.csv".into(),
        seen: Some(4),
    };
    let effects = answer(&mut model, check, Ok(checked(r#"{"imported":2}"#)));
    assert!(effects.is_empty(), "a closed form changes nothing");
}

#[test]
fn a_roster_is_checked_again_when_somebody_else_was_faster() {
    let mut model = working(Tab::Sessions);
    let effects = press(&mut model, "i/tmp/a.csv<Enter>");
    let [Effect::Ask(check)] = &effects[..] else {
        panic!("{effects:?}");
    };
    let mut newer = display_sessions().remove(0);
    newer.revision = Some(5);
    newer.participants = Some(7);
    let stale = Failure::Refused(Problem {
        status: 412,
        current: Some(crate::api::failure::Current::Session(Box::new(newer))),
        ..Problem::default()
    });
    answer(&mut model, check.clone(), Err(stale.clone()));
    let error = form_error(&mut model).expect("it says so");
    assert!(error.contains("Changed: roster"), "{error}");
    let effects = press(&mut model, "<Enter>");
    assert!(
        matches!(
            &effects[..],
            [Effect::Ask(Request::CheckRoster { seen: Some(5), .. })]
        ),
        "{effects:?}"
    );
    press(&mut model, "<Esc>");
    answer(&mut model, import(), Err(stale));
    assert!(told(&model).contains("nothing was imported"));
}

#[test]
fn a_late_answer_leaves_alone_what_was_opened_since() {
    let mut model = working(Tab::Sessions);
    let check = press(&mut model, "i/tmp/roster.csv<Enter>");
    let [Effect::Ask(check)] = &check[..] else {
        panic!("{check:?}");
    };
    let late = import();
    answer(&mut model, check.clone(), Ok(checked(r#"{"imported":2}"#)));
    press(&mut model, "<Esc>u");
    let imported = serde_json::from_str(r#"{"imported":2,"rejected":[]}"#).expect("it fits");
    let imported = Ok(Answer::RosterImported(imported));
    answer(&mut model, late.clone(), imported);
    let Some(Dialog::Form(form)) = &model.dialog else {
        panic!("{:?}", model.dialog);
    };
    assert_eq!(form.purpose, Purpose::MakeUrl("s1".to_owned()));
    assert!(
        told(&model).starts_with("roster: 2 new"),
        "{}",
        told(&model)
    );

    let effects = press(&mut model, "<Enter>");
    answer(&mut model, late.clone(), Err(refused(413, "too large")));
    assert_eq!(form_error(&mut model), None, "another form's failure");
    assert!(matches!(
        &effects[..],
        [Effect::Ask(Request::GenerateUrl { .. })]
    ));
    assert!(press(&mut model, "<Enter>").is_empty(), "it still waits");
}

#[test]
fn pasted_text_goes_into_the_field_without_line_ends() {
    let mut model = working(Tab::Sessions);
    press(&mut model, "i");
    update(&mut model, Event::Paste("/tmp/a.csv\n".to_owned()));
    let effects = press(&mut model, "<Enter>");
    assert!(
        matches!(&effects[..], [Effect::Ask(Request::CheckRoster { path, .. })] if path.to_str() == Some("/tmp/a.csv"))
    );
}
