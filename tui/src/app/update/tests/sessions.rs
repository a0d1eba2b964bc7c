//! Display sessions: changed, deleted, listed, and changed by two at once.

use super::*;
use crate::{
    api::{
        failure::{Failure, Problem},
        request::NewSession,
        types::{DisplaySession, Mode},
    },
    app::{
        dialog::Dialog,
        event::{Gesture, Pointer},
        form::Name,
        tab::Tab,
    },
    keymap::action::Action,
    testing::{NOW, answer, display_sessions, entered, press, refused, unreachable, working},
};

#[test]
fn a_change_keeps_what_is_not_touched() {
    let mut model = working(Tab::Sessions);
    let effects = press(&mut model, "je<Enter>");
    let session = NewSession {
        name: "Start announcer".to_owned(),
        mode: Mode::PreRace,
        chronotrack_session_ids: vec!["t2".to_owned(), "t1".to_owned()],
        template_id: Some("announcer".to_owned()),
    };
    let id = "s2".to_owned();
    assert_eq!(
        effects,
        [Effect::Ask(Request::ChangeSession {
            id,
            session,
            seen: Some(7),
        })]
    );
}

#[test]
fn a_refused_form_stays_open_with_its_text() {
    let mut model = working(Tab::Timing);
    let effects = press(&mut model, "n<Enter>");
    let [Effect::Ask(request)] = &effects[..] else {
        panic!("{effects:?}");
    };
    answer(
        &mut model,
        request.clone(),
        Err(refused(422, "name: is taken")),
    );
    assert_eq!(form_error(&mut model).as_deref(), Some("name: is taken"));
    assert!(matches!(model.dialog, Some(Dialog::Form(_))));
}

/// The refusal of a change that builds on an older state than this one.
fn overtaken(newer: DisplaySession) -> Failure {
    Failure::Refused(Problem {
        status: 412,
        current: Some(crate::api::failure::Current::Session(Box::new(newer))),
        ..Problem::default()
    })
}

#[test]
fn a_lost_write_is_told_and_the_newer_state_is_offered() {
    let mut model = working(Tab::Sessions);
    let effects = press(&mut model, "e Mine<Enter>");
    let [Effect::Ask(request)] = &effects[..] else {
        panic!("{effects:?}");
    };
    let newer = DisplaySession {
        name: Some("Theirs".to_owned()),
        mode: Mode::PreRace,
        revision: Some(5),
        ..display_sessions().remove(0)
    };
    answer(&mut model, request.clone(), Err(overtaken(newer)));
    let Some(Dialog::Confirm(question)) = &model.dialog else {
        panic!("{:?}", model.dialog);
    };
    assert!(question.consequence.contains("name, mode"), "{question:?}");
    assert!(press(&mut model, "y").is_empty(), "nothing is overwritten");
    let form = model.form_mut().expect("the newer state to go on from");
    assert_eq!(form.text(Name::Session), "Theirs");
    let effects = press(&mut model, "<Enter>");
    assert!(
        matches!(
            &effects[..],
            [Effect::Ask(Request::ChangeSession { seen: Some(5), .. })]
        ),
        "{effects:?}"
    );
}

#[test]
fn what_somebody_changed_is_deleted_only_after_another_question() {
    let mut model = working(Tab::Sessions);
    let effects = press(&mut model, "xy");
    let id = "s1".to_owned();
    let delete = |seen| Request::DeleteSession {
        id: id.clone(),
        seen: Some(seen),
    };
    assert_eq!(effects, [Effect::Ask(delete(4))]);
    let newer = DisplaySession {
        revision: Some(5),
        ..display_sessions().remove(0)
    };
    let effects = answer(&mut model, delete(4), Err(overtaken(newer)));
    assert!(effects.is_empty(), "{effects:?}");
    assert_eq!(press(&mut model, "y"), [Effect::Ask(delete(5))]);
}

#[test]
fn lists_without_rows_answer_with_advice() {
    for key in ["u", "i", "e", "x"] {
        let mut model = entered();
        press(&mut model, &format!("2{key}"));
        assert!(model.dialog.is_none());
        assert!(told(&model).contains("no display session yet"), "{key}");
    }
}

#[test]
fn the_mouse_does_what_the_keys_do() {
    let mut model = working(Tab::Timing);
    let mouse = |model: &mut Model, gesture, target| {
        update(model, Event::Mouse(Pointer { gesture, target }))
    };
    mouse(&mut model, Gesture::Click, Some(Target::Row(2)));
    assert_eq!(model.timing.chosen_id(), Some("t3"));
    mouse(&mut model, Gesture::WheelUp, None);
    assert_eq!(model.timing.chosen_id(), Some("t2"));
    mouse(
        &mut model,
        Gesture::Click,
        Some(Target::Action(Action::GoScreens)),
    );
    assert_eq!(model.tab, Tab::Screens);
    mouse(
        &mut model,
        Gesture::Click,
        Some(Target::Action(Action::Submit)),
    );
    assert!(
        model.dialog.is_none(),
        "a word of another view does nothing here"
    );
    mouse(
        &mut model,
        Gesture::Click,
        Some(Target::Action(Action::Revoke)),
    );
    mouse(
        &mut model,
        Gesture::Click,
        Some(Target::Action(Action::Close)),
    );
    assert!(model.dialog.is_none());
}

#[test]
fn archived_sessions_are_listed_on_demand() {
    let mut model = working(Tab::Sessions);
    answer(
        &mut model,
        Request::Sessions { archived: false },
        Err(unreachable()),
    );
    press(&mut model, "A");
    let effects = update(&mut model, Event::Tick(NOW + 1));
    let request = Request::Sessions { archived: true };
    assert!(effects.contains(&Effect::Ask(request)), "{effects:?}");
}
