//! The picture of the display that is looked at.

use ratatui::{layout::Rect, text::Span};

use crate::{
    app::{live::Truth, model::Model},
    paint::picture,
    view::ui::{Ui, below, row},
};

/// Draws the picture below a line that says whether it can be believed.
pub fn draw(ui: &mut Ui, area: Rect, model: &Model, title: &str) {
    let Some(live) = &model.live else {
        return;
    };
    let (state, style) = match live.truth(model.now) {
        Truth::Live => ("● as on the screens".to_owned(), ui.theme.good()),
        Truth::Waiting => ("○ waiting for a picture".to_owned(), ui.theme.dim()),
        Truth::Stale(why) => (format!("▲ {why}"), ui.theme.warning()),
        Truth::Over(why) => (format!("■ {why}"), ui.theme.bad()),
    };
    ui.heading(area, title, "");
    ui.line_right(row(area, 0), Span::styled(state, style));
    if let Some(list) = live.picture(model.now) {
        picture::paint(&list, below(area, 1), ui.depth, &mut ui.buffer);
    }
}
