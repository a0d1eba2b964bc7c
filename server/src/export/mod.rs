//! The reads of a timing session, for elsewhere: as a table, or as the stream that hardware sends.
//!
//! An export is made page by page, so that it takes no more memory for a million reads than for ten.

#[cfg(test)]
mod replay_tests;
mod stream;

use csv::{Terminator, WriterBuilder};
use gantry_core::{read::ReadKind, time::Moment};
use jiff::Timestamp;

use self::stream::Writer;
use crate::store::{KeptRead, PartnerId, Result, Store, TimingSession};

/// Reads that are asked for at once.
const PAGE: usize = 2_000;

/// What an export looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table with a line of headings (RFC 4180)
    Csv,
    /// The lines as ChronoTrack hardware sends them, which `gantry-server replay` takes
    Raw,
}

/// An export under way.
#[derive(Debug)]
pub struct Export {
    store: Store,
    partner: PartnerId,
    session: TimingSession,
    format: Format,
    stream: Writer,
    /// The position through which it came; `None` before the head was written.
    after: Option<i64>,
    done: u64,
}

impl Export {
    /// An export of one of the partner's sessions.
    pub fn new(store: Store, partner: PartnerId, session: TimingSession, format: Format) -> Self {
        Self {
            store,
            partner,
            session,
            format,
            stream: Writer::default(),
            after: None,
            done: 0,
        }
    }

    /// Reads exported so far.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// The next bytes of it; `None` at its end.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        let Some(after) = self.after else {
            self.after = Some(0);
            return Ok(Some(self.head()));
        };
        let page = self
            .store
            .kept_reads_after(self.partner, self.session.id, after, PAGE)
            .await?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        self.after = Some(last.read.position);
        self.done += page.len() as u64;
        Ok(Some(match self.format {
            Format::Csv => table(page.iter().map(cells)),
            Format::Raw => page
                .iter()
                .flat_map(|kept| self.stream.write(kept))
                .collect(),
        }))
    }

    /// What comes before the reads.
    fn head(&self) -> Vec<u8> {
        match self.format {
            Format::Csv => table([HEADINGS.map(str::to_owned)].into_iter()),
            Format::Raw => Writer::head(&self.session.event_name),
        }
    }
}

const HEADINGS: [&str; 10] = [
    "kind",
    "location",
    "sequence",
    "tag",
    "time",
    "wire_time",
    "lap",
    "reader",
    "gator",
    "received_at",
];

fn cells(kept: &KeptRead) -> [String; 10] {
    let read = &kept.read;
    let kind = match read.kind {
        ReadKind::Chip => "chip",
        ReadKind::Gun => "gun",
    };
    [
        kind.to_owned(),
        read.location.clone(),
        read.sequence.to_string(),
        read.tag.clone(),
        rfc3339(read.at),
        read.wire_time.clone(),
        read.lap.map_or_else(String::new, |lap| lap.to_string()),
        read.reader.clone(),
        read.gator.clone(),
        rfc3339(read.received_at),
    ]
}

/// Milliseconds are always written, so that the texts of a column have one length.
fn rfc3339(moment: Moment) -> String {
    Timestamp::from_millisecond(moment.0).map_or_else(
        |_beyond_all_calendars| String::new(),
        |at| format!("{at:.3}"),
    )
}

fn table<const WIDTH: usize>(rows: impl Iterator<Item = [String; WIDTH]>) -> Vec<u8> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        // Memory does not refuse, and all rows are of one width.
        let _ = writer.write_record(&row);
    }
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, race, read};

    async fn exported(format: Format) -> (String, u64) {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let mut reads: Vec<_> = (1..=PAGE as u64 + 1)
            .map(|n| read(origin, n, "7"))
            .collect();
        reads[1].read.tag = "a \"b\", c".to_owned();
        for read in &mut reads {
            read.read.raw = format!("CT01_13,{},FINISH,7,07:58:21.95", read.read.sequence).into();
        }
        reads[1].read.raw.extend(b",1,\xff,4");
        store.append(&reads, &[]).await.expect("stores");
        let (partner, id) = (origin.partner_id, origin.timing_session_id);
        let session = store.timing_session(partner, id).await.expect("reads");
        let mut export = Export::new(store, partner, session.expect("is there"), format);
        let mut bytes = Vec::new();
        while let Some(part) = export.next().await.expect("reads") {
            bytes.extend(part);
        }
        (String::from_utf8_lossy(&bytes).into_owned(), export.done())
    }

    #[tokio::test]
    async fn a_table_has_headings_and_a_row_for_each_read() {
        let (text, done) = exported(Format::Csv).await;
        assert_eq!((text.lines().count(), done), (PAGE + 2, PAGE as u64 + 1));
        let mut lines = text.split("\r\n");
        assert_eq!(lines.next(), Some(HEADINGS.join(",").as_str()));
        let first = "chip,FINISH,1,7,2021-05-08T07:58:21.950Z,2021-05-08T07:58:21.95,1,11FD4E,4,2021-05-08T07:58:21.951Z";
        assert_eq!(lines.next(), Some(first));
        let second = lines.next().expect("a second");
        assert!(
            second.starts_with(r#"chip,FINISH,2,"a ""b"", c","#),
            "{second}"
        );
    }

    #[tokio::test]
    async fn a_stream_is_what_the_hardware_sent() {
        let (text, done) = exported(Format::Raw).await;
        assert_eq!(done, PAGE as u64 + 1);
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), PAGE + 3);
        assert_eq!(
            lines[..4],
            [
                "ack~geteventinfo~21ROTM~0~",
                "ack~getconnectionid~255F",
                "CT01_13,1,FINISH,7,07:58:21.95",
                "CT01_13,2,FINISH,7,07:58:21.95,1,\u{fffd},4"
            ]
        );
    }
}
