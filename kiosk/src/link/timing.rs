//! How long things may take.

use std::time::Duration;

/// The link's patience.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Before the first new try; it doubles with each further one.
    pub first_retry: Duration,
    /// The longest wait between tries while the server cannot be reached.
    pub longest_retry: Duration,
    /// Between questions whether a display that has ended lives again.
    pub ended_retry: Duration,
    /// For a connection to be made.
    pub connect: Duration,
    /// Without a word from the server before the connection counts as dead: three heartbeats.
    pub silence: Duration,
    /// Between the first few questions for the server's time.
    pub first_questions: Duration,
    /// Between later questions for the server's time.
    pub questions: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            first_retry: Duration::from_secs(1),
            longest_retry: Duration::from_secs(15),
            ended_retry: Duration::from_secs(15),
            connect: Duration::from_secs(5),
            silence: Duration::from_secs(3),
            first_questions: Duration::from_millis(250),
            questions: Duration::from_secs(30),
        }
    }
}
