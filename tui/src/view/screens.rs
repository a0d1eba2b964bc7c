//! Where it is shown: the displays, and the chosen one with its picture.

use ratatui::{
    layout::{Constraint, Rect},
    style::Style,
    text::Span,
};

use crate::{
    api::types::Display,
    app::model::Model,
    view::{
        picture,
        table::{Column, table},
        ui::{Ui, below, padded, row, split},
    },
    words::{counted, remaining},
};

const COLUMNS: [Column; 5] = [
    Column::words("State", Constraint::Length(9)),
    Column::words("Display", Constraint::Length(8)),
    Column::words("Session", Constraint::Fill(1)),
    Column::numbers("Ends", 10),
    Column::numbers("Screens", 7),
];

/// Draws the displays, the URL of the chosen one and its picture.
pub fn draw(ui: &mut Ui, area: Rect, model: &Model) {
    let Some(display) = model.displays.chosen() else {
        empty(ui, padded(area), model);
        return;
    };
    let (list, rest) = split(area, model.displays.items().len());
    displays(ui, list, model);
    let rest = padded(rest);
    ui.line(rest, Span::styled(display.url.clone(), ui.theme.heading()));
    if model.live.is_some() {
        picture::draw(ui, below(rest, 1), model, &session(model, display));
    } else {
        let (state, style) = state(ui, model, display);
        let text = format!("{state}: screens show nothing of it any more");
        ui.line(row(rest, 1), Span::styled(text, style));
    }
}

fn empty(ui: &mut Ui, area: Rect, model: &Model) {
    if !model.displays.is_loaded() {
        ui.line(
            area,
            Span::styled("Asking for the displays …", ui.theme.dim()),
        );
        return;
    }
    ui.heading(area, "No display yet", "");
    let advice = "A display is one URL of a display session. Make one in 2 Display sessions with Enter; \
        open it on a kiosk, in a browser or by its QR code.";
    let dim = ui.theme.dim();
    ui.words(below(area, 2), advice, dim);
}

fn displays(ui: &mut Ui, area: Rect, model: &Model) {
    let items = model.displays.items();
    let now = model.server_now();
    let active = items
        .iter()
        .filter(|display| display.is_active(now))
        .count();
    let beside = format!("{} · {active} active", counted(items.len(), "URL"));
    ui.heading(padded(area), "Displays", &beside);
    let theme = ui.theme;
    let states: Vec<(&str, Style)> = items
        .iter()
        .map(|display| state(ui, model, display))
        .collect();
    table(
        ui,
        below(area, 1),
        &COLUMNS,
        Some(model.displays.index()),
        items.len(),
        |index| {
            let display = &items[index];
            let (state, style) = states[index];
            let ends = if display.is_active(now) {
                remaining(display.expires_at, now)
            } else {
                "–".to_owned()
            };
            vec![
                (state.to_owned(), style),
                (display.id.clone(), theme.text()),
                (session(model, display), theme.dim()),
                (ends, theme.text()),
                (
                    display
                        .screens
                        .map_or("–".to_owned(), |count| count.to_string()),
                    theme.text(),
                ),
            ]
        },
    );
}

fn state(ui: &Ui, model: &Model, display: &Display) -> (&'static str, Style) {
    if display.revoked_at.is_some() {
        ("■ revoked", ui.theme.dim())
    } else if display.is_active(model.server_now()) {
        ("● active", ui.theme.good())
    } else {
        ("■ expired", ui.theme.dim())
    }
}

fn session(model: &Model, display: &Display) -> String {
    let id = display.session_id.as_deref().unwrap_or_default();
    model
        .sessions
        .find(id)
        .map_or(id, |session| session.title())
        .to_owned()
}
