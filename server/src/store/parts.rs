//! What timing sessions are made of: parts of recordings.
//!
//! A recording is what one event's hardware sent, as it was stored, and is never changed by an operator. Who splits, merges or closes
//! timing sessions cuts recordings into parts and says which session shows which part; reads stay where they are, so repeats of
//! them stay recognised.

use gantry_core::time::Moment;
use sqlx::FromRow;

use super::{
    DisplaySessionId, PartId, PartnerId, Result, Store, StoredRead, TimingSessionId, db::reading,
    sql::Walled,
};

/// The reads of a recording that belong to one timing session: some time of it, and some stretch of the order in which reads were
/// stored. Most recordings have one part, which is all of it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Part {
    pub(super) id: PartId,
    /// The timing session that shows it.
    #[sqlx(rename = "timing_session_id")]
    pub session: TimingSessionId,
    /// The timing session that hardware opened, under which the reads are stored.
    #[sqlx(rename = "recording_id")]
    pub recording: TimingSessionId,
    /// Its reads happened at or after this moment.
    #[sqlx(rename = "from_at", try_from = "i64")]
    pub from: Moment,
    /// And before this one.
    #[sqlx(rename = "until_at", try_from = "i64")]
    pub until: Moment,
    /// They were stored after this position.
    #[sqlx(rename = "after_position")]
    pub after: i64,
    /// And not after this one.
    #[sqlx(rename = "up_to_position")]
    pub up_to: i64,
    /// Up to this position it is known where its reads are.
    pub(super) counted_to: i64,
    pub(super) first_position: Option<i64>,
    pub(super) last_position: Option<i64>,
}

/// Positions in which reads of a part lie: after the first, up to the second.
pub(super) type Stretch = (i64, i64);

/// The beginning of all time.
pub(super) const EVER: Moment = Moment(-i64::MAX);

/// The end of it, and of all positions.
pub(super) const FOREVER: i64 = i64::MAX;

/// True of a part, called `p`, that is a whole recording.
macro_rules! whole {
    () => {
        "p.from_at = -9223372036854775807 and p.until_at = 9223372036854775807
        and p.after_position = 0 and p.up_to_position = 9223372036854775807"
    };
}
pub(super) use whole;

/// True of a part, called `p`, that reads are still stored in as they happen.
macro_rules! open_ended {
    () => {
        "p.until_at = 9223372036854775807 and p.up_to_position = 9223372036854775807"
    };
}
pub(super) use open_ended;

/// The columns of a [`Part`], called `p`.
macro_rules! part {
    () => {
        "p.id, p.timing_session_id, p.recording_id, p.from_at, p.until_at, p.after_position, p.up_to_position,
        p.counted_to, p.first_position, p.last_position"
    };
}
pub(super) use part;

pub(super) const PARTS: Walled = Walled::new(concat!(
    "select ",
    part!(),
    " from timing_session_parts p where p.partner_id = $1 and p.timing_session_id = $2 order by p.id"
));

const BOUND_PARTS: Walled = Walled::unattended(
    concat!(
        "select ",
        part!(),
        " from display_session_bindings b
        join timing_session_parts p on p.partner_id = b.partner_id and p.timing_session_id = b.timing_session_id
        where b.partner_id = $1 and b.display_session_id = $2 order by p.id"
    ),
    "screens show the picture of whatever display they know the id of",
);

pub(super) const ADD_PART: Walled = Walled::new(
    "insert into timing_session_parts (partner_id, id, timing_session_id, recording_id, from_at, until_at,
    after_position, up_to_position, counted_to)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $7) on conflict do nothing",
);

/// A query that adds a part of which nothing is counted: `add_part!(partner, part)`.
macro_rules! add_part {
    ($partner:expr, $part:expr) => {
        $crate::store::parts::ADD_PART
            .query($partner)
            .bind($part.id)
            .bind($part.session)
            .bind($part.recording)
            .bind($part.from.0)
            .bind($part.until.0)
            .bind($part.after)
            .bind($part.up_to)
    };
}
pub(super) use add_part;

impl Store {
    /// The parts that a timing session is made of; none when there is no such session.
    pub async fn parts(&self, partner: PartnerId, session: TimingSessionId) -> Result<Vec<Part>> {
        reading!(self.db, partner, conn => PARTS.query_as(partner)
            .bind(session)
            .fetch_all(conn)
            .await)
    }

    /// The parts of all timing sessions that a display session listens to.
    pub async fn bound_parts(
        &self,
        partner: PartnerId,
        session: DisplaySessionId,
    ) -> Result<Vec<Part>> {
        reading!(self.db, partner, conn => BOUND_PARTS.query_as(partner)
            .bind(session)
            .fetch_all(conn)
            .await)
    }
}

