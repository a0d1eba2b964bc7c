//! How far each location of a connection has come, to notice lost lines.

use std::collections::HashMap;

/// The most locations that are followed on one connection; real hardware has one or a few.
pub(super) const MOST: usize = 24;

/// The next expected sequence of each location.
#[derive(Debug, Default)]
pub(super) struct Cursors {
    next: HashMap<String, u64>,
}

impl Cursors {
    /// Begins to follow a location; false when it is followed already or there are too many.
    pub(super) fn add(&mut self, location: &str) -> bool {
        let is_new = !self.knows(location) && self.next.len() < MOST;
        if is_new {
            self.next.insert(location.to_owned(), 1);
        }
        is_new
    }

    pub(super) fn knows(&self, location: &str) -> bool {
        self.next.contains_key(location)
    }

    /// The stream of a location will go on after `last`.
    pub(super) fn begin(&mut self, location: &str, last: Option<u64>) {
        self.add(location);
        if let Some(next) = self.next.get_mut(location) {
            // Reads that came unasked are ahead of it.
            let resumed = last.map_or(1, |last| last.saturating_add(1));
            *next = resumed.max(*next);
        }
    }

    /// Takes the sequence of a read and gives the first number of the hole that it leaves, if it leaves one.
    ///
    /// The expected number only ever grows, so a replay is not mistaken for a hole and each hole is found once.
    pub(super) fn advance(&mut self, location: &str, sequence: u64) -> Option<u64> {
        self.add(location);
        let next = self.next.get_mut(location)?;
        let expected = *next;
        *next = expected.max(sequence.saturating_add(1));
        (sequence > expected).then_some(expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hole_is_found_once_and_replays_are_none() {
        let mut cursors = Cursors::default();
        cursors.begin("9K", Some(847));
        let holes: Vec<_> = [848, 849, 852, 853, 850, 851, 852, 853, 854, 1, 2, 857]
            .into_iter()
            .filter_map(|sequence| cursors.advance("9K", sequence))
            .collect();
        assert_eq!(holes, [850, 855]);
        assert_eq!(cursors.advance("other", u64::MAX), Some(1));
    }

    #[test]
    fn memory_is_bounded() {
        let mut cursors = Cursors::default();
        assert_eq!(
            (0..2 * MOST)
                .filter(|number| cursors.add(&number.to_string()))
                .count(),
            MOST
        );
        assert_eq!(cursors.advance("another", 7), None);
    }
}
