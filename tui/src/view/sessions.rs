//! What is made of the reads: the display sessions, and the chosen one with its picture.

use ratatui::{
    layout::{Constraint, Rect},
    text::{Line, Span},
};

use crate::{
    api::types::{Access, DisplaySession, Mode},
    app::{model::Model, permission::forbidden},
    keymap::action::Action,
    view::{
        picture,
        table::{Column, table},
        ui::{Ui, below, padded, row, split},
    },
    words::{ago, counted, grouped, remaining},
};

const COLUMNS: [Column; 5] = [
    Column::words("Session", Constraint::Fill(3)),
    Column::words("Mode", Constraint::Length(8)),
    Column::words("Template", Constraint::Fill(2)),
    Column::words("Timing", Constraint::Fill(2)),
    Column::numbers("URLs", 4),
];

/// The rows that the details of a session take: one more when somebody else is there.
fn detail_rows(session: &DisplaySession) -> u16 {
    5 + u16::from(!session.present.is_empty())
}

/// Draws the sessions, the details of the chosen one and the picture of its first active display.
pub fn draw(ui: &mut Ui, area: Rect, model: &Model) {
    let Some(session) = model.sessions.chosen() else {
        empty(ui, padded(area), model);
        return;
    };
    let (list, rest) = split(area, model.sessions.items().len());
    sessions(ui, list, model);
    let details = Rect {
        height: rest.height.min(detail_rows(session)),
        ..padded(rest)
    };
    self::details(ui, details, model, session);
    let shown = padded(below(rest, detail_rows(session) + 1));
    if model.live.is_some() {
        picture::draw(ui, shown, model, "Picture");
    } else {
        let text = match forbidden(model, Action::MakeUrl) {
            None => "No active URL yet: Enter makes one.",
            Some(_) => "No active URL.",
        };
        ui.line(shown, Span::styled(text, ui.theme.dim()));
    }
}

fn empty(ui: &mut Ui, area: Rect, model: &Model) {
    if !model.sessions.is_loaded() {
        ui.line(
            area,
            Span::styled("Asking for the display sessions …", ui.theme.dim()),
        );
        return;
    }
    ui.heading(area, "No display session yet", "");
    let advice = if model.looks_only {
        "As a viewer you see the display sessions that colleagues share with you. Ask one of them."
    } else {
        "A display session binds the reads of a timing session to a roster, a mode and a template. \
        Press n to make one, or choose the timing session in 1 Timing first."
    };
    let dim = ui.theme.dim();
    ui.words(below(area, 2), advice, dim);
}

fn sessions(ui: &mut Ui, area: Rect, model: &Model) {
    let items = model.sessions.items();
    let count = model.sessions.extent(items.len().to_string());
    ui.heading(padded(area), "Display sessions", &count);
    let theme = ui.theme;
    table(
        ui,
        below(area, 1),
        &COLUMNS,
        Some(model.sessions.index()),
        items.len(),
        |index| {
            let session = &items[index];
            let now = model.server_now();
            let active = model
                .displays_of(&session.id)
                .filter(|display| display.is_active(now))
                .count();
            let (mode, style) = match session.archived_at {
                Some(_) => ("archived", theme.dim()),
                None => (mode(session.mode), theme.text()),
            };
            vec![
                (session.title().to_owned(), style),
                (mode.to_owned(), style),
                (template(model, session), theme.dim()),
                (timing(model, session), theme.dim()),
                (active.to_string(), theme.text()),
            ]
        },
    );
}

fn details(ui: &mut Ui, area: Rect, model: &Model, session: &DisplaySession) {
    let now = model.server_now();
    let unless = |action, advice| match forbidden(model, action) {
        None => advice,
        Some(_) => "",
    };
    let bound = session
        .chronotrack_session_ids
        .first()
        .and_then(|id| model.timing.find(id));
    let timing = match bound {
        Some(timing) => format!(
            "{} · {} reads · last {}",
            timing.name,
            grouped(timing.reads),
            ago(timing.last_read_at, now)
        ),
        None if session.chronotrack_session_ids.is_empty() => {
            format!("not bound{}", unless(Action::ChangeSession, "; e binds it"))
        }
        None => counted(session.chronotrack_session_ids.len(), "session"),
    };
    let roster = match session.participants {
        Some(0) => format!("none{}", unless(Action::ImportRoster, "; i imports one")),
        Some(count) => format!("{} participants", grouped(count)),
        None => "–".to_owned(),
    };
    let url = match model.looked_at() {
        Some(display) => format!(
            "{} · ends {}",
            display.url,
            remaining(display.expires_at, now)
        ),
        None => "none".to_owned(),
    };
    let shown = format!("{} · {}", mode(session.mode), template(model, session));
    let lines = [
        ("Timing", timing),
        ("Shows", shown),
        ("Roster", roster),
        ("URL", url),
        ("Owner", owner(model, session)),
        ("Here now", here(session)),
    ];
    let rows = usize::from(detail_rows(session));
    for (index, (label, text)) in lines.into_iter().take(rows).enumerate() {
        let label = Span::styled(format!("{label:<9}"), ui.theme.dim());
        ui.line(
            row(area, index as u16),
            Line::from_iter([label, Span::raw(text)]),
        );
    }
}

/// Whose it is, and what that leaves to do.
fn owner(model: &Model, session: &DisplaySession) -> String {
    let owner = match &session.owner {
        Some(owner) if owner.email.eq_ignore_ascii_case(&model.account) => "you",
        Some(owner) => owner.email.as_str(),
        None => "nobody in particular",
    };
    let bound = match (session.access, session.archived_at) {
        (_, Some(_)) => " · archived, read-only",
        (Access::View, None) => " · view only",
        (Access::Edit, None) => " · shared with you to edit",
        (Access::Owner, None) => "",
    };
    format!("{owner}{bound}")
}

/// Who else looks at it now.
fn here(session: &DisplaySession) -> String {
    let others = session.present.iter().map(|other| other.email.as_str());
    others.collect::<Vec<_>>().join(", ")
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::PreRace => "pre-race",
        Mode::Results => "results",
    }
}

fn template(model: &Model, session: &DisplaySession) -> String {
    let id = session.template_id.as_deref().unwrap_or_default();
    model
        .templates
        .iter()
        .find(|template| template.id == id && !template.name.is_empty())
        .map_or_else(|| id.to_owned(), |template| template.name.clone())
}

fn timing(model: &Model, session: &DisplaySession) -> String {
    let mut names = session.chronotrack_session_ids.iter().map(|id| {
        model
            .timing
            .find(id)
            .map_or(id.as_str(), |timing| timing.name.as_str())
    });
    match (names.next(), names.count()) {
        (None, _) => "–".to_owned(),
        (Some(name), 0) => name.to_owned(),
        (Some(name), more) => format!("{name} +{more}"),
    }
}
