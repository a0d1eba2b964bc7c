//! Every view on a small and on a large terminal, and what can be clicked in them.

use gantry_core::compose::sample::SHOWN_AT;
use insta::assert_snapshot;
use ratatui::{Terminal, backend::TestBackend};

use crate::{
    api::{
        request::{Answer, Request},
        roster::Imported,
        types::{Present, Sessions},
        warnings::ReaderClock,
    },
    app::{
        dialog::Dialog,
        event::Target,
        model::{Model, Outage},
        tab::Tab,
    },
    keymap::{action::Action, resolve},
    terminal::Depth,
    testing::{NOW, answer, drawn, entered, fresh, login, press, refused, working},
    view,
};

/// Compares the model's drawing at both sizes with what was approved.
macro_rules! check {
    ($name:literal, $model:expr) => {
        let model = $model;
        assert_snapshot!(concat!($name, "_80x24"), drawn(&model, 80, 24));
        assert_snapshot!(concat!($name, "_140x40"), drawn(&model, 140, 40));
    };
}

fn pressed(mut model: Model, keys: &str) -> Model {
    press(&mut model, keys);
    model
}

#[test]
fn the_login() {
    check!("login", pressed(fresh(), "op@race.example<Tab>hill"));
    let mut model = pressed(fresh(), "op@race.example<Tab>hill<Enter>");
    let request = crate::app::submit::request(model.form_mut().expect("the login"));
    answer(
        &mut model,
        request.expect("it is filled in"),
        Err(refused(401, "email or password is wrong")),
    );
    check!("login_refused", model);
}

#[test]
fn the_partners() {
    let mut model = fresh();
    let partners = login(&["Northside Timing", "Southside Races"], None);
    answer(&mut model, Request::LogOut, Ok(partners));
    check!("partners", model);
}

#[test]
fn the_timing_sessions() {
    check!("timing", working(Tab::Timing));
    check!("timing_asking", entered());
    let mut model = entered();
    let none = crate::api::types::TimingSessions {
        sessions: Vec::new(),
        next_cursor: None,
    };
    answer(
        &mut model,
        Request::TimingSessions,
        Ok(Answer::TimingSessions(none)),
    );
    check!("timing_none", model);
}

#[test]
fn what_is_wrong_with_the_server_and_with_clocks() {
    let alarms = serde_json::from_value(serde_json::json!([
        {"name": "disk", "since": crate::testing::ago(400),
         "words": "What timing hardware sends cannot be written to the server's disk.",
         "advice": "Make room on the disk, or put it right; leave the hardware on, it keeps its reads until then."},
    ]));
    let mut model = working(Tab::Sessions);
    model.alarms = alarms.expect("the sample fits");
    check!("alarm", model);
    let mut model = working(Tab::Timing);
    let reads = model.reads.as_mut().expect("a session is chosen");
    reads.preview.readers = [
        (120, "in step"),
        (3_190, "3.2 s ahead"),
        (-61_000, "61.0 s behind"),
    ]
    .map(|(ahead_ms, off)| ReaderClock {
        ahead_ms,
        words: format!("reader 11FD4E at Finish is {off}"),
    })
    .into();
    let day = "the first reads of Finish seem to be of 2026-05-02: correct its first day";
    reads.preview.suggestions = vec![day.to_owned(), "never seen".to_owned()];
    check!("clocks", model);
}

#[test]
fn the_display_sessions() {
    check!("sessions", working(Tab::Sessions));
}

fn ben() -> Present {
    Present {
        email: "ben@northside.example".to_owned(),
    }
}

#[test]
fn a_display_session_that_somebody_else_changed() {
    let mut model = pressed(working(Tab::Sessions), "e<Enter>");
    let request = model.form_mut().and_then(|form| form.sent.clone());
    let mut newer = crate::testing::display_sessions().remove(0);
    newer.name = Some("Finish arena".to_owned());
    newer.present = vec![ben()];
    let failure = crate::api::failure::Failure::Refused(crate::api::failure::Problem {
        status: 412,
        current: Some(crate::api::failure::Current::Session(Box::new(newer))),
        ..Default::default()
    });
    answer(&mut model, request.expect("it is sent"), Err(failure));
    check!("session_overtaken", model);
}

#[test]
fn display_sessions_that_are_not_ones_own() {
    let mut model = working(Tab::Sessions);
    let mut sessions = crate::testing::display_sessions();
    sessions[0].access = crate::api::types::Access::View;
    sessions[0].present = vec![ben()];
    sessions[1].archived_at = Some(crate::testing::ago(60));
    model.sessions.replace(sessions);
    check!("sessions_view_only", pressed(model, "e"));
}

