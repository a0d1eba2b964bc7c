//! Characters that nobody sees, and that make what is around them be read as something else.

/// Whether a character has no place in a name or a title: a control, or one of those that turn the direction of the text round
/// them. Line ends and tabs are let through; they are space.
pub fn is_hidden(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => false,
        // What opens and closes embeddings, overrides and isolates. Marks of direction are letters' own and stay.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => character.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_all_scripts_are_seen() {
        for text in [
            "Łukasz Ångström",
            "נועה בן־דוד",
            "مريم\u{200f}",
            "佐藤\t\n",
            "👩‍👩‍👧",
        ] {
            assert!(!text.contains(is_hidden), "{text}");
        }
        for text in [
            "a\0b",
            "\u{1b}[2J",
            "\u{9b}2J",
            "a\u{202e}b",
            "a\u{2066}b",
            "\u{7f}",
        ] {
            assert!(text.contains(is_hidden), "{text:?}");
        }
    }
}
