//! Who may see, change and have a display session, and what others may not do.

use super::*;
use crate::{
    api::{
        people::{Share, Shares},
        request::Answer,
        types::{Access, Present},
    },
    app::{dialog::Dialog, form::Name, tab::Tab},
    testing::{NOW, ago, answer, display_sessions, press, refused, working},
};

#[test]
fn what_may_only_be_looked_at_is_not_changed() {
    let mut model = working(Tab::Sessions);
    let mut sessions = display_sessions();
    sessions[0].access = Access::View;
    sessions[1].access = Access::Edit;
    sessions[2].archived_at = Some(ago(60));
    model.sessions.replace(sessions);
    for keys in ["e", "i", "u", "s", "x", "a", "H"] {
        assert!(press(&mut model, keys).is_empty());
        assert!(model.dialog.is_none(), "{keys}");
        assert!(
            told(&model).contains("view only"),
            "{keys}: {}",
            told(&model)
        );
    }
    press(&mut model, "d");
    assert!(
        matches!(model.dialog, Some(Dialog::Form(_))),
        "a copy is one's own"
    );
    press(&mut model, "<Esc>js");
    assert!(told(&model).contains("shared with you to edit"));
    press(&mut model, "e");
    assert!(model.dialog.is_some());
    press(&mut model, "<Esc>je");
    assert!(told(&model).contains("archived"));
    press(&mut model, "ay");
    assert!(model.dialog.is_none());
}

#[test]
fn a_session_is_shared_and_handed_over() {
    let mut model = working(Tab::Sessions);
    let (id, user_id, seen) = ("s1".to_owned(), "u2".to_owned(), Some(4));
    let asked = Request::Shares { id: id.clone() };
    assert_eq!(press(&mut model, "s"), [Effect::Ask(asked.clone())]);
    let shares = vec![Share {
        user_id: "u3".to_owned(),
        access: "view".to_owned(),
    }];
    answer(&mut model, asked, Ok(Answer::Shares(Shares { shares })));
    let form = model.form_mut().expect("the form");
    let details: Vec<_> = form
        .options_mut(Name::Colleague)
        .iter()
        .map(|choice| choice.detail.as_str())
        .collect();
    assert_eq!(
        details,
        [
            "operator of Northside Timing · does not see it now",
            "viewer of Northside Timing · may look at it now",
        ]
    );
    let effects = press(&mut model, "<Enter>");
    let share = Request::Share {
        id: id.clone(),
        user_id: user_id.clone(),
        access: Some("edit"),
        seen,
    };
    assert_eq!(effects, [Effect::Ask(share.clone())]);
    answer(&mut model, share, Ok(Answer::Done));
    assert_eq!(
        told(&model),
        "ben@northside.example may edit it from now on"
    );
    let effects = press(&mut model, "s<Tab><Left><Enter>");
    let [Effect::Ask(Request::Share { access: None, .. })] = &effects[..] else {
        panic!("{effects:?}");
    };
    let effects = press(&mut model, "<Esc>H<Enter>");
    assert_eq!(
        effects,
        [Effect::Ask(Request::HandOver { id, user_id, seen })]
    );
}

#[test]
fn nobody_to_share_with_is_said_at_the_key() {
    let mut model = working(Tab::Sessions);
    model.colleagues.truncate(1);
    for key in ["s", "H"] {
        press(&mut model, key);
        assert!(model.dialog.is_none());
        assert!(told(&model).starts_with("nobody else"), "{}", told(&model));
    }
    model.colleagues.clear();
    press(&mut model, "s");
    assert!(told(&model).contains("try again"), "{}", told(&model));
}

#[test]
fn a_viewer_is_told_at_the_key() {
    for (tab, keys) in [
        (Tab::Timing, "n"),
        (Tab::Sessions, "nuiexsHda"),
        (Tab::Screens, "x"),
    ] {
        for key in keys.chars() {
            let mut model = working(tab);
            model.looks_only = true;
            let effects = press(&mut model, &key.to_string());
            assert!(effects.is_empty() && model.dialog.is_none(), "{key}");
            let told = told(&model);
            assert!(told.starts_with("you are a viewer of Northside"), "{told}");
        }
    }
}

#[test]
fn whoever_looks_at_a_session_says_so() {
    let mut model = working(Tab::Sessions);
    let id = "s1".to_owned();
    let request = Request::Session { id };
    let mut session = display_sessions().remove(0);
    session.present = vec![Present {
        email: "cat@northside.example".to_owned(),
    }];
    answer(&mut model, request.clone(), Ok(Answer::Session(session)));
    assert_eq!(
        model.sessions.chosen().map(|chosen| chosen.present.len()),
        Some(1)
    );
    let effects = update(&mut model, Event::Tick(NOW + 5_000));
    assert!(
        effects.contains(&Effect::Ask(request.clone())),
        "{effects:?}"
    );
    answer(&mut model, request.clone(), Err(refused(404, "gone")));
    assert_eq!(model.notice, None, "the list will tell");
    model.tab = Tab::Screens;
    let effects = update(&mut model, Event::Tick(NOW + 60_000));
    assert!(!effects.contains(&Effect::Ask(request)), "{effects:?}");
}
