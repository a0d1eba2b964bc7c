//! Forms, one field to a line.

use ratatui::{
    layout::Rect,
    style::Modifier,
    text::{Line, Span},
};
use tui_input::Input;

use crate::{
    app::{
        event::Target,
        feed_form,
        form::{Choice, Field, Form, Value},
    },
    keymap::action::Action,
    view::ui::{Ui, below, beside, row},
};

const LABEL_COLUMNS: u16 = 18;

/// How far the fields stand apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// A field on every line.
    Dense,
    /// An empty line below each field.
    Airy,
}

impl Spacing {
    fn rows_each(self) -> u16 {
        match self {
            Spacing::Dense => 1,
            Spacing::Airy => 2,
        }
    }
}

/// How many rows the form takes, with the lines below its fields.
pub fn height(form: &Form, spacing: Spacing) -> u16 {
    let air = u16::from(spacing == Spacing::Dense);
    form.fields.len() as u16 * spacing.rows_each() + air + 3
}

/// Draws the fields, what was wrong with them, and the button.
pub fn draw(ui: &mut Ui, area: Rect, form: &Form, spacing: Spacing) {
    let rows_each = spacing.rows_each();
    for (index, field) in form.fields.iter().enumerate() {
        let line = row(area, index as u16 * rows_each);
        self::field(ui, line, field, index == form.focus && !form.is_busy());
        ui.hit(line, Target::Field(index));
        if let (Value::Choice { .. }, true) = (&field.value, index == form.focus) {
            arrows(ui, line);
        }
    }
    let rest = below(area, height(form, spacing) - 3);
    let wrong = form.focused().and_then(|field| field.error.as_ref());
    match (form.error.as_ref().or(wrong), form.is_busy()) {
        (_, true) => ui.line(rest, Span::styled("asking the server …", ui.theme.dim())),
        (Some(error), _) => {
            let style = ui.theme.bad();
            ui.words(
                Rect {
                    height: rest.height.min(2),
                    ..rest
                },
                error,
                style,
            );
        }
        (None, false) => detail(ui, rest, form),
    }
    let button = Span::styled(format!(" {} ", form.purpose.verb()), ui.theme.focus());
    let place = Rect {
        width: button.width() as u16,
        ..row(rest, 2)
    };
    ui.line(place, button);
    ui.hit(place, Target::Action(Action::Submit));
}

fn field(ui: &mut Ui, line: Rect, field: &Field, has_focus: bool) {
    let style = match (&field.error, has_focus) {
        (Some(_), _) => ui.theme.bad(),
        (None, true) => ui.theme.accent(),
        (None, false) => ui.theme.dim(),
    };
    ui.line(line, Span::styled(field.name.label(), style));
    if field.error.is_some() {
        let mark = beside(line, LABEL_COLUMNS - 2);
        ui.line(mark, Span::styled("▲", style));
    }
    let place = beside(line, LABEL_COLUMNS);
    match &field.value {
        Value::Text(input) => text(ui, place, input, input.value(), has_focus),
        Value::Secret(input) => {
            let hidden = "•".repeat(input.value().chars().count());
            text(ui, place, input, &hidden, has_focus);
        }
        Value::Choice { options, chosen } => choice(ui, place, options, *chosen, has_focus),
    }
}

/// A text on a line to write on, moved so that the cursor is in sight.
fn text(ui: &mut Ui, place: Rect, input: &Input, shown: &str, has_focus: bool) {
    let line = if has_focus {
        ui.theme.accent()
    } else {
        ui.theme.rule()
    };
    let paper = ui.theme.text().add_modifier(Modifier::UNDERLINED);
    let room = usize::from(place.width.saturating_sub(1));
    let scroll = input.visual_scroll(room);
    let visible: String = shown.chars().skip(scroll).collect();
    ui.line(
        place,
        Span::styled("▁".repeat(usize::from(place.width)), line),
    );
    ui.line(place, Span::styled(visible, paper));
    if has_focus {
        let column = (input.visual_cursor().max(scroll) - scroll) as u16;
        ui.cursor(place.x + column.min(place.width.saturating_sub(1)), place.y);
    }
}

fn choice(ui: &mut Ui, place: Rect, options: &[Choice], chosen: usize, has_focus: bool) {
    if options.is_empty() {
        ui.line(
            place,
            Span::styled("nothing to choose from", ui.theme.dim()),
        );
        return;
    }
    let label = options
        .get(chosen)
        .map_or("", |option| option.label.as_str());
    let text = format!("‹ {label} ›");
    let style = if has_focus {
        ui.theme.focus()
    } else {
        ui.theme.text()
    };
    let count = format!("  {} of {}", chosen + 1, options.len());
    ui.line(
        place,
        Line::from_iter([
            Span::styled(text, style),
            Span::styled(count, ui.theme.dim()),
        ]),
    );
}

/// The arrow takes the option before, the words take the next one.
fn arrows(ui: &mut Ui, line: Rect) {
    let place = beside(line, LABEL_COLUMNS);
    ui.hit(place, Target::Action(Action::NextOption));
    ui.hit(
        Rect {
            width: place.width.min(2),
            ..place
        },
        Target::Action(Action::PreviousOption),
    );
}

/// What there is to say about the focused choice, or what a text is for.
fn detail(ui: &mut Ui, area: Rect, form: &Form) {
    let Some(field) = form.focused() else {
        return;
    };
    let chosen = form.chosen(field.name);
    let words = chosen.map_or(feed_form::help(&form.purpose, field.name), |choice| {
        &choice.detail
    });
    let style = ui.theme.dim();
    ui.words(
        Rect {
            height: area.height.min(2),
            ..area
        },
        words,
        style,
    );
}
