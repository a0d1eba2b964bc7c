//! A recording sent as fast as the server takes it: line by line as it stands in the file, however long that is.
//!
//! Nothing of it is kept in memory. The file is gone through once to find out whose reads it holds, and once for each program's
//! connection, one after the other: none has to wait, which servers do not like. A location is announced when its first read
//! comes, and its reads go on where the server says; after a broken connection the file is gone through once more.

use std::{collections::HashMap, io, path::Path, time::Duration};

use anyhow::{Context, ensure};
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

use super::{
    Summary,
    replay::{Programs, no_reads},
};

/// Bytes at the beginning of a recording by which one without connection ids is known again.
const HEAD: u64 = 1 << 20;

/// Bytes that are collected before they are written.
const CHUNK: usize = 64 * 1024;

/// Fields of a read's line.
const FIELDS: usize = 8;

/// How long the server may take to answer, and to read what is on the way when all is sent.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the recording tells of the hardware.
struct Hardware {
    /// Of each of its programs.
    connection_ids: Vec<String>,
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
        for program in 0..hardware.connection_ids.len() {
            loop {
                let recording = File::open(file).await.context("open the recording")?;
                let link = Link::connect(to, &hardware, program);
                let sent = async { link.await?.send(recording, program).await }.await;
                summary.connections += 1;
                match sent {
                    Ok(sent) => {
                        summary.recorded += sent;
                        break;
                    }
                    Err(error) => warn!(to, %error, "timing hardware disconnected"),
                }
                sleep(Duration::from_millis(RECONNECT_MS as u64)).await;
            }
        }
        anyhow::Ok(())
    };
    match shutdown.run_until_cancelled(sending).await {
        Some(Err(error)) => Err(error),
        Some(Ok(())) | None => Ok(summary),
    }
}

impl Hardware {
    async fn of(file: &Path) -> anyhow::Result<Self> {
        let name = || format!("cannot read the recording {}", file.display());
        let mut event = EventInfo::default();
        let mut programs = Programs::default();
        let mut has_reads = false;
        let mut lines = BufReader::with_capacity(CHUNK, File::open(file).await.with_context(name)?);
        let mut line = Vec::new();
        while lines
            .read_until(b'\n', &mut line)
            .await
            .with_context(name)?
            > 0
        {
            match said(&line) {
                text if is_read(text) => has_reads = true,
                text if is_answer(text) => match Message::parse(text) {
                    Ok(Message::ConnectionId(id)) => programs.turn_to(id),
                    Ok(Message::EventInfo(info)) => event = info,
                    _ => {}
                },
                _ => {}
            }
            line.clear();
        }
        ensure!(has_reads, no_reads(file));
        let nameless = nameless(file).await.with_context(name)?;
        Ok(Self {
            connection_ids: programs.into_ids(|| nameless),
            event,
        })
    }

    fn answers(&self, program: usize) -> String {
        let connection_id = &self.connection_ids[program];
        let EventInfo {
            name,
            id,
            description,
        } = &self.event;
        format!(
            "ack~getconnectionid~{connection_id}\r\nack~geteventinfo~{name}~{id}~{description}\r\nack~getlocations\r\n"
        )
    }
}

/// An id for a recording that tells none. The same recording is the same session, however often it is replayed.
async fn nameless(file: &Path) -> io::Result<String> {
    let recording = File::open(file).await?;
    let length = recording.metadata().await?.len();
    let mut head = Vec::new();
    recording.take(HEAD).read_to_end(&mut head).await?;
    let hash = Sha256::new().chain_update(length.to_be_bytes());
    let hash = hash.chain_update(&head).finalize();
    Ok(format!("{hash:X}")[..40].to_owned())
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
    async fn connect(to: &str, hardware: &Hardware, program: usize) -> io::Result<Self> {
        let (server, mut to_server) = TcpStream::connect(to).await?.into_split();
        to_server.write_all(b"SimpleClient~0.6.0~CTP01\r\n").await?;
        let mut link = Self {
            server: BufReader::new(server),
            to_server,
            chunk: Vec::with_capacity(CHUNK),
            wanted: HashMap::new(),
        };
        link.hear("getlocations").await?;
        link.chunk
            .extend_from_slice(hardware.answers(program).as_bytes());
        link.flush().await?;
        Ok(link)
    }

    /// Sends all reads that the recording holds of the program and answers how many those are.
    async fn send(mut self, recording: File, program: usize) -> io::Result<usize> {
        let mut programs = Programs::default();
        let mut recording = BufReader::with_capacity(CHUNK, recording);
        let mut line = Vec::new();
        let mut reads = 0;
        while recording.read_until(b'\n', &mut line).await? > 0 {
            let text = said(&line);
            if is_answer(text) {
                if let Ok(Message::ConnectionId(id)) = Message::parse(text) {
                    programs.turn_to(id);
                }
            } else if programs.present == program && is_read(text) {
                self.take(text).await?;
                reads += 1;
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

    /// Sends a line if the server wants it.
    async fn take(&mut self, line: &[u8]) -> io::Result<()> {
        let Some([sequence, location, _]) = fields(line) else {
            // Whatever it is, the server will understand it as it did before.
            return self.push(line).await;
        };
        let from = match self.wanted.get(location) {
            Some(from) => *from,
            None => self.announce(location).await?,
        };
        if sequence_of(sequence).is_none_or(|sequence| sequence >= from) {
            self.push(line).await?;
        }
        Ok(())
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

/// Whether it is one of the answers, in which hardware tells who it is.
fn is_answer(line: &[u8]) -> bool {
    line.get(..4)
        .is_some_and(|word| word.eq_ignore_ascii_case(b"ack~"))
}

/// Whether it is a read, as far as that can be seen at a glance.
fn is_read(line: &[u8]) -> bool {
    let is_announcement = |[_, _, tag]: [&[u8]; 3]| tag.eq_ignore_ascii_case(b"newlocation");
    line.starts_with(b"CT") && !fields(line).is_some_and(is_announcement)
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
