//! What is done with timing sessions, and what is made of them.

use super::*;
use crate::{
    api::{
        arrangement::Arrangement,
        request::{Answer, NewSession},
        types::{Mode, Preview},
    },
    app::tab::Tab,
    testing::{NOW, answer, display_sessions, press, refused, timing_sessions, working},
};

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
