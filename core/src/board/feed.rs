//! The latest crossings.

use std::collections::VecDeque;

use crate::time::Moment;

/// More than any template lists, even when many of them turn out to be none.
const KEPT: usize = 256;

/// A participant, or an unknown tag, was read where it may be news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// The number of the read that made it.
    pub position: i64,
    /// The tag as it came.
    pub tag: String,
    /// When the mat was crossed.
    pub at: Moment,
}

/// The latest crossings in the order in which they happened, newest first.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    crossings: VecDeque<Crossing>,
}

impl Feed {
    /// Newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Crossing> {
        self.crossings.iter()
    }

    /// Takes a crossing in; one that a mat sent late goes to where it belongs.
    pub(super) fn push(&mut self, crossing: Crossing) {
        let index = self
            .crossings
            .partition_point(|other| (other.at, other.position) > (crossing.at, crossing.position));
        self.crossings.insert(index, crossing);
        self.crossings.truncate(KEPT);
    }
}
