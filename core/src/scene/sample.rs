//! From a scene and a moment to the flat list that a painter draws.
//!
//! This is the only place where time becomes position.
//! The browser has a JavaScript twin of this file (`assets/web/sample.js`), held to test vectors made from it; change both.

use crate::{
    scene::{
        Canvas, Ease, Fill, Layer, Node, Property, Rect, Scene, Show, TextStyle, Tween, clock,
        color::Color,
    },
    time::Moment,
};

/// What to paint now, back to front. It lives for one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct DisplayList {
    /// The size that all coordinates refer to.
    pub canvas: Canvas,
    /// What is behind everything, and in the letterbox bars.
    pub background: Color,
    /// Back to front.
    pub items: Vec<Item>,
}

/// One thing to paint, in canvas units.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Where.
    pub rect: RectF,
    /// Nothing is painted outside it.
    pub clip: Option<Rect>,
    /// 0 (excluded) to 1; it multiplies the colours' own alpha.
    pub opacity: f32,
    /// What.
    pub paint: Paint,
}

/// What an [`Item`] is.
#[derive(Clone, Debug, PartialEq)]
pub enum Paint {
    /// A filled rectangle.
    Box {
        /// The corners' radius.
        radius: f32,
        /// With what.
        fill: Fill,
    },
    /// A line of text.
    Text {
        /// The baseline's y in canvas units.
        baseline: f32,
        /// What it says.
        text: String,
        /// What it looks like.
        style: TextStyle,
    },
    /// A picture.
    Image {
        /// The corners' radius.
        radius: f32,
        /// The picture's id.
        image: String,
    },
}

/// A rectangle that may stand between canvas units while it moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RectF {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

/// When a painter has to draw again although no new scene came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextFrame {
    /// Something is moving: at the next frame.
    Now,
    /// At this moment in server time.
    At(Moment),
    /// Not before a new scene comes.
    Never,
}

/// The display list of `scene` at the server time `at`.
pub fn sample(scene: &Scene, at: Moment) -> DisplayList {
    let items = scene
        .layers
        .iter()
        .filter(|layer| is_shown(layer.show, at))
        .flat_map(|layer| items(layer, at))
        .collect();
    DisplayList {
        canvas: scene.canvas,
        background: scene.background,
        items,
    }
}

/// When the display list of `scene` will differ from the one at `at`.
pub fn next_frame(scene: &Scene, at: Moment) -> NextFrame {
    let mut next: Option<Moment> = None;
    for moment in scene.layers.iter().flat_map(|layer| changes(layer, at)) {
        if moment <= at {
            return NextFrame::Now;
        }
        next = Some(next.map_or(moment, |soonest| soonest.min(moment)));
    }
    next.map_or(NextFrame::Never, NextFrame::At)
}

fn items(layer: &Layer, at: Moment) -> impl Iterator<Item = Item> {
    let x = layer.x as f32 + property(layer, Property::X, at, 0.0);
    let y = layer.y as f32 + property(layer, Property::Y, at, 0.0);
    let opacity = property(layer, Property::Opacity, at, 1000.0) / 1000.0;
    layer
        .nodes
        .iter()
        .filter(move |_| opacity > 0.0)
        .map(move |node| {
            let (rect, paint) = paint(node, y, at);
            let rect = RectF {
                x: x + rect.x as f32,
                y: y + rect.y as f32,
                w: rect.w as f32,
                h: rect.h as f32,
            };
            Item {
                rect,
                clip: layer.clip,
                opacity,
                paint,
            }
        })
}

