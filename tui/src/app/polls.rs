//! When each list is asked for again.

use gantry_core::time::Moment;

use crate::app::tab::Tab;

/// Something that is asked for again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The ChronoTrack sessions.
    TimingSessions,
    /// The reads of the chosen one.
    TimingPreview,
    /// The display sessions.
    Sessions,
    /// The chosen one, which tells the others that the operator is there.
    Session,
    /// The displays.
    Displays,
    /// The templates.
    Templates,
    /// The partner's people.
    Colleagues,
    /// What is wrong with the server.
    Alarms,
    /// The feeds.
    Feeds,
}

impl Topic {
    /// All of them, those first that an operator waits for.
    pub const ALL: [Topic; 9] = [
        Topic::Alarms,
        Topic::TimingSessions,
        Topic::TimingPreview,
        Topic::Sessions,
        Topic::Displays,
        Topic::Feeds,
        Topic::Templates,
        Topic::Session,
        Topic::Colleagues,
    ];

    /// How often it is asked for while `tab` is looked at.
    fn period_ms(self, tab: Tab) -> i64 {
        match (self, tab) {
            (Topic::TimingSessions | Topic::TimingPreview, Tab::Timing) => 1_000,
            (Topic::Sessions, Tab::Sessions)
            | (Topic::Displays, Tab::Sessions | Tab::Screens)
            | (Topic::Feeds, Tab::Feeds) => 2_000,
            (Topic::Session, Tab::Sessions) | (Topic::Alarms, _) => 5_000,
            (Topic::Templates | Topic::Colleagues, _) => 60_000,
            _ => 10_000,
        }
    }
}

/// How long after a failure the next try comes.
const RETRY_MS: i64 = 2_000;

/// The state of every [`Topic`]: at most one question of each is on its way, however slow the line.
#[derive(Clone, Debug, Default)]
pub struct Polls([Poll; Topic::ALL.len()]);

#[derive(Clone, Copy, Debug, Default)]
struct Poll {
    under_way: bool,
    asked_at: Option<Moment>,
    failed: bool,
}

impl Polls {
    /// The topics to ask for at `now`; they count as asked from then on.
    pub fn take_due(&mut self, tab: Tab, now: Moment) -> Vec<Topic> {
        let is_due = |topic: &Topic| self.0[*topic as usize].is_due(topic.period_ms(tab), now);
        let due: Vec<Topic> = Topic::ALL.into_iter().filter(is_due).collect();
        for topic in &due {
            self.0[*topic as usize] = Poll {
                under_way: true,
                asked_at: Some(now),
                failed: false,
            };
        }
        due
    }

    /// Takes note that an answer came.
    pub fn answered(&mut self, topic: Topic, failed: bool) {
        let poll = &mut self.0[topic as usize];
        poll.under_way = false;
        poll.failed = failed;
    }

    /// Makes a topic due, because what is known of it is out of date.
    pub fn hurry(&mut self, topic: Topic) {
        self.0[topic as usize].asked_at = None;
    }
}

impl Poll {
    fn is_due(self, period_ms: i64, now: Moment) -> bool {
        let period_ms = if self.failed {
            period_ms.max(RETRY_MS)
        } else {
            period_ms
        };
        !self.under_way
            && self
                .asked_at
                .is_none_or(|asked_at| now.since_ms(asked_at) >= period_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_once_until_the_answer_came_and_the_period_passed() {
        let mut polls = Polls::default();
        assert_eq!(
            polls.take_due(Tab::Timing, Moment(0)).len(),
            Topic::ALL.len()
        );
        assert!(
            polls.take_due(Tab::Timing, Moment(60_000)).is_empty(),
            "all under way"
        );
        polls.answered(Topic::TimingSessions, false);
        assert!(polls.take_due(Tab::Timing, Moment(999)).is_empty());
        assert_eq!(
            polls.take_due(Tab::Timing, Moment(1_000)),
            [Topic::TimingSessions]
        );
    }

    #[test]
    fn a_failure_waits_longer_and_a_change_waits_for_nothing() {
        let mut polls = Polls::default();
        polls.take_due(Tab::Timing, Moment(0));
        polls.answered(Topic::TimingSessions, true);
        assert!(polls.take_due(Tab::Timing, Moment(1_999)).is_empty());
        assert_eq!(
            polls.take_due(Tab::Timing, Moment(2_000)),
            [Topic::TimingSessions]
        );
        polls.answered(Topic::Displays, false);
        polls.hurry(Topic::Displays);
        assert_eq!(
            polls.take_due(Tab::Timing, Moment(2_001)),
            [Topic::Displays]
        );
    }
}
