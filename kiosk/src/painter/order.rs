//! Which items can be drawn in one go although they are of different kinds.
//!
//! Drawing rectangles, pictures and text takes one pipeline each, and switching for every item would cost a draw call per item.
//! So items are gathered into phases; each phase draws its rectangles, then its pictures, then its text.
//! An item goes into the earliest phase in which everything that it overlaps and that comes before it is already drawn.

use crate::painter::fit::PixelRect;

/// What draws an item, in the order in which a phase draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Quad,
    Image,
    Text,
}

/// The items placed so far.
#[derive(Default)]
pub(super) struct Phases {
    phases: Vec<Vec<(Kind, PixelRect)>>,
}

impl Phases {
    /// The phase of the next item in painting order, which paints only inside `bounds`.
    pub(super) fn place(&mut self, kind: Kind, bounds: PixelRect) -> usize {
        let phase = self.earliest(kind, &bounds);
        if phase == self.phases.len() {
            self.phases.push(Vec::new());
        }
        self.phases[phase].push((kind, bounds));
        phase
    }

    /// How many phases there are.
    pub(super) fn len(&self) -> usize {
        self.phases.len()
    }

    fn earliest(&self, kind: Kind, bounds: &PixelRect) -> usize {
        for (phase, placed) in self.phases.iter().enumerate().rev() {
            let topmost = placed
                .iter()
                .filter(|(_, other)| other.overlaps(bounds))
                .map(|(kind, _)| *kind)
                .max();
            match topmost {
                Some(below) if below > kind => return phase + 1,
                Some(_) => return phase,
                None => {}
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(left: f32, size: f32) -> PixelRect {
        PixelRect {
            left,
            top: 0.0,
            right: left + size,
            bottom: size,
        }
    }

    #[test]
    fn what_does_not_overlap_is_drawn_together() {
        let mut phases = Phases::default();
        assert_eq!(phases.place(Kind::Quad, square(0.0, 1000.0)), 0);
        for row in 0..5 {
            let left = row as f32 * 100.0;
            assert_eq!(phases.place(Kind::Quad, square(left, 100.0)), 0);
            assert_eq!(phases.place(Kind::Text, square(left, 50.0)), 0);
        }
        assert_eq!(phases.len(), 1);
    }

    #[test]
    fn what_covers_a_later_kind_waits_for_it() {
        let mut phases = Phases::default();
        phases.place(Kind::Text, square(0.0, 100.0));
        assert_eq!(phases.place(Kind::Quad, square(50.0, 100.0)), 1);
        assert_eq!(phases.place(Kind::Text, square(60.0, 10.0)), 1);
        assert_eq!(phases.place(Kind::Quad, square(300.0, 10.0)), 0);
        assert_eq!(phases.place(Kind::Image, square(60.0, 10.0)), 2);
    }

    #[test]
    fn edges_that_touch_do_not_overlap() {
        let mut phases = Phases::default();
        phases.place(Kind::Text, square(0.0, 100.0));
        assert_eq!(phases.place(Kind::Quad, square(100.0, 100.0)), 0);
    }
}
