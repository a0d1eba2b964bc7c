//! The rows of a list, which share a column and never lie upon one another.
//!
//! All rows that stay move at once and alike: to their new places from wherever they are on the screen. Their order stays, so
//! none of them passes another. What is new at the top comes in with the row that it pushes down, and what falls off the end goes
//! out with the row that pushes it; the list's clip hides both beyond its edges. Whatever else goes is gone at once, and whatever
//! else is new is seen when the others have made room for it. A change that comes while rows move sends all of them on together,
//! so arrivals in quick succession look like one move. A list that is not to be seen at the moment stands still.

use crate::{
    motion::{MOVE_MS, fade, opacity, way},
    scene::{Layer, Property, Show, Tween, sample},
    time::Moment,
};

/// The list whose row a layer is.
pub(super) fn of(layer: &Layer) -> Option<&str> {
    layer.clip?;
    layer.key.rsplit_once('/').map(|(list, _)| list)
}

/// A row of the previous picture, and where it is on the screen.
struct Old<'a> {
    layer: &'a Layer,
    y: i32,
}

/// A row of the previous picture that stays: which it is of the new ones, and how far it goes.
#[derive(Clone, Copy)]
struct Stay {
    new: usize,
    old: usize,
    way: i32,
}

/// Moves the `new` rows of a list, and returns those of the `old` ones that are on their way out. `enter` is how a row comes in
/// where nobody was.
pub(super) fn animate(
    old: &[&Layer],
    mut new: Vec<&mut Layer>,
    at: Moment,
    enter: impl Fn(&Layer) -> Vec<Tween>,
) -> Vec<Layer> {
    let was_hidden = !old.is_empty() && !old.iter().any(|row| sample::is_shown(row.show, at));
    if was_hidden {
        return Vec::new();
    }
    let mut old: Vec<Old<'_>> = old
        .iter()
        .filter(|layer| sample::is_shown(layer.show, at) || !is_leaving(layer))
        .map(|layer| Old {
            layer,
            y: layer.y + sample::offset(layer, Property::Y, at),
        })
        .collect();
    old.sort_by_key(|row| row.y);
    new.sort_by_key(|row| row.y);
    if is_still(&old, &new) {
        return keep(&old, new);
    }
    let stays = stays(&old, &new, at);
    let moves = stays.iter().any(|stay| stay.way != 0);
    for (index, row) in new.iter_mut().enumerate() {
        let stay = stays.iter().find(|stay| stay.new == index);
        let pushed = stays
            .first()
            .filter(|first| index < first.new && first.way > 0);
        row.tweens = match (stay, pushed) {
            (Some(stay), _) => {
                let mut tweens = opacity(old[stay.old].layer);
                tweens.extend(way(Property::Y, -stay.way, 0, at));
                tweens
            }
            (None, Some(pushed)) => way(Property::Y, -pushed.way, 0, at).into_iter().collect(),
            (None, None) if stays.is_empty() => enter(row),
            (None, None) => vec![fade(if moves { at + MOVE_MS } else { at })],
        };
    }
    let last = stays.last().copied();
    let pushed_out = last
        .filter(|last| last.way > 0)
        .into_iter()
        .flat_map(|last| {
            let is_new = |row: &Layer| new.iter().any(|new| new.key == row.key);
            old[last.old + 1..]
                .iter()
                .filter(move |row| !is_new(row.layer))
                .map(move |row| (row, last.way))
        });
    pushed_out
        .filter_map(|(row, way)| push_out(row, way, at))
        .collect()
}

/// Whether the same rows stand, or come to stand, where they did.
fn is_still(old: &[Old<'_>], new: &[&mut Layer]) -> bool {
    let staying = old.iter().filter(|row| !is_leaving(row.layer));
    let is_same = |row: &Old<'_>| {
        new.iter()
            .any(|new| new.key == row.layer.key && new.y == row.layer.y)
    };
    staying.clone().count() == new.len() && staying.clone().all(is_same)
}

