//! What a group looks like in the file.
//!
//! A change of any of this is another version, see [`file`](super::file): what an older server left behind must not be misread.

use std::sync::Arc;

use gantry_core::{
    read::{ReadKind, TimingRead},
    time::Moment,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Group;
use crate::store::{
    Arrival, LineId, NewLine, Origin, PartnerId, Result, Source, StreamId, TimingSessionId,
};

/// A group as it is written.
#[derive(Serialize, Deserialize)]
pub(super) struct Written {
    sources: Vec<WrittenSource>,
    reads: Vec<WrittenRead>,
    lines: Vec<WrittenLine>,
}

#[derive(Serialize, Deserialize)]
struct WrittenSource {
    partner: Uuid,
    event_name: String,
    connection: String,
    location: String,
    race_day: String,
    opened_at: i64,
    /// Timing session and stream, where they were known.
    origin: Option<(Uuid, Uuid)>,
}

#[derive(Serialize, Deserialize)]
struct WrittenRead {
    /// Which of the group's sources.
    source: u32,
    resume_after: i64,
    is_gun: bool,
    sequence: u64,
    tag: String,
    at: i64,
    wire_time: String,
    lap: Option<u32>,
    reader: String,
    gator: String,
    received_at: i64,
    raw: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct WrittenLine {
    partner: Uuid,
    session: Option<Uuid>,
    peer: String,
    received_at: i64,
    fault: Option<String>,
    raw: Vec<u8>,
}

impl Written {
    pub(super) fn of(group: &Group) -> Self {
        let mut known: Vec<&Arc<Source>> = Vec::new();
        let reads = group
            .reads
            .iter()
            .map(|arrival| {
                let same = |source: &&Arc<Source>| Arc::ptr_eq(source, &arrival.source);
                let source = known.iter().position(same).unwrap_or_else(|| {
                    known.push(&arrival.source);
                    known.len() - 1
                });
                WrittenRead::of(source as u32, arrival)
            })
            .collect();
        Self {
            sources: known
                .into_iter()
                .map(|source| WrittenSource::of(source))
                .collect(),
            reads,
            lines: group.lines.iter().map(WrittenLine::of).collect(),
        }
    }

    /// The group that was written at a position. Its lines get the same ids whenever it is read, because it may be shipped again.
    pub(super) fn group(
        self,
        position: i64,
        known: &impl Fn(Source) -> Arc<Source>,
    ) -> Result<Group> {
        let sources = self.sources.into_iter().map(WrittenSource::source);
        let sources: Vec<Arc<Source>> = sources.map(known).collect();
        let reads = self.reads.into_iter().map(|read| read.arrival(&sources));
        Ok(Group {
            reads: reads.collect::<Result<_>>()?,
            lines: (0..)
                .zip(self.lines)
                .map(|(place, line)| line.line(position, place))
                .collect(),
        })
    }
}

impl WrittenSource {
    fn of(source: &Source) -> Self {
        Self {
            partner: source.partner_id.0,
            event_name: source.event_name.clone(),
            connection: source.connection.clone(),
            location: source.location.clone(),
            race_day: source.race_day.clone(),
            opened_at: source.opened_at.0,
            origin: source
                .origin()
                .map(|origin| (origin.timing_session_id.0, origin.stream_id.0)),
        }
    }

    fn source(self) -> Source {
        let partner_id = PartnerId(self.partner);
        let source = Source::new(
            partner_id,
            &self.event_name,
            &self.connection,
            &self.location,
            self.race_day,
            Moment(self.opened_at),
        );
        match self.origin {
            Some((session, stream)) => {
                let _ = source.origin.set(Origin {
                    partner_id,
                    timing_session_id: TimingSessionId(session),
                    stream_id: StreamId(stream),
                });
            }
            None => source.go_unplaced(),
        }
        source
    }
}

impl WrittenRead {
    fn of(source: u32, arrival: &Arrival) -> Self {
        let read = &arrival.read;
        Self {
            source,
            resume_after: arrival.resume_after,
            is_gun: read.kind == ReadKind::Gun,
            sequence: read.sequence,
            tag: read.tag.clone(),
            at: read.at.0,
            wire_time: read.wire_time.clone(),
            lap: read.lap,
            reader: read.reader.clone(),
            gator: read.gator.clone(),
            received_at: read.received_at.0,
            raw: read.raw.clone(),
        }
    }

    fn arrival(self, sources: &[Arc<Source>]) -> Result<Arrival> {
        let Some(source) = sources.get(self.source as usize) else {
            let words = format!(
                "a spooled read has source {}, which is not there",
                self.source
            );
            return Err(sqlx::Error::Decode(words.into()));
        };
        Ok(Arrival {
            source: Arc::clone(source),
            resume_after: self.resume_after,
            read: TimingRead {
                kind: if self.is_gun {
                    ReadKind::Gun
                } else {
                    ReadKind::Chip
                },
                connection: source.connection.clone(),
                location: source.location.clone(),
                sequence: self.sequence,
                tag: self.tag,
                at: Moment(self.at),
                wire_time: self.wire_time,
                lap: self.lap,
                reader: self.reader,
                gator: self.gator,
                received_at: Moment(self.received_at),
                raw: self.raw,
            },
        })
    }
}

impl WrittenLine {
    fn of(line: &NewLine) -> Self {
        Self {
            partner: line.partner_id.0,
            session: line.timing_session_id.map(TimingSessionId::uuid),
            peer: line.peer.clone(),
            received_at: line.received_at.0,
            fault: line.fault.clone(),
            raw: line.raw.clone(),
        }
    }

    fn line(self, position: i64, place: u64) -> NewLine {
        let (position, place) = (position.to_be_bytes(), place.to_be_bytes());
        let words = [&position, &place, self.peer.as_bytes(), &self.raw];
        NewLine {
            id: LineId::of(Moment(self.received_at), &words),
            partner_id: PartnerId(self.partner),
            timing_session_id: self.session.map(TimingSessionId),
            peer: self.peer,
            received_at: Moment(self.received_at),
            fault: self.fault,
            raw: self.raw,
        }
    }
}
