//! Bytes into lines, however they were cut into segments.
//!
//! Protocol lines end with CR LF, but the tag line formats allow CR, LF and NUL alone, so each of the three ends a line and the
//! empty lines between them are nothing. A half line is kept for as long as the connection lives: TCP promises no timing.

/// The longest line that is taken, in bytes without the terminator. Real lines stay well below 200.
pub const MAX_LINE: usize = 4096;

/// What came out of the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A line without its terminator; never empty.
    Line(Vec<u8>),
    /// The first [`MAX_LINE`] bytes of a line that went on; the rest of it is skipped.
    Oversize(Vec<u8>),
}

/// Cuts one connection's bytes into frames, holding at most [`MAX_LINE`] bytes.
#[derive(Debug, Default)]
pub struct Framer {
    partial: Vec<u8>,
    skipping: bool,
}

impl Framer {
    /// Takes the next bytes and gives the lines that they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Frame> {
        let mut frames = Vec::new();
        for piece in bytes.split_inclusive(|&byte| is_terminator(byte)) {
            match piece.split_last() {
                Some((&last, text)) if is_terminator(last) => {
                    frames.extend(self.take(text));
                    frames.extend(self.end_line());
                }
                _ => frames.extend(self.take(piece)),
            }
        }
        frames
    }

    /// The half line that waits for its end.
    pub fn partial(&self) -> &[u8] {
        &self.partial
    }

    fn take(&mut self, text: &[u8]) -> Option<Frame> {
        if self.skipping {
            return None;
        }
        let room = MAX_LINE - self.partial.len();
        self.partial
            .extend_from_slice(&text[..text.len().min(room)]);
        self.skipping = text.len() > room;
        self.skipping
            .then(|| Frame::Oversize(std::mem::take(&mut self.partial)))
    }

    fn end_line(&mut self) -> Option<Frame> {
        self.skipping = false;
        (!self.partial.is_empty()).then(|| Frame::Line(std::mem::take(&mut self.partial)))
    }
}

fn is_terminator(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(text: &[u8]) -> Frame {
        Frame::Line(text.to_vec())
    }

    #[test]
    fn every_terminator_ends_a_line() {
        let mut framer = Framer::default();
        let frames = framer.push(b"a\r\nb\nc\rd\0e\r\n\0\r\nf");
        assert_eq!(
            frames,
            [line(b"a"), line(b"b"), line(b"c"), line(b"d"), line(b"e")]
        );
        assert_eq!(framer.partial(), b"f");
        assert_eq!(framer.push(b"g\n"), [line(b"fg")]);
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_off_and_the_next_is_whole() {
        let mut framer = Framer::default();
        let mut bytes = vec![b'x'; MAX_LINE];
        assert_eq!(framer.push(&bytes), []);
        assert_eq!(framer.push(b"\n"), [line(&bytes)]);
        bytes.resize(1_000_000, b'x');
        assert_eq!(framer.push(&bytes), [Frame::Oversize(vec![b'x'; MAX_LINE])]);
        assert_eq!(framer.push(&bytes), []);
        assert_eq!(framer.partial(), b"");
        assert_eq!(framer.push(b"x\r\nok\r\n"), [line(b"ok")]);
    }

    proptest! {
        #[test]
        fn chunking_does_not_matter(
            pieces in prop::collection::vec(
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 0..40),
                    Just(vec![b'x'; MAX_LINE]),
                    Just(b"\r\n".to_vec()),
                ],
                0..20,
            ),
            cut in 1..5000_usize,
        ) {
            let whole = pieces.concat();
            let at_once = Framer::default().push(&whole);
            let mut framer = Framer::default();
            let cut_up: Vec<Frame> = whole.chunks(cut).flat_map(|chunk| framer.push(chunk)).collect();
            prop_assert_eq!(&cut_up, &at_once);
            let mut framer = Framer::default();
            let as_sent: Vec<Frame> = pieces.iter().flat_map(|chunk| framer.push(chunk)).collect();
            prop_assert_eq!(as_sent, at_once);
        }
    }
}
