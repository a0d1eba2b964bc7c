//! A recording sent as fast as the server takes it: line by line as it stands in the file, however long that is.
//!
//! Nothing of it is kept in memory. A location is announced when its first read comes, and its reads go on where the server
//! says; after a broken connection the file is gone through once more.

use std::{collections::HashMap, io, path::Path, time::Duration};

use anyhow::Context;
use gantry_core::chronotrack::{
    client::RECONNECT_MS,
    message::{EventInfo, Message},
};
use sha2::{Digest, Sha256};
use tokio::{
    fs::File,
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::Summary;

/// Bytes at the beginning of a recording in which its event and its connection id are looked for.
const HEAD: u64 = 1 << 20;

/// Bytes that are collected before they are written.
const CHUNK: usize = 64 * 1024;

/// Fields of a read's line.
const FIELDS: usize = 8;

/// How long the server may take to answer, and to read what is on the way when all is sent.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the recording tells of the hardware.
struct Hardware {
    connection_id: String,
    event: EventInfo,
}

/// Sends the recording to the server at `to` until it has read everything or `shutdown`.
pub(super) async fn flood(
    file: &Path,
    to: &str,
    shutdown: &CancellationToken,
) -> anyhow::Result<Summary> {
    let hardware = Hardware::of(file).await?;
    let mut summary = Summary::default();
    let sending = async {
        loop {
            let recording = File::open(file).await.context("open the recording")?;
            let link = Link::connect(to, &hardware);
            match async { link.await?.send(recording).await }.await {
                Ok(sent) => {
                    summary.connections += 1;
                    summary.recorded = sent;
                    return anyhow::Ok(());
                }
                Err(error) => warn!(to, %error, "timing hardware disconnected"),
            }
            summary.connections += 1;
            sleep(Duration::from_millis(RECONNECT_MS as u64)).await;
        }
    };
    match shutdown.run_until_cancelled(sending).await {
        Some(Err(error)) => Err(error),
        Some(Ok(())) | None => Ok(summary),
    }
}

impl Hardware {
    async fn of(file: &Path) -> anyhow::Result<Self> {
        let name = || format!("cannot read the recording {}", file.display());
        let recording = File::open(file).await.with_context(name)?;
        let length = recording.metadata().await.with_context(name)?.len();
        let mut head = Vec::new();
        let mut beginning = recording.take(HEAD);
        beginning.read_to_end(&mut head).await.with_context(name)?;
        // The same recording is the same session, however often it is replayed.
        let hash = Sha256::new().chain_update(length.to_be_bytes());
        let hash = hash.chain_update(&head).finalize();
        let mut hardware = Self {
            connection_id: format!("{hash:X}")[..40].to_owned(),
            event: EventInfo::default(),
        };
        for line in head.split(|byte| *byte == b'\n') {
            match Message::parse(said(line)) {
                Ok(Message::ConnectionId(id)) => hardware.connection_id = id,
                Ok(Message::EventInfo(info)) => hardware.event = info,
                _ => {}
            }
        }
        Ok(hardware)
    }

    fn answers(&self) -> String {
        let Self {
            connection_id,
            event,
        } = self;
        let EventInfo {
            name,
            id,
            description,
        } = event;
        format!(
            "ack~getconnectionid~{connection_id}\r\nack~geteventinfo~{name}~{id}~{description}\r\nack~getlocations\r\n"
        )
    }
}

/// One connection, on which the server has asked who this is.
struct Link {
    server: BufReader<OwnedReadHalf>,
    to_server: OwnedWriteHalf,
    /// What waits to be written.
    chunk: Vec<u8>,
    /// From which number on the server wants the reads of each location.
    wanted: HashMap<Vec<u8>, u64>,
}

impl Link {
    async fn connect(to: &str, hardware: &Hardware) -> io::Result<Self> {
        let (server, mut to_server) = TcpStream::connect(to).await?.into_split();
        to_server.write_all(b"SimpleClient~0.6.0~CTP01\r\n").await?;
        let mut link = Self {
            server: BufReader::new(server),
            to_server,
            chunk: Vec::with_capacity(CHUNK),
            wanted: HashMap::new(),
        };
        link.hear("getlocations").await?;
        link.chunk.extend_from_slice(hardware.answers().as_bytes());
        link.flush().await?;
        Ok(link)
    }

    /// Sends all reads of the recording and answers how many it holds.
    async fn send(mut self, recording: File) -> io::Result<usize> {
        let mut recording = BufReader::with_capacity(CHUNK, recording);
        let mut line = Vec::new();
        let mut reads = 0;
        while recording.read_until(b'\n', &mut line).await? > 0 {
            let text = said(&line);
            if text.starts_with(b"CT") {
                reads += usize::from(self.take(text).await?);
            }
            line.clear();
        }
        self.flush().await?;
        self.to_server.shutdown().await?;
        // Only when the server has read to the end is nothing lost on the way.
        let mut unread = Vec::new();
        timeout(PATIENCE, self.server.read_to_end(&mut unread)).await??;
        Ok(reads)
    }

    /// Sends a line if the server wants it; false for one that is no read.
    async fn take(&mut self, line: &[u8]) -> io::Result<bool> {
        let Some([sequence, location, tag]) = fields(line) else {
            // Whatever it is, the server will understand it as it did before.
            self.push(line).await?;
            return Ok(true);
        };
        if tag.eq_ignore_ascii_case(b"newlocation") {
            return Ok(false);
        }
        let from = match self.wanted.get(location) {
            Some(from) => *from,
            None => self.announce(location).await?,
        };
        if sequence_of(sequence).is_none_or(|sequence| sequence >= from) {
            self.push(line).await?;
        }
        Ok(true)
    }

    /// Tells the server of a location and answers from which number on it wants the reads.
    async fn announce(&mut self, location: &[u8]) -> io::Result<u64> {
        let line = [b"CT01_33~0~", location, b"~newlocation~00:00:00.00~0~0~0"].concat();
        self.push(&line).await?;
        self.flush().await?;
        let start = self.hear("start").await?;
        let from = start.rsplit('~').next().and_then(|from| from.parse().ok());
        let from = from.filter(|_| start.split('~').count() > 2).unwrap_or(1);
        self.wanted.insert(location.to_owned(), from);
        Ok(from)
    }

    async fn push(&mut self, line: &[u8]) -> io::Result<()> {
        self.chunk.extend_from_slice(line);
        self.chunk.extend_from_slice(b"\r\n");
        if self.chunk.len() < CHUNK {
            return Ok(());
        }
        self.flush().await
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.to_server.write_all(&self.chunk).await?;
        self.chunk.clear();
        Ok(())
    }

    /// The server's next line that begins so. Whatever else it says needs no answer while lines go on coming.
    async fn hear(&mut self, command: &str) -> io::Result<String> {
        let heard = async {
            let mut line = String::new();
            loop {
                line.clear();
                if self.server.read_line(&mut line).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                if line.starts_with(command) {
                    return Ok(line.trim_end().to_owned());
                }
            }
        };
        timeout(PATIENCE, heard).await?
    }
}

/// A line of a recording as the hardware said it.
fn said(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii_end();
    line.strip_prefix(b"C: ").unwrap_or(line)
}

/// Number, location and tag of a line that has a read's eight fields.
fn fields(line: &[u8]) -> Option<[&[u8]; 3]> {
    let separator = *line.get(7)?;
    let mut fields = line.split(|byte| *byte == separator);
    let [_, sequence, location, tag] = [
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
    ];
    (fields.count() == FIELDS - 4).then_some([sequence, location, tag])
}

fn sequence_of(field: &[u8]) -> Option<u64> {
    std::str::from_utf8(field).ok()?.trim().parse().ok()
}
