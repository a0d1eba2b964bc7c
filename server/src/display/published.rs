//! A picture as a session's task published it, with the texts that all its screens share.

use std::sync::{Arc, OnceLock};

use axum::extract::ws::Utf8Bytes;
use gantry_core::{
    scene::{
        Scene,
        hash::scene_hash,
        patch::{Patch, diff},
    },
    wire::ServerMessage,
};
use tokio::sync::watch;

/// The newest picture of a display session; `None` until its history has been replayed.
pub type Picture = watch::Receiver<Option<Arc<Published>>>;

/// One revision of a display session's picture.
#[derive(Debug)]
pub struct Published {
    /// The life of the publishing task.
    pub epoch: i64,
    /// Its number within the epoch, from 1.
    pub revision: u64,
    /// The picture.
    pub scene: Arc<Scene>,
    /// The picture's fingerprint.
    pub hash: u32,
    /// The message that turns the previous revision into this one, serialised once for every screen that holds that.
    step: Option<Utf8Bytes>,
    /// The whole picture as a message, serialised for the first screen that needs it.
    whole: OnceLock<Utf8Bytes>,
}

impl Published {
    /// The first picture of an epoch.
    pub fn first(epoch: i64, scene: Scene) -> Self {
        Self {
            epoch,
            revision: 1,
            hash: scene_hash(&scene),
            scene: Arc::new(scene),
            step: None,
            whole: OnceLock::new(),
        }
    }

    /// The revision after this one; `None` when the picture is the same.
    pub fn next(&self, scene: Scene) -> Option<Self> {
        let patch = diff(&self.scene, &scene);
        if patch.is_empty() {
            return None;
        }
        let revision = self.revision + 1;
        Some(Self {
            epoch: self.epoch,
            revision,
            hash: scene_hash(&scene),
            scene: Arc::new(scene),
            step: Some(patch_text(self.epoch, self.revision, revision, patch)),
            whole: OnceLock::new(),
        })
    }

    /// The message for a screen that holds `held`: the shared step, a patch of its own, or the whole picture.
    pub fn text_from(&self, held: Option<&Published>) -> Utf8Bytes {
        match (held, &self.step) {
            (Some(held), _) if held.epoch != self.epoch => self.whole(),
            (Some(held), Some(step)) if held.revision + 1 == self.revision => step.clone(),
            (Some(held), _) => {
                let patch = diff(&held.scene, &self.scene);
                patch_text(self.epoch, held.revision, self.revision, patch)
            }
            (None, _) => self.whole(),
        }
    }

    fn whole(&self) -> Utf8Bytes {
        self.whole
            .get_or_init(|| {
                text(&ServerMessage::Scene {
                    epoch: self.epoch,
                    revision: self.revision,
                    scene: Scene::clone(&self.scene),
                })
            })
            .clone()
    }
}

/// A message as it goes over the wire.
pub fn text(message: &ServerMessage) -> Utf8Bytes {
    serde_json::to_string(message)
        .expect("messages have string keys and no failing parts, so they always serialise")
        .into()
}

fn patch_text(epoch: i64, base: u64, revision: u64, patch: Patch) -> Utf8Bytes {
    text(&ServerMessage::Patch {
        epoch,
        base,
        revision,
        patch,
    })
}
