//! `docs/protocol.md` says what the code does: its examples are parsed, applied and compared.

use gantry_core::{
    scene::{ClockFormat, clock, hash::scene_hash},
    text::fonts,
    time::Moment,
    wire::{ClientMessage, ServerMessage, follow::Follower},
};
use gantry_tests::repository;
use serde::{Serialize, de::DeserializeOwned};

fn page() -> String {
    std::fs::read_to_string(repository::root().join("docs/protocol.md")).expect("docs/protocol.md")
}

/// The examples of a kind, parsed; each is also written again, which must give the same text.
fn examples<T: DeserializeOwned + Serialize>(page: &str, kind: &str) -> Vec<T> {
    let fence = format!("```json {kind}\n");
    let examples: Vec<T> = page
        .split(fence.as_str())
        .skip(1)
        .map(|rest| {
            let text = rest.split("\n```").next().expect("the end of the fence");
            let example =
                serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
            assert_eq!(
                serde_json::to_string(&example).expect("JSON"),
                text,
                "the server would write it so"
            );
            example
        })
        .collect();
    assert!(!examples.is_empty(), "no example of a {kind} message");
    examples
}

/// The cells of the table under a header row, without their backticks.
fn table(page: &str, header: &str) -> Vec<Vec<String>> {
    let (_, rest) = page
        .split_once(&format!("{header}\n"))
        .unwrap_or_else(|| panic!("no table {header:?}"));
    let rows: Vec<Vec<String>> = rest
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            line.trim_matches('|')
                .split('|')
                .map(|cell| cell.trim().trim_matches('`').to_owned())
                .collect()
        })
        .collect();
    assert!(!rows.is_empty(), "nothing under {header:?}");
    rows
}

#[test]
fn every_message_has_an_example() {
    let page = page();
    let kinds: Vec<&str> = examples::<ServerMessage>(&page, "server")
        .iter()
        .map(|message| match message {
            ServerMessage::Hello { .. } => "hello",
            ServerMessage::Scene { .. } => "scene",
            ServerMessage::Patch { .. } => "patch",
            ServerMessage::Heartbeat { .. } => "heartbeat",
            ServerMessage::Time { .. } => "time",
            ServerMessage::Stop { .. } => "stop",
        })
        .collect();
    assert_eq!(
        kinds,
        ["hello", "scene", "patch", "heartbeat", "time", "stop"]
    );
    let asked = examples::<ClientMessage>(&page, "client");
    assert_eq!(
        asked,
        [ClientMessage::Time { sent: 48_211 }, ClientMessage::Resync]
    );
}

#[test]
fn a_screen_that_follows_the_examples_agrees_with_the_heartbeat() {
    let mut follower = Follower::default();
    let mut answers = Vec::new();
    for message in examples::<ServerMessage>(&page(), "server") {
        match &message {
            ServerMessage::Heartbeat { hash, .. } => {
                let held = follower.scene().expect("a scene");
                assert_eq!(scene_hash(held), *hash, "the hash of the example");
            }
            ServerMessage::Time { sent, .. } => {
                follower.receive(message.clone(), sent + 20);
                continue;
            }
            _ => {}
        }
        answers.extend(follower.receive(message, 0));
    }
    assert_eq!(
        answers,
        [ClientMessage::Time { sent: 0 }],
        "only the time is asked"
    );
    assert!(follower.stopped().is_some() && follower.scene().is_none());
}

#[test]
fn the_clocks_say_what_the_table_says() {
    let moment = |cell: &str| Moment(cell.parse().expect("milliseconds"));
    for row in table(
        &page(),
        "| format | `zero_at` | `stopped_at` | `at` | text |",
    ) {
        let [format, zero_at, stopped_at, at, text] = row.as_slice() else {
            panic!("five cells: {row:?}")
        };
        let format: ClockFormat =
            serde_json::from_value(format.as_str().into()).expect("a clock format");
        let stopped_at = (!stopped_at.is_empty()).then(|| moment(stopped_at));
        assert_eq!(
            &clock::text(format, moment(zero_at), stopped_at, moment(at)),
            text
        );
    }
}

#[test]
fn the_fonts_are_those_that_are_shipped() {
    let shipped: Vec<Vec<String>> = fonts::SHIPPED
        .iter()
        .map(|font| {
            let weights = match font.weights {
                (from, to) if from == to => from.to_string(),
                (from, to) => format!("{from}–{to}"),
            };
            vec![font.file.to_owned(), font.family.to_owned(), weights]
        })
        .collect();
    assert_eq!(table(&page(), "| file | family | weights |"), shipped);
}
