//! Texts in whole cells: which cells each one gets.
//!
//! In cells a text needs other room than in the house face, so a text that does not fit into its box may use free cells beside it
//! before it is cut. What does not fit is left out by whole columns and whole second lines; where even that is not enough, there is
//! no true picture in so few cells.

use std::{collections::HashSet, ops::Range};

use gantry_core::scene::Align;
use unicode_width::UnicodeWidthStr;

use crate::{
    paint::line::{Kind, Line, Wish, lines},
    words::cut,
};

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

/// Places texts line by line, so that what stands in one row belongs together; `None` where something needed finds no room.
///
/// A line whose row is taken moves to the row beside it as a whole. A small text that finds no room is left out, and with it those of
/// its [`Kind`], so that a list has a column in every row or in none.
pub fn place(wishes: &[Wish], rows: u16) -> Option<Vec<Placed>> {
    let lines = lines(wishes);
    let mut left_out = HashSet::new();
    loop {
        let mut page = Page {
            wishes,
            rows,
            held: Vec::new(),
        };
        let missing = page.fill(&lines, &left_out)?;
        let before = left_out.len();
        left_out.extend(missing);
        if left_out.len() == before {
            return Some(page.placed());
        }
    }
}

/// The cells of a picture and who holds them.
struct Page<'w> {
    wishes: &'w [Wish],
    rows: u16,
    held: Vec<Held>,
}

impl Page<'_> {
    /// Seats the lines. Answers the kinds that found no room, or nothing when one of them is needed.
    fn fill(&mut self, lines: &[Line], left_out: &HashSet<Kind>) -> Option<Vec<Kind>> {
        let mut missing = Vec::new();
        for line in lines {
            let is_in = |text: &usize| !left_out.contains(&self.wishes[*text].kind);
            let texts: Vec<usize> = line.texts().filter(is_in).collect();
            if !texts.contains(&line.main) {
                continue;
            }
            let seated = self.seat_line(line, &texts);
            if seated.is_none() && line.is_needed(self.wishes) {
                return None;
            }
            let seated = seated.unwrap_or_default();
            let is_missing = |text: &usize| !seated.iter().any(|held| held.wish == *text);
            let found_none = texts.into_iter().filter(is_missing);
            missing.extend(found_none.map(|text| self.wishes[text].kind.clone()));
            self.held.extend(seated);
        }
        Some(missing)
    }

    /// The seats of a line in the first row that has room for what is essential in it.
    fn seat_line(&self, line: &Line, texts: &[usize]) -> Option<Vec<Held>> {
        let essential = line.essential(self.wishes);
        let mut order = texts.to_vec();
        order.sort_by_key(|text| {
            let is_words = !self.wishes[*text].is_figures();
            (!essential.contains(text), is_words)
        });
        near(self.wishes[line.main].row, self.rows)
            .filter(|row| self.keeps_order(line, *row))
            .find_map(|row| {
                let mut seated: Vec<Held> = Vec::new();
                for text in &order {
                    let is_essential = essential.contains(text);
                    match self.seat(*text, row, &seated, is_essential) {
                        Some(held) => seated.push(held),
                        None if is_essential => return None,
                        None => {}
                    }
                }
                Some(seated)
            })
    }

    /// Whether the lines of one layer still stand one below the other with this one in `row`.
    fn keeps_order(&self, line: &Line, row: u16) -> bool {
        let main = &self.wishes[line.main];
        self.held.iter().all(|held| {
            let other = &self.wishes[held.wish];
            other.layer != main.layer
                || if other.row < main.row {
                    held.row < row
                } else {
                    held.row > row
                }
        })
    }

    /// Free cells for a text in a row, with a space before and after it.
    fn seat(&self, text: usize, row: u16, seated: &[Held], is_essential: bool) -> Option<Held> {
        let wish = &self.wishes[text];
        let others: Vec<&Held> = self
            .held
            .iter()
            .chain(seated)
            .filter(|held| held.row == row)
            .collect();
        let columns = match (wish.is_figures(), is_essential) {
            (true, _) => seat_figures(&others, wish),
            (false, false) => seat_words(&others, &boxed(wish), FEWEST.min(width(&wish.text))),
            (false, true) => {
                let fewest = FEWEST_NEEDED.min(width(&wish.text));
                let in_box = seat_words(&others, &boxed(wish), fewest);
                in_box.or_else(|| seat_words(&others, &whole(wish), fewest))
            }
        }?;
        Some(Held {
            wish: text,
            row,
            columns,
            is_figures: wish.is_figures(),
        })
    }

    /// What is shown in the held cells and the free ones beside them.
    fn placed(mut self) -> Vec<Placed> {
        let mut placed = Vec::new();
        for index in 0..self.held.len() {
            let columns = widened(&self.held, index, self.wishes);
            self.held[index].columns = columns.clone();
            let held = &self.held[index];
            let wish = &self.wishes[held.wish];
            let text = cut(&wish.text, room(&columns));
            placed.push(Placed {
                wish: held.wish,
                row: held.row,
                column: aligned(&columns, wish.align, width(&text)).start,
                text,
            });
        }
        placed
    }
}

/// The fewest columns in which the beginning of a text still says something.
const FEWEST: u16 = 3;

/// The fewest columns in which the beginning of a name is still somebody's.
const FEWEST_NEEDED: u16 = 8;

/// How far figures step aside for one another, nearest first.
const ASIDE: [i32; 7] = [0, -1, 1, -2, 2, -3, 3];