impl Part {
    /// All of a recording that is new, for the timing session of the same id.
    pub(super) fn whole_of(recording: TimingSessionId) -> Self {
        Self {
            id: PartId(recording.0),
            session: recording,
            recording,
            from: EVER,
            until: Moment(FOREVER),
            after: 0,
            up_to: FOREVER,
            counted_to: 0,
            first_position: None,
            last_position: None,
        }
    }

    /// Whether it is all of its recording.
    pub fn is_whole(&self) -> bool {
        self.is_always() && (self.after, self.up_to) == (0, FOREVER)
    }

    /// Whether reads may still be stored in it as they happen.
    pub fn is_open_ended(&self) -> bool {
        (self.until.0, self.up_to) == (FOREVER, FOREVER)
    }

    fn is_always(&self) -> bool {
        (self.from, self.until.0) == (EVER, FOREVER)
    }

    /// Whether a read belongs to it.
    pub fn holds(&self, read: &StoredRead) -> bool {
        read.timing_session_id == self.recording
            && (self.from..self.until).contains(&read.at)
            && self.after < read.position
            && read.position <= self.up_to
    }

    /// Where its reads after a position lie, in the order of positions: where they were counted, and where nobody counted yet.
    pub(super) fn stretches(&self, position: i64) -> impl DoubleEndedIterator<Item = Stretch> {
        let counted = self.first_position.zip(self.last_position);
        let counted = counted.map(|(first, last)| (position.max(first - 1), last));
        let uncounted = (position.max(self.counted_to), self.up_to);
        let stretches = counted.into_iter().chain([uncounted]);
        stretches.filter(|(after, up_to)| after < up_to)
    }

    /// What of it comes before a moment, and what after it; `None` where that is nothing.
    pub(super) fn cut_at(&self, at: Moment) -> (Option<Self>, Option<Self>) {
        let before = (self.from < at).then(|| Self {
            until: self.until.min(at),
            ..self.clone()
        });
        let after = (at < self.until).then(|| Self {
            from: self.from.max(at),
            ..self.clone()
        });
        (before, after)
    }

    /// This and another as one, where nothing lies between them.
    pub(super) fn joined(&self, other: &Self) -> Option<Self> {
        if self.recording != other.recording {
            return None;
        }
        let [earlier, later] = if (self.after, self.from) <= (other.after, other.from) {
            [self, other]
        } else {
            [other, self]
        };
        let follows_in_time = earlier.until == later.from
            && (earlier.after, earlier.up_to) == (later.after, later.up_to);
        let follows_in_order = earlier.up_to == later.after
            && (earlier.from, earlier.until) == (later.from, later.until);
        (follows_in_time || follows_in_order).then(|| Self {
            until: later.until,
            up_to: later.up_to,
            ..earlier.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_can_be_joined_again() {
        let whole = Part::whole_of(TimingSessionId::new());
        let (before, after) = whole.cut_at(Moment(5));
        let (before, after) = (before.expect("something"), after.expect("something"));
        assert_eq!((before.until, after.from), (Moment(5), Moment(5)));
        assert!(!before.is_open_ended() && after.is_open_ended());
        assert!(
            before
                .joined(&after)
                .expect("one follows the other")
                .is_whole()
        );
        assert!(after.joined(&before).expect("in any order").is_whole());

        let (first, none) = before.cut_at(Moment(7));
        assert_eq!((first.as_ref(), none), (Some(&before), None));
        let (first, middle) = before.cut_at(Moment(2));
        assert_eq!(first.expect("something").joined(&after), None, "a gap");
        let middle = middle.expect("something");
        assert_eq!(middle.joined(&after).map(|part| part.from), Some(Moment(2)));

        let until_nine = Part {
            up_to: 9,
            ..whole.clone()
        };
        let after_nine = Part { after: 9, ..whole };
        assert!(
            after_nine
                .joined(&until_nine)
                .expect("in order of positions")
                .is_whole()
        );
        assert_eq!(
            after_nine.joined(&before),
            None,
            "neither in time nor in order"
        );
    }

    #[test]
    fn reads_lie_where_they_were_counted_and_where_nobody_counted_yet() {
        let part = Part {
            counted_to: 100,
            first_position: Some(20),
            last_position: Some(40),
            ..Part::whole_of(TimingSessionId::new())
        };
        let stretches = |position| part.stretches(position).collect::<Vec<_>>();
        assert_eq!(stretches(0), [(19, 40), (100, FOREVER)]);
        assert_eq!(stretches(30), [(30, 40), (100, FOREVER)]);
        assert_eq!(stretches(60), [(100, FOREVER)]);
        assert_eq!(stretches(160), [(160, FOREVER)]);
        let ended = Part { up_to: 100, ..part };
        assert_eq!(ended.stretches(0).collect::<Vec<_>>(), [(19, 40)]);
    }
}
