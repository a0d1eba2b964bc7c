//! Rosters as CSV: what registration programs export, and what we write ourselves.
//!
//! No two programs agree on a header, so [`import()`] takes any delimiter and every known spelling of a column, keeps each row
//! that names a bib, and says of each other row why it was left out. A file with an unclosed quote is refused as a whole, because
//! nobody can tell how many rows are within it.

mod columns;
mod export;
mod import;
mod quotes;
mod start;

pub use export::export;
pub use import::{Import, Rejected, import};
pub use start::StartTimes;

use std::borrow::Cow;

/// The text of an uploaded file: UTF-8 or UTF-16 by its byte order mark, else UTF-8 where it is valid, else Windows-1252.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if encoding_rs::Encoding::for_bom(bytes).is_some() || std::str::from_utf8(bytes).is_ok() {
        encoding_rs::UTF_8.decode(bytes).0
    } else {
        encoding_rs::WINDOWS_1252.decode(bytes).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_in_the_encodings_spreadsheets_write() {
        assert_eq!(decode("\u{feff}bib,é".as_bytes()), "bib,é");
        assert_eq!(decode(b"bib,\xe9"), "bib,é");
        assert_eq!(decode(b"\xff\xfeb\0i\0b\0"), "bib");
        assert_eq!(decode("Łukasz 山田".as_bytes()), "Łukasz 山田");
    }
}
