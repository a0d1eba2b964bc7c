//! A list of rows in columns, of which one is chosen.

use std::ops::Range;

use ratatui::{
    layout::{Constraint, Layout, Rect},
    style::Style,
    text::Span,
};

use crate::{
    app::event::Target,
    view::ui::{Ui, below, row},
    words::cut,
};

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// What stands above it.
    pub title: &'static str,
    /// How wide it is.
    pub width: Constraint,
    /// Whether it holds numbers.
    pub is_right: bool,
}

impl Column {
    /// A column of words.
    pub const fn words(title: &'static str, width: Constraint) -> Self {
        Self {
            title,
            width,
            is_right: false,
        }
    }

    /// A column of numbers.
    pub const fn numbers(title: &'static str, width: u16) -> Self {
        Self {
            title,
            width: Constraint::Length(width),
            is_right: true,
        }
    }
}

/// A cell: what it says and how.
pub type Cell = (String, Style);

/// Draws a header and the rows around the chosen one, which can be clicked.
pub fn table(
    ui: &mut Ui,
    area: Rect,
    columns: &[Column],
    chosen: Option<usize>,
    count: usize,
    cells: impl Fn(usize) -> Vec<Cell>,
) {
    let inner = Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    };
    let widths = columns.iter().map(|column| column.width);
    let header = Layout::horizontal(widths).spacing(2).split(row(inner, 0));
    let dim = ui.theme.dim();
    for (column, area) in columns.iter().zip(header.iter()) {
        put(ui, *area, column, (column.title.to_owned(), dim));
    }
    let body = below(area, 1);
    let shown = visible(chosen.unwrap_or(0), count, body.height);
    if chosen.is_some() {
        scrollbar(ui, body, &shown, count);
    }
    for (line, index) in shown.enumerate() {
        let line_area = row(body, line as u16);
        let is_chosen = chosen == Some(index);
        if is_chosen {
            let focus = ui.theme.focus();
            ui.buffer.set_style(line_area, focus);
        }
        for ((column, cell), area) in columns.iter().zip(cells(index)).zip(header.iter()) {
            let style = if is_chosen { Style::new() } else { cell.1 };
            put(
                ui,
                Rect {
                    y: line_area.y,
                    ..*area
                },
                column,
                (cell.0, style),
            );
        }
        if chosen.is_some() {
            ui.hit(line_area, Target::Row(index));
        }
    }
}

/// Where the shown rows are in a list that is longer, in the last column; arrows where it goes on.
fn scrollbar(ui: &mut Ui, body: Rect, shown: &Range<usize>, count: usize) {
    if shown.len() >= count {
        return;
    }
    let height = shown.len();
    let thumb = shown.start * height / count..(shown.end * height).div_ceil(count);
    for line in 0..height {
        let (symbol, style) = if line == 0 && shown.start > 0 {
            ("↑", ui.theme.accent())
        } else if line + 1 == height && shown.end < count {
            ("↓", ui.theme.accent())
        } else if thumb.contains(&line) {
            ("┃", ui.theme.dim())
        } else {
            ("│", ui.theme.rule())
        };
        let edge = row(body, line as u16);
        ui.line_right(edge, Span::styled(symbol, style));
    }
}

fn put(ui: &mut Ui, area: Rect, column: &Column, (text, style): Cell) {
    let span = Span::styled(cut(&text, area.width), style);
    if column.is_right {
        ui.line_right(area, span);
    } else {
        ui.line(area, span);
    }
}

/// The rows that are shown: the chosen one in the middle, as far as the ends of the list allow.
fn visible(chosen: usize, count: usize, height: u16) -> Range<usize> {
    let height = usize::from(height);
    let first = chosen
        .saturating_sub(height / 2)
        .min(count.saturating_sub(height));
    first..count.min(first + height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_row_is_always_visible() {
        for (chosen, count, height, expect) in [
            (0, 3, 10, 0..3),
            (0, 30, 10, 0..10),
            (15, 30, 10, 10..20),
            (29, 30, 10, 20..30),
            (0, 0, 10, 0..0),
            (5, 30, 0, 5..5),
        ] {
            assert_eq!(visible(chosen, count, height), expect);
        }
    }
}
