//! What an operator does, key by key, and what the console makes of it.

use gantry_core::{
    time::Moment,
    wire::{ClientMessage, ServerMessage, StopReason},
};

use super::*;
use crate::{
    api::{
        arrangement::Arrangement,
        failure::{Failure, Problem},
        live::LiveEvent,
        people::{Share, Shares},
        request::{Answer, NewSession, OwnTemplate, Password, RosterFile},
        types::{
            Access, Display, DisplaySession, Mode, Present, Preview, Selected, TimingSessions,
            Token,
        },
    },
    app::{
        dialog::Dialog,
        event::{Gesture, Pointer},
        form::{Name, Purpose},
        live::Truth,
        tab::Tab,
    },
    keymap::action::Action,
    testing::{
        NOW, ago, answer, display_sessions, entered, fresh, login, press, refused, timing_sessions,
        unreachable, working,
    },
};

fn log_in_request() -> Request {
    Request::LogIn {
        email: "op@race.example".to_owned(),
        password: Password("hill".to_owned()),
    }
}

fn told(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |notice| &notice.text)
}

fn form_error(model: &mut Model) -> Option<String> {
    model.form_mut().and_then(|form| form.error.clone())
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
fn reads_of_another_session_than_the_chosen_one_are_not_shown() {
    let mut model = working(Tab::Timing);
    press(&mut model, "j");
    assert!(model.reads.is_none());
    let old = Request::TimingPreview {
        id: "t1".to_owned(),
    };
    let preview = Preview {
        reads: Vec::new(),
        by_location: Vec::new(),
        reads_per_minute: 1.0,
        readers: Vec::new(),
        suggestions: Vec::new(),
        feeds: Vec::new(),
    };
    answer(&mut model, old, Ok(Answer::TimingPreview(preview.clone())));
    assert!(model.reads.is_none(), "it is too late");
    let effects = update(&mut model, Event::Tick(NOW + 1));
    let new = Request::TimingPreview {
        id: "t2".to_owned(),
    };
    assert_eq!(
        effects,
        [Effect::Ask(new.clone())],
        "the chosen one is asked for at once"
    );
    answer(&mut model, new, Ok(Answer::TimingPreview(preview)));
    assert_eq!(
        model.reads.map(|reads| reads.session_id).as_deref(),
        Some("t2")
    );
}

#[test]
fn a_timing_session_is_bound_to_a_new_display_session() {
    let mut model = working(Tab::Timing);
    let effects = press(&mut model, "<Enter> 2<Tab><Tab><Right><Tab><Right><Enter>");
    let session = NewSession {
        name: "Harbour Half 2026 2".to_owned(),
        mode: Mode::PreRace,
        chronotrack_session_ids: vec!["t1".to_owned()],
        template_id: Some("announcer".to_owned()),
    };
    let request = Request::CreateSession(session);
    assert_eq!(effects, [Effect::Ask(request.clone())]);
    let mut made = display_sessions().remove(1);
    made.id = "s9".to_owned();
    answer(&mut model, request, Ok(Answer::Session(made)));
    assert_eq!(model.tab, Tab::Sessions);
    assert_eq!(model.sessions.chosen_id(), Some("s9"));
    assert!(model.dialog.is_none());
}

#[test]
fn timing_sessions_are_rearranged_from_the_list() {
    let asked = |keys: &str| {
        let effects = press(&mut working(Tab::Timing), keys);
        let [Effect::Ask(Request::Arrange { id, change })] = &effects[..] else {
            panic!("{keys}: {effects:?}");
        };
        assert_eq!(id, "t1");
        change.clone()
    };
    assert_eq!(asked("p"), Arrangement::Pin(true));
    assert_eq!(asked("cy"), Arrangement::Close(true));
    assert_eq!(
        asked("e!<Enter>"),
        Arrangement::Rename(format!("{}!", timing_sessions()[0].name))
    );
    assert_eq!(
        asked("m<Enter>"),
        Arrangement::Merge {
            into: "t2".to_owned()
        }
    );
    assert!(matches!(asked("s<Enter>"), Arrangement::Split { .. }));
    let corrected = asked("t<Tab>-3.2<Tab>2026-05-08<Enter>");
    let Arrangement::Correct {
        location,
        ahead_ms,
        first_day,
    } = corrected
    else {
        panic!("{corrected:?}");
    };
    assert_eq!(location, timing_sessions()[0].locations[0].name);
    assert_eq!(
        (ahead_ms, first_day.as_deref()),
        (-3_200, Some("2026-05-08"))
    );

    let mut model = working(Tab::Timing);
    press(&mut model, "m<Enter>");
    let change = Arrangement::Merge {
        into: "t2".to_owned(),
    };
    let id = "t1".to_owned();
    answer(
        &mut model,
        Request::Arrange { id, change },
        Ok(Answer::Done),
    );
    assert!(told(&model).ends_with("is merged"), "{}", told(&model));
    assert!(model.dialog.is_none());

    model.looks_only = true;
    for key in ["e", "p", "c", "m", "s", "t"] {
        assert_eq!(press(&mut model, key), []);
        assert!(model.dialog.is_none() && told(&model).starts_with("you are a viewer"));
    }
}

#[test]
fn a_template_is_shown_before_it_is_taken() {
    let mut model = working(Tab::Timing);
    let effects = press(&mut model, "n<Tab><Tab><Tab><Left>");
    let request = Request::Template {
        id: "big-clock".to_owned(),
        mode: Mode::Results,
    };
    assert_eq!(effects, [Effect::Ask(request.clone())]);
    assert!(
        press(&mut model, "<Right><Left>").is_empty(),
        "it is asked for once"
    );
    let template = gantry_core::template::shipped::find("big-clock");
    let template = Box::new(template.expect("it parses").expect("it is shipped"));
    let effects = answer(&mut model, request, Ok(Answer::Template(template.clone())));
    let mode = Mode::Results;
    assert_eq!(
        effects,
        [Effect::Compose {
            template: template.clone(),
            mode
        }]
    );
    let scene = Box::new(crate::app::example::compose(*template, mode));
    update(
        &mut model,
        Event::Composed {
            template_id: "big-clock".to_owned(),
            mode,
            scene,
        },
    );
    let example = model.examples.find("big-clock", mode);
    assert!(matches!(example, Some(Example::Picture(scene)) if !scene.layers.is_empty()));
    let request = Request::Template {
        id: "announcer".to_owned(),
        mode: Mode::PreRace,
    };
    answer(&mut model, request, Err(refused(404, "gone")));
    let example = model.examples.find("announcer", Mode::PreRace);
    assert!(matches!(example, Some(Example::Failed(why)) if why == "gone"));
}

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
fn a_url_has_a_template_of_its_own_and_may_stay_with_a_revision() {
    let mut model = working(Tab::Sessions);
    model.templates[0].revision = Some(7);
    for (keys, revision) in [
        ("u<Tab><Right><Enter>", None),
        ("u<Tab><Right><Right><Enter>", Some(7)),
    ] {
        let effects = press(&mut model, keys);
        let template = OwnTemplate {
            id: "finish-line".to_owned(),
            revision,
        };
        let request = Request::GenerateUrl {
            session_id: "s1".to_owned(),
            expires_in_hours: 24,
            template: Some(template),
        };
        assert_eq!(effects, [Effect::Ask(request)], "{keys}");
        press(&mut model, "<Esc>");
    }
}

#[test]
fn a_url_is_made_copied_and_followed() {
    let mut model = working(Tab::Sessions);
    let effects = press(&mut model, "u<Enter>");
    let request = Request::GenerateUrl {
        session_id: "s1".to_owned(),
        expires_in_hours: 24,
        template: None,
    };
    assert_eq!(effects, [Effect::Ask(request.clone())]);
    let made: Display =
        serde_json::from_str(r#"{"id":"newone22","url":"http://h/display/newone22"}"#)
            .expect("it fits");
    let effects = answer(&mut model, request, Ok(Answer::UrlGenerated(made)));
    assert_eq!(effects, [Effect::Follow(Some("newone22".to_owned()))]);
    assert_eq!(model.tab, Tab::Screens);
    assert_eq!(
        press(&mut model, "c"),
        [Effect::Copy("http://h/display/newone22".to_owned())]
    );
    assert!(
        told(&model).contains("`tmux set -s set-clipboard on`"),
        "tmux keeps it to itself: {}",
        told(&model)
    );
    press(&mut model, "o");
    assert!(matches!(&model.dialog, Some(Dialog::Code { display }) if display == "newone22"));
}

#[test]
fn revoking_asks_first() {
    let mut model = working(Tab::Screens);
    assert!(press(&mut model, "xn").is_empty());
    assert!(model.dialog.is_none());
    assert!(press(&mut model, "x<Enter>").is_empty(), "Enter is no yes");
    let request = Request::Revoke {
        id: "a1b2c3d4".to_owned(),
    };
    assert_eq!(press(&mut model, "y"), [Effect::Ask(request.clone())]);
    answer(&mut model, request, Ok(Answer::Done));
    assert_eq!(told(&model), "display a1b2c3d4 is revoked");
}

#[test]
fn what_is_over_is_neither_copied_nor_followed() {
    let mut model = working(Tab::Screens);
    assert_eq!(press(&mut model, "j"), [Effect::Follow(None)]);
    assert!(press(&mut model, "c").is_empty());
    assert!(told(&model).contains("no active URL"));
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
fn the_stream_is_answered_and_its_end_is_believed() {
    let mut model = working(Tab::Screens);
    let hear = |model: &mut Model, event| {
        let display = "a1b2c3d4".to_owned();
        update(model, Event::Live { display, event })
    };
    let heartbeat = ServerMessage::Heartbeat {
        epoch: 1,
        revision: 2,
        hash: 0,
        server_time: NOW,
    };
    let effects = hear(&mut model, LiveEvent::Message(Box::new(heartbeat)));
    assert_eq!(effects, [Effect::Say(ClientMessage::Resync)]);
    let truth = |model: &Model, now: Moment| model.live.as_ref().map(|live| live.truth(now));
    assert_eq!(truth(&model, NOW), Some(Truth::Live));
    assert_eq!(
        truth(&model, NOW + 8_000),
        Some(Truth::Stale("picture is 8 s old".to_owned()))
    );
    let stop = ServerMessage::Stop {
        reason: StopReason::Revoked,
    };
    hear(&mut model, LiveEvent::Message(Box::new(stop)));
    assert!(matches!(truth(&model, NOW), Some(Truth::Over(_))));
    assert!(model.live.is_some_and(|live| live.picture(NOW).is_none()));
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
fn pasted_text_goes_into_the_field_without_line_ends() {
    let mut model = working(Tab::Sessions);
    press(&mut model, "i");
    update(&mut model, Event::Paste("/tmp/a.csv\n".to_owned()));
    let effects = press(&mut model, "<Enter>");
    assert!(
        matches!(&effects[..], [Effect::Ask(Request::CheckRoster { path, .. })] if path.to_str() == Some("/tmp/a.csv"))
    );
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
fn a_display_of_a_session_that_may_be_looked_at_is_not_revoked() {
    let mut model = working(Tab::Screens);
    let mut sessions = display_sessions();
    sessions[0].access = Access::View;
    model.sessions.replace(sessions);
    press(&mut model, "x");
    assert!(model.dialog.is_none());
    assert!(told(&model).starts_with("view only"), "{}", told(&model));
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
