//! URLs of displays, and the display that is followed.

use gantry_core::{
    time::Moment,
    wire::{ClientMessage, ServerMessage, StopReason},
};

use super::*;
use crate::{
    api::{
        live::LiveEvent,
        request::{Answer, OwnTemplate},
        types::{Access, Display},
    },
    app::{dialog::Dialog, live::Truth, tab::Tab},
    testing::{NOW, answer, display_sessions, press, working},
};

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
fn a_display_of_a_session_that_may_be_looked_at_is_not_revoked() {
    let mut model = working(Tab::Screens);
    let mut sessions = display_sessions();
    sessions[0].access = Access::View;
    model.sessions.replace(sessions);
    press(&mut model, "x");
    assert!(model.dialog.is_none());
    assert!(told(&model).starts_with("view only"), "{}", told(&model));
}
