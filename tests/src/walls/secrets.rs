//! What each of two partners must not let the other have: a mark in every text of theirs, and the ids of their things.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Mutex, PoisonError},
};

use super::chance::Chance;

/// One of the two partners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one whose hardware is connected first.
    North,
    /// The one whose hardware comes after it.
    South,
}

impl Side {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::North, Self::South];

    /// The partner behind the wall.
    pub fn other(self) -> Self {
        match self {
            Self::North => Self::South,
            Self::South => Self::North,
        }
    }

    /// What is in each of the partner's texts: nothing else in the world is called so.
    pub fn mark(self) -> &'static str {
        match self {
            Self::North => "zqnorthvx",
            Self::South => "zqsouthvx",
        }
    }

    /// What is in the name of each of its runners, and in nothing else of its.
    pub fn runner(self) -> &'static str {
        match self {
            Self::North => "zqnorthvxrunner",
            Self::South => "zqsouthvxrunner",
        }
    }

    /// The partner's own name, which those who work for both see of both.
    pub fn name(self) -> &'static str {
        match self {
            Self::North => "Kwnorthjy Timing",
            Self::South => "Kwsouthjy Timing",
        }
    }

    /// What of the name is nobody else's.
    fn name_mark(self) -> &'static str {
        match self {
            Self::North => "kwnorthjy",
            Self::South => "kwsouthjy",
        }
    }
}

/// Who hears something.
#[derive(Clone, Copy, Debug)]
pub struct Ear {
    /// For which partner.
    pub side: Side,
    /// Whether they work for the other as well, and so know what it is called.
    pub knows_both: bool,
    /// Whether it is a screen.
    pub is_screen: bool,
}

/// Everything that is secret so far, and what became known.
#[derive(Debug, Default)]
pub struct Secrets(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    sides: [Own; 2],
    leaks: Vec<String>,
}

/// What belongs to one partner.
#[derive(Debug, Default)]
struct Own {
    /// Ids that only this partner may hear.
    ids: HashSet<String>,
    /// Ids by the kind of thing, for the other to try.
    things: BTreeMap<String, Vec<String>>,
    /// How often the partner was told something of its own.
    told: usize,
    /// How often a screen of its showed a runner of its.
    shown: usize,
}

impl Secrets {
    /// Looks at what somebody was told after they asked for `asked`; what belongs to the other partner and was not in the question
    /// is a leak.
    pub fn hear(&self, ear: Ear, what: &str, asked: &str, said: &[u8]) {
        let mut known = self.known();
        let said = String::from_utf8_lossy(said).to_ascii_lowercase();
        let other = ear.side.other();
        let told = usize::from(said.contains(ear.side.mark()));
        let shown = usize::from(ear.is_screen && said.contains(ear.side.runner()));
        let own = known.side(ear.side);
        own.told += told;
        own.shown += shown;
        let mut leaked = Vec::new();
        if said.contains(other.mark()) {
            leaked.push(other.mark().to_owned());
        }
        if !ear.knows_both && said.contains(other.name_mark()) {
            leaked.push(other.name_mark().to_owned());
        }
        for id in ids(&said).filter(|id| !asked.contains(id)) {
            if known.side(other).ids.contains(id) {
                leaked.push(id.to_owned());
            }
        }
        for leak in leaked {
            let side = ear.side;
            known.leaks.push(format!(
                "{side:?} heard another partner's {leak:?} from {what}: {said}"
            ));
        }
    }

    /// From now on the thing of this id is nobody's but this partner's, and the other will try to get at it.
    pub fn keep(&self, side: Side, kind: &str, id: &str) {
        let mut known = self.known();
        let own = known.side(side);
        own.ids.insert(id.to_owned());
        own.things
            .entry(kind.to_owned())
            .or_default()
            .push(id.to_owned());
    }

    /// Any thing of this kind that ever was the partner's.
    pub fn thing(&self, side: Side, kind: &str, chance: &mut Chance) -> Option<String> {
        let mut known = self.known();
        let things = known.side(side).things.get(kind)?;
        chance.pick(things).cloned()
    }

    /// How often the partner was told something of its own.
    pub fn told(&self, side: Side) -> usize {
        self.known().side(side).told
    }

    /// How often a screen of the partner's showed a runner of its.
    pub fn shown(&self, side: Side) -> usize {
        self.known().side(side).shown
    }

    /// Says that something became known to whom it must not.
    pub fn leak(&self, leak: String) {
        self.known().leaks.push(leak);
    }

    /// The first leak, if there was any.
    pub fn first_leak(&self) -> Option<String> {
        self.known().leaks.first().cloned()
    }

    /// Which ids of either partner a text has.
    pub fn ids_in(&self, text: &str) -> Vec<String> {
        let known = self.known();
        ids(text)
            .filter(|id| known.sides.iter().any(|own| own.ids.contains(*id)))
            .map(str::to_owned)
            .collect()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn side(&mut self, side: Side) -> &mut Own {
        &mut self.sides[side as usize]
    }
}

/// The parts of a text that are as long as an id: of eight characters, or a UUID. Written with no care but for speed, for every
/// byte of every answer comes through here.
fn ids(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let (mut found, mut start, mut at) = (Vec::new(), 0, 0);
    while at <= bytes.len() {
        if at == bytes.len() || !matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b'-') {
            if at - start == 8 || at - start == 36 {
                found.push(&text[start..at]);
            }
            start = at + 1;
        }
        at += 1;
    }
    found.into_iter()
}
