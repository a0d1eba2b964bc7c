//! Coming in, going, and what the console does without an answer.

use super::*;
use crate::{
    api::{
        request::{Answer, Password},
        types::{Selected, TimingSessions, Token},
    },
    app::tab::Tab,
    testing::{NOW, answer, fresh, login, press, refused, timing_sessions, unreachable, working},
};

fn log_in_request() -> Request {
    Request::LogIn {
        email: "op@race.example".to_owned(),
        password: Password("hill".to_owned()),
    }
}

#[test]
fn logging_in_asks_once_and_says_what_is_wrong() {
    let mut model = fresh();
    assert!(press(&mut model, "<Enter>").is_empty());
    assert_eq!(
        form_error(&mut model).as_deref(),
        Some("type your email address")
    );
    let effects = press(&mut model, "op@race.example<Tab>hill<Enter>");
    assert_eq!(effects, [Effect::Ask(log_in_request())]);
    assert!(
        press(&mut model, "<Enter>").is_empty(),
        "one login at a time"
    );
    answer(
        &mut model,
        log_in_request(),
        Err(refused(401, "email or password is wrong")),
    );
    assert_eq!(
        form_error(&mut model).as_deref(),
        Some("email or password is wrong")
    );
    press(&mut model, "h");
    assert_eq!(form_error(&mut model), None, "typing takes the error away");
    assert_eq!(
        press(&mut model, "ill<Enter>"),
        [Effect::Ask(log_in_request())],
        "the refused password is gone, and the cursor is where it was"
    );
    answer(&mut model, log_in_request(), Err(unreachable()));
    assert_eq!(
        form_error(&mut model).as_deref(),
        Some("cannot reach 127.0.0.1:8088: connection refused")
    );
}

#[test]
fn the_only_partner_is_taken_by_itself() {
    let mut model = fresh();
    answer(
        &mut model,
        log_in_request(),
        Ok(login(&["Northside"], Some("northside"))),
    );
    assert!(matches!(model.stage, Stage::Console));
    assert_eq!(model.partner, "Northside");
    let asked = update(&mut model, Event::Tick(NOW));
    assert!(asked.contains(&Effect::Ask(Request::TimingSessions)));
    assert!(asked.contains(&Effect::Ask(Request::Templates)));
}

#[test]
fn one_of_several_partners_is_chosen() {
    let mut model = fresh();
    answer(
        &mut model,
        log_in_request(),
        Ok(login(&["Northside", "Southside"], None)),
    );
    assert!(
        update(&mut model, Event::Tick(NOW)).is_empty(),
        "nothing is asked without a partner"
    );
    let request = Request::SelectPartner {
        partner_id: "southside".to_owned(),
    };
    assert_eq!(
        press(&mut model, "<Down><Enter>"),
        [Effect::Ask(request.clone())]
    );
    let selected = Selected {
        token: Token("other".to_owned()),
        partner_id: "southside".to_owned(),
    };
    answer(&mut model, request, Ok(Answer::PartnerSelected(selected)));
    assert_eq!(model.partner, "Southside");
}

#[test]
fn an_account_without_a_partner_stays_outside() {
    let mut model = fresh();
    answer(&mut model, log_in_request(), Ok(login(&[], None)));
    assert!(matches!(model.stage, Stage::LogIn(_)));
    assert!(told(&model).contains("no timing partner"));
}

#[test]
fn a_login_that_ended_leads_back_to_the_login() {
    let mut model = working(Tab::Timing);
    model.account = "op@race.example".to_owned();
    let effects = answer(
        &mut model,
        Request::TimingSessions,
        Err(refused(401, "expired")),
    );
    assert!(matches!(model.stage, Stage::LogIn(_)));
    assert!(
        model.timing.items().is_empty(),
        "nothing of the account is kept"
    );
    assert_eq!(
        model.form_mut().map(|form| form.focus),
        Some(1),
        "the email is kept"
    );
    assert!(effects.is_empty());
    let mut model = working(Tab::Screens);
    let effects = answer(&mut model, Request::Displays, Err(refused(401, "expired")));
    assert_eq!(effects, [Effect::Follow(None)]);
}

#[test]
fn an_outage_is_shown_with_its_age_until_an_answer_comes() {
    let mut model = working(Tab::Timing);
    answer(&mut model, Request::TimingSessions, Err(unreachable()));
    update(&mut model, Event::Tick(NOW + 5_000));
    answer(
        &mut model,
        Request::Sessions { archived: false },
        Err(refused(503, "starting")),
    );
    let outage = model.outage.clone().expect("there is one");
    assert_eq!(outage.since, NOW, "it began with the first failure");
    let list = TimingSessions {
        sessions: timing_sessions(),
        next_cursor: None,
    };
    answer(
        &mut model,
        Request::TimingSessions,
        Ok(Answer::TimingSessions(list)),
    );
    assert_eq!(model.outage, None);
}

#[test]
fn the_servers_clock_is_trusted_more_than_the_machines() {
    let mut model = working(Tab::Timing);
    let reply = crate::api::client::Reply {
        result: Ok(Answer::Done),
        server_time: Some(NOW + 60_000),
    };
    let request = Box::new(Request::LogOut);
    update(
        &mut model,
        Event::Api {
            request,
            reply: Box::new(reply),
        },
    );
    assert_eq!(model.server_now().as_millisecond(), NOW.0 + 60_000);
}

#[test]
fn leaving_ends_the_login_and_the_stream() {
    let mut model = working(Tab::Screens);
    let effects = press(&mut model, "L");
    assert_eq!(
        effects,
        [Effect::Ask(Request::LogOut), Effect::Follow(None)]
    );
    let mut model = working(Tab::Screens);
    assert_eq!(press(&mut model, "q"), [Effect::Quit]);
}
