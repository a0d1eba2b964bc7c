//! A frame with the theme and the list of what can be clicked in it.

use ratatui::{
    Frame,
    buffer::Buffer,
    layout::{Constraint, Layout, Position, Rect},
    style::Style,
    text::{Line, Span},
    widgets::{Clear, Widget},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    app::{event::Target, model::Model, permission::forbidden},
    keymap::{action::Action, resolve, table::Binding},
    terminal::Depth,
    view::{hits::Hits, theme::Theme},
};

/// From this width on, a list and what is said of its chosen row stand side by side.
pub const WIDE: u16 = 120;

/// Where views draw: cells, what can be clicked in them, and the cursor.
pub struct Ui {
    /// The cells.
    pub buffer: Buffer,
    hits: Hits,
    cursor: Option<Position>,
    /// The styles.
    pub theme: Theme,
    /// How many colours the terminal shows.
    pub depth: Depth,
}

impl Ui {
    /// Empty cells.
    pub fn new(area: Rect, depth: Depth) -> Self {
        Self {
            buffer: Buffer::empty(area),
            hits: Hits::default(),
            cursor: None,
            theme: Theme::new(depth),
            depth,
        }
    }

    /// Hands the cells over and says what can be clicked in them.
    pub fn finish(self, frame: &mut Frame<'_>) -> Hits {
        *frame.buffer_mut() = self.buffer;
        if let Some(cursor) = self.cursor {
            frame.set_cursor_position(cursor);
        }
        self.hits
    }

    /// Draws a widget.
    pub fn put(&mut self, area: Rect, widget: impl Widget) {
        widget.render(area.intersection(self.buffer.area), &mut self.buffer);
    }

    /// Draws a line at the top of `area`, cut at its right edge.
    pub fn line<'l>(&mut self, area: Rect, line: impl Into<Line<'l>>) {
        self.put(row(area, 0), line.into());
    }

    /// Draws a line at the top of `area` so that it ends at its right edge.
    pub fn line_right<'l>(&mut self, area: Rect, line: impl Into<Line<'l>>) {
        self.put(row(area, 0), line.into().right_aligned());
    }

    /// Makes an area clickable.
    pub fn hit(&mut self, area: Rect, target: Target) {
        self.hits.add(area, target);
    }

    /// Empties an area for something that stands in front; nothing behind it can be clicked any more.
    pub fn raise(&mut self, area: Rect) {
        self.hits.clear();
        self.cursor = None;
        self.put(area, Clear);
    }

    /// Puts the terminal's cursor into a cell.
    pub fn cursor(&mut self, x: u16, y: u16) {
        self.cursor = Some(Position { x, y });
    }

    /// What can be done now at the top of `area`, as much as fits; each hint can be clicked. The way to the help is always among them.
    pub fn hints(&mut self, area: Rect, model: &Model) {
        let (help, others): (Vec<_>, Vec<_>) = resolve::bindings(model.context())
            .filter(|binding| !binding.hint.is_empty())
            .filter(|binding| forbidden(model, binding.action).is_none())
            .partition(|binding| binding.action == Action::Help);
        let mut room = row(area, 0);
        for binding in help {
            let width = self.hint_width(binding).min(room.width);
            self.hint(
                Rect {
                    x: room.right() - width,
                    ..room
                },
                binding,
            );
            room.width -= width;
        }
        for binding in others {
            let width = self.hint_width(binding) + 3;
            if width <= room.width {
                self.hint(room, binding);
                room = beside(room, width);
            }
        }
    }

    fn hint_width(&self, binding: &Binding) -> u16 {
        self.hint_line(binding).width() as u16
    }

    fn hint(&mut self, area: Rect, binding: &Binding) {
        let line = self.hint_line(binding);
        let width = (line.width() as u16).min(area.width);
        self.line(area, line);
        self.hit(Rect { width, ..area }, Target::Action(binding.action));
    }

    fn hint_line(&self, binding: &Binding) -> Line<'static> {
        let key = binding
            .keys
            .first()
            .map(ToString::to_string)
            .unwrap_or_default();
        Line::from_iter([
            Span::styled(key, self.theme.accent()),
            Span::raw(" "),
            Span::styled(binding.hint, self.theme.dim()),
        ])
    }

    /// A dividing line at the top of `area`.
    pub fn rule(&mut self, area: Rect) {
        let style = self.theme.rule();
        self.line(
            area,
            Span::styled("─".repeat(usize::from(area.width)), style),
        );
    }

    /// A heading at the top of `area` with something said beside it.
    pub fn heading(&mut self, area: Rect, title: &str, beside: &str) {
        let spans = [
            Span::styled(title.to_owned(), self.theme.heading()),
            Span::raw("  "),
            Span::styled(beside.to_owned(), self.theme.dim()),
        ];
        self.line(area, Line::from_iter(spans));
    }

    /// Words that are too long for one line, from the top of `area`. Says how many rows they took.
    pub fn words(&mut self, area: Rect, text: &str, style: Style) -> u16 {
        let lines = wrapped(text, usize::from(area.width.max(1)));
        for (index, line) in lines.iter().take(usize::from(area.height)).enumerate() {
            self.line(row(area, index as u16), Span::styled(line.clone(), style));
        }
        lines.len().min(usize::from(area.height)) as u16
    }
}

/// The row of `area` at `index`, empty when it has none.
pub fn row(area: Rect, index: u16) -> Rect {
    let y = area.y.saturating_add(index).min(area.bottom());
    Rect {
        y,
        height: u16::from(y < area.bottom()),
        ..area
    }
}

/// `area` without its first `rows` rows.
pub fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect {
        y: area.y + rows,
        height: area.height - rows,
        ..area
    }
}

/// `area` without its first `columns` columns.
pub fn beside(area: Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    Rect {
        x: area.x + columns,
        width: area.width - columns,
        ..area
    }
}

/// `area` without a column at each side.
pub fn padded(area: Rect) -> Rect {
    Rect {
        width: area.width.saturating_sub(2),
        ..beside(area, 1)
    }
}

/// The place of a list of `count` rows and of what is said of its chosen one: side by side from [`WIDE`] on, else one below the other.
pub fn split(area: Rect, count: usize) -> (Rect, Rect) {
    let [list, rest] = if area.width >= WIDE {
        Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)])
            .spacing(2)
            .areas(area)
    } else {
        let rows = (count as u16 + 2).min(area.height / 3);
        Layout::vertical([Constraint::Length(rows), Constraint::Fill(1)])
            .spacing(1)
            .areas(area)
    };
    (list, rest)
}

/// The text broken between words into lines of at most `width` columns; a longer word has a line of its own.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
