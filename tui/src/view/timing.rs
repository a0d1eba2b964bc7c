//! What comes from the hardware: the ChronoTrack sessions and the reads of the chosen one.

use ratatui::{
    layout::{Constraint, Layout, Rect},
    text::Span,
};
use unicode_width::UnicodeWidthStr;

use crate::{
    api::{
        types::{LocationCount, TimingSession, TimingStatus},
        warnings::ReaderClock,
    },
    app::model::{Model, Reads},
    view::{
        table::{Cell, Column, table},
        ui::{Ui, WIDE, below, beside, padded, row},
    },
    words::{ago, counted, cut, grouped, sparkline, time_of_day},
};

const SESSIONS: [Column; 7] = [
    Column::words("Status", Constraint::Length(8)),
    Column::words("Session", Constraint::Fill(4)),
    Column::words("Event", Constraint::Fill(3)),
    Column::numbers("Mats", 4),
    Column::numbers("Reads", 8),
    Column::numbers("Last read", 10),
    Column::numbers("Conn", 4),
];

const READS: [Column; 4] = [
    Column::words("Time", Constraint::Length(8)),
    Column::words("Mat", Constraint::Fill(2)),
    Column::words("Bib/tag", Constraint::Fill(1)),
    Column::numbers("Pass", 4),
];

/// A clock that is off by less is as good as right: results are told in tenths, and the measure is no better.
const WORTH_SAYING_MS: i64 = 500;

/// The most rows that clocks take.
const CLOCK_ROWS: usize = 3;

/// Draws the sessions and, beside or below, the reads of the chosen one.
pub fn draw(ui: &mut Ui, area: Rect, model: &Model) {
    if model.timing.items().is_empty() {
        empty(ui, padded(area), model);
        return;
    }
    let count = model.timing.items().len() as u16;
    let [list, reads] = if area.width >= WIDE {
        Layout::horizontal([Constraint::Fill(5), Constraint::Fill(4)])
            .spacing(2)
            .areas(area)
    } else {
        let rows = (count + 2).min(area.height * 2 / 5);
        Layout::vertical([Constraint::Length(rows), Constraint::Fill(1)])
            .spacing(1)
            .areas(area)
    };
    sessions(ui, list, model);
    if let Some(session) = model.timing.chosen() {
        preview(ui, reads, model, session);
    }
}

fn empty(ui: &mut Ui, area: Rect, model: &Model) {
    if !model.timing.is_loaded() {
        ui.line(
            area,
            Span::styled("Asking for the timing sessions …", ui.theme.dim()),
        );
        return;
    }
    ui.heading(area, "No timing session yet", "");
    let advice = "Point the ChronoTrack reader or the simulator at this server's timing port. \
        The session appears here by itself as soon as the hardware says hello.";
    let dim = ui.theme.dim();
    ui.words(below(area, 2), advice, dim);
}

fn sessions(ui: &mut Ui, area: Rect, model: &Model) {
    let items = model.timing.items();
    let live = items
        .iter()
        .filter(|session| session.status == TimingStatus::Live)
        .count();
    let count = model.timing.extent(counted(items.len(), "session"));
    let beside = format!("{count} · {live} live");
    ui.heading(padded(area), "ChronoTrack", &beside);
    let theme = ui.theme;
    let now = model.server_now();
    table(
        ui,
        below(area, 1),
        &SESSIONS,
        Some(model.timing.index()),
        items.len(),
        |index| {
            let session = &items[index];
            let (status, style) = match session.status {
                TimingStatus::Live => ("● live", theme.good()),
                TimingStatus::Idle => ("○ idle", theme.warning()),
                TimingStatus::Closed => ("■ closed", theme.dim()),
                TimingStatus::Unknown => ("?", theme.dim()),
            };
            vec![
                (status.to_owned(), style),
                (title(session), theme.text()),
                (session.event_name.clone().unwrap_or_default(), theme.dim()),
                (session.locations.len().to_string(), theme.text()),
                (grouped(session.reads), theme.text()),
                (ago(session.last_read_at, now), theme.text()),
                (session.connections.to_string(), theme.text()),
            ]
        },
    );
}

fn title(session: &TimingSession) -> String {
    let pinned = if session.pinned { " ◆" } else { "" };
    format!("{}{pinned}", session.name)
}