fn paint(node: &Node, y: f32, at: Moment) -> (Rect, Paint) {
    match node {
        Node::Box { rect, radius, fill } => (
            *rect,
            Paint::Box {
                radius: *radius as f32,
                fill: *fill,
            },
        ),
        Node::Image {
            rect,
            radius,
            image,
        } => (
            *rect,
            Paint::Image {
                radius: *radius as f32,
                image: image.clone(),
            },
        ),
        Node::Text {
            rect,
            baseline,
            text,
            style,
        } => (
            *rect,
            Paint::Text {
                baseline: y + *baseline as f32,
                text: text.clone(),
                style: *style,
            },
        ),
        Node::Clock {
            rect,
            baseline,
            zero_at,
            stopped_at,
            format,
            style,
        } => {
            let text = clock::text(*format, *zero_at, *stopped_at, at);
            (
                *rect,
                Paint::Text {
                    baseline: y + *baseline as f32,
                    text,
                    style: *style,
                },
            )
        }
    }
}

/// Whether a layer with this `show` is to be seen at `at`.
pub(crate) fn is_shown(show: Show, at: Moment) -> bool {
    match show {
        Show::Always => true,
        Show::Between { from, until } => {
            from.is_none_or(|from| at >= from) && until.is_none_or(|until| at < until)
        }
        Show::Turn {
            page,
            pages,
            period_ms,
            since,
        } => {
            at.since_ms(since)
                .div_euclid(period_ms.max(1))
                .rem_euclid(i64::from(pages.max(1)))
                == i64::from(page)
        }
    }
}

/// How far a layer is from its origin at `at`, in whole canvas units.
pub(crate) fn offset(layer: &Layer, along: Property, at: Moment) -> i32 {
    property(layer, along, at, 0.0).round() as i32
}

/// A layer's opacity at `at`, in permille.
pub(crate) fn opacity_permille(layer: &Layer, at: Moment) -> i32 {
    property(layer, Property::Opacity, at, 1000.0).round() as i32
}

fn property(layer: &Layer, property: Property, at: Moment, resting: f32) -> f32 {
    layer
        .tweens
        .iter()
        .find(|tween| tween.property == property)
        .map_or(resting, |tween| value(tween, at))
}

fn value(tween: &Tween, at: Moment) -> f32 {
    let t = (at.since_ms(tween.start) as f32 / tween.length_ms.max(1) as f32).clamp(0.0, 1.0);
    let (from, to) = (tween.from as f32, tween.to as f32);
    from + (to - from) * eased(tween.ease, t)
}

fn eased(ease: Ease, t: f32) -> f32 {
    match ease {
        Ease::Linear => t,
        Ease::Out => 1.0 - (1.0 - t).powi(3),
        Ease::In => t.powi(3),
        Ease::InOut if t < 0.5 => 4.0 * t.powi(3),
        Ease::InOut => 1.0 - (2.0 - 2.0 * t).powi(3) / 2.0,
    }
}

/// The moments from `at` on at which the layer changes by itself; `at` itself while it is moving.
fn changes(layer: &Layer, at: Moment) -> Vec<Moment> {
    let mut moments = show_changes(layer.show, at);
    if !is_shown(layer.show, at) {
        return moments;
    }
    for tween in layer
        .tweens
        .iter()
        .filter(|tween| at < tween.start + tween.length_ms)
    {
        moments.push(tween.start.max(at));
    }
    moments.extend(layer.nodes.iter().filter_map(|node| match node {
        Node::Clock {
            zero_at,
            stopped_at,
            format,
            ..
        } => clock::next_change(*format, *zero_at, *stopped_at, at),
        _ => None,
    }));
    moments
}

