//! Texts in whole cells: which cells each one gets.
//!
//! In cells a text needs other room than in the house face, so a text that does not fit into its box may use free cells beside it
//! before it is cut.

use std::ops::Range;

use gantry_core::scene::Align;
use unicode_width::UnicodeWidthStr;

use crate::words::cut;

/// A text with the cells that it would like to have.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// What it says.
    pub text: String,
    /// The row in which its letters' middle lies, with the fraction of a row.
    pub row: f32,
    /// The columns of its box.
    pub columns: Range<u16>,
    /// Where it stands in its box.
    pub align: Align,
    /// The columns outside which it may not go.
    pub limits: Range<u16>,
}

/// A text in its cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Which wish it answers.
    pub wish: usize,
    /// The row.
    pub row: u16,
    /// The first column.
    pub column: u16,
    /// What is shown: the text, or its beginning and `…`.
    pub text: String,
}

/// Places texts: figures first, because a cut time is a wrong time, then words, the first ones first.
///
/// Words give way to figures in their row. A text that finds its row taken moves to the row beside it; where that is taken too, it
/// is left out.
pub fn place(wishes: &[Wish], rows: u16) -> Vec<Placed> {
    let mut held: Vec<Held> = Vec::new();
    let (figures, words): (Vec<usize>, Vec<usize>) =
        (0..wishes.len()).partition(|index| is_figures(&wishes[*index].text));
    for index in figures {
        let wish = &wishes[index];
        let found = seat_figures(&held, wish, rows, &whole(wish))
            .or_else(|| seat_figures(&held, wish, rows, &boxed(wish)));
        held.extend(found.map(|seat| seat.held(index, true)));
    }
    for index in words {
        let wish = &wishes[index];
        let found = seat_words(&held, wish, rows, &boxed(wish));
        held.extend(found.map(|seat| seat.held(index, false)));
    }
    (0..held.len())
        .map(|index| {
            let columns = widened(&held, index, wishes);
            held[index].columns = columns.clone();
            let wish = &wishes[held[index].wish];
            let text = cut(&wish.text, room(&columns));
            Placed {
                wish: held[index].wish,
                row: held[index].row,
                column: aligned(&columns, wish.align, width(&text)).start,
                text,
            }
        })
        .collect()
}

/// Free cells for a text.
struct Seat {
    row: u16,
    columns: Range<u16>,
}

impl Seat {
    fn held(self, wish: usize, is_figures: bool) -> Held {
        Held {
            wish,
            row: self.row,
            columns: self.columns,
            is_figures,
        }
    }
}

/// The fewest columns in which the beginning of a text still says something.
const FEWEST: u16 = 3;

/// How far figures step aside for one another, nearest first, before they stand without a space between them.
const ASIDE: [i32; 7] = [0, -1, 1, -2, 2, -3, 3];

/// The best free cells for figures that would like these columns.
fn seat_figures(held: &[Held], wish: &Wish, rows: u16, wanted: &Range<u16>) -> Option<Seat> {
    near(wish.row, rows).find_map(|row| {
        let is_free = |columns: &Range<u16>| held.iter().all(|held| !held.meets(row, columns));
        let with_space = ASIDE
            .into_iter()
            .filter_map(|by| shifted(wanted, by, &wish.limits))
            .find(|columns| is_free(&(columns.start.saturating_sub(1)..columns.end + 1)));
        with_space
            .or_else(|| Some(wanted.clone()).filter(is_free))
            .map(|columns| Seat { row, columns })
    })
}

/// The columns moved aside, if they are still within the limits.
fn shifted(columns: &Range<u16>, by: i32, limits: &Range<u16>) -> Option<Range<u16>> {
    let start = u16::try_from(i32::from(columns.start) + by).ok()?;
    let end = u16::try_from(i32::from(columns.end) + by).ok()?;
    (start >= limits.start && end <= limits.end).then_some(start..end)
}

