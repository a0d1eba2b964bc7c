//! The scene's fingerprint, by which a screen knows that it shows what the server means.

use crate::scene::{Layer, Scene};

/// FNV-1a, 32 bits, over the JSON text of the canvas, the background and each layer in order, as `serde_json` and JavaScript's
/// `JSON.stringify` both write it.
///
/// It guards against a patch applied to the wrong scene, not against an attacker.
pub fn scene_hash(scene: &Scene) -> u32 {
    let start = fnv(OFFSET, json(&(scene.canvas, scene.background)).as_bytes());
    scene
        .layers
        .iter()
        .fold(start, |hash, layer| fnv(hash, layer_json(layer).as_bytes()))
}

fn layer_json(layer: &Layer) -> String {
    json(layer)
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

const OFFSET: u32 = 0x811c_9dc5;
const PRIME: u32 = 0x0100_0193;

fn fnv(hash: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(hash, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(PRIME)
    })
}
