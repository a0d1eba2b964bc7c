//! Every shipped template on every sample board.

use super::*;
use crate::{
    board::settings::Mode,
    motion,
    scene::{Node, sample::sample},
    template::shipped,
    time::Moment,
};

fn texts(scene: &Scene, at: Moment) -> Vec<String> {
    use crate::scene::sample::Paint;
    sample(scene, at)
        .items
        .into_iter()
        .filter_map(|item| match item.paint {
            Paint::Text { text, .. } => Some(text),
            _ => None,
        })
        .collect()
}

fn compose(id: &str, mode: Mode) -> Scene {
    let template = shipped::find(id)
        .expect("shipped templates parse")
        .expect("shipped");
    let composition = Composer::new(template).compose(&self::sample::board(mode));
    motion::animate(None, composition, self::sample::GUN)
}

#[test]
fn every_shipped_template_composes_the_same_twice() {
    for template in shipped::all().expect("shipped templates parse") {
        for board in self::sample::boards() {
            let mut composer = Composer::new(template.clone());
            let first = composer.compose(&board);
            let is_empty = first.scene.layers.is_empty();
            assert!(
                !is_empty || board.roster().races().is_empty(),
                "{} is empty",
                template.id
            );
            assert_eq!(
                first,
                composer.compose(&board),
                "{} changes by itself",
                template.id
            );
        }
    }
}

#[test]
fn every_key_is_unique_and_every_text_is_inside_the_canvas() {
    for template in shipped::all().expect("shipped templates parse") {
        let mut composer = Composer::new(template.clone());
        for board in self::sample::boards() {
            let scene = composer.compose(&board).scene;
            let mut keys: Vec<_> = scene.layers.iter().map(|layer| &layer.key).collect();
            keys.dedup();
            assert_eq!(keys.len(), scene.layers.len());
            for layer in &scene.layers {
                for node in &layer.nodes {
                    let (Node::Text { rect, .. } | Node::Clock { rect, .. }) = node else {
                        continue;
                    };
                    let (x, y) = (layer.x + rect.x, layer.y + rect.y);
                    assert!(
                        x >= 0 && y >= 0 && x + rect.w <= scene.canvas.width,
                        "{} {node:?}",
                        template.id
                    );
                    assert!(
                        y + rect.h <= scene.canvas.height,
                        "{} {node:?}",
                        template.id
                    );
                }
            }
        }
    }
}

#[test]
fn the_finish_line_board_names_the_finisher_and_the_leaders() {
    let shown = texts(
        &compose("finish-line", Mode::Results),
        self::sample::SHOWN_AT,
    );
    for text in [
        "Harbour Run 2026",
        "Łukasz Wójcik",
        "32:15",
        "+0:17",
        "佐藤",
    ] {
        assert!(
            shown.iter().any(|other| other.contains(text)),
            "no {text:?} in {shown:?}"
        );
    }
    assert!(
        !shown.iter().any(|text| text.contains("7777")),
        "nobody wears that: {shown:?}"
    );
}

#[test]
fn active_and_resting_take_turns_by_the_clock() {
    let scene = compose("finish-line", Mode::Results);
    let waits = |at| texts(&scene, at).contains(&"Waiting for the next finisher".to_owned());
    let last = self::sample::board(Mode::Results)
        .showing()
        .last()
        .expect("somebody is shown")
        .until;
    let come_in = 1_000;
    assert!(!waits(last - 1));
    assert!(waits(last + come_in));
}

#[test]
fn the_announcer_board_reads_the_arrivals_out_in_turn() {
    let scene = compose("announcer", Mode::PreRace);
    let board = self::sample::board(Mode::PreRace);
    let slots: Vec<_> = board.showing().collect();
    assert!(slots.len() > 1, "nobody waits: {slots:?}");
    for slot in slots {
        let runner = board
            .roster()
            .by_tag(&slot.crossing.tag)
            .expect("only known runners are shown");
        let shown = texts(&scene, slot.from + 1_000);
        assert!(
            shown.contains(&runner.first_name),
            "{shown:?} at the turn of {}",
            runner.first_name
        );
        assert!(
            shown.contains(&format!("{}, {}", runner.city, runner.country)),
            "{shown:?}"
        );
    }
}