/// The best free cells for words that would like these columns.
fn seat_words(held: &[Held], wish: &Wish, rows: u16, wanted: &Range<u16>) -> Option<Seat> {
    near(wish.row, rows).find_map(|row| {
        let met: Vec<&Held> = held.iter().filter(|held| held.meets(row, wanted)).collect();
        if met.iter().any(|held| !held.is_figures) {
            return None;
        }
        let columns = met
            .iter()
            .fold(wanted.clone(), |left, held| held.spared(&left));
        (room(&columns) >= FEWEST.min(room(wanted))).then_some(Seat { row, columns })
    })
}

/// Whether a text is a number or a time.
fn is_figures(text: &str) -> bool {
    text.contains(|char: char| char.is_ascii_digit()) && !text.contains(char::is_alphabetic)
}

/// The columns of the whole text, even where they are more than its box has.
fn whole(wish: &Wish) -> Range<u16> {
    let length = width(&wish.text);
    let missing = length.saturating_sub(room(&wish.columns));
    let (left, right) = shares(wish.align, missing);
    let start = wish
        .columns
        .start
        .saturating_sub(left)
        .max(wish.limits.start);
    let end = (wish.columns.end + right).min(wish.limits.end);
    aligned(&(start..end), wish.align, length.min(end - start))
}

/// The columns of as much of the text as its box has room for.
fn boxed(wish: &Wish) -> Range<u16> {
    aligned(
        &wish.columns,
        wish.align,
        width(&wish.text).min(room(&wish.columns)),
    )
}

struct Held {
    wish: usize,
    row: u16,
    columns: Range<u16>,
    is_figures: bool,
}

impl Held {
    fn meets(&self, row: u16, columns: &Range<u16>) -> bool {
        self.row == row && self.columns.start < columns.end && columns.start < self.columns.end
    }

    /// The larger part of `columns` that this text and one column beside it leave.
    fn spared(&self, columns: &Range<u16>) -> Range<u16> {
        let (start, end) = (columns.start, columns.end);
        let before = start..self.columns.start.saturating_sub(1).clamp(start, end);
        let after = (self.columns.end + 1).clamp(start, end)..end;
        if room(&before) >= room(&after) {
            before
        } else {
            after
        }
    }
}

/// The row that a fractional row lies in, then the one that it is nearer to.
fn near(row: f32, rows: u16) -> impl Iterator<Item = u16> {
    let beside = if row.fract() < 0.5 {
        row - 1.0
    } else {
        row + 1.0
    };
    [row, beside]
        .into_iter()
        .filter(|row| *row >= 0.0)
        .map(|row| row as u16)
        .filter(move |row| *row < rows)
}

fn aligned(columns: &Range<u16>, align: Align, length: u16) -> Range<u16> {
    let spare = room(columns).saturating_sub(length);
    let start = columns.start
        + match align {
            Align::Left => 0,
            Align::Center => spare / 2,
            Align::Right => spare,
        };
    start..start + length
}

/// The columns of a held text, with as many free ones beside it as the whole text needs; one column is left between texts.
fn widened(held: &[Held], index: usize, wishes: &[Wish]) -> Range<u16> {
    let this = &held[index];
    let wish = &wishes[this.wish];
    let missing = width(&wish.text).saturating_sub(room(&this.columns));
    let same_row = || {
        held.iter()
            .enumerate()
            .filter(|(other, held)| *other != index && held.row == this.row)
    };
    let left_end = same_row()
        .map(|(_, held)| held.columns.end + 1)
        .filter(|end| *end <= this.columns.start + 1)
        .fold(wish.limits.start, u16::max);
    let right_end = same_row()
        .map(|(_, held)| held.columns.start.saturating_sub(1))
        .filter(|start| *start + 1 >= this.columns.end)
        .fold(wish.limits.end, u16::min);
    let left_free = this.columns.start.saturating_sub(left_end);
    let right_free = right_end.saturating_sub(this.columns.end);
    let (left, right) = shares(wish.align, missing);
    let (left, right) = (left.min(left_free), right.min(right_free));
    this.columns.start - left..this.columns.end + right
}

