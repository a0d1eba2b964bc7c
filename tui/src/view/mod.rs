//! Draws the model. Nothing here changes it; what was drawn where goes back to the caller as [`hits::Hits`], so that a click means what the
//! operator saw.

pub mod alarms;
pub mod console;
pub mod dialog;
pub mod feeds;
pub mod foot;
pub mod form;
pub mod gate;
pub mod help;
pub mod hits;
pub mod picture;
pub mod qr;
pub mod screens;
pub mod sessions;
pub mod table;
#[cfg(test)]
mod tests;
pub mod theme;
pub mod timing;
pub mod ui;

use ratatui::{Frame, layout::Rect};

use crate::{
    app::model::{Model, Stage},
    view::{hits::Hits, ui::Ui},
};

/// The fewest columns and rows in which everything has its place.
const LEAST: (u16, u16) = (60, 16);

/// Draws everything and says what can be clicked.
pub fn draw(model: &Model, frame: &mut Frame<'_>) -> Hits {
    let area = frame.area();
    let mut ui = Ui::new(area, model.terminal.depth);
    if area.width < LEAST.0 || area.height < LEAST.1 {
        too_small(&mut ui, area);
        return ui.finish(frame);
    }
    match &model.stage {
        Stage::LogIn(form) => gate::log_in(&mut ui, area, model, form),
        Stage::Partner(partners) => gate::partner(&mut ui, area, model, partners),
        Stage::Console => console::draw(&mut ui, area, model),
    }
    if let Some(dialog) = &model.dialog {
        dialog::draw(&mut ui, area, model, dialog);
    }
    ui.finish(frame)
}

fn too_small(ui: &mut Ui, area: Rect) {
    let (width, height) = (area.width, area.height);
    let text = format!(
        "This terminal is too small: it has {width} × {height} cells, and the console needs {} × {}.",
        LEAST.0, LEAST.1
    );
    let style = ui.theme.warning();
    ui.words(area, &text, style);
}
