//! What stands in front of the lists.

use gantry_core::compose::sample::SHOWN_AT;
use ratatui::{
    layout::Rect,
    text::Span,
    widgets::{Block, BorderType},
};

use crate::{
    api::roster::Imported,
    app::{
        dialog::{Dialog, Question},
        event::Target,
        example::{self, Example},
        form::Form,
        model::Model,
    },
    keymap::action::Action,
    paint,
    view::{
        foot,
        form::{self, Spacing},
        help, picture, qr,
        ui::{Ui, below, beside, padded, row},
    },
    words::{counted, grouped},
};

/// The widest that a dialog gets: a line that the eye can follow.
const WIDEST: u16 = 76;

/// Draws a dialog.
pub fn draw(ui: &mut Ui, area: Rect, model: &Model, dialog: &Dialog) {
    match dialog {
        Dialog::Form(form) => fill_in(ui, area, model, form),
        Dialog::Confirm(question) => confirm(ui, area, model, question),
        Dialog::Help { scroll } => {
            let inside = page(ui, area, model, "Help");
            help::draw(ui, inside, *scroll);
        }
        Dialog::Code { display } => code(ui, area, model, display),
        Dialog::Picture => whole_picture(ui, area, model),
        Dialog::Report { imported, scroll } => report(ui, area, model, imported, *scroll),
    }
}

/// From this height on, a form and an example have room for air.
const ROOMY: u16 = 32;

/// A form, with the picture of the template that it chooses.
fn fill_in(ui: &mut Ui, area: Rect, model: &Model, form: &Form) {
    let example = example::chosen(form);
    let has_no_room = form::height(form, Spacing::Airy) + 6 > area.height;
    let is_cramped = has_no_room || example.is_some() && area.height < ROOMY;
    let spacing = if is_cramped {
        Spacing::Dense
    } else {
        Spacing::Airy
    };
    let rows = form::height(form, spacing);
    let wanted = if example.is_some() { area.height } else { rows };
    let inside = panel(ui, area, model, form.purpose.title(), wanted);
    form::draw(ui, inside, form, spacing);
    let place = below(inside, rows + 1);
    match example.and_then(|(id, mode)| model.examples.find(id, mode)) {
        Some(Example::Picture(scene)) => {
            let (depth, dim) = (ui.depth, ui.theme.dim());
            if !paint::picture::paint(scene, SHOWN_AT, place, depth, &mut ui.buffer) {
                ui.words(place, "There is too little room for an example here.", dim);
            }
        }
        Some(Example::Asked) => {
            ui.line(place, Span::styled("painting an example …", ui.theme.dim()));
        }
        Some(Example::Failed(why)) => {
            let style = ui.theme.warning();
            ui.words(place, &format!("no example of it: {why}"), style);
        }
        None => {}
    }
}

/// A framed panel in the middle with room for `height` rows; its hints are in its last row. Answers what is inside.
fn panel(ui: &mut Ui, area: Rect, model: &Model, title: &str, height: u16) -> Rect {
    let width = WIDEST.min(area.width.saturating_sub(2));
    let height = (height + 6).min(area.height);
    let outer = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 3,
        width,
        height,
    };
    ui.raise(outer);
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(ui.theme.accent())
        .title(Span::styled(format!(" {title} "), ui.theme.heading()));
    let inner = block.inner(outer);
    ui.put(outer, block);
    let inside = padded(padded(inner));
    ui.hints(row(inside, inner.height.saturating_sub(1)), model);
    Rect {
        height: inner.height.saturating_sub(3),
        ..below(inside, 1)
    }
}

/// The whole terminal, with a title, what is told and the hints. Answers what is between.
fn page(ui: &mut Ui, area: Rect, model: &Model, title: &str) -> Rect {
    ui.raise(area);
    ui.heading(padded(area), title, "");
    let foot_rows = foot::draw(ui, area, model);
    let inside = padded(below(area, 1));
    Rect {
        height: inside.height.saturating_sub(foot_rows),
        ..inside
    }
}

fn confirm(ui: &mut Ui, area: Rect, model: &Model, question: &Question) {
    let inside = panel(ui, area, model, question.title, 5);
    let (text, dim, bad) = (ui.theme.heading(), ui.theme.dim(), ui.theme.bad());
    let rows = ui.words(inside, &question.text, text);
    let rest = below(inside, rows);
    let rows = ui.words(rest, &question.consequence, dim);
    let buttons = row(rest, rows + 1);
    let mut x = 0;
    for (label, style, action) in [
        ("[ y  yes ]", bad, Action::Yes),
        ("[ Esc  no ]", text, Action::Close),
    ] {
        let place = Rect {
            width: label.len() as u16,
            ..beside(buttons, x)
        };
        ui.line(place, Span::styled(label, style));
        ui.hit(place, Target::Action(action));
        x += label.len() as u16 + 2;
    }
}

fn code(ui: &mut Ui, area: Rect, model: &Model, display: &str) {
    let url = model
        .displays
        .find(display)
        .map_or("", |display| display.url.as_str());
    let inside = page(ui, area, model, url);
    if !qr::draw(ui, inside, url) {
        let advice =
            "This terminal is too small for the code. Make it larger, or copy the URL with c.";
        let style = ui.theme.warning();
        ui.words(below(inside, 1), advice, style);
    }
}

/// The picture with as little around it as possible.
fn whole_picture(ui: &mut Ui, area: Rect, model: &Model) {
    ui.raise(area);
    let title = model
        .looked_at()
        .map_or("no active display", |display| display.url.as_str());
    let shown = Rect {
        height: area.height.saturating_sub(1),
        ..area
    };
    picture::draw(ui, shown, model, title);
    ui.hints(padded(row(area, area.height.saturating_sub(1))), model);
}

fn report(ui: &mut Ui, area: Rect, model: &Model, imported: &Imported, scroll: usize) {
    let rejected = &imported.rejected;
    let inside = panel(
        ui,
        area,
        model,
        "Roster imported",
        rejected.len() as u16 + 4,
    );
    let counts = format!(
        "{} new · {} changed · {} gone",
        grouped(imported.imported),
        grouped(imported.updated),
        grouped(imported.removed)
    );
    ui.line(inside, Span::styled(counts, ui.theme.heading()));
    if rejected.is_empty() {
        ui.line(
            row(inside, 1),
            Span::styled("Every line was used.", ui.theme.good()),
        );
        return;
    }
    let title = format!("{} could not be used:", counted(rejected.len(), "line"));
    ui.line(row(inside, 1), Span::styled(title, ui.theme.warning()));
    let list = below(inside, 2);
    let first = scroll.min(rejected.len().saturating_sub(usize::from(list.height)));
    for (index, line) in rejected
        .iter()
        .skip(first)
        .take(usize::from(list.height))
        .enumerate()
    {
        let text = format!("line {:>6}  {}", line.line, line.reason);
        ui.line(row(list, index as u16), Span::raw(text));
    }
}
