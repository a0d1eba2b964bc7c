//! How one picture becomes the next: what came in, what moved, what left.
//!
//! The server writes the motion into the scene as tweens when the picture changes, so that every screen moves alike and a screen
//! that joins in the middle sees the same as the others.

use std::collections::HashMap;

use crate::{
    compose::Composition,
    scene::{Ease, Layer, Property, Scene, Show, Tween, patch::sort_layers, sample},
    template::element::Enter,
    time::Moment,
};

/// How long coming in and changing place take: long enough to be followed by the eye, short enough not to be waited for.
const MOVE_MS: i64 = 420;

/// How long leaving takes; what leaves is no news.
const LEAVE_MS: i64 = 200;

/// How far away a layer comes in from, in thousandths of the canvas's height.
const NEAR_PERMILLE: i32 = 30;

/// The scene of `next` with the motion that leads to it from `previous` at the moment `at`.
///
/// Without a previous picture everything stands where it is; only what is still to come will come in moving.
pub fn animate(previous: Option<&Scene>, next: Composition, at: Moment) -> Scene {
    let Composition { mut scene, enters } = next;
    let old: HashMap<&str, &Layer> = previous
        .into_iter()
        .flat_map(|scene| &scene.layers)
        .map(|layer| (layer.key.as_str(), layer))
        .collect();
    let near = scene.canvas.height * NEAR_PERMILLE / 1000;
    for layer in &mut scene.layers {
        layer.tweens = match old.get(layer.key.as_str()) {
            Some(old) if is_leaving(old) => back(old, layer, at),
            Some(old) => moved(old, layer, at),
            None => {
                let enter = enters.get(&layer.key).copied().unwrap_or_default();
                entrance(enter, near, layer.show, previous.is_some(), at)
            }
        };
    }
    let leaving = previous.map_or_else(Vec::new, |previous| leavers(previous, &scene, at));
    scene.layers.extend(leaving);
    sort_layers(&mut scene.layers);
    scene
}

/// The tweens of a layer that was there before: to its new place from wherever it is on the screen now.
fn moved(old: &Layer, new: &Layer, at: Moment) -> Vec<Tween> {
    if (old.x, old.y) == (new.x, new.y) {
        return old.tweens.clone();
    }
    let way = |property, from: i32| tween(property, from, 0, at, MOVE_MS, Ease::InOut);
    let dx = old.x - new.x + sample::offset(old, Property::X, at);
    let dy = old.y - new.y + sample::offset(old, Property::Y, at);
    let mut tweens: Vec<Tween> = old
        .tweens
        .iter()
        .filter(|tween| tween.property == Property::Opacity)
        .copied()
        .collect();
    tweens.extend((dx != 0).then(|| way(Property::X, dx)));
    tweens.extend((dy != 0).then(|| way(Property::Y, dy)));
    tweens
}

/// The tweens of a layer that was on its way out and is wanted again.
fn back(old: &Layer, new: &Layer, at: Moment) -> Vec<Tween> {
    let mut tweens = moved(old, new, at);
    tweens.retain(|tween| tween.property != Property::Opacity);
    let opacity = sample::opacity_permille(old, at);
    tweens.push(tween(
        Property::Opacity,
        opacity,
        1000,
        at,
        MOVE_MS,
        Ease::Out,
    ));
    tweens
}

fn entrance(enter: Enter, near: i32, show: Show, is_change: bool, at: Moment) -> Vec<Tween> {
    let start = match show {
        Show::Between {
            from: Some(from), ..
        } if from > at => from,
        _ if is_change => at,
        _ => return Vec::new(),
    };
    let fade = tween(Property::Opacity, 0, 1000, start, MOVE_MS, Ease::Out);
    let way = |property, from| tween(property, from, 0, start, MOVE_MS, Ease::Out);
    match enter {
        Enter::Cut => Vec::new(),
        Enter::Fade => vec![fade],
        Enter::Rise => vec![fade, way(Property::Y, near)],
        Enter::Drop => vec![fade, way(Property::Y, -near)],
        Enter::Slide => vec![fade, way(Property::X, near * 2)],
    }
}

/// The layers of `previous` that are gone, for as long as they take to leave.
fn leavers(previous: &Scene, next: &Scene, at: Moment) -> Vec<Layer> {
    let stays: std::collections::HashSet<&str> =
        next.layers.iter().map(|layer| layer.key.as_str()).collect();
    previous
        .layers
        .iter()
        .filter(|layer| !stays.contains(layer.key.as_str()) && sample::is_shown(layer.show, at))
        .map(|layer| {
            if is_leaving(layer) {
                layer.clone()
            } else {
                leave(layer, at)
            }
        })
        .collect()
}

