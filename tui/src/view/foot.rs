//! The foot of every screen: what there is to tell, and what can be done.

use std::borrow::Cow;

use gantry_core::scene::notice::age_text;
use ratatui::{layout::Rect, style::Style};

use crate::{
    app::model::Model,
    view::{
        theme::Theme,
        ui::{Ui, below, padded, row, wrapped},
    },
};

/// How long something that is told stays in sight.
const NOTICE_MS: i64 = 20_000;

/// How long an error stays in sight.
const ERROR_MS: i64 = 60_000;

/// The most rows that a notice takes; what does not fit is not told.
const NOTICE_ROWS: usize = 2;

/// Draws it at the bottom of `area`. Says how many rows it took.
pub fn draw(ui: &mut Ui, area: Rect, model: &Model) -> u16 {
    let last = row(area, area.height.saturating_sub(1));
    ui.hints(padded(last), model);
    draw_told(ui, area, model)
}

/// Draws what there is to tell and leaves the place of the hints empty, because they stand in a dialog. Says how many rows both take.
pub fn draw_told(ui: &mut Ui, area: Rect, model: &Model) -> u16 {
    let (text, style) = told(ui.theme, model).unwrap_or_default();
    let needed = wrapped(&text, usize::from(padded(area).width)).len();
    let rows = needed.clamp(1, NOTICE_ROWS) as u16;
    let place = padded(below(area, area.height.saturating_sub(rows + 1)));
    let height = place.height.saturating_sub(1).min(rows);
    ui.words(Rect { height, ..place }, &text, style);
    rows + 1
}

/// An outage, or what was told last.
fn told(theme: Theme, model: &Model) -> Option<(Cow<'_, str>, Style)> {
    if let Some(outage) = &model.outage {
        let age = age_text(model.now.since_ms(outage.since));
        let text = format!("▲ no answer for {age}, trying again: {}", outage.reason);
        return Some((text.into(), theme.warning()));
    }
    let notice = model.notice.as_ref()?;
    let (style, lasts_ms) = if notice.is_error {
        (theme.bad(), ERROR_MS)
    } else {
        (theme.good(), NOTICE_MS)
    };
    let is_fresh = model.now.since_ms(notice.at) < lasts_ms;
    is_fresh.then(|| (notice.text.as_str().into(), style))
}
