//! Typing into forms.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::InputRequest;

use crate::app::model::Model;

/// Takes a key that means nothing else.
pub(super) fn key(model: &mut Model, key: KeyEvent) {
    if let (Some(form), Some(request)) = (model.form_mut(), request(key)) {
        form.edit(request);
    }
}

/// Takes a pasted text; line ends and other controls are left out.
pub(super) fn paste(model: &mut Model, text: &str) {
    if let Some(form) = model.form_mut() {
        for char in text.chars().filter(|char| !char.is_control()) {
            form.edit(InputRequest::InsertChar(char));
        }
    }
}

/// The usual keys of a line editor.
fn request(key: KeyEvent) -> Option<InputRequest> {
    use InputRequest as R;
    let has = |modifier| key.modifiers.contains(modifier);
    if has(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('a') => Some(R::GoToStart),
            KeyCode::Char('e') => Some(R::GoToEnd),
            KeyCode::Char('k') => Some(R::DeleteTillEnd),
            KeyCode::Char('u') => Some(R::DeleteLine),
            KeyCode::Char('w') => Some(R::DeletePrevWord),
            KeyCode::Char('h') => Some(R::DeletePrevChar),
            KeyCode::Left => Some(R::GoToPrevWord),
            KeyCode::Right => Some(R::GoToNextWord),
            _ => None,
        };
    }
    match key.code {
        KeyCode::Char(char) if !has(KeyModifiers::ALT) => Some(R::InsertChar(char)),
        KeyCode::Backspace => Some(R::DeletePrevChar),
        KeyCode::Delete => Some(R::DeleteNextChar),
        KeyCode::Left => Some(R::GoToPrevChar),
        KeyCode::Right => Some(R::GoToNextChar),
        KeyCode::Home => Some(R::GoToStart),
        KeyCode::End => Some(R::GoToEnd),
        _ => None,
    }
}
