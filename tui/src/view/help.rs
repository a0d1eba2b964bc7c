//! The help, made from the key table.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    keymap::{
        place::Place,
        table::{Binding, Mouse, TABLE},
    },
    view::{
        theme::Theme,
        ui::{Ui, row},
    },
};

const NOTES: [&str; 8] = [
    "The login is kept in memory only and ends with the console;",
    "nothing is written to this machine's disk. Displays go on.",
    "Copying uses OSC 52, which works over SSH too.",
    "No terminal confirms it, so paste to check.",
    "Inside tmux it reaches your own terminal only after",
    "`tmux set -s set-clipboard on`.",
    "Hold Shift while dragging to select text with the mouse.",
    "Times of day are those of this machine's time zone.",
];

/// Draws the help from its line `scroll` on.
pub fn draw(ui: &mut Ui, area: Rect, scroll: usize) {
    let lines = lines(ui.theme);
    let height = usize::from(area.height);
    let first = scroll.min(lines.len().saturating_sub(height));
    for (index, line) in lines.into_iter().skip(first).take(height).enumerate() {
        ui.line(row(area, index as u16), line);
    }
}

fn lines(theme: Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for place in Place::ALL {
        lines.push(Line::default());
        lines.push(Line::styled(place.title(), theme.heading()));
        let bindings = TABLE.iter().filter(|binding| binding.place == place);
        lines.extend(bindings.map(|binding| line(theme, binding)));
    }
    lines.push(Line::default());
    lines.push(Line::styled("Good to know", theme.heading()));
    lines.extend(NOTES.map(|note| Line::raw(format!("  {note}"))));
    lines
}

fn line(theme: Theme, binding: &Binding) -> Line<'static> {
    let keys: Vec<String> = binding.keys.iter().map(ToString::to_string).collect();
    Line::from_iter([
        Span::styled(format!("  {:<16}", keys.join("  ")), theme.accent()),
        Span::styled(format!("{:<15}", mouse(binding)), theme.dim()),
        Span::raw(binding.help),
    ])
}

fn mouse(binding: &Binding) -> &'static str {
    match binding.mouse {
        Some(Mouse::ClickRow) => "click a line",
        Some(Mouse::ClickField) => "click a field",
        Some(Mouse::WheelUp) => "wheel up",
        Some(Mouse::WheelDown) => "wheel down",
        Some(Mouse::ClickWord) => "click",
        None if binding.has_word() => "click",
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::Depth;

    #[test]
    fn every_line_fits_a_small_terminal() {
        for line in lines(Theme::new(Depth::True)) {
            assert!(line.width() <= 78, "{line}");
        }
    }
}