fn keep(old: &[Old<'_>], new: Vec<&mut Layer>) -> Vec<Layer> {
    for row in new {
        let before = old.iter().find(|old| old.layer.key == row.key);
        row.tweens = before.map_or_else(Vec::new, |old| old.layer.tweens.clone());
    }
    let leaving = old.iter().filter(|row| is_leaving(row.layer));
    leaving.map(|row| row.layer.clone()).collect()
}

/// The rows that stay, from the top: as many of those that were seen as keep their order.
fn stays(old: &[Old<'_>], new: &[&mut Layer], at: Moment) -> Vec<Stay> {
    let is_seen = |row: &Old<'_>| !is_leaving(row.layer) && is_visible(row, at);
    let both: Vec<Stay> = new
        .iter()
        .enumerate()
        .filter_map(|(index, row)| {
            let place = old
                .iter()
                .position(|old| old.layer.key == row.key && is_seen(old))?;
            Some(Stay {
                new: index,
                old: place,
                way: row.y - old[place].y,
            })
        })
        .collect();
    longest_ascent(&both)
}

/// The most of these that ascend by their old places.
fn longest_ascent(stays: &[Stay]) -> Vec<Stay> {
    let mut ends: Vec<(usize, Option<usize>)> = Vec::with_capacity(stays.len());
    for (index, stay) in stays.iter().enumerate() {
        let best = (0..index)
            .filter(|before| stays[*before].old < stay.old)
            .max_by_key(|before| ends[*before].0);
        ends.push((best.map_or(1, |best| ends[best].0 + 1), best));
    }
    let mut next = (0..stays.len()).max_by_key(|index| ends[*index].0);
    let mut ascent = Vec::new();
    while let Some(index) = next {
        ascent.push(stays[index]);
        next = ends[index].1;
    }
    ascent.reverse();
    ascent
}

/// The row on its way beyond the list's end; `None` when it is there already, would not get there, or its page may be turned
/// meanwhile.
fn push_out(row: &Old<'_>, distance: i32, at: Moment) -> Option<Layer> {
    let clip = row.layer.clip?;
    let end = clip.y + clip.h;
    let until = match row.layer.show {
        _ if row.y >= end || row.y + distance < end || !is_visible(row, at) => return None,
        Show::Turn { .. } => return None,
        Show::Between { until, .. } if !is_leaving(row.layer) => until,
        Show::Between { .. } | Show::Always => None,
    };
    let gone_at = at + MOVE_MS;
    let from = row.y - row.layer.y;
    let mut leaving = row.layer.clone();
    leaving.tweens = opacity(row.layer);
    leaving
        .tweens
        .extend(way(Property::Y, from, from + distance, at));
    leaving.show = Show::Between {
        from: None,
        until: Some(until.map_or(gone_at, |until| until.min(gone_at))),
    };
    Some(leaving)
}

fn is_visible(row: &Old<'_>, at: Moment) -> bool {
    sample::opacity_permille(row.layer, at) > 0
}

/// A leaving row is one that ends, at the latest, when it has arrived beyond its place.
fn is_leaving(layer: &Layer) -> bool {
    let Show::Between {
        from: None,
        until: Some(until),
    } = layer.show
    else {
        return false;
    };
    layer.tweens.iter().any(|tween| {
        tween.property == Property::Y && tween.to != 0 && tween.start + tween.length_ms >= until
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use crate::{
        compose::Composition,
        motion::{FADE_MS, MOVE_MS, animate},
        scene::{Canvas, Layer, Property, Rect, SCENE_VERSION, Scene, Show, color::Color, sample},
        time::Moment,
    };

    const ROW: i32 = 100;
    const ROWS: i32 = 5;

    /// Places are whole numbers, each rounded by itself whenever rows are sent on.
    const ROUNDING: i32 = 8;

    fn list(rows: &[&str]) -> Composition {
        let layer = |(index, row): (usize, &&str)| Layer {
            key: format!("list/{row}"),
            z: 0,
            x: 0,
            y: index as i32 * ROW,
            clip: Some(Rect::new(0, 0, 500, ROWS * ROW)),
            show: Show::Always,
            tweens: Vec::new(),
            nodes: Vec::new(),
        };
        Composition {
            scene: Scene {
                version: SCENE_VERSION,
                canvas: Canvas {
                    width: 1920,
                    height: 1080,
                },
                background: Color::rgb(0),
                layers: rows.iter().enumerate().map(layer).collect(),
            },
            enters: HashMap::new(),
        }
    }

    /// The rows that can be seen, from the top, with their places.
    fn seen(scene: &Scene, at: i64) -> Vec<(String, i32)> {
        let at = Moment(at);
        let place = |layer: &Layer| layer.y + sample::offset(layer, Property::Y, at);
        let mut rows: Vec<_> = scene
            .layers
            .iter()
            .filter(|layer| {
                sample::is_shown(layer.show, at) && sample::opacity_permille(layer, at) > 0
            })
            .map(|layer| (layer.key.replace("list/", ""), place(layer)))
            .filter(|(_, y)| (1 - ROW..ROWS * ROW).contains(y))
            .collect();
        rows.sort_by_key(|(_, y)| *y);
        rows
    }

    fn places(rows: &[&str], from: i32) -> Vec<(String, i32)> {
        let place = |(index, row): (usize, &&str)| ((*row).to_owned(), from + index as i32 * ROW);
        rows.iter().enumerate().map(place).collect()
    }

    #[test]
    fn what_has_left_is_not_sent_on() {
        let names: Vec<String> = (0..200).map(|row| row.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut scene = animate(None, list(&names[195..]), Moment(0));
        let mut most = 0;
        for (step, first) in (0..195).rev().enumerate() {
            let at = Moment(1_000 + step as i64 * 20);
            scene = animate(Some(&scene), list(&names[first..first + 5]), at);
            most = most.max(scene.layers.len());
        }
        assert!(most <= 2 * ROWS as usize + 2, "{most} rows at once");
    }

    #[test]
    fn what_is_new_at_the_top_pushes_the_last_out() {
        let first = animate(None, list(&["e", "d", "c", "b", "a"]), Moment(0));
        let second = animate(
            Some(&first),
            list(&["f", "e", "d", "c", "b"]),
            Moment(1_000),
        );
        assert_eq!(seen(&second, 1_000), places(&["e", "d", "c", "b", "a"], 0));
        let midway = seen(&second, 1_090);
        let (_, top) = &midway[0];
        assert_eq!(midway, places(&["f", "e", "d", "c", "b", "a"], *top));
        assert_eq!(
            seen(&second, 1_000 + MOVE_MS),
            places(&["f", "e", "d", "c", "b"], 0)
        );
    }

    #[test]
    fn what_comes_meanwhile_goes_on_with_the_others() {
        let first = animate(None, list(&["e", "d", "c", "b", "a"]), Moment(0));
        let second = animate(
            Some(&first),
            list(&["f", "e", "d", "c", "b"]),
            Moment(1_000),
        );
        let before = seen(&second, 1_100);
        let third = animate(
            Some(&second),
            list(&["g", "f", "e", "d", "c"]),
            Moment(1_100),
        );
        assert_eq!(seen(&third, 1_100), before, "nothing jumps");
        let midway = seen(&third, 1_130);
        let (_, top) = &midway[0];
        let rows: Vec<_> = midway.iter().map(|(row, _)| row.as_str()).collect();
        assert_eq!(midway, places(&rows, *top), "all are as far apart as ever");
        assert_eq!(
            seen(&third, 1_100 + MOVE_MS),
            places(&["g", "f", "e", "d", "c"], 0)
        );
    }

    #[test]
    fn what_is_new_in_the_middle_waits_for_room() {
        let first = animate(None, list(&["a", "c"]), Moment(0));
        let second = animate(Some(&first), list(&["a", "b", "c"]), Moment(1_000));
        let names =
            |at| -> Vec<String> { seen(&second, at).into_iter().map(|row| row.0).collect() };
        assert_eq!(names(1_000 + MOVE_MS), ["a", "c"]);
        assert_eq!(names(1_000 + MOVE_MS + FADE_MS), ["a", "b", "c"]);
    }

    #[test]
    fn an_unchanged_list_stays_the_same_to_the_letter() {
        let first = animate(None, list(&["c", "b", "a"]), Moment(0));
        let second = animate(Some(&first), list(&["d", "c", "b"]), Moment(1_000));
        let third = animate(Some(&second), list(&["d", "c", "b"]), Moment(1_100));
        assert_eq!(third, second);
    }

    proptest! {
        #[test]
        fn no_row_ever_lies_on_another(
            changes in prop::collection::vec(
                (prop::sample::subsequence((0..9).collect::<Vec<_>>(), 0..=5).prop_shuffle(), 20..500_i64),
                1..12,
            ),
        ) {
            let keys: Vec<String> = (0..9).map(|key| key.to_string()).collect();
            let mut scene = animate(None, list(&[]), Moment(0));
            let (mut now, mut last) = (0, 0);
            for (rows, wait_ms) in changes {
                let rows: Vec<&str> = rows.iter().map(|row| keys[*row].as_str()).collect();
                scene = animate(Some(&scene), list(&rows), Moment(now));
                for at in (now..now + wait_ms).step_by(7) {
                    for pair in seen(&scene, at).windows(2) {
                        prop_assert!(pair[1].1 - pair[0].1 >= ROW - ROUNDING, "{pair:?} at {at}");
                    }
                }
                now += wait_ms;
                last = rows.len();
            }
            prop_assert_eq!(seen(&scene, now + 1_000).len(), last);
        }
    }
}