/// How many of the missing columns a text takes to its left and right: growing over the aligned edge would pull it out of line.
fn shares(align: Align, missing: u16) -> (u16, u16) {
    match align {
        Align::Left => (0, missing),
        Align::Center => (missing / 2, missing.div_ceil(2)),
        Align::Right => (missing, 0),
    }
}

fn width(text: &str) -> u16 {
    text.width().min(usize::from(u16::MAX)) as u16
}

fn room(columns: &Range<u16>) -> u16 {
    columns.end.saturating_sub(columns.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(text: &str, row: f32, columns: Range<u16>, align: Align) -> Wish {
        Wish {
            text: text.to_owned(),
            row,
            columns,
            align,
            limits: 0..20,
        }
    }

    /// Draws what was placed into 20 columns, a dot for each free cell.
    fn drawn(wishes: &[Wish], rows: u16) -> String {
        let mut grid = vec![vec!['.'; 20]; usize::from(rows)];
        for placed in place(wishes, rows) {
            for (offset, char) in placed.text.chars().enumerate() {
                grid[usize::from(placed.row)][usize::from(placed.column) + offset] = char;
            }
        }
        let lines: Vec<String> = grid
            .into_iter()
            .map(|row| row.into_iter().collect())
            .collect();
        lines.join("\n")
    }

    #[test]
    fn texts_stand_in_their_boxes() {
        let line = |align| drawn(&[wish("abc", 0.5, 4..12, align)], 1);
        assert_eq!(line(Align::Left), "....abc.............");
        assert_eq!(line(Align::Center), "......abc...........");
        assert_eq!(line(Align::Right), ".........abc........");
    }

    #[test]
    fn a_time_takes_the_free_cells_beside_its_box() {
        let wishes = [
            wish("Ann", 0.5, 0..12, Align::Left),
            wish("1:02:03", 0.5, 15..20, Align::Right),
        ];
        assert_eq!(drawn(&wishes, 1), "Ann..........1:02:03");
    }

    #[test]
    fn figures_keep_a_space_between_them() {
        let wishes = [
            wish("35:12", 0.5, 4..10, Align::Right),
            wish("+1:24", 0.5, 10..15, Align::Right),
        ];
        assert_eq!(drawn(&wishes, 1), ".....35:12.+1:24....");
    }

    #[test]
    fn words_give_way_to_figures() {
        let wishes = [
            wish("Wolfeschlegel", 0.5, 0..12, Align::Left),
            wish("1:02:03", 0.5, 13..17, Align::Right),
        ];
        assert_eq!(drawn(&wishes, 1), "Wolfesch….1:02:03...");
    }

    #[test]
    fn where_no_cell_is_free_words_are_cut() {
        let wishes = [
            wish("Wolfeschlegel", 0.5, 0..10, Align::Left),
            wish("Hamburg", 0.5, 11..18, Align::Left),
        ];
        assert_eq!(drawn(&wishes, 1), "Wolfeschl….Hamburg..");
    }

    #[test]
    fn a_taken_row_sends_the_text_to_the_next() {
        let wishes = [
            wish("first", 0.4, 0..8, Align::Left),
            wish("second", 0.9, 0..8, Align::Left),
            wish("third", 0.9, 0..8, Align::Left),
        ];
        assert_eq!(
            drawn(&wishes, 2),
            "first...............\nsecond.............."
        );
    }

    #[test]
    fn wide_characters_count_twice() {
        let wishes = [wish("東京マラソン", 0.5, 0..7, Align::Left)];
        let narrow = Wish {
            limits: 0..7,
            ..wishes[0].clone()
        };
        assert_eq!(place(&[narrow], 1)[0].text, "東京マ…");
    }
}
