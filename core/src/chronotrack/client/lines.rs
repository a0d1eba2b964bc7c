//! The server's lines as real software sees them: only CR LF ends one, and some lines end the connection.

use crate::decoder::text;

/// Real software hangs up on a line of this length.
const TOO_LONG: usize = 2_000;

pub(super) enum Line {
    Whole(String),
    /// What is wrong with it; the connection is to be closed.
    Wrong(&'static str),
}

#[derive(Debug, Default)]
pub(super) struct Lines {
    partial: Vec<u8>,
}

impl Lines {
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        for &byte in bytes {
            self.partial.push(byte);
            if self.partial.ends_with(b"\r\n") {
                let end = self.partial.len() - 2;
                lines.push(match end {
                    0 => Line::Wrong("the server sent an empty line"),
                    _ => Line::Whole(text::decode(&self.partial[..end]).into_owned()),
                });
                self.partial.clear();
            } else if self.partial.len() >= TOO_LONG {
                lines.push(Line::Wrong("the server sent a line that is too long"));
                self.partial.clear();
            }
        }
        lines
    }
}
