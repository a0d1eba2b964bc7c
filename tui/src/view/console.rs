//! The frame around the lists: where the operator is, for whom and when.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    app::{event::Target, model::Model, tab::Tab},
    keymap::action::Action,
    view::{
        alarms, feeds, foot, screens, sessions, timing,
        ui::{Ui, below, beside, padded, row},
    },
    words,
};

/// From this width on there is room for the program's name.
const ROOMY: u16 = 100;

/// Draws the chosen list in its frame.
pub fn draw(ui: &mut Ui, area: Rect, model: &Model) {
    head(ui, area, model);
    let alarm_rows = alarms::draw(ui, below(area, 2), model);
    let foot_rows = match model.dialog {
        None => foot::draw(ui, area, model),
        Some(_) => foot::draw_told(ui, area, model),
    };
    let body = below(area, 3 + alarm_rows);
    let body = Rect {
        height: body.height.saturating_sub(foot_rows),
        ..body
    };
    match model.tab {
        Tab::Timing => timing::draw(ui, body, model),
        Tab::Sessions => sessions::draw(ui, body, model),
        Tab::Screens => screens::draw(ui, body, model),
        Tab::Feeds => feeds::draw(ui, body, model),
    }
}

/// What a tab is called and which action shows it.
fn tab_words(tab: Tab) -> (&'static str, Action) {
    match tab {
        Tab::Timing => ("1 Timing", Action::GoTiming),
        Tab::Sessions => ("2 Display sessions", Action::GoSessions),
        Tab::Screens => ("3 Screens", Action::GoScreens),
        Tab::Feeds => ("4 Feeds", Action::GoFeeds),
    }
}

fn head(ui: &mut Ui, area: Rect, model: &Model) {
    let line = padded(row(area, 0));
    ui.rule(row(area, 1));
    let mut x = line.x;
    if area.width >= ROOMY {
        ui.line(line, Span::styled("GANTRY", ui.theme.heading()));
        x += 9;
    }
    let mut tabs = model.tabs().iter().copied().peekable();
    while let Some(tab) = tabs.next() {
        let (title, action) = tab_words(tab);
        let place = Rect {
            x,
            width: (title.width() as u16).min(line.right().saturating_sub(x)),
            ..line
        };
        let is_here = tab == model.tab;
        let style = if is_here {
            ui.theme.accent()
        } else {
            ui.theme.text()
        };
        ui.line(place, Span::styled(title, style));
        ui.hit(place, Target::Action(action));
        if is_here {
            let mark = "━".repeat(usize::from(place.width));
            ui.line(
                Rect {
                    y: area.y + 1,
                    ..place
                },
                Span::styled(mark, style),
            );
        }
        x = place.right() + 3;
        // From the hardware to the screens; the feeds are what that rests on.
        let between = match tabs.peek() {
            Some(Tab::Feeds) => Some("·"),
            Some(_) => Some("→"),
            None => None,
        };
        if let Some(between) = between {
            let place = Rect {
                x: x - 2,
                width: 1,
                ..line
            };
            ui.line(place, Span::styled(between, ui.theme.dim()));
        }
    }
    let rest = beside(line, (x - line.x).min(line.width));
    ui.line_right(rest, partner_and_time(ui, model, rest.width));
}

/// For whom and when, in at most `width` columns.
fn partner_and_time<'l>(ui: &Ui, model: &Model, width: u16) -> Line<'l> {
    const TIME_COLUMNS: u16 = 11;
    if width < TIME_COLUMNS {
        return Line::default();
    }
    let time = words::time_of_day(model.server_now(), &model.zone);
    let partner = words::cut(&model.partner, width.saturating_sub(TIME_COLUMNS));
    let (dot, style) = match model.outage {
        None => ("●", ui.theme.good()),
        Some(_) => ("▲", ui.theme.warning()),
    };
    Line::from_iter([
        Span::styled(partner, ui.theme.dim()),
        Span::styled(format!(" {dot}"), style),
        Span::styled(format!(" {time}"), ui.theme.text()),
    ])
}
