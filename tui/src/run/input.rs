//! From the terminal's events to the console's.

use crossterm::event::{Event as Raw, KeyEventKind, MouseButton, MouseEventKind};

use crate::{
    app::event::{Event, Gesture, Pointer},
    view::hits::Hits,
};

/// What a terminal event means over what was drawn last; `None` when it means nothing.
pub fn event(raw: Raw, hits: &Hits) -> Option<Event> {
    match raw {
        Raw::Key(key) if key.kind != KeyEventKind::Release => Some(Event::Key(key)),
        Raw::Paste(text) => Some(Event::Paste(text)),
        Raw::Resize(..) => Some(Event::Resize),
        Raw::Mouse(mouse) => {
            let gesture = match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => Gesture::Click,
                MouseEventKind::ScrollUp => Gesture::WheelUp,
                MouseEventKind::ScrollDown => Gesture::WheelDown,
                _ => return None,
            };
            Some(Event::Mouse(Pointer {
                gesture,
                target: hits.at(mouse.column, mouse.row),
            }))
        }
        Raw::Key(_) | Raw::FocusGained | Raw::FocusLost => None,
    }
}