fn leave(layer: &Layer, at: Moment) -> Layer {
    let mut leaving = layer.clone();
    let opacity = sample::opacity_permille(layer, at);
    leaving
        .tweens
        .retain(|tween| tween.property != Property::Opacity);
    leaving.tweens.push(tween(
        Property::Opacity,
        opacity,
        0,
        at,
        LEAVE_MS,
        Ease::Linear,
    ));
    leaving.show = Show::Between {
        from: None,
        until: Some(at + LEAVE_MS),
    };
    leaving
}

/// A leaving layer is one that ends when it has become invisible.
fn is_leaving(layer: &Layer) -> bool {
    let Show::Between {
        from: None,
        until: Some(until),
    } = layer.show
    else {
        return false;
    };
    layer.tweens.iter().any(|tween| {
        tween.property == Property::Opacity
            && tween.to == 0
            && tween.start + tween.length_ms == until
    })
}

fn tween(
    property: Property,
    from: i32,
    to: i32,
    start: Moment,
    length_ms: i64,
    ease: Ease,
) -> Tween {
    Tween {
        property,
        from,
        to,
        start,
        length_ms,
        ease,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Canvas, SCENE_VERSION, color::Color};

    fn layer(key: &str, y: i32) -> Layer {
        Layer {
            key: key.to_owned(),
            z: 0,
            x: 0,
            y,
            clip: None,
            show: Show::Always,
            tweens: Vec::new(),
            nodes: Vec::new(),
        }
    }

    fn composition(layers: &[(&str, i32)]) -> Composition {
        let scene = Scene {
            version: SCENE_VERSION,
            canvas: Canvas {
                width: 1920,
                height: 1000,
            },
            background: Color::rgb(0),
            layers: layers.iter().map(|(key, y)| layer(key, *y)).collect(),
        };
        let enters = layers
            .iter()
            .map(|(key, _)| ((*key).to_owned(), Enter::Rise))
            .collect();
        Composition { scene, enters }
    }

    /// `key y opacity` of each visible layer.
    fn seen(scene: &Scene, at: i64) -> Vec<String> {
        let at = Moment(at);
        let shown = scene
            .layers
            .iter()
            .filter(|layer| sample::is_shown(layer.show, at));
        shown
            .map(|layer| {
                let y = layer.y + sample::offset(layer, Property::Y, at);
                format!(
                    "{} {} {}",
                    layer.key,
                    y,
                    sample::opacity_permille(layer, at)
                )
            })
            .collect()
    }

    #[test]
    fn the_first_picture_stands_still() {
        let scene = animate(None, composition(&[("a", 0), ("b", 100)]), Moment(0));
        assert_eq!(seen(&scene, 0), ["a 0 1000", "b 100 1000"]);
    }

    #[test]
    fn rows_come_in_move_and_leave() {
        let first = animate(None, composition(&[("a", 0), ("b", 100)]), Moment(0));
        let second = animate(
            Some(&first),
            composition(&[("b", 0), ("c", 100)]),
            Moment(1_000),
        );
        assert_eq!(seen(&second, 1_000), ["a 0 1000", "b 100 1000", "c 130 0"]);
        assert_eq!(seen(&second, 1_000 + MOVE_MS), ["b 0 1000", "c 100 1000"]);
    }

    #[test]
    fn a_row_that_turns_back_starts_from_where_it_is() {
        let first = animate(None, composition(&[("a", 0)]), Moment(0));
        let second = animate(Some(&first), composition(&[("a", 100)]), Moment(1_000));
        let midway = 1_000 + MOVE_MS / 2;
        let there = seen(&second, midway);
        let third = animate(Some(&second), composition(&[("a", 0)]), Moment(midway));
        assert_eq!(seen(&third, midway), there);
    }

    #[test]
    fn a_layer_that_is_wanted_again_comes_back() {
        let first = animate(None, composition(&[("a", 0)]), Moment(0));
        let second = animate(Some(&first), composition(&[]), Moment(1_000));
        let third = animate(Some(&second), composition(&[("a", 0)]), Moment(1_100));
        assert_eq!(seen(&third, 1_100), ["a 0 500"]);
        assert_eq!(seen(&third, 2_000), ["a 0 1000"]);
    }

    #[test]
    fn an_unchanged_picture_stays_the_same_to_the_letter() {
        let first = animate(None, composition(&[("a", 0)]), Moment(0));
        let second = animate(
            Some(&first),
            composition(&[("a", 0), ("b", 50)]),
            Moment(1_000),
        );
        let third = animate(
            Some(&second),
            composition(&[("a", 0), ("b", 50)]),
            Moment(9_000),
        );
        assert_eq!(third, second);
    }
}
