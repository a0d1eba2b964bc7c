//! The picture of the display that is looked at.

use ratatui::{layout::Rect, text::Span};

use crate::{
    app::{live::Truth, model::Model},
    keymap::place::Context,
    paint::picture,
    view::ui::{Ui, below, row},
};

/// Draws the picture below a line that says whether it can be believed.
pub fn draw(ui: &mut Ui, area: Rect, model: &Model, title: &str) {
    let Some(live) = &model.live else {
        return;
    };
    let picture = live.picture(model.now);
    let below = below(area, 1);
    let is_painted = picture
        .is_some_and(|(scene, at)| picture::paint(scene, at, below, ui.depth, &mut ui.buffer));
    if picture.is_some() && !is_painted {
        let style = ui.theme.dim();
        ui.words(below, too_small(model), style);
    }
    let (state, style) = match live.truth(model.now) {
        Truth::Live if !is_painted => ("● live".to_owned(), ui.theme.good()),
        Truth::Live => ("● as on the screens".to_owned(), ui.theme.good()),
        Truth::Waiting => ("○ waiting for a picture".to_owned(), ui.theme.dim()),
        Truth::Stale(why) => (format!("▲ {why}"), ui.theme.warning()),
        Truth::Over(why) => (format!("■ {why}"), ui.theme.bad()),
    };
    ui.heading(area, title, "");
    ui.line_right(row(area, 0), Span::styled(state, style));
}

/// What to do about a picture that cannot be shown true here.
fn too_small(model: &Model) -> &'static str {
    match model.context() {
        Context::Picture => {
            "This terminal is too small for a true picture: make it larger, or the letters smaller."
        }
        _ => "There is too little room for a true picture here: p shows it on the whole terminal.",
    }
}
