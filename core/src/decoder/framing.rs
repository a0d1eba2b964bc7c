//! Bytes into messages, however they were cut into segments.
//!
//! Every protocol here ends its messages with a byte that occurs nowhere else in them. A half message is kept for as long as
//! the connection lives: TCP promises no timing. What goes on for too long is cut off, so that nobody can fill the memory.

/// The longest line that is taken, in bytes without the terminator. Real lines stay well below 200.
pub const MAX_LINE: usize = 4096;

/// The longest message of all protocols, in bytes: a hundred passings of MYLAPS, which are of some 85 bytes each.
pub const LONGEST_MESSAGE: usize = 16 * 1024;

/// What came out of the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A message without its terminator.
    Line(Vec<u8>),
    /// The first bytes of a message that went on for too long; the rest of it is skipped.
    Oversize(Vec<u8>),
}

/// Cuts one connection's bytes into frames, holding at most the longest of them.
#[derive(Debug)]
pub struct Framer {
    terminators: &'static [u8],
    longest: usize,
    gives_empty: bool,
    partial: Vec<u8>,
    skipping: bool,
}

impl Default for Framer {
    /// Lines that end with CR, LF or NUL, alone or together; the empty lines between them are nothing.
    fn default() -> Self {
        Self::new(b"\r\n\0", MAX_LINE)
    }
}

impl Framer {
    /// Messages that end with one of these bytes and are at most so long; empty ones are nothing.
    pub(crate) const fn new(terminators: &'static [u8], longest: usize) -> Self {
        Self {
            terminators,
            longest,
            gives_empty: false,
            partial: Vec::new(),
            skipping: false,
        }
    }

    /// The same, for a protocol in which an empty message means something.
    pub(crate) fn with_empty(self) -> Self {
        Self {
            gives_empty: true,
            ..self
        }
    }

    /// Takes bytes from the front, up to the end of the first message, and gives that message. `None` when all are taken.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Option<Frame> {
        while !bytes.is_empty() {
            let end = bytes
                .iter()
                .position(|byte| self.terminators.contains(byte));
            let text = &bytes[..end.unwrap_or(bytes.len())];
            let oversize = self.take(text);
            // The terminator of what is too long is left, to end the skipping.
            let taken = match end {
                Some(end) if oversize.is_none() => end + 1,
                _ => text.len(),
            };
            *bytes = &bytes[taken..];
            if oversize.is_some() {
                return oversize;
            }
            if end.is_some()
                && let Some(line) = self.end_line()
            {
                return Some(line);
            }
        }
        None
    }

    /// Takes the next bytes and gives all that they complete.
    pub fn push(&mut self, mut bytes: &[u8]) -> Vec<Frame> {
        std::iter::from_fn(|| self.next(&mut bytes)).collect()
    }

    /// The half message that waits for its end.
    pub fn partial(&self) -> &[u8] {
        &self.partial
    }

    /// Whether a message has begun that has not ended, be it one that went on for too long.
    pub fn is_in_message(&self) -> bool {
        self.skipping || !self.partial.is_empty()
    }

    fn take(&mut self, text: &[u8]) -> Option<Frame> {
        if self.skipping {
            return None;
        }
        let room = self.longest - self.partial.len();
        let taken = text.len().min(room);
        self.make_room(taken);
        self.partial.extend_from_slice(&text[..taken]);
        self.skipping = text.len() > room;
        self.skipping
            .then(|| Frame::Oversize(std::mem::take(&mut self.partial)))
    }

    /// Grows as a vector does by itself, but never beyond the longest message.
    fn make_room(&mut self, more: usize) {
        let needed = self.partial.len() + more;
        if needed > self.partial.capacity() {
            let doubled = (2 * self.partial.capacity()).min(self.longest);
            let wanted = needed.max(doubled);
            self.partial.reserve_exact(wanted - self.partial.len());
        }
    }

    fn end_line(&mut self) -> Option<Frame> {
        let was_skipped = std::mem::take(&mut self.skipping);
        let is_line = !was_skipped && (self.gives_empty || !self.partial.is_empty());
        is_line.then(|| Frame::Line(std::mem::take(&mut self.partial)))
    }
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
    fn a_half_message_takes_no_more_memory_than_a_whole_one() {
        let mut framer = Framer::default();
        for _ in 0..MAX_LINE {
            framer.push(b"x");
            assert!(framer.partial.capacity() <= MAX_LINE);
        }
        assert!(framer.is_in_message());
        framer.push(b"\n");
        assert!(!framer.is_in_message());
    }

    #[test]
    fn an_empty_line_is_given_where_it_means_something() {
        let mut framer = Framer::new(b"\n", 4).with_empty();
        assert_eq!(
            framer.push(b"ab\n\nabcdef\n\n"),
            [
                line(b"ab"),
                line(b""),
                Frame::Oversize(b"abcd".to_vec()),
                line(b"")
            ]
        );
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_off_and_the_next_is_whole() {
        let mut framer = Framer::default();
        let mut bytes = vec![b'x'; MAX_LINE];
        assert_eq!(framer.push(&bytes), []);
        assert_eq!(framer.push(b"\n"), [line(&bytes)]);
        bytes.resize(1_000_000, b'x');
        assert_eq!(framer.push(&bytes), [Frame::Oversize(vec![b'x'; MAX_LINE])]);
        assert!(framer.is_in_message());
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
