//! How one picture becomes the next: what came in, what moved, what left.
//!
//! The server writes the motion into the scene as tweens when the picture changes, so that every screen moves alike and a screen
//! that joins in the middle sees the same as the others.
//!
//! At no moment does one text lie upon another: what goes is gone at once, and only then does something come in its place. The
//! rows of a list, which share a column, push one another.

mod column;

use std::collections::{BTreeMap, HashMap};

use crate::{
    compose::Composition,
    scene::{Ease, Layer, Property, Scene, Show, Tween, patch::sort_layers, sample},
    template::element::Enter,
    time::Moment,
};

/// How long changing place takes: long enough to be followed by the eye, short enough not to be waited for.
const MOVE_MS: i64 = 360;

/// How long becoming visible takes.
const FADE_MS: i64 = 160;

/// How far away a layer comes in from, in thousandths of the canvas's height.
const NEAR_PERMILLE: i32 = 30;

/// The scene of `next` with the motion that leads to it from `previous` at the moment `at`.
///
/// Without a previous picture everything stands where it is; only what is still to come will come in moving.
pub fn animate(previous: Option<&Scene>, next: Composition, at: Moment) -> Scene {
    let Composition { mut scene, enters } = next;
    let near = scene.canvas.height * NEAR_PERMILLE / 1000;
    let enter = |layer: &Layer| {
        let enter = enters.get(&layer.key).copied().unwrap_or_default();
        entrance(enter, near, layer.show, previous.is_some(), at)
    };
    let before = previous.map_or(&[][..], |scene| &scene.layers);
    let mut columns: BTreeMap<String, Vec<&mut Layer>> = BTreeMap::new();
    let old: HashMap<&str, &Layer> = before
        .iter()
        .map(|layer| (layer.key.as_str(), layer))
        .collect();
    for layer in &mut scene.layers {
        if let Some(list) = column::of(layer) {
            columns.entry(list.to_owned()).or_default().push(layer);
            continue;
        }
        layer.tweens = match old.get(layer.key.as_str()) {
            Some(old) => moved(old, layer, at),
            None => enter(layer),
        };
    }
    let mut rows: BTreeMap<&str, Vec<&Layer>> = BTreeMap::new();
    for layer in before {
        if let Some(list) = column::of(layer) {
            rows.entry(list).or_default().push(layer);
        }
    }
    let mut leaving = Vec::new();
    for (list, column) in columns {
        let old = rows.remove(list.as_str()).unwrap_or_default();
        leaving.extend(column::animate(&old, column, at, enter));
    }
    scene.layers.extend(leaving);
    sort_layers(&mut scene.layers);
    scene
}

/// The tweens of a layer that was there before: to its new place from wherever it is on the screen now.
fn moved(old: &Layer, new: &Layer, at: Moment) -> Vec<Tween> {
    if (old.x, old.y) == (new.x, new.y) {
        return old.tweens.clone();
    }
    let dx = old.x - new.x + sample::offset(old, Property::X, at);
    let dy = old.y - new.y + sample::offset(old, Property::Y, at);
    let mut tweens = opacity(old);
    tweens.extend(way(Property::X, dx, 0, at));
    tweens.extend(way(Property::Y, dy, 0, at));
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
    let (along, from) = match enter {
        Enter::Cut => return Vec::new(),
        Enter::Fade => (Property::Y, 0),
        Enter::Rise => (Property::Y, near),
        Enter::Drop => (Property::Y, -near),
        Enter::Slide => (Property::X, near),
    };
    let mut tweens = vec![fade(start)];
    tweens.extend(way(along, from, 0, start));
    tweens
}

/// What is left of a layer's becoming visible.
fn opacity(layer: &Layer) -> Vec<Tween> {
    let tweens = layer.tweens.iter();
    tweens
        .filter(|tween| tween.property == Property::Opacity)
        .copied()
        .collect()
}

fn fade(start: Moment) -> Tween {
    Tween {
        property: Property::Opacity,
        from: 0,
        to: 1000,
        start,
        length_ms: FADE_MS,
        ease: Ease::Out,
    }
}

/// A way, if there is one to go. All set off fast and arrive softly, so that one who is sent on in the middle does not falter.
fn way(property: Property, from: i32, to: i32, start: Moment) -> Option<Tween> {
    (from != to).then_some(Tween {
        property,
        from,
        to,
        start,
        length_ms: MOVE_MS,
        ease: Ease::Out,
    })
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
    fn layers_come_in_and_move_and_are_gone_at_once() {
        let first = animate(None, composition(&[("a", 0), ("b", 100)]), Moment(0));
        let second = animate(
            Some(&first),
            composition(&[("b", 0), ("c", 100)]),
            Moment(1_000),
        );
        assert_eq!(seen(&second, 1_000), ["b 100 1000", "c 130 0"]);
        assert_eq!(seen(&second, 1_000 + MOVE_MS), ["b 0 1000", "c 100 1000"]);
    }

    #[test]
    fn a_layer_that_turns_back_starts_from_where_it_is() {
        let first = animate(None, composition(&[("a", 0)]), Moment(0));
        let second = animate(Some(&first), composition(&[("a", 100)]), Moment(1_000));
        let midway = 1_000 + MOVE_MS / 2;
        let there = seen(&second, midway);
        let third = animate(Some(&second), composition(&[("a", 0)]), Moment(midway));
        assert_eq!(seen(&third, midway), there);
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
