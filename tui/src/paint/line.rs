//! Which texts stand in one line, and what each of them is to the picture.
//!
//! Cells are coarse: two lines of a picture may come to lie in one row of them. A line is kept together whatever happens, because a
//! time in the row of somebody else is a wrong time.

use std::{cmp::Ordering, ops::Range};

use gantry_core::scene::Align;

/// A text with the cells that it would like to have.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// What it says.
    pub text: String,
    /// The row in which its letters' middle lies, with the fraction of a row.
    pub row: f32,
    /// How far its letters reach from their middle, in rows.
    pub reach: f32,
    /// The columns of its box.
    pub columns: Range<u16>,
    /// Where it stands in its box.
    pub align: Align,
    /// The columns outside which it may not go.
    pub limits: Range<u16>,
    /// The place of its layer in the scene.
    pub layer: usize,
    /// What it has in common with the texts of the same column in a list.
    pub kind: Kind,
    /// Whether the picture says the same without it.
    pub is_small_print: bool,
}

/// A place in a layer, or in every row of a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Kind {
    /// The layer's name; the rows of a list have one in common.
    pub name: String,
    /// Where its box is in the layer, and how wide, in canvas units.
    pub place: (i32, i32, i32),
}

impl Wish {
    /// Whether it is a number or a time.
    pub fn is_figures(&self) -> bool {
        let is_digit = |char: char| char.is_ascii_digit();
        self.text.contains(is_digit) && !self.text.contains(char::is_alphabetic)
    }
}

/// Texts of one layer that stand in one row, by their places among the wishes.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The largest one, which says where the row is.
    pub main: usize,
    /// The others.
    pub others: Vec<usize>,
    /// Whether the layer has no larger line.
    pub is_first: bool,
}

impl Line {
    /// All of its texts.
    pub fn texts(&self) -> impl Iterator<Item = usize> {
        [self.main].into_iter().chain(self.others.iter().copied())
    }

    /// Whether the picture would not be true without it.
    pub fn is_needed(&self, wishes: &[Wish]) -> bool {
        self.is_first && !wishes[self.main].is_small_print
    }

    /// The texts without which it says nothing: those as large as the largest, and the one with the widest box, a name for example,
    /// which shrinks to fit.
    pub fn essential(&self, wishes: &[Wish]) -> Vec<usize> {
        const AS_LARGE: f32 = 0.8;
        let least = wishes[self.main].reach * AS_LARGE;
        let widest = self.texts().max_by_key(|text| wishes[*text].columns.len());
        self.texts()
            .filter(|text| wishes[*text].reach >= least || Some(*text) == widest)
            .collect()
    }

    fn takes(&self, wishes: &[Wish], text: &Wish) -> bool {
        let main = &wishes[self.main];
        let is_beside = |other: usize| {
            let other = &wishes[other].columns;
            other.end <= text.columns.start || text.columns.end <= other.start
        };
        main.layer == text.layer
            && (main.row - text.row).abs() <= main.reach + text.reach / 2.0
            && self.texts().all(is_beside)
    }
}

/// The lines of a picture: the largest first, and from top to bottom.
pub fn lines(wishes: &[Wish]) -> Vec<Line> {
    let mut by_size: Vec<usize> = (0..wishes.len()).collect();
    by_size.sort_by(|a, b| wishes[*b].reach.total_cmp(&wishes[*a].reach));
    let mut lines: Vec<Line> = Vec::new();
    for text in by_size {
        let wish = &wishes[text];
        if let Some(line) = lines.iter_mut().find(|line| line.takes(wishes, wish)) {
            line.others.push(text);
            continue;
        }
        let has_larger = lines
            .iter()
            .any(|line| wishes[line.main].layer == wish.layer);
        lines.push(Line {
            main: text,
            others: Vec::new(),
            is_first: !has_larger,
        });
    }
    lines.sort_by(|a, b| first(&wishes[a.main], &wishes[b.main]));
    lines
}

fn first(a: &Wish, b: &Wish) -> Ordering {
    let by_size = b.reach.total_cmp(&a.reach);
    by_size.then(a.row.total_cmp(&b.row))
}
