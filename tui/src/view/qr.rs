//! QR codes in half blocks: two modules to a cell, dark on light, with the quiet zone that scanners want.

use qrcode::{EcLevel, QrCode};
use ratatui::{layout::Rect, text::Span};

use crate::{
    terminal::Depth,
    view::ui::{Ui, row},
};

/// Light modules around the code, as the standard asks.
const QUIET: i32 = 4;

/// Draws the code of `text` in the middle of `area`; false when it does not fit.
pub fn draw(ui: &mut Ui, area: Rect, text: &str) -> bool {
    let Some(lines) = fitting(text, area, ui.depth == Depth::Mono) else {
        return false;
    };
    let width = lines.first().map_or(0, |line| line.chars().count()) as u16;
    let x = area.x + (area.width - width) / 2;
    let top = (area.height - lines.len() as u16) / 2;
    let paper = ui.theme.paper();
    for (index, line) in lines.into_iter().enumerate() {
        let place = Rect {
            x,
            width,
            ..row(area, top + index as u16)
        };
        ui.line(place, Span::styled(line, paper));
    }
    true
}

/// The code with the most redundancy that fits.
fn fitting(text: &str, area: Rect, inverted: bool) -> Option<Vec<String>> {
    [EcLevel::M, EcLevel::L].into_iter().find_map(|level| {
        let code = QrCode::with_error_correction_level(text, level).ok()?;
        let lines = half_blocks(&code, inverted);
        let width = lines.first()?.chars().count();
        (width <= usize::from(area.width) && lines.len() <= usize::from(area.height))
            .then_some(lines)
    })
}

/// The code's rows, two modules to a character. Blocks are the dark modules, or the light ones when `inverted`, for a terminal
/// whose colours cannot be set and is taken to be dark.
fn half_blocks(code: &QrCode, inverted: bool) -> Vec<String> {
    let size = code.width() as i32;
    let is_block = |x: i32, y: i32| {
        let inside = (0..size).contains(&x) && (0..size).contains(&y);
        let is_dark = inside && code[(x as usize, y as usize)] == qrcode::Color::Dark;
        is_dark != inverted
    };
    (-QUIET..size + QUIET)
        .step_by(2)
        .map(|y| {
            (-QUIET..size + QUIET)
                .map(|x| match (is_block(x, y), is_block(x, y + 1)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blocks_are_the_code_with_a_quiet_zone() {
        let code = QrCode::new("http://127.0.0.1:8088/display/a1b2c3d4").expect("it fits");
        for inverted in [false, true] {
            let lines = half_blocks(&code, inverted);
            let is_dark = |x: usize, y: usize| {
                let char = lines[y / 2].chars().nth(x).expect("inside");
                let is_block =
                    char == '█' || char == if y.is_multiple_of(2) { '▀' } else { '▄' };
                is_block != inverted
            };
            let quiet = QUIET as usize;
            for y in 0..code.width() {
                for x in 0..code.width() {
                    let expect = code[(x, y)] == qrcode::Color::Dark;
                    assert_eq!(is_dark(x + quiet, y + quiet), expect, "{x} {y}");
                }
            }
            for step in 0..code.width() + 2 * quiet {
                assert!(!is_dark(step, 3) && !is_dark(3, step.min(lines.len() * 2 - 1)));
            }
        }
    }
}
