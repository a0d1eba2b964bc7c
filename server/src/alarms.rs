//! What somebody has to know now: what keeps reads from where they belong, or soon will.
//!
//! An alarm stands from when it is raised until it is cleared, and there is at most one of each [`Subject`] for everybody and one
//! for each timing partner. Who finds the fault raises it, who finds it gone clears it, and everything that shows alarms lists them.
//! Its words name files, ports and feeds, and are for whoever is on the machine; others are told what the subject means.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use gantry_core::time::Moment;
use tracing::{error, info};

use crate::{clock, store::PartnerId};

/// What an alarm is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// What arrives cannot be written to the disk. Hardware is kept waiting, which keeps what it has.
    Disk,
    /// The database takes nothing. With a spool, what arrives waits in it and screens stand still; without one this is
    /// [`Subject::Disk`].
    Database,
    /// The disk will soon be full.
    Room,
    /// Hardware of some feed cannot reach the server, because its port cannot be opened.
    Feeds,
}

/// Something that is wrong now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What it is about.
    pub subject: Subject,
    /// Whom it concerns, unless everybody. Nobody else is to learn of it, because that would tell of the partner.
    pub concerns: Option<PartnerId>,
    /// Since when it stands.
    pub since: Moment,
    /// What is wrong, for people.
    pub words: String,
}

/// The alarms that stand.
#[derive(Debug, Default)]
pub struct Alarms {
    standing: Mutex<BTreeMap<(Subject, Option<PartnerId>), Alarm>>,
}

impl Subject {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Disk, Self::Database, Self::Room, Self::Feeds];

    /// The alarm's name for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::Database => "database",
            Self::Room => "room",
            Self::Feeds => "feeds",
        }
    }

    /// What it means, in a sentence that may be told to everybody who works with the server.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Disk => "What timing hardware sends cannot be written to the server's disk.",
            Self::Database => "The database takes nothing: screens stand still, reads are kept.",
            Self::Room => "The server's disk is nearly full.",
            Self::Feeds => "Some timing hardware cannot reach the server.",
        }
    }

    /// What to do about it, in a sentence.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Disk => {
                "Make room on the disk, or put it right; leave the hardware on, it keeps its reads until then."
            }
            Self::Database => {
                "Start the database, or put right what keeps the server from it; reads are taken up by themselves then."
            }
            Self::Room => {
                "Make room on the server's disk before it is full: move away what is not needed there."
            }
            Self::Feeds => "See which program has the feed's port, or give the feed another one.",
        }
    }
}

impl Alarms {
    /// Raises an alarm that concerns everybody, or gives the one that stands other words; it is logged once.
    pub fn raise(&self, subject: Subject, words: impl Into<String>) {
        self.stand(subject, None, words.into());
    }

    /// Ends the alarm that concerns everybody, if it stands.
    pub fn clear(&self, subject: Subject) {
        self.end(|concerned| *concerned == (subject, None));
    }

    /// Has an alarm stand for each of these partners, with its words, and for no other.
    pub fn concern(&self, subject: Subject, partners: BTreeMap<PartnerId, String>) {
        self.end(|(about, whose)| {
            *about == subject && whose.is_some_and(|whose| !partners.contains_key(&whose))
        });
        for (partner, words) in partners {
            self.stand(subject, Some(partner), words);
        }
    }

    /// The alarms that stand, by subject.
    pub fn list(&self) -> Vec<Alarm> {
        self.lock().values().cloned().collect()
    }

    fn stand(&self, subject: Subject, concerns: Option<PartnerId>, words: String) {
        let mut standing = self.lock();
        if let Some(alarm) = standing.get_mut(&(subject, concerns)) {
            alarm.words = words;
            return;
        }
        error!(alarm = subject.name(), "{words}");
        let alarm = Alarm {
            subject,
            concerns,
            since: clock::now(),
            words,
        };
        standing.insert((subject, concerns), alarm);
    }

    fn end(&self, is_over: impl Fn(&(Subject, Option<PartnerId>)) -> bool) {
        let mut standing = self.lock();
        for (_, alarm) in standing.extract_if(.., |concerned, _| is_over(concerned)) {
            let stood_ms = clock::now().since_ms(alarm.since);
            info!(alarm = alarm.subject.name(), stood_ms, "alarm is over");
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(Subject, Option<PartnerId>), Alarm>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Alarm {
    /// Whether a partner may learn of it.
    pub fn is_for(&self, partner: PartnerId) -> bool {
        self.concerns.is_none_or(|concerned| concerned == partner)
    }
}

/// What the alarms are about and since when, each subject once: all that may be told where nobody is to be named.
pub fn subjects(alarms: impl IntoIterator<Item = Alarm>) -> BTreeMap<Subject, Moment> {
    let mut since = BTreeMap::new();
    for alarm in alarms {
        let first = since.entry(alarm.subject).or_insert(alarm.since);
        *first = alarm.since.min(*first);
    }
    since
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_stands_from_its_first_raising_until_it_is_cleared() {
        let alarms = Alarms::default();
        alarms.raise(Subject::Disk, "full");
        let since = alarms.list()[0].since;
        alarms.raise(Subject::Disk, "read-only");
        alarms.raise(Subject::Room, "little room");
        let standing = alarms.list();
        assert_eq!(standing.len(), 2);
        assert_eq!(standing[0].words, "read-only");
        assert_eq!(standing[0].since, since);
        alarms.clear(Subject::Disk);
        alarms.clear(Subject::Feeds);
        assert_eq!(alarms.list(), standing[1..]);
    }

    #[test]
    fn a_partners_alarm_is_nobody_elses() {
        let alarms = Alarms::default();
        let [acme, other] = [PartnerId::new(), PartnerId::new()];
        let troubles = |of: &[PartnerId]| of.iter().map(|of| (*of, "taken".to_owned())).collect();
        alarms.concern(Subject::Feeds, troubles(&[acme, other]));
        let heard = |partner| {
            let mut heard = alarms.list();
            heard.retain(|alarm| alarm.is_for(partner));
            heard.len()
        };
        assert_eq!(
            (heard(acme), heard(other), heard(PartnerId::new())),
            (1, 1, 0)
        );
        assert_eq!(subjects(alarms.list()).len(), 1);
        alarms.concern(Subject::Feeds, troubles(&[other]));
        assert_eq!((heard(acme), heard(other)), (0, 1));
        alarms.concern(Subject::Feeds, BTreeMap::new());
        assert_eq!(alarms.list(), []);
    }
}