fn show_changes(show: Show, at: Moment) -> Vec<Moment> {
    match show {
        Show::Always => Vec::new(),
        Show::Between { from, until } => [from, until]
            .into_iter()
            .flatten()
            .filter(|moment| *moment > at)
            .collect(),
        Show::Turn {
            period_ms, since, ..
        } => {
            let period_ms = period_ms.max(1);
            vec![since + (at.since_ms(since).div_euclid(period_ms) + 1) * period_ms]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{ClockFormat, SCENE_VERSION, TextStyle};

    fn layer(show: Show, tweens: Vec<Tween>) -> Layer {
        let node = Node::Box {
            rect: Rect::new(1, 2, 3, 4),
            radius: 0,
            fill: Fill::Solid(Color::rgb(0)),
        };
        Layer {
            key: "a".to_owned(),
            z: 0,
            x: 10,
            y: 20,
            clip: None,
            show,
            tweens,
            nodes: vec![node],
        }
    }

    fn scene(layer: Layer) -> Scene {
        let canvas = Canvas {
            width: 100,
            height: 100,
        };
        Scene {
            version: SCENE_VERSION,
            canvas,
            background: Color::rgb(0),
            layers: vec![layer],
        }
    }

    fn tween(property: Property, from: i32, to: i32) -> Tween {
        Tween {
            property,
            from,
            to,
            start: Moment(1_000),
            length_ms: 400,
            ease: Ease::InOut,
        }
    }

    /// Where the only item is at `at`, and how opaque.
    fn seen(scene: &Scene, at: i64) -> Option<(f32, f32, f32)> {
        sample(scene, Moment(at))
            .items
            .first()
            .map(|item| (item.rect.x, item.rect.y, item.opacity))
    }

    #[test]
    fn a_tween_moves_its_layer_from_start_to_end() {
        let scene = scene(layer(Show::Always, vec![tween(Property::Y, -40, 0)]));
        assert_eq!(seen(&scene, 0), Some((11.0, -18.0, 1.0)));
        assert_eq!(seen(&scene, 1_200), Some((11.0, 2.0, 1.0)));
        assert_eq!(seen(&scene, 1_400), Some((11.0, 22.0, 1.0)));
        assert_eq!(next_frame(&scene, Moment(0)), NextFrame::At(Moment(1_000)));
        assert_eq!(next_frame(&scene, Moment(1_399)), NextFrame::Now);
        assert_eq!(next_frame(&scene, Moment(1_400)), NextFrame::Never);
    }

    #[test]
    fn what_is_not_to_be_seen_is_not_painted() {
        let faded = scene(layer(Show::Always, vec![tween(Property::Opacity, 1000, 0)]));
        assert_eq!(seen(&faded, 1_400), None);
        let timed = scene(layer(
            Show::Between {
                from: Some(Moment(5)),
                until: Some(Moment(9)),
            },
            Vec::new(),
        ));
        assert_eq!(
            [4, 5, 8, 9].map(|at| seen(&timed, at).is_some()),
            [false, true, true, false]
        );
        assert_eq!(next_frame(&timed, Moment(4)), NextFrame::At(Moment(5)));
        assert_eq!(next_frame(&timed, Moment(5)), NextFrame::At(Moment(9)));
        assert_eq!(next_frame(&timed, Moment(9)), NextFrame::Never);
    }

    #[test]
    fn pages_take_turns_also_before_they_began() {
        let page = scene(layer(
            Show::Turn {
                page: 1,
                pages: 3,
                period_ms: 10,
                since: Moment(0),
            },
            Vec::new(),
        ));
        let turns = [0, 10, 19, 20, 40, -20].map(|at| seen(&page, at).is_some());
        assert_eq!(turns, [false, true, true, false, true, true]);
        assert_eq!(next_frame(&page, Moment(12)), NextFrame::At(Moment(20)));
    }

    #[test]
    fn a_clock_is_drawn_once_a_second() {
        let style = TextStyle {
            size_halves: 20,
            weight: crate::scene::Weight::Bold,
            align: crate::scene::Align::Left,
            color: Color::rgb(0),
        };
        let clock = Node::Clock {
            rect: Rect::new(0, 0, 50, 20),
            baseline: 15,
            zero_at: Moment(0),
            stopped_at: None,
            format: ClockFormat::Race,
            style,
        };
        let scene = scene(Layer {
            nodes: vec![clock],
            ..layer(Show::Always, Vec::new())
        });
        let Paint::Text { text, baseline, .. } = &sample(&scene, Moment(61_500)).items[0].paint
        else {
            panic!()
        };
        assert_eq!((text.as_str(), *baseline), ("0:01:01", 35.0));
        assert_eq!(
            next_frame(&scene, Moment(61_500)),
            NextFrame::At(Moment(62_000))
        );
    }
}
