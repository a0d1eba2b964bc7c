//! How tag lines are laid out: `CTnn_xy`, x for the separator and y for the terminator and fixed widths.

use crate::decoder::text;

/// A layout that the server may ask for with `tagevent-format`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TagFormat {
    id: String,
    separator: &'static str,
    terminator: String,
    /// Columns padded to fixed widths; times in them are always `normal`.
    pub(super) is_fixed: bool,
}

/// What a tag line says besides its format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagFields<'a> {
    /// The number within the stream, from 1.
    pub sequence: u64,
    /// The mat.
    pub location: &'a str,
    /// The tag, or `GUNTIME`.
    pub tag: &'a str,
    /// The time, in any of the four forms.
    pub time: &'a str,
    /// Passes so far; 0 when nobody counts them.
    pub lap: u32,
    /// Reader or controller.
    pub reader: &'a str,
    /// Antenna.
    pub gator: &'a str,
}

impl TagFields<'_> {
    /// A line that says this, without its terminator, for reads of whatever hardware. Its fields stand apart by a character that
    /// is in none of them, if there is one.
    pub fn line(&self) -> Vec<u8> {
        let texts = [self.location, self.tag, self.time, self.reader, self.gator];
        let formats = ["CT01_33", "CT01_13", "CT01_23", "CT01_43", "CT01_53"];
        let is_apart =
            |format: &TagFormat| !texts.iter().any(|text| text.contains(format.separator));
        let mut formats = formats.into_iter().filter_map(TagFormat::parse);
        let format = formats.find(is_apart).unwrap_or_default();
        let line = format.write(self);
        // What ends a line within a field would end it here, too.
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n' | b'\0');
        line.into_iter().filter(|byte| !is_end(byte)).collect()
    }
}

impl Default for TagFormat {
    /// `CT01_33`: tildes and CR LF.
    fn default() -> Self {
        Self {
            id: "CT01_33".to_owned(),
            separator: "~",
            terminator: "\r\n".to_owned(),
            is_fixed: false,
        }
    }
}

impl TagFormat {
    /// The format of this id, if timing software would take it.
    pub(super) fn parse(id: &str) -> Option<Self> {
        let mut settings = id.strip_prefix("CT01_")?.chars();
        let separator = settings.next()?.to_digit(7)? as usize;
        let bits = settings.next()?.to_digit(16)?;
        let is_fixed = bits & (1 << 3) != 0;
        let needs_widths = matches!(separator, 0 | 6);
        let terminator: String = [('\r', 1 << 0), ('\n', 1 << 1), ('\0', 1 << 2)]
            .iter()
            .filter(|(_, bit)| bits & bit != 0)
            .map(|(character, _)| character)
            .collect();
        let is_valid = !terminator.is_empty() && (is_fixed || !needs_widths);
        is_valid.then(|| Self {
            id: id.to_owned(),
            separator: ["", ",", ";", "~", "|", "\t", " "][separator],
            terminator,
            is_fixed,
        })
    }

    /// The line with its terminator.
    pub(super) fn write(&self, fields: &TagFields<'_>) -> Vec<u8> {
        let (sequence, lap) = (fields.sequence.to_string(), fields.lap.to_string());
        let columns = [
            self.id.clone(),
            self.right(&sequence, 6),
            self.left(fields.location, 16),
            self.right(fields.tag, 8),
            self.right(fields.time, 12),
            self.right(&lap, 3),
            self.left(fields.reader, 6),
            self.right(fields.gator, 2),
        ];
        text::encode(&(columns.join(self.separator) + &self.terminator))
    }

    fn left(&self, field: &str, width: usize) -> String {
        if self.is_fixed {
            format!("{field:width$}")
        } else {
            field.to_owned()
        }
    }

    fn right(&self, field: &str, width: usize) -> String {
        if self.is_fixed {
            format!("{field:>width$}")
        } else {
            field.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chronotrack::message::Message;

    const READ: TagFields<'_> = TagFields {
        sequence: 1,
        location: "9K",
        tag: "99997",
        time: "07:58:21.95",
        lap: 1,
        reader: "11FD4E",
        gator: "4",
    };

    #[test]
    fn lines_are_as_real_software_writes_them() {
        let lines = [
            ("CT01_33", "CT01_33~1~9K~99997~07:58:21.95~1~11FD4E~4\r\n"),
            ("CT01_13", "CT01_13,1,9K,99997,07:58:21.95,1,11FD4E,4\r\n"),
            ("CT01_23", "CT01_23;1;9K;99997;07:58:21.95;1;11FD4E;4\r\n"),
            ("CT01_43", "CT01_43|1|9K|99997|07:58:21.95|1|11FD4E|4\r\n"),
            ("CT01_34", "CT01_34~1~9K~99997~07:58:21.95~1~11FD4E~4\0"),
            ("CT01_133", "CT01_133,1,9K,99997,07:58:21.95,1,11FD4E,4\r\n"),
            (
                "CT01_1B",
                "CT01_1B,     1,9K              ,   99997, 07:58:21.95,  1,11FD4E, 4\r\n",
            ),
            (
                "CT01_0B",
                "CT01_0B     19K                 99997 07:58:21.95  111FD4E 4\r\n",
            ),
        ];
        for (id, expected) in lines {
            let written = TagFormat::parse(id).expect("is supported").write(&READ);
            assert_eq!(String::from_utf8_lossy(&written), expected);
        }
        assert_eq!(TagFormat::parse("CT01_33"), Some(TagFormat::default()));
    }

    #[test]
    fn any_read_can_be_written_as_a_line() {
        for (location, tag) in [
            ("9K", "99997"),
            ("Start~Ziel, 2", "a|b"),
            ("Zieleinlauf \u{10d}", "7"),
        ] {
            let fields = TagFields {
                location,
                tag,
                time: "2026-07-12T10:11:16.443300",
                ..READ
            };
            let line = fields.line();
            let Ok(Message::Read(read)) = Message::parse(&line) else {
                panic!("{line:?} is no read");
            };
            assert_eq!((&*read.location, &*read.tag), (location, tag));
            assert_eq!(read.time_text, fields.time);
            assert_eq!((&*read.reader, &*read.gator), (READ.reader, READ.gator));
        }
        let broken = TagFields {
            tag: "1\r\n2",
            ..READ
        };
        assert_eq!(broken.line(), b"CT01_33~1~9K~12~07:58:21.95~1~11FD4E~4");
    }

    #[test]
    fn unknown_formats_are_refused() {
        for id in [
            "CT01_03", "CT01_30", "CT01_38", "CT01_63", "CT01_73", "CT01_3", "CT02_33", "XX", "",
        ] {
            assert_eq!(TagFormat::parse(id), None, "{id}");
        }
    }
}