#[test]
fn what_a_viewer_sees() {
    let mut model = working(Tab::Sessions);
    model.looks_only = true;
    check!("viewer_sessions", pressed(model, "ji"));
    let mut model = entered();
    model.looks_only = true;
    model.tab = Tab::Sessions;
    model.sessions.replace(Vec::new());
    check!("viewer_none", model);
}

#[test]
fn the_screens() {
    check!("screens", working(Tab::Screens));
    check!("screens_copied", pressed(working(Tab::Screens), "c"));
    check!("screens_revoked", pressed(working(Tab::Screens), "j"));
}

#[test]
fn a_whole_leaderboard() {
    let template = gantry_core::template::shipped::find("finish-line");
    let template = template.expect("it parses").expect("it is shipped");
    let scene = crate::app::example::compose(template, crate::api::types::Mode::Results);
    for (name, keys) in [("screens", ""), ("sessions", "2"), ("picture", "p")] {
        let mut model = pressed(working(Tab::Screens), keys);
        model.live = None;
        crate::testing::show(&mut model, scene.clone(), SHOWN_AT);
        for (width, height) in [(80, 24), (100, 30), (140, 40)] {
            let name = format!("leaderboard_{name}_{width}x{height}");
            assert_snapshot!(name, drawn(&model, width, height));
        }
    }
}

#[test]
fn the_feeds() {
    check!("feeds", working(Tab::Feeds));
    check!("feeds_waiting", pressed(working(Tab::Feeds), "jj"));
    check!("feeds_trouble", pressed(working(Tab::Feeds), "jjj"));
    check!("feeds_asking", {
        let mut model = entered();
        model.tab = Tab::Feeds;
        model
    });
}

#[test]
fn no_feed_and_many_with_long_names() {
    let mut model = entered();
    model.tab = Tab::Feeds;
    model.feeds.replace(Vec::new());
    check!("feeds_none", model);
    let mut model = working(Tab::Feeds);
    let of = |number: usize| {
        let mut feed = crate::testing::feeds().remove(number % 5);
        feed.id = number.to_string();
        feed.name = format!("{number} Donaudampfschifffahrtsgesellschaft am Hafen, Ziel");
        feed.networks = (1..=20).map(|net| format!("198.51.{net}.0/24")).collect();
        feed
    };
    model.feeds.replace((1..=20).map(of).collect());
    check!("feeds_long", pressed(model, "jjjjjjjjj"));
}

#[test]
fn feeds_that_an_operator_sees() {
    let mut model = working(Tab::Feeds);
    model.is_owner = false;
    check!("feeds_operator", pressed(model, "n"));
    let mut model = entered();
    model.is_owner = false;
    model.tab = Tab::Feeds;
    model.feeds.replace(Vec::new());
    check!("feeds_operator_none", model);
}

#[test]
fn a_feed_that_is_filled_in() {
    check!("form_feed", pressed(working(Tab::Feeds), "n"));
    check!(
        "form_feed_decoder",
        pressed(working(Tab::Feeds), "n<Tab><Left><Tab>10.0.0.5:3601")
    );
    let mut model = pressed(working(Tab::Feeds), "jjje<Tab><Tab><Tab>10.0.0.x<Enter>");
    let request = model.form_mut().and_then(|form| form.sent.clone());
    let failure = crate::api::failure::Failure::Refused(crate::api::failure::Problem {
        status: 422,
        errors: serde_json::from_value(serde_json::json!([
            {"pointer": "/port", "detail": "the port is taken: choose another one from 1024 to 65535"},
            {"pointer": "/networks/0", "detail": "an address or a network is accepted, like 10.0.0.0/8"},
        ]))
        .expect("the sample fits"),
        ..Default::default()
    });
    answer(&mut model, request.expect("it is sent"), Err(failure));
    check!("form_feed_refused", model);
    check!("feed_remove", pressed(working(Tab::Feeds), "x"));
}

#[test]
fn an_outage() {
    let mut model = working(Tab::Timing);
    model.outage = Some(Outage {
        since: NOW - 12_000,
        reason: "cannot reach 127.0.0.1:8088: connection refused".to_owned(),
    });
    check!("outage", model);
}

#[test]
fn the_forms() {
    check!(
        "form_new_session",
        pressed(working(Tab::Timing), "n<Tab><Tab><Tab>")
    );
    check!(
        "form_roster",
        pressed(working(Tab::Sessions), "i~/Desktop/räce.csv")
    );
    check!(
        "form_url",
        pressed(working(Tab::Sessions), "u<End>x<Enter>")
    );
    check!("form_share", pressed(working(Tab::Sessions), "s"));
}

