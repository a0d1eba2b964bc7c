//! Who may do what.

pub mod code;
pub mod email;
pub mod hashing;
pub mod password;
pub mod patience;
pub mod token;

/// Whether a character is not seen, or changes how the text around it is read: no name or secret that people type has any.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
