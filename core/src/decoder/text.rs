//! The characters on the wire: Windows-1252 from real software, UTF-8 from some other programs.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

/// The text of a line: UTF-8 where it is valid, else Windows-1252, which every byte string is.
///
/// Without NUL, which no name or number has and which not every database keeps: a read must not be refused for one.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    };
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}").into()
    } else {
        text
    }
}

/// The bytes of a line: Windows-1252 where it has all the characters, else UTF-8.
pub(crate) fn encode(text: &str) -> Vec<u8> {
    let (bytes, _, unmappable) = WINDOWS_1252.encode(text);
    if unmappable {
        text.as_bytes().to_vec()
    } else {
        bytes.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_some_text_and_none_is_nul() {
        assert_eq!(decode("Línea".as_bytes()), "Línea");
        assert_eq!(decode(b"L\xednea"), "Línea");
        assert_eq!(decode(b"Fin\0ish"), "Fin\u{fffd}ish");
        assert_eq!(decode(b"L\xednea\0"), "Línea\u{fffd}");
    }
}
