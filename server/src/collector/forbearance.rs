//! How long one connection is put up with that says nothing of use.
//!
//! Hardware sends whole messages that mostly can be understood. What cannot is kept all the same, because it may be the fault of
//! ours; but who sends nothing else is listened to ever more slowly, and in the end let go. Reads of hardware that speaks some
//! dialect are thereby kept, and somebody who sends rubbish costs little.

use std::time::Duration;

use gantry_core::time::Moment;

/// How long a message may take from its first byte to its last. On the slowest line it takes a second.
pub(super) const LONGEST_MESSAGE_MS: i64 = 30_000;

/// Faults in a row that are taken as they come: a burst of noise, or a program that says one thing of its own.
const PATIENCE: usize = 100;

/// How long is waited before each further one is taken; meanwhile the socket is not read.
const PAUSE: Duration = Duration::from_millis(5);

/// Faults in a row without a single good line. More than these would not be kept either.
const MOST_FAULTS: usize = 10_000;

/// What one connection has used up of our patience.
#[derive(Debug)]
pub(super) struct Forbearance {
    longest_message_ms: i64,
    faults: usize,
    /// When a message has to end that has begun.
    end: Option<Moment>,
}

impl Forbearance {
    /// All of it, for somebody whose messages may take so long.
    pub(super) fn new(longest_message_ms: i64) -> Self {
        Self {
            longest_message_ms,
            faults: 0,
            end: None,
        }
    }

    /// A message was complete.
    pub(super) fn message(&mut self) {
        self.end = None;
    }

    /// All that was received is taken, and the last message is unfinished or not.
    pub(super) fn left(&mut self, is_in_message: bool, now: Moment) {
        let end = is_in_message.then_some(now + self.longest_message_ms);
        self.end = self.end.filter(|_| is_in_message).or(end);
    }

    /// When the message has to end that has begun.
    pub(super) fn end(&self) -> Option<Moment> {
        self.end
    }

    /// Why the connection is to end now, if it is.
    pub(super) fn is_over(&self, now: Moment) -> Option<&'static str> {
        let is_over = self.end.is_some_and(|end| end <= now);
        is_over.then_some("a message without an end")
    }

    /// Something made sense.
    pub(super) fn sense(&mut self) {
        self.faults = 0;
    }

    /// Something could not be understood: how long to wait before it is taken. The error says why the connection is to end.
    pub(super) fn fault(&mut self) -> Result<Option<Duration>, &'static str> {
        self.faults += 1;
        match self.faults {
            0..PATIENCE => Ok(None),
            PATIENCE..MOST_FAULTS => Ok(Some(PAUSE)),
            _ => Err("nothing that it says can be understood"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long so many faults in a row take.
    fn faults(forbearance: &mut Forbearance, count: usize) -> Duration {
        let waits = (0..count).map(|_| forbearance.fault().expect("is put up with"));
        waits.flatten().sum()
    }

    #[test]
    fn who_sends_nothing_but_rubbish_is_slowed_down_and_let_go() {
        let mut forbearance = Forbearance::new(LONGEST_MESSAGE_MS);
        assert_eq!(faults(&mut forbearance, PATIENCE - 1), Duration::ZERO);
        let slow = faults(&mut forbearance, MOST_FAULTS - PATIENCE);
        assert!(slow > Duration::from_secs(30), "{slow:?}");
        forbearance.fault().expect_err("is enough");
    }

    #[test]
    fn a_line_that_makes_sense_makes_up_for_all() {
        let mut forbearance = Forbearance::new(LONGEST_MESSAGE_MS);
        for _ in 0..1_000 {
            assert_eq!(faults(&mut forbearance, PATIENCE - 1), Duration::ZERO);
            forbearance.sense();
        }
    }

    #[test]
    fn a_message_has_to_end() {
        let mut forbearance = Forbearance::new(LONGEST_MESSAGE_MS);
        forbearance.left(true, Moment(0));
        // More of it is no new message.
        forbearance.left(true, Moment(LONGEST_MESSAGE_MS - 1));
        assert_eq!(forbearance.is_over(Moment(LONGEST_MESSAGE_MS - 1)), None);
        assert!(forbearance.is_over(Moment(LONGEST_MESSAGE_MS)).is_some());
        // A complete one gives the next one its time.
        forbearance.message();
        forbearance.left(true, Moment(LONGEST_MESSAGE_MS));
        assert_eq!(forbearance.is_over(Moment(LONGEST_MESSAGE_MS)), None);
        forbearance.left(false, Moment(LONGEST_MESSAGE_MS));
        assert_eq!(forbearance.end(), None);
    }
}
