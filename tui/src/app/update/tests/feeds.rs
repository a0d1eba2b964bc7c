//! What owners and others do with feeds, key by key.

use super::*;
use crate::{
    api::{
        failure::{Current, Failure, Problem},
        feeds::{Feed, FeedState, Feeds, LoginTerms, Terms},
        request::{Answer, Password},
    },
    app::form::Name,
    testing::{NOW, answer, entered, feeds, press, refused, working},
};

/// The terms that the open form was sent with.
fn sent(model: &mut Model) -> Terms {
    match model.form_mut().and_then(|form| form.sent.clone()) {
        Some(Request::AddFeed(terms) | Request::ChangeFeed { terms, .. }) => *terms,
        other => panic!("{other:?} was sent"),
    }
}

fn asked(model: &mut Model) -> Request {
    let form = model.form_mut().expect("a form is open");
    form.sent.clone().expect("it is sent")
}

fn feed(place: usize) -> Feed {
    feeds().remove(place)
}

#[test]
fn feeds_are_asked_for_by_those_who_may_see_them() {
    let mut model = entered();
    let effects = update(&mut model, Event::Tick(NOW));
    assert!(effects.contains(&Effect::Ask(Request::Feeds)));
    let list = Feeds { feeds: feeds() };
    answer(&mut model, Request::Feeds, Ok(Answer::Feeds(list)));
    assert_eq!(model.feeds.items().len(), 5);

    let mut model = entered();
    (model.looks_only, model.is_owner) = (true, false);
    let effects = update(&mut model, Event::Tick(NOW));
    assert!(!effects.contains(&Effect::Ask(Request::Feeds)));
    press(&mut model, "4");
    assert_eq!(model.tab, Tab::Timing);
    assert!(told(&model).contains("for owners and operators"));
    press(&mut model, "<Tab><Tab><Tab>");
    assert_eq!(
        model.tab,
        Tab::Timing,
        "there are three lists to go through"
    );
}

#[test]
fn an_operator_looks_and_changes_nothing() {
    for keys in ["n", "e", "<Enter>", "x"] {
        let mut model = working(Tab::Feeds);
        model.is_owner = false;
        press(&mut model, keys);
        assert!(model.dialog.is_none(), "{keys}");
        assert!(told(&model).contains("only an owner"), "{keys}");
    }
}

#[test]
fn a_port_of_its_own_is_added_and_chosen() {
    let mut model = working(Tab::Feeds);
    press(
        &mut model,
        "nMats<Tab><Right><Right><Tab>3098<Tab>10.0.0.1 10.1.0.0/16<Enter>",
    );
    let terms = sent(&mut model);
    assert_eq!((&*terms.name, terms.protocol.name()), ("Mats", "mylaps"));
    assert_eq!(terms.port, Some(3098));
    assert_eq!(terms.networks, ["10.0.0.1", "10.1.0.0/16"]);
    assert_eq!(terms.login, LoginTerms::Nobody);

    let added = Feed {
        id: "new".to_owned(),
        state: FeedState::Listening,
        ..feed(1)
    };
    let request = asked(&mut model);
    answer(&mut model, request, Ok(Answer::Feed(Box::new(added))));
    assert!(model.dialog.is_none());
    assert_eq!(model.feeds.chosen_id(), Some("new"));
    assert!(told(&model).ends_with("is saved, and works"));
}

#[test]
fn a_port_is_a_number() {
    let mut model = working(Tab::Feeds);
    assert!(press(&mut model, "nMats<Tab><Tab>http<Enter>").is_empty());
    let form = model.form_mut().expect("it is open");
    assert!(
        form.error
            .as_deref()
            .is_some_and(|error| error.contains("\"http\""))
    );
}

#[test]
fn fields_that_do_not_go_with_the_hardware_keep_what_is_in_them() {
    let mut model = working(Tab::Feeds);
    press(
        &mut model,
        "nRun<Tab><Tab><Tab><Tab><Tab>255F<Up><Up><Up><Up><Right>",
    );
    let form = model.form_mut().expect("it is open");
    assert_eq!(form.text(Name::Connection), "", "its port says enough");
    assert!(form.fields.iter().all(|field| field.name != Name::Login));
    press(&mut model, "<Left><Enter>");
    assert_eq!(sent(&mut model).connection.as_deref(), Some("255F"));
}

