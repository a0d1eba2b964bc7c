//! What is wrong with the server, above every list for as long as it is.

use gantry_core::scene::notice::age_text;
use ratatui::{layout::Rect, text::Span};

use crate::{
    app::model::Model,
    view::ui::{Ui, padded, row, wrapped},
};

/// The most rows that one alarm takes.
const ROWS: usize = 3;

/// Draws the alarms at the top of `area`, each over its whole width. Says how many rows they took.
pub fn draw(ui: &mut Ui, area: Rect, model: &Model) -> u16 {
    let now = model.server_now();
    let width = usize::from(padded(area).width);
    let mut rows = 0;
    for alarm in &model.alarms {
        let stands = now.duration_since(alarm.since).as_millis();
        let age = age_text(i64::try_from(stands).unwrap_or(i64::MAX).max(0));
        let text = format!("▲ ALARM for {age}: {} {}", alarm.words, alarm.advice);
        for line in wrapped(&text, width).into_iter().take(ROWS) {
            let place = row(area, rows);
            let band = format!(" {line:<width$} ");
            ui.line(place, Span::styled(band, ui.theme.alarm()));
            rows += place.height;
        }
    }
    rows
}
