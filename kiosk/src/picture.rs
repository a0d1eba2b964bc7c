//! What is true to show: the display's scene, or what has to be said instead of it or on top of it.

use std::sync::Arc;

use gantry_core::{
    scene::{
        Canvas, SCENE_VERSION, Scene, notice,
        sample::{DisplayList, NextFrame, next_frame, sample},
    },
    time::Moment,
    wire::follow::STALE_AFTER_MS,
};

use crate::{
    address::Address,
    link::{Phase, State},
};

/// How often a picture is looked at again while there is no connection, in milliseconds.
const LOOK_WHILE_LOST_MS: i64 = 250;

/// What to show from a moment on, until time or the link change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The display's own scene, or a page of the painter's.
    pub scene: Arc<Scene>,
    /// What the bar over it says, if it is needed.
    pub notice: Option<String>,
    /// True for the display's own scene, false for a page about it.
    pub is_display: bool,
}

/// The picture at the local time `local_ms`. `screen` is the size for pages that the painter makes itself.
pub fn picture(state: &State, local_ms: i64, address: &Address, screen: Canvas) -> Picture {
    match state.follower.scene() {
        Some(scene) if scene.version == SCENE_VERSION => Picture {
            scene: scene.clone(),
            notice: stale_notice(state, local_ms),
            is_display: true,
        },
        found => {
            let (title, detail) = page_text(state, found.map(|scene| scene.version), address);
            Picture {
                scene: Arc::new(notice::page(screen, &title, &detail)),
                notice: None,
                is_display: false,
            }
        }
    }
}

/// How many milliseconds may pass before the picture has to be looked at again, because only time tells that it is old.
pub fn look_again_ms(state: &State, local_ms: i64) -> i64 {
    match (state.follower.stale_ms(local_ms), &state.phase) {
        (Some(age_ms), _) => 1000 - age_ms.rem_euclid(1000),
        (None, Phase::Connected) => STALE_AFTER_MS,
        (None, _) => LOOK_WHILE_LOST_MS,
    }
}

impl Picture {
    /// What to paint at the server time `at`.
    pub fn display_list(&self, at: Moment) -> DisplayList {
        let mut list = sample(&self.scene, at);
        if let Some(text) = &self.notice {
            let bar = Scene {
                layers: vec![notice::bar(list.canvas, text)],
                ..*self.scene
            };
            list.items.extend(sample(&bar, at).items);
        }
        list
    }

    /// When it has to be painted again although the link says nothing new.
    pub fn next_frame(&self, at: Moment) -> NextFrame {
        next_frame(&self.scene, at)
    }
}

fn stale_notice(state: &State, local_ms: i64) -> Option<String> {
    let age = notice::age_text(state.follower.stale_ms(local_ms)?);
    Some(format!("No connection · picture is {age} old"))
}

fn page_text(state: &State, version: Option<u32>, address: &Address) -> (String, String) {
    let place = format!("{} · display {}", address.host(), address.code());
    if let Some(version) = version {
        return (
            "This screen needs an update".to_owned(),
            format!(
                "It reads scenes of version {SCENE_VERSION}; the server sends version {version}"
            ),
        );
    }
    let (title, detail) = match &state.phase {
        Phase::Connecting => ("Connecting", place),
        Phase::Connected => ("Waiting for the picture", place),
        Phase::Lost { why } => ("Connecting", format!("{place} · {why}")),
        Phase::Ended => ("This display has ended", place),
    };
    (title.to_owned(), detail)
}

#[cfg(test)]
mod tests {
    use gantry_core::{
        scene::{Node, sample::Paint},
        wire::ServerMessage,
    };

    use super::*;

    const SCREEN: Canvas = Canvas {
        width: 1280,
        height: 720,
    };

    fn address() -> Address {
        Address::parse("http://gantry.example/display/a1b2c3d4", None).expect("an address")
    }

    fn shown(version: u32) -> State {
        let mut state = State::default();
        let mut scene = notice::page(SCREEN, "race", "");
        scene.version = version;
        let message = ServerMessage::Scene {
            epoch: 1,
            revision: 1,
            scene,
        };
        state.follower.receive(message, 0);
        state.phase = Phase::Connected;
        state
    }

    fn title(picture: &Picture) -> &str {
        match &picture.scene.layers[0].nodes[0] {
            Node::Text { text, .. } => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_dead_link_says_how_old_the_picture_is_each_second() {
        let state = shown(SCENE_VERSION);
        let at = |local_ms| picture(&state, local_ms, &address(), SCREEN).notice;
        assert_eq!(at(3000), None);
        assert_eq!(
            at(3001).as_deref(),
            Some("No connection · picture is 3 s old")
        );
        assert_eq!(
            at(12_400).as_deref(),
            Some("No connection · picture is 12 s old")
        );
        assert_eq!(look_again_ms(&state, 12_400), 600);
        let list = picture(&state, 12_400, &address(), SCREEN).display_list(Moment(0));
        let last = list.items.last().map(|item| &item.paint);
        assert!(matches!(last, Some(Paint::Text { text, .. }) if text.contains("12 s old")));
    }

    #[test]
    fn without_a_picture_a_page_says_what_is_tried() {
        let mut state = State::default();
        let at = |state: &State| picture(state, 0, &address(), SCREEN);
        assert_eq!(title(&at(&state)), "Connecting");
        state.phase = Phase::Lost {
            why: "connection refused".to_owned(),
        };
        let page = at(&state);
        assert!(!page.is_display);
        assert!(
            format!("{:?}", page.scene)
                .contains("gantry.example · display a1b2c3d4 · connection refused")
        );
        state.phase = Phase::Ended;
        assert_eq!(title(&at(&state)), "This display has ended");
    }

    #[test]
    fn another_version_is_not_guessed_at() {
        let page = picture(&shown(SCENE_VERSION + 1), 0, &address(), SCREEN);
        assert_eq!(title(&page), "This screen needs an update");
    }
}
