//! What can be clicked, and where it was drawn.

use ratatui::layout::{Position, Rect};

use crate::app::event::Target;

/// What can be clicked in the frame that was drawn last.
#[derive(Clone, Debug, Default)]
pub struct Hits(Vec<(Rect, Target)>);

impl Hits {
    /// Takes note that `target` was drawn at `area`, over whatever was there.
    pub fn add(&mut self, area: Rect, target: Target) {
        self.0.push((area, target));
    }

    /// Forgets all, because something was drawn over it.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What was drawn at a cell.
    pub fn at(&self, column: u16, row: u16) -> Option<Target> {
        let position = Position { x: column, y: row };
        self.0
            .iter()
            .rev()
            .find(|(area, _)| area.contains(position))
            .map(|(_, target)| *target)
    }

    /// Everything that can be clicked.
    pub fn targets(&self) -> impl Iterator<Item = Target> {
        self.0.iter().map(|(_, target)| *target)
    }
}
