//! Quotes that nobody closed, which would make all that follows them one field.

/// The line, from 1, on which a quote opens that is not closed: the text ends within it, or a later line's quote ends it in the
/// middle of a word.
pub(super) fn unclosed(text: &str, delimiter: u8) -> Option<u64> {
    let (mut place, mut line, mut opened) = (Place::Start, 1, 1);
    for &byte in text.as_bytes() {
        place = match (place, byte) {
            (Place::Start, b'"') => {
                opened = line;
                Place::Quoted
            }
            (Place::Quoted, b'"') => Place::Closing,
            (Place::Quoted, _) | (Place::Closing, b'"') => Place::Quoted,
            (_, b'\r' | b'\n') => Place::Start,
            _ if byte == delimiter => Place::Start,
            (Place::Closing, _) if line > opened => return Some(opened),
            _ => Place::Within,
        };
        line += u64::from(byte == b'\n');
    }
    (place == Place::Quoted).then_some(opened)
}

/// Where in a field the reading stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before it; only here a quote opens.
    Start,
    /// In one without quotes, or behind the closing one.
    Within,
    Quoted,
    /// Behind a quote that closes, unless another follows it.
    Closing,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_that_swallow_lines_are_found() {
        for (text, line) in [
            ("a,b\n1,\"Broken,x\n2,y\n", Some(2)),
            ("a,b\n1,\"Broken,x\n2,\"y\"\n", Some(2)),
            ("a,b\r\n\r\n1,\"\"\"\r\n", Some(3)),
            ("a,b\n1,\"two\nlines\"\n2,\"\"\n3,\"z\"", None),
            ("a,b\n1,\"Bob \"Rocket\" Ray\"\n2,5'11\"\n", None),
            ("", None),
        ] {
            assert_eq!(unclosed(text, b','), line, "{text:?}");
        }
    }
}
