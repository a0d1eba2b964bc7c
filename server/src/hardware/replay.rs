//! A recorded stream, played as timing hardware.
//!
//! The recording is what a server once received: lines of the protocol, one below the other, in any of the formats. In the notes
//! of a conversation they begin with `C: `, and what the server said, with `S: `, is passed over. Reads are streamed at the
//! intervals of their times; whatever else the file holds tells of the event or is passed over.
//!
//! From each answer to `getconnectionid` on the lines are of the program that has this id, and each is played as a program of its
//! own: what they number alike are different reads.

use std::{
    collections::{BTreeSet, VecDeque},
    path::Path,
};

use anyhow::{Context, ensure};
use gantry_core::{
    chronotrack::{
        log::{Entry, SessionLog},
        message::{EventInfo, Message, ReadLine},
    },
    dating::WireTime,
    decoder::framing::{Frame, Framer},
    read::ReadKind,
    time::Moment,
};
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::{
    Summary,
    flood::flood,
    link::AtEnd,
    pace::Pace,
    program,
    script::{Script, Step},
};
use crate::clock;

/// Replays the recording in `file` against the server at `to` (`host:port`), `speed` times as fast as it happened, or with an
/// infinite speed as fast as the server takes it.
pub async fn replay(
    file: &Path,
    to: &str,
    speed: f64,
    shutdown: CancellationToken,
) -> anyhow::Result<Summary> {
    if speed == f64::INFINITY {
        return flood(file, to, &shutdown).await;
    }
    ensure!(
        speed.is_finite() && speed > 0.0,
        "speed {speed} is not usable: a number above 0 is accepted, 1 is real time"
    );
    let bytes = tokio::fs::read(file)
        .await
        .with_context(|| format!("cannot read the recording {}", file.display()))?;
    let today = today(clock::now())?;
    let scripts = scripts(&bytes, today);
    ensure!(!scripts.is_empty(), no_reads(file));
    let pace = Pace::begin(0, speed);
    Ok(program::run_all(scripts, pace, to, AtEnd::Close, &shutdown).await)
}

/// What is wrong with a recording that holds nothing to send.
pub(super) fn no_reads(file: &Path) -> String {
    format!(
        "no line of {} is a read like \"CT01_33~1~9K~312~07:58:21.95~1~11FD4E~4\"",
        file.display()
    )
}

/// The scripts of a recording's programs, without those that read nothing. Times without a date are of the day `otherwise`,
/// unless another read of the recording has one.
pub(super) fn scripts(recording: &[u8], otherwise: Date) -> Vec<Script> {
    let mut framer = Framer::default();
    let mut frames = framer.push(recording);
    // The last line of a file may lack its end.
    frames.extend(framer.push(b"\n"));
    let messages = frames.iter().filter_map(|frame| match frame {
        Frame::Line(line) => Message::parse(line.strip_prefix(b"C: ").unwrap_or(line)).ok(),
        Frame::Oversize(_) => None,
    });

    let mut event = EventInfo::default();
    let mut programs = Programs::default();
    let mut reads = Vec::new();
    let mut seen = BTreeSet::new();
    for message in messages {
        match message {
            Message::ConnectionId(id) => programs.turn_to(id),
            Message::EventInfo(info) => event = info,
            // A recording of a connection that was lost holds some reads twice.
            Message::Read(read)
                if seen.insert((programs.present, read.location.clone(), read.sequence)) =>
            {
                reads.push((programs.present, read));
            }
            _ => {}
        }
    }
    let day = reads.iter().find_map(|(_, read)| date(read));
    let day = day.unwrap_or(otherwise);
    // The same recording is the same session, however often it is replayed.
    let nameless = || format!("{:X}", Sha256::digest(recording))[..40].to_owned();
    let mut scripts: Vec<Script> = programs
        .into_ids(nameless)
        .into_iter()
        .map(|id| Script {
            log: SessionLog::new(id, event.clone(), day, &[]),
            steps: VecDeque::new(),
            outages: vec![],
        })
        .collect();
    for (program, step) in steps(reads, day) {
        scripts[program].steps.push_back(step);
    }
    scripts.retain(|script| !script.steps.is_empty());
    scripts
}

/// The programs of a recording, by their connection ids in the order of their first lines.
#[derive(Debug, Default)]
pub(super) struct Programs {
    ids: Vec<String>,
    /// Whose the next line is. What comes before all ids is of the first program.
    pub(super) present: usize,
}

impl Programs {
    /// What follows is of the program with this id.
    pub(super) fn turn_to(&mut self, id: String) {
        let known = self.ids.iter().position(|known| *known == id);
        self.present = known.unwrap_or_else(|| {
            self.ids.push(id);
            self.ids.len() - 1
        });
    }

    /// All ids; of a recording that tells none it is the one that `nameless` makes up.
    pub(super) fn into_ids(self, nameless: impl FnOnce() -> String) -> Vec<String> {
        if self.ids.is_empty() {
            vec![nameless()]
        } else {
            self.ids
        }
    }
}

/// The reads in their order, each due when the latest read before it has happened.
///
/// The clock is one for all programs. Guns are told at the head of a stream even when they were fired long after its first reads, so they move no clock.
fn steps(reads: Vec<(usize, ReadLine)>, day: Date) -> impl Iterator<Item = (usize, Step)> {
    let mut began: Option<DateTime> = None;
    let mut due_ms = 0;
    reads.into_iter().map(move |(program, read)| {
        let at = wall_clock(&read, day);
        if read.kind == ReadKind::Chip {
            let began = *began.get_or_insert(at);
            due_ms = due_ms.max(at.duration_since(began).as_millis() as i64);
        }
        let step = Step {
            due_ms,
            location: read.location,
            entry: Entry {
                tag: read.tag,
                at,
                lap: read.lap.unwrap_or(0),
                reader: read.reader,
                gator: read.gator.parse().unwrap_or(0),
            },
        };
        (program, step)
    })
}

fn date(read: &ReadLine) -> Option<Date> {
    match read.time {
        WireTime::Dated(at) => Some(at.date()),
        WireTime::SinceMidnight(_) => None,
    }
}

fn wall_clock(read: &ReadLine, day: Date) -> DateTime {
    match read.time {
        WireTime::Dated(at) => at,
        WireTime::SinceMidnight(millis) => {
            let midnight = day.at(0, 0, 0, 0);
            midnight.saturating_add(SignedDuration::from_millis(millis))
        }
    }
}

fn today(now: Moment) -> anyhow::Result<Date> {
    let now = Timestamp::from_millisecond(now.0)?;
    Ok(now.to_zoned(TimeZone::system()).date())
}