#[test]
fn a_password_that_is_not_typed_anew_stays() {
    let mut model = working(Tab::Feeds);
    press(&mut model, "jjj<Enter><Enter>");
    assert_eq!(sent(&mut model).login, LoginTerms::AsItIs);
    let mut model = working(Tab::Feeds);
    press(&mut model, "jjje<Up><Up><Up>x<Tab>secret<Enter>");
    let login = LoginTerms::New {
        method: "hmac-sha1".to_owned(),
        user: "boxesx".to_owned(),
        password: Password("secret".to_owned()),
    };
    let terms = sent(&mut model);
    assert_eq!(terms.login, login);
    assert_eq!(terms.body()["login"]["password"], "secret");
    assert!(!format!("{terms:?}").contains("secret"));
}

#[test]
fn what_is_wrong_is_said_at_its_field_until_that_is_changed() {
    let mut model = working(Tab::Feeds);
    press(&mut model, "jjje<Tab><Tab><Tab><Tab>Run<Enter>");
    let errors = serde_json::json!([
        {"pointer": "/networks/0", "detail": "no network"},
        {"pointer": "/event", "detail": "not with a port"},
        {"pointer": "/colour", "detail": "not blue"},
    ]);
    let failure = Failure::Refused(Problem {
        status: 422,
        errors: serde_json::from_value(errors).expect("it fits"),
        ..Problem::default()
    });
    let request = asked(&mut model);
    answer(&mut model, request, Err(failure));
    let form = model.form_mut().expect("it is open");
    assert_eq!(form.error.as_deref(), Some("colour: not blue"));
    let focused = form.focused().expect("a field");
    assert_eq!(focused.name, Name::Networks);
    assert_eq!(focused.error.as_deref(), Some("no network"));
    press(&mut model, "1");
    let form = model.form_mut().expect("it is open");
    assert_eq!(form.focused().and_then(|field| field.error.as_ref()), None);
    assert!(
        form.fields.iter().any(|field| field.error.is_some()),
        "the event"
    );

    press(&mut model, "<Enter>");
    let request = asked(&mut model);
    answer(
        &mut model,
        request,
        Err(refused(409, "there are 50 feeds already")),
    );
    let form = model.form_mut().expect("it is open");
    assert_eq!(form.error.as_deref(), Some("there are 50 feeds already"));
    assert!(form.fields.iter().all(|field| field.error.is_none()));
}

#[test]
fn a_feed_that_somebody_else_changed_is_looked_at_again() {
    let mut model = working(Tab::Feeds);
    press(&mut model, "je<Tab><Tab>0<Enter>");
    let newer = r#"{"status": 412, "current": {"id": "0199d1f0-0000-7000-8000-000000000002", "revision": 9, "name": "Loops",
        "protocol": "mylaps", "port": 3099, "state": "opening", "networks": [], "connections": 0, "connected": []}}"#;
    let problem: Problem = serde_json::from_str(newer).expect("it is one");
    assert!(matches!(problem.current, Some(Current::Feed(_))));
    let request = asked(&mut model);
    answer(&mut model, request, Err(Failure::Refused(problem)));
    let Some(Dialog::Confirm(question)) = &model.dialog else {
        panic!("{:?}", model.dialog);
    };
    assert!(
        question
            .consequence
            .starts_with("Changed: port, time zone.")
    );
    press(&mut model, "y");
    let form = model.form_mut().expect("it is open again");
    assert_eq!(form.text(Name::Port), "3099");
    press(&mut model, "<Enter>");
    assert!(matches!(
        asked(&mut model),
        Request::ChangeFeed { seen: Some(9), .. }
    ));
}

#[test]
fn a_feed_goes_after_a_question() {
    let mut model = working(Tab::Feeds);
    press(&mut model, "jx");
    let id = feed(1).id;
    let request = Request::RemoveFeed { id };
    assert_eq!(press(&mut model, "y"), [Effect::Ask(request.clone())]);
    answer(&mut model, request, Ok(Answer::Done));
    assert_eq!(model.feeds.items().len(), 4);
    assert_eq!(told(&model), "\"Loops\" is removed");
}

#[test]
fn the_line_that_confirms_a_feed_is_copied() {
    let mut model = working(Tab::Feeds);
    assert!(press(&mut model, "c").is_empty(), "it waits for nothing");
    let line = feed(2).confirmation();
    assert_eq!(press(&mut model, "jjc"), [Effect::Copy(line)]);
}
