//! What changed between two scenes, and how to apply it.

use serde::{Deserialize, Serialize};

use crate::scene::{Canvas, Layer, Scene, color::Color};

/// The layers by which one scene differs from another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patch {
    /// The canvas, if it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canvas: Option<Canvas>,
    /// The background, if it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<Color>,
    /// Layers that are new or changed, whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub put: Vec<Layer>,
    /// Keys of layers that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<String>,
}

impl Patch {
    /// True when the two scenes were the same.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What turns `old` into `new`.
pub fn diff(old: &Scene, new: &Scene) -> Patch {
    let old_layers: std::collections::HashMap<&str, &Layer> = old
        .layers
        .iter()
        .map(|layer| (layer.key.as_str(), layer))
        .collect();
    let new_keys: std::collections::HashSet<&str> =
        new.layers.iter().map(|layer| layer.key.as_str()).collect();
    Patch {
        canvas: (old.canvas != new.canvas).then_some(new.canvas),
        background: (old.background != new.background).then_some(new.background),
        put: new
            .layers
            .iter()
            .filter(|layer| old_layers.get(layer.key.as_str()) != Some(layer))
            .cloned()
            .collect(),
        drop: old
            .layers
            .iter()
            .filter(|layer| !new_keys.contains(layer.key.as_str()))
            .map(|layer| layer.key.clone())
            .collect(),
    }
}

/// Turns `scene` into the scene that the patch was made for.
pub fn apply(scene: &mut Scene, patch: Patch) {
    scene.canvas = patch.canvas.unwrap_or(scene.canvas);
    scene.background = patch.background.unwrap_or(scene.background);
    let put: std::collections::HashSet<&str> =
        patch.put.iter().map(|layer| layer.key.as_str()).collect();
    scene
        .layers
        .retain(|layer| !put.contains(layer.key.as_str()) && !patch.drop.contains(&layer.key));
    scene.layers.extend(patch.put);
    sort_layers(&mut scene.layers);
}

/// Puts layers into painting order: by `z`, then by key (by Unicode code points).
pub fn sort_layers(layers: &mut [Layer]) {
    layers.sort_by(|a, b| (a.z, &a.key).cmp(&(b.z, &b.key)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scene::{SCENE_VERSION, Show, hash::scene_hash};

    fn scene(layers: &[(u8, i32, i32)]) -> Scene {
        let mut layers: Vec<Layer> = layers
            .iter()
            .map(|(key, z, y)| Layer {
                key: format!("k{key}"),
                z: *z,
                x: 0,
                y: *y,
                clip: None,
                show: Show::Always,
                tweens: Vec::new(),
                nodes: Vec::new(),
            })
            .collect();
        sort_layers(&mut layers);
        layers.dedup_by(|a, b| a.key == b.key);
        let mut keys = std::collections::HashSet::new();
        layers.retain(|layer| keys.insert(layer.key.clone()));
        let canvas = Canvas {
            width: 1 + layers.len() as i32,
            height: 9,
        };
        Scene {
            version: SCENE_VERSION,
            canvas,
            background: Color::rgb(0),
            layers,
        }
    }

    fn layers() -> impl Strategy<Value = Vec<(u8, i32, i32)>> {
        prop::collection::vec((0..12_u8, 0..3_i32, 0..3_i32), 0..12)
    }

    proptest! {
        #[test]
        fn a_patch_makes_the_new_scene_of_the_old(old in layers(), new in layers()) {
            let (old, new) = (scene(&old), scene(&new));
            let mut patched = old.clone();
            apply(&mut patched, diff(&old, &new));
            prop_assert_eq!(scene_hash(&patched), scene_hash(&new));
            prop_assert_eq!(patched, new);
        }
    }

    #[test]
    fn equal_scenes_have_an_empty_patch_and_other_scenes_another_hash() {
        let (one, other) = (scene(&[(1, 0, 0)]), scene(&[(1, 0, 1)]));
        assert!(diff(&one, &one).is_empty());
        assert_ne!(scene_hash(&one), scene_hash(&other));
    }
}
