//! From an element without motion of its own to the nodes of a layer.

use minijinja::Value;

use crate::{
    board::Board,
    compose::expressions::Expressions,
    roster::Race,
    scene::{Node, Rect, TextStyle},
    template::element::{ClockOf, Content, Element, Style},
    text::{
        fonts::CAP_HEIGHT,
        shaper::{Shaper, Sizes},
    },
    time::Moment,
};

/// A clock is sized for this text; one that grows longer, in the eleventh hour of a race, may leave its box by a figure.
const CLOCK_SIZED_FOR: &str = "0:00:00";

/// Makes nodes of the elements of one layer.
pub(super) struct NodeMaker<'a> {
    pub(super) board: &'a Board,
    pub(super) expressions: &'a mut Expressions,
    pub(super) shaper: &'a mut Shaper,
    pub(super) race: Option<&'a Race>,
    pub(super) context: &'a Value,
}

impl NodeMaker<'_> {
    /// The nodes of `element`, with its origin at (`x`, `y`) of the layer.
    pub(super) fn nodes(&mut self, element: &Element, x: i32, y: i32, nodes: &mut Vec<Node>) {
        if !element
            .only_if
            .as_ref()
            .is_none_or(|condition| self.expressions.is_true(condition, self.context))
        {
            return;
        }
        let rect = Rect::new(x, y, element.rect.w, element.rect.h);
        match &element.content {
            Content::Box { radius, fill } => nodes.push(Node::Box {
                rect,
                radius: *radius,
                fill: *fill,
            }),
            Content::Image { image, radius } => {
                nodes.push(Node::Image {
                    rect,
                    radius: *radius,
                    image: image.clone(),
                });
            }
            Content::Text { value, style } => nodes.extend(self.text(rect, value, style)),
            Content::Clock { of, format, style } => {
                let zero_at = self.zero_at(*of);
                nodes.extend(zero_at.map(|zero_at| {
                    let (baseline, style) = self.clock_line(rect, style);
                    Node::Clock {
                        rect,
                        baseline,
                        zero_at,
                        stopped_at: None,
                        format: *format,
                        style,
                    }
                }));
            }
            Content::Group(children) => {
                for child in children {
                    self.nodes(child, x + child.rect.x, y + child.rect.y, nodes);
                }
            }
            Content::List { .. } | Content::Pages { .. } => {}
        }
    }

    fn text(&mut self, rect: Rect, value: &str, style: &Style) -> Option<Node> {
        let text = self.expressions.text(value, self.context);
        let fitted = self.shaper.fit(&text, style.weight, sizes(style), rect.w);
        let style = text_style(style, fitted.size_halves);
        (!fitted.text.is_empty()).then(|| Node::Text {
            rect,
            baseline: baseline(rect, style),
            text: fitted.text,
            style,
        })
    }

    fn clock_line(&mut self, rect: Rect, style: &Style) -> (i32, TextStyle) {
        let fitted = self
            .shaper
            .fit(CLOCK_SIZED_FOR, style.weight, sizes(style), rect.w);
        let style = text_style(style, fitted.size_halves);
        (baseline(rect, style), style)
    }

    fn zero_at(&self, of: ClockOf) -> Option<Moment> {
        match (of, self.race) {
            (ClockOf::Day, _) => self.board.settings().midnight,
            (ClockOf::Race, Some(race)) => self.board.zero_at(&race.name),
            (ClockOf::Race, None) => self
                .board
                .roster()
                .races()
                .iter()
                .find_map(|race| self.board.zero_at(&race.name)),
        }
    }
}

fn sizes(style: &Style) -> Sizes {
    Sizes {
        wanted: style.size * 2,
        least: style.least.map_or(style.size, |least| least * 2),
    }
}

fn text_style(style: &Style, size_halves: u16) -> TextStyle {
    TextStyle {
        size_halves,
        weight: style.weight,
        align: style.align,
        color: style.color,
    }
}

/// Capitals and figures stand in the middle of their box.
fn baseline(rect: Rect, style: TextStyle) -> i32 {
    rect.y + ((rect.h as f32 + CAP_HEIGHT * style.size()) / 2.0).round() as i32
}
