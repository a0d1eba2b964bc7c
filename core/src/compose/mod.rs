//! From a template and a board to the layers of a scene.
//!
//! Composing knows no time: it places clocks by their anchors, the runners being shown by their schedule and pages by their turns,
//! and whoever draws the scene decides what that looks like at a moment.

pub mod context;
pub(crate) mod expressions;
mod nodes;
mod place;
pub mod sample;

use std::collections::HashMap;

use crate::{
    board::Board,
    compose::{
        expressions::{Expressions, Failed},
        place::Placer,
    },
    scene::{SCENE_VERSION, Scene, patch::sort_layers},
    template::{Template, element::Enter},
    text::shaper::Shaper,
};

/// Composes one template, and remembers what its texts measure.
pub struct Composer {
    template: Template,
    expressions: Expressions,
    shaper: Shaper,
}

/// A composed picture: the scene at rest, and how layers come in that were not there before.
#[derive(Clone, Debug, PartialEq)]
pub struct Composition {
    /// Without tweens.
    pub scene: Scene,
    /// By layer key; layers that are not named come in at once.
    pub enters: HashMap<String, Enter>,
}

impl Composer {
    /// A composer of this template.
    pub fn new(template: Template) -> Self {
        Self {
            template,
            expressions: Expressions::default(),
            shaper: Shaper::new(),
        }
    }

    /// The template that it composes.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// The picture of the board. An expression that fails leaves its text out.
    pub fn compose(&mut self, board: &Board) -> Composition {
        let Self {
            template,
            expressions,
            shaper,
        } = self;
        let mut placer = Placer::new(board, expressions, shaper);
        for (index, element) in template.elements.iter().enumerate() {
            placer.place(element, index as i32);
        }
        let (mut layers, enters) = placer.finish();
        sort_layers(&mut layers);
        let scene = Scene {
            version: SCENE_VERSION,
            canvas: template.canvas,
            background: template.background,
            layers,
        };
        Composition { scene, enters }
    }

    /// Composes the sample boards and reports the first expression that fails on them.
    pub(crate) fn try_sample(mut self) -> Option<Failed> {
        for board in sample::boards() {
            self.compose(&board);
        }
        self.expressions.first_failed()
    }
}

#[cfg(test)]
mod tests;