fn preview(ui: &mut Ui, area: Rect, model: &Model, session: &TimingSession) {
    let line = padded(area);
    let Some(reads) = &model.reads else {
        ui.heading(line, "Reads", "asking …");
        return;
    };
    let bars = sparkline(reads.rates.iter(), usize::from(line.width / 4));
    let mut rate = format!(
        "{} reads/min",
        grouped(reads.preview.reads_per_minute.round() as u64)
    );
    if !reads.preview.feeds.is_empty() {
        rate = format!("{rate} · by {}", reads.preview.feeds.join(", "));
    }
    let title = format!("Reads of {}", session.name);
    let room = line.width - line.width / 4;
    let room = room.saturating_sub(title.width() as u16 + 3);
    ui.heading(line, &title, &cut(&rate, room));
    ui.line_right(line, Span::styled(bars, ui.theme.accent()));
    let clock_rows = clocks(ui, below(area, 1), reads);
    let mats = (area.width / 3).clamp(20, 40);
    let [newest, by_mat] = Layout::horizontal([Constraint::Fill(1), Constraint::Length(mats)])
        .spacing(1)
        .areas(below(area, 1 + clock_rows));
    newest_reads(ui, newest, model, reads);
    by_location(ui, by_mat, &reads.preview.by_location);
}

/// Readers whose clocks are wrong, the worst first, and days that may be; says how many rows that took. Where there is more than fits,
/// the last row says so.
fn clocks(ui: &mut Ui, area: Rect, reads: &Reads) -> u16 {
    let preview = &reads.preview;
    let mut wrong: Vec<&ReaderClock> = preview
        .readers
        .iter()
        .filter(|clock| clock.ahead_ms.saturating_abs() >= WORTH_SAYING_MS)
        .collect();
    wrong.sort_by_key(|clock| std::cmp::Reverse(clock.ahead_ms.saturating_abs()));
    let clocks = wrong.into_iter().map(|clock| &clock.words);
    let mut words: Vec<String> = clocks
        .chain(&preview.suggestions)
        .map(|words| format!("▲ {words}"))
        .collect();
    if words.len() > CLOCK_ROWS {
        let more = words.len() - (CLOCK_ROWS - 1);
        words.truncate(CLOCK_ROWS - 1);
        words.push(format!("▲ and {more} more"));
    }
    let style = ui.theme.warning();
    let area = padded(area);
    for (index, line) in words.iter().enumerate() {
        let place = row(area, index as u16);
        ui.line(place, Span::styled(cut(line, place.width), style));
    }
    words.len() as u16
}

fn newest_reads(ui: &mut Ui, area: Rect, model: &Model, reads: &Reads) {
    let items = &reads.preview.reads;
    let theme = ui.theme;
    table(ui, area, &READS, None, items.len(), |index| {
        let read = &items[index];
        let is_gun = read.kind == "gun";
        let style = if is_gun {
            theme.warning()
        } else {
            theme.text()
        };
        let time = read
            .at
            .map(|at| time_of_day(at, &model.zone))
            .unwrap_or_default();
        let tag = if is_gun {
            "gun".to_owned()
        } else {
            read.tag.clone()
        };
        let cells: [Cell; 4] = [
            (time, style),
            (read.location.clone(), style),
            (tag, style),
            (
                read.lap.map(|lap| lap.to_string()).unwrap_or_default(),
                theme.dim(),
            ),
        ];
        cells.into()
    });
}

fn by_location(ui: &mut Ui, area: Rect, counts: &[LocationCount]) {
    let most = counts
        .iter()
        .map(|count| count.reads)
        .max()
        .unwrap_or_default()
        .max(1);
    let area = padded(area);
    ui.line(area, Span::styled("By mat", ui.theme.dim()));
    for (index, count) in counts
        .iter()
        .enumerate()
        .take(usize::from(area.height.saturating_sub(1)))
    {
        let line = row(area, index as u16 + 1);
        let number = grouped(count.reads);
        let name_width = line.width.saturating_sub(9) * 2 / 3;
        ui.line(line, Span::raw(cut(&count.location, name_width)));
        let room = beside(line, name_width + 1);
        let bar_width = room.width.saturating_sub(8);
        let bar = (u64::from(bar_width) * count.reads).div_ceil(most) as usize;
        let bar = "▪".repeat(bar.min(usize::from(bar_width)));
        ui.line(room, Span::styled(bar, ui.theme.accent()));
        ui.line_right(line, Span::raw(number));
    }
}
