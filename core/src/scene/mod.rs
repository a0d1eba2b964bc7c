//! The picture, as data: what is on the screen, where, and how it moves, without knowing when it is drawn.
//!
//! The server composes a [`Scene`] when something happened in the race and sends it, or the layers that changed, to every screen.
//! Each painter [`sample`](sample::sample)s it at its own frame rate into a flat display list and draws that.
//! Whatever moves with time travels as values (a clock's anchor, a tween, a page turn), so nothing is sent while time merely passes.
//!
//! All coordinates are whole canvas units and all opacities permille, so a scene's JSON is the same text in every language and can
//! be compared by [`hash`](hash::scene_hash).

pub mod clock;
pub mod color;
pub mod hash;
pub mod notice;
pub mod patch;
pub mod sample;

use serde::{Deserialize, Serialize};

use crate::{scene::color::Color, time::Moment};

/// The version of the scene's shape. A client that reads another version asks to be updated instead of guessing.
pub const SCENE_VERSION: u32 = 1;

/// Everything a screen shows from now until the next scene.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scene {
    /// [`SCENE_VERSION`] of the composer that made it.
    pub version: u32,
    /// The size that all coordinates refer to.
    pub canvas: Canvas,
    /// What is behind everything, and in the letterbox bars.
    pub background: Color,
    /// Back to front, sorted by `(z, key)`; keys are unique.
    pub layers: Vec<Layer>,
}

/// The size of the picture in canvas units. Painters scale it evenly to their screen and letterbox the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Canvas {
    /// Width, at least 1.
    pub width: i32,
    /// Height, at least 1.
    pub height: i32,
}

/// A group of nodes that appears, moves and is sent as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Names the same thing from scene to scene, for example `leaders/1234`; this is what makes a moved row recognisable.
    pub key: String,
    /// Painting order; lower is further back. Layers with equal `z` are painted in the order of their keys.
    pub z: i32,
    /// Where the nodes' coordinates start, in canvas units.
    pub x: i32,
    /// Where the nodes' coordinates start, in canvas units.
    pub y: i32,
    /// Nothing of the layer is painted outside this rectangle (canvas units, not moved by tweens).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip: Option<Rect>,
    /// When it is to be seen.
    #[serde(default, skip_serializing_if = "Show::is_always")]
    pub show: Show,
    /// How it moves; at most one tween for each property.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tweens: Vec<Tween>,
    /// Back to front.
    pub nodes: Vec<Node>,
}

/// When a layer is to be seen, in server time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// At any time.
    #[default]
    Always,
    /// From a moment (included) until another (excluded); an absent end is open.
    Between {
        /// First moment of visibility.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Moment>,
        /// First moment after it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Moment>,
    },
    /// While it is this page's turn: pages take turns of `period_ms`, page 0 first, counted from `since`.
    Turn {
        /// This layer's page, less than `pages`.
        page: u32,
        /// How many pages take turns, at least 1.
        pages: u32,
        /// How long each is shown, at least 1.
        period_ms: i64,
        /// When page 0 was first shown.
        since: Moment,
    },
}

impl Show {
    fn is_always(&self) -> bool {
        matches!(self, Show::Always)
    }
}

/// A property of a layer that changes from one value to another over a length of time.
///
/// Before `start` the property has `from`, after the end `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tween {
    /// What changes.
    pub property: Property,
    /// Canvas units added to the origin, or permille of opacity.
    pub from: i32,
    /// As `from`.
    pub to: i32,
    /// When it starts, in server time.
    pub start: Moment,
    /// How long it takes, at least 1.
    pub length_ms: i64,
    /// How it speeds up and slows down.
    pub ease: Ease,
}

/// What a [`Tween`] changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Property {
    /// Canvas units added to the layer's `x`.
    X,
    /// Canvas units added to the layer's `y`.
    Y,
    /// Permille by which every node's opacity is multiplied.
    Opacity,
}