#[test]
fn the_dialogs() {
    check!("confirm_revoke", pressed(working(Tab::Screens), "x"));
    check!("timing_close", pressed(working(Tab::Timing), "c"));
    check!("timing_merge", pressed(working(Tab::Timing), "m"));
    check!("timing_split", pressed(working(Tab::Timing), "s"));
    check!("timing_correct", pressed(working(Tab::Timing), "t"));
    check!("help", pressed(working(Tab::Screens), "?"));
    check!("code", pressed(working(Tab::Screens), "o"));
    check!("picture", pressed(working(Tab::Screens), "<Enter>"));
    let mut model = working(Tab::Sessions);
    let imported: Imported = serde_json::from_str(
        r#"{"imported":2498,"updated":2,"removed":1,"rejected":[{"line":3,"reason":"no bib"},{"line":1200,"reason":"bib 77 is taken by line 12"}]}"#,
    )
    .expect("it fits");
    model.dialog = Some(Dialog::Report {
        imported,
        scroll: 0,
    });
    check!("report", model);
}

#[test]
fn a_long_list_shows_where_it_goes_on() {
    let mut model = working(Tab::Sessions);
    let of = |number: usize| {
        let mut session = crate::testing::display_sessions().remove(0);
        session.id = format!("s{number}");
        session.name = Some(format!("Session {number}"));
        session
    };
    let page = Sessions {
        sessions: (1..=9).map(of).collect(),
        next_cursor: Some("s9".to_owned()),
    };
    let request = Request::Sessions { archived: false };
    answer(&mut model, request, Ok(Answer::Sessions(page)));
    check!("sessions_long", pressed(model, "jjjjj"));
}

#[test]
fn a_terminal_that_is_too_small_says_so() {
    assert_snapshot!("too_small_40x10", drawn(&working(Tab::Sessions), 40, 10));
}

#[test]
fn no_terminal_is_too_small_to_draw_on() {
    for tab in Tab::ALL {
        for keys in ["", "n", "x", "?", "o", "p", "e"] {
            let model = pressed(working(tab), keys);
            for (width, height) in [
                (1, 1),
                (2, 40),
                (7, 3),
                (40, 5),
                (400, 1),
                (20, 10),
                (300, 100),
            ] {
                drawn(&model, width, height);
            }
        }
    }
    drawn(&fresh(), 3, 2);
}

#[test]
fn without_colours_nothing_is_coloured() {
    for keys in ["1", "2", "3", "4", "3o", "3p", "1n", "4n"] {
        let mut model = working(Tab::Timing);
        model.terminal.depth = Depth::Mono;
        press(&mut model, keys);
        crate::testing::follow(&mut model);
        let backend = drawn(&model, 80, 24);
        let is_plain = |cell: &ratatui::buffer::Cell| {
            (cell.fg, cell.bg) == (ratatui::style::Color::Reset, ratatui::style::Color::Reset)
        };
        assert!(backend.buffer().content().iter().all(is_plain), "{keys}");
    }
}

#[test]
fn everything_that_can_be_clicked_does_something() {
    for keys in ["1", "2", "3", "4", "1n", "2e", "3x", "4n", "?", "3o", "3p"] {
        let model = pressed(working(Tab::Timing), keys);
        let mut screen = Terminal::new(TestBackend::new(140, 40)).expect("it has a size");
        let mut hits = view::hits::Hits::default();
        screen
            .draw(|frame| hits = view::draw(&model, frame))
            .expect("it draws into memory");
        let actions: Vec<Action> = hits
            .targets()
            .filter_map(|target| match target {
                Target::Action(action) => Some(action),
                Target::Row(_) | Target::Field(_) => None,
            })
            .collect();
        assert!(!actions.is_empty(), "{keys}");
        for action in actions {
            let click = crate::app::event::Pointer {
                gesture: crate::app::event::Gesture::Click,
                target: Some(Target::Action(action)),
            };
            assert_eq!(
                resolve::pointer(model.context(), click),
                Some(action),
                "{keys}"
            );
        }
    }
}

#[test]
fn a_click_hits_the_row_that_was_drawn_there() {
    let model = working(Tab::Timing);
    let mut screen = Terminal::new(TestBackend::new(80, 24)).expect("it has a size");
    let mut hits = view::hits::Hits::default();
    screen
        .draw(|frame| hits = view::draw(&model, frame))
        .expect("it draws into memory");
    let row = (0..24)
        .find(|y| line(&screen, *y).contains("START-B"))
        .expect("it is drawn");
    assert_eq!(hits.at(5, row), Some(Target::Row(1)));
    assert_eq!(hits.at(3, 0), Some(Target::Action(Action::GoTiming)));
}

fn line(screen: &Terminal<TestBackend>, y: u16) -> String {
    let buffer = screen.backend().buffer();
    (0..buffer.area.width)
        .map(|x| buffer[(x, y)].symbol())
        .collect()
}
