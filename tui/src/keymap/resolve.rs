//! From a key or a movement of the mouse to the action that the table names.

use crossterm::event::KeyEvent;

use crate::{
    app::event::{Gesture, Pointer, Target},
    keymap::{
        action::Action,
        place::Context,
        table::{Binding, Mouse, TABLE},
    },
};

/// The lines of the table that hold in `context`.
pub fn bindings(context: Context) -> impl Iterator<Item = &'static Binding> {
    TABLE
        .iter()
        .filter(move |binding| binding.place.contexts().contains(&context))
}

/// What the key does in `context`; `None` when it does nothing, or is text.
pub fn key(context: Context, event: KeyEvent) -> Option<Action> {
    bindings(context)
        .find(|binding| binding.keys.iter().any(|chord| chord.matches(event)))
        .map(|binding| binding.action)
}

/// What the mouse does in `context`.
pub fn pointer(context: Context, pointer: Pointer) -> Option<Action> {
    let wanted = match (pointer.gesture, pointer.target) {
        (Gesture::Click, Some(Target::Action(action))) => return word(context, action),
        (Gesture::Click, Some(Target::Row(_))) => Mouse::ClickRow,
        (Gesture::Click, Some(Target::Field(_))) => Mouse::ClickField,
        (Gesture::Click, None) => return None,
        (Gesture::WheelUp, _) => Mouse::WheelUp,
        (Gesture::WheelDown, _) => Mouse::WheelDown,
    };
    bindings(context)
        .find(|binding| binding.mouse == Some(wanted))
        .map(|binding| binding.action)
}

fn word(context: Context, action: Action) -> Option<Action> {
    bindings(context)
        .find(|binding| binding.action == action && binding.has_word())
        .map(|binding| binding.action)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::keymap::place::Place;

    #[test]
    fn no_two_bindings_share_a_key_in_a_context() {
        for context in Context::ALL {
            let mut seen = HashSet::new();
            for chord in bindings(context).flat_map(|binding| binding.keys) {
                assert!(seen.insert(chord), "{chord} twice in {context:?}");
            }
        }
    }

    #[test]
    fn no_two_bindings_share_a_movement_in_a_context() {
        for context in Context::ALL {
            for mouse in [
                Mouse::ClickRow,
                Mouse::ClickField,
                Mouse::WheelUp,
                Mouse::WheelDown,
            ] {
                let count = bindings(context)
                    .filter(|binding| binding.mouse == Some(mouse))
                    .count();
                assert!(count < 2, "{mouse:?} {count} times in {context:?}");
            }
        }
    }

    #[test]
    fn every_line_of_the_table_can_be_reached() {
        for binding in TABLE {
            assert!(!binding.help.is_empty());
            for context in binding.place.contexts() {
                for chord in binding.keys {
                    assert_eq!(
                        key(*context, chord.event()),
                        Some(binding.action),
                        "{chord}"
                    );
                }
                if binding.has_word() {
                    let click = Pointer {
                        gesture: Gesture::Click,
                        target: Some(Target::Action(binding.action)),
                    };
                    assert_eq!(pointer(*context, click), Some(binding.action));
                }
            }
            assert!(binding.mouse.is_some() || !binding.keys.is_empty());
        }
    }

    #[test]
    fn every_place_is_told_of_in_the_help() {
        for binding in TABLE {
            assert!(Place::ALL.contains(&binding.place));
        }
    }

    #[test]
    fn a_letter_in_a_text_is_a_letter() {
        use crate::keymap::chord::Chord;
        for letter in "abcdefghijklmnopqrstuvwxyzGL?123 ".chars() {
            for context in [Context::LogIn, Context::FormText] {
                assert_eq!(key(context, Chord::char(letter).event()), None, "{letter}");
            }
        }
    }
}