/// The curve of a [`Tween`], over t from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ease {
    /// t
    Linear,
    /// 1 − (1 − t)³: arrives softly.
    Out,
    /// t³: leaves softly.
    In,
    /// 4t³, then 1 − (2 − 2t)³/2: both.
    InOut,
}

/// Something to paint. Coordinates are relative to the layer's origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Node {
    /// A filled rectangle.
    Box {
        /// Where.
        rect: Rect,
        /// The corners' radius; 0 is square.
        #[serde(default, skip_serializing_if = "is_zero")]
        radius: i32,
        /// With what.
        fill: Fill,
    },
    /// One line of text that the composer has already made to fit.
    Text {
        /// The box the text stands in; it is aligned within the box's width and is never wider.
        rect: Rect,
        /// The baseline's y.
        baseline: i32,
        /// What it says.
        text: String,
        /// What it looks like.
        style: TextStyle,
    },
    /// A running or stopped clock, drawn like a text.
    Clock {
        /// The box it stands in.
        rect: Rect,
        /// The baseline's y.
        baseline: i32,
        /// When the clock shows (or showed, or will show) zero.
        zero_at: Moment,
        /// When it was stopped; it runs while this is absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stopped_at: Option<Moment>,
        /// How it is written.
        format: ClockFormat,
        /// What it looks like.
        style: TextStyle,
    },
    /// A picture, by the id under which the server serves it.
    Image {
        /// Where; the picture is scaled evenly to be as large as fits and centred.
        rect: Rect,
        /// The corners' radius; 0 is square.
        #[serde(default, skip_serializing_if = "is_zero")]
        radius: i32,
        /// The picture's id: lower-case letters, digits and `-`.
        image: String,
    },
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
fn is_zero(value: &i32) -> bool {
    *value == 0
}

/// How a clock is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockFormat {
    /// `H:MM:SS` since zero, cut to the second; before zero `−H:MM:SS`, counting down to it.
    Race,
    /// `HH:MM:SS` of a day whose midnight is the clock's zero.
    TimeOfDay,
    /// `HH:MM` of a day whose midnight is the clock's zero.
    HourMinute,
}

/// A rectangle in whole canvas units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rect {
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Width, at least 0.
    pub w: i32,
    /// Height, at least 0.
    pub h: i32,
}

impl Rect {
    /// A rectangle from its left and top edge, width and height.
    pub const fn new(x: i32, y: i32, w: i32, h: i32) -> Self {
        Self { x, y, w, h }
    }
}

/// What a rectangle is filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fill {
    /// One colour.
    Solid(Color),
    /// From the left edge's colour to the right edge's.
    Across {
        /// At the left edge.
        from: Color,
        /// At the right edge.
        to: Color,
    },
    /// From the top edge's colour to the bottom edge's.
    Down {
        /// At the top edge.
        from: Color,
        /// At the bottom edge.
        to: Color,
    },
}

/// What a text looks like. All text is set in the house face with tabular figures and kerning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TextStyle {
    /// The font size in half canvas units (an 88-unit text has 176); painters agree to 0.01 px only at halves.
    pub size_halves: u16,
    /// The weight.
    pub weight: Weight,
    /// Where in its box the line stands.
    pub align: Align,
    /// The colour.
    pub color: Color,
}

impl TextStyle {
    /// The font size in canvas units.
    pub fn size(&self) -> f32 {
        f32::from(self.size_halves) / 2.0
    }
}

/// The weights that the shipped family has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// 500
    Medium,
    /// 700
    Bold,
    /// 800
    Heavy,
}

impl Weight {
    /// Every weight, lightest first.
    pub const ALL: [Weight; 3] = [Weight::Medium, Weight::Bold, Weight::Heavy];

    /// The weight as CSS and OpenType count it.
    pub const fn css(self) -> u16 {
        match self {
            Weight::Medium => 500,
            Weight::Bold => 700,
            Weight::Heavy => 800,
        }
    }
}

/// Where a line stands in its box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// At the left edge, whatever the script's direction.
    Left,
    /// In the middle.
    Center,
    /// At the right edge.
    Right,
}