/// Free cells for figures: all that they need, because a cut time is a wrong time.
fn seat_figures(others: &[&Held], wish: &Wish) -> Option<Range<u16>> {
    let wanted = whole(wish);
    if room(&wanted) < width(&wish.text) {
        return None;
    }
    ASIDE
        .into_iter()
        .filter_map(|by| shifted(&wanted, by, &wish.limits))
        .find(|columns| {
            let spaced = columns.start.saturating_sub(1)..columns.end + 1;
            others.iter().all(|held| !held.meets(&spaced))
        })
}

/// The columns moved aside, if they are still within the limits.
fn shifted(columns: &Range<u16>, by: i32, limits: &Range<u16>) -> Option<Range<u16>> {
    let start = u16::try_from(i32::from(columns.start) + by).ok()?;
    let end = u16::try_from(i32::from(columns.end) + by).ok()?;
    (start >= limits.start && end <= limits.end).then_some(start..end)
}

/// At least `fewest` free cells for words, which give way to figures.
fn seat_words(others: &[&Held], wanted: &Range<u16>, fewest: u16) -> Option<Range<u16>> {
    let mut words = others.iter().filter(|held| !held.is_figures);
    if words.any(|held| held.meets(wanted)) {
        return None;
    }
    let figures = others.iter().filter(|held| held.is_figures);
    let spaced = wanted.start.saturating_sub(1)..wanted.end + 1;
    let columns = figures
        .filter(|held| held.meets(&spaced))
        .fold(wanted.clone(), |left, held| held.spared(&left));
    (room(&columns) >= fewest).then_some(columns)
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
    fn meets(&self, columns: &Range<u16>) -> bool {
        self.columns.start < columns.end && columns.start < self.columns.end
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
    let columns = this.columns.start - left..this.columns.end + right;
    let is_beside = |held: &Held| held.row == this.row && held.columns.start == columns.end;
    if !this.is_figures && held.iter().any(is_beside) {
        return columns.start..columns.end - 1;
    }
    columns
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
            reach: 0.3,
            layer: 0,
            kind: Kind {
                name: text.to_owned(),
                place: (0, 0, 0),
            },
            is_small_print: false,
        }
    }

    /// The same text in another layer.
    fn of_layer(layer: usize, wish: Wish) -> Wish {
        Wish { layer, ..wish }
    }

    /// Draws what was placed into 20 columns, a dot for each free cell.
    fn drawn(wishes: &[Wish], rows: u16) -> String {
        let mut grid = vec![vec!['.'; 20]; usize::from(rows)];
        for placed in place(wishes, rows).expect("there is room") {
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
    fn a_taken_row_sends_the_whole_line_to_the_next() {
        let row = |layer, row, name, time| {
            [
                of_layer(layer, wish(name, row, 0..8, Align::Left)),
                of_layer(layer, wish(time, row, 10..16, Align::Right)),
            ]
        };
        let wishes = [row(0, 0.4, "Ann", "36:38"), row(1, 0.9, "Ben", "37:02")].concat();
        assert_eq!(
            drawn(&wishes, 2),
            "Ann........36:38....\nBen........37:02...."
        );
        let third = row(2, 0.95, "Cem", "38:11");
        assert_eq!(place(&[&wishes[..], &third].concat(), 2), None, "no room");
    }

    #[test]
    fn small_print_that_finds_no_room_is_left_out_of_every_row() {
        let entry = |layer, row: f32| {
            let club = Wish {
                reach: 0.1,
                kind: Kind {
                    name: "feed".to_owned(),
                    place: (0, 50, 100),
                },
                ..wish("Club", row + 0.4, 0..8, Align::Left)
            };
            [wish("Ann Example", row, 0..12, Align::Left), club].map(|wish| of_layer(layer, wish))
        };
        let wishes = [entry(0, 0.5), entry(1, 1.7), entry(2, 2.5)].concat();
        assert_eq!(
            drawn(&wishes, 4),
            "Ann Example.........\nAnn Example.........\nAnn Example.........\n...................."
        );
        let wishes = [entry(0, 0.5), entry(1, 2.7)].concat();
        assert_eq!(
            drawn(&wishes, 4),
            "Ann Example.........\nClub................\nAnn Example.........\nClub................"
        );
    }

    #[test]
    fn a_column_without_room_is_left_out_and_no_time_is_cut() {
        let gap = Wish {
            reach: 0.2,
            ..wish("+1:24", 0.6, 12..14, Align::Right)
        };
        let wishes = [
            wish("Ann Example", 0.5, 0..6, Align::Left),
            wish("1:02:03", 0.5, 7..12, Align::Right),
            gap,
        ];
        assert_eq!(place(&wishes, 1), None, "no room for the name");
        let wishes = [
            wish("Ann Example", 0.5, 0..10, Align::Left),
            wish("1:02:03", 0.5, 11..18, Align::Right),
            Wish {
                columns: 18..20,
                ..wishes[2].clone()
            },
        ];
        assert_eq!(drawn(&wishes, 1), "Ann Examp….1:02:03..");
    }

    #[test]
    fn wide_characters_count_twice() {
        let wishes = [wish("東京マラソン", 0.5, 0..8, Align::Left)];
        let narrow = Wish {
            limits: 0..8,
            ..wishes[0].clone()
        };
        let placed = place(&[narrow], 1).expect("there is room");
        assert_eq!(placed[0].text, "東京マ…");
    }
}
