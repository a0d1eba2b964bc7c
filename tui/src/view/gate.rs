//! The way in: the login and the choice of a partner.

use ratatui::{
    layout::{Constraint, Rect},
    text::Span,
};

use crate::{
    api::types::Partner,
    app::{form::Form, model::Model, picker::Picker},
    view::{
        foot,
        form::{self, Spacing},
        table::{Column, table},
        ui::{Ui, below, row},
    },
    words::counted,
};

const WIDTH: u16 = 60;

/// Draws the login.
pub fn log_in(ui: &mut Ui, area: Rect, model: &Model, form: &Form) {
    let column = middle(area, form::height(form, Spacing::Airy) + 6);
    ui.heading(column, "GANTRY", "operator console");
    let server = format!("Server  {}", model.server.name());
    ui.line(row(column, 1), Span::styled(server, ui.theme.dim()));
    if model.server.is_exposed() {
        let warning = "▲ not encrypted: the password can be read on the way";
        ui.line(row(column, 2), Span::styled(warning, ui.theme.warning()));
    }
    form::draw(ui, below(column, 4), form, Spacing::Airy);
    foot::draw(ui, area, model);
}

/// Draws the partners.
pub fn partner(ui: &mut Ui, area: Rect, model: &Model, partners: &Picker<Partner>) {
    const COLUMNS: [Column; 2] = [
        Column::words("Timing partner", Constraint::Fill(1)),
        Column::words("Role", Constraint::Length(10)),
    ];
    let items = partners.items();
    let column = middle(area, items.len() as u16 + 5);
    ui.heading(column, "For whom?", &counted(items.len(), "partner"));
    let list = Rect {
        height: column.height.saturating_sub(2),
        ..below(column, 2)
    };
    let theme = ui.theme;
    table(
        ui,
        list,
        &COLUMNS,
        Some(partners.index()),
        items.len(),
        |index| {
            vec![
                (items[index].name.clone(), theme.text()),
                (items[index].role.clone(), theme.dim()),
            ]
        },
    );
    foot::draw(ui, area, model);
}

/// A column in the middle of `area`, a little above the middle of its height.
fn middle(area: Rect, height: u16) -> Rect {
    let width = WIDTH.min(area.width.saturating_sub(2));
    let height = height.min(area.height.saturating_sub(2));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height.saturating_sub(2) - height) / 3,
        width,
        height,
    }
}
