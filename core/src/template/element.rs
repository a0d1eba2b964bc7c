//! What a template is made of.

use serde::{Deserialize, Serialize};

use crate::scene::{Align, ClockFormat, Fill, Rect, Weight, color::Color};

/// Something at a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Element {
    /// Names the element among its neighbours; layers are recognised by it from one picture to the next.
    #[serde(default)]
    pub name: String,
    /// Where, in canvas units; inside a group or a row relative to that.
    pub rect: Rect,
    /// In which state of the board it is seen. Only for elements of the template itself.
    #[serde(default)]
    pub when: When,
    /// How it comes in. Only for elements of the template itself and lists.
    #[serde(default)]
    pub enter: Enter,
    /// A MiniJinja expression that must be true for it to be there, for example `runner.place == 1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_if: Option<String>,
    /// What it is.
    pub content: Content,
}

/// The state of the board in which an element is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Always.
    #[default]
    Always,
    /// While a runner is being shown; `runner` is that runner. A feed leaves out those who are shown or will be.
    Active,
    /// While nobody is due.
    Resting,
}

/// How a layer comes in when it was not there before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enter {
    /// At once.
    #[default]
    Cut,
    /// Out of nothing.
    Fade,
    /// From a little below, for what is new at the bottom or stands alone.
    Rise,
    /// From a little above, for what is new at the top of a list.
    Drop,
    /// From the right, for what replaces something.
    Slide,
}

/// What an [`Element`] is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Content {
    /// A filled rectangle.
    Box {
        /// The corners' radius.
        #[serde(default)]
        radius: i32,
        /// With what.
        fill: Fill,
    },
    /// A line of text.
    Text {
        /// The text with its expressions.
        value: String,
        /// What it looks like.
        style: Style,
    },
    /// A clock.
    Clock {
        /// Which.
        of: ClockOf,
        /// How it is written.
        format: ClockFormat,
        /// What it looks like.
        style: Style,
    },
    /// A picture.
    Image {
        /// Its id.
        image: String,
        /// The corners' radius.
        #[serde(default)]
        radius: i32,
    },
    /// Elements that belong together.
    Group(Vec<Element>),
    /// One row below the other. Only for elements of the template itself and of pages.
    List {
        /// Of whom.
        of: ListOf,
        /// How many rows at most.
        rows: usize,
        /// From the top of a row to the top of the next.
        pitch: i32,
        /// What a row is made of; `runner` is the row's.
        row: Vec<Element>,
    },
    /// The same elements for each of several races, which take turns. Only for elements of the template itself.
    Pages {
        /// For which races.
        of: PagesOf,
        /// How long each is seen, in milliseconds.
        period_ms: i64,
        /// What a page is made of; `race` is the page's.
        page: Vec<Element>,
    },
}

/// What a text looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Style {
    /// The font size in canvas units, 8 to 2000.
    pub size: u16,
    /// The size below which a long text is cut; half of `size` where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<u16>,
    /// The weight.
    pub weight: Weight,
    /// Where in its box it stands.
    pub align: Align,
    /// The colour.
    pub color: Color,
}

/// Which clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockOf {
    /// The page's race; outside of pages the first race that has a start.
    Race,
    /// The time of day at the event.
    Day,
}

/// Who is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListOf {
    /// The fastest of the page's race; outside of pages of the first race that has finishers.
    Leaders,
    /// The latest crossings, newest first.
    Feed,
}

/// Which races have a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PagesOf {
    /// Those that have at least three finishers; while there are none, those that have any, and before that all.
    Ranked,
    /// Those whose clock runs or will run; all while there are none.
    Started,
}
