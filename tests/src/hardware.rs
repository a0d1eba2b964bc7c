//! Timing hardware made of recorded bytes.
//!
//! A capture is a text of lines `C: …` that the timing software sent and `S: …` that a server said; a client line's bytes are sent
//! exactly as they stand there, each with CR LF. A server line is a cue: what follows is sent once the server has said a line
//! that begins with the same word, because real hardware answers and does not talk on.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result, ensure};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::timeout,
};

use crate::repository;

/// How long a cue may be waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// One step of a recorded conversation.
enum Step {
    Send(Vec<u8>),
    Await(Vec<u8>),
}

/// A connection that has played its capture and is held open.
pub struct Hardware {
    write: OwnedWriteHalf,
    _read: BufReader<OwnedReadHalf>,
}

impl Hardware {
    /// Connects and plays `tests/captures/NAME` to its end.
    pub async fn play(timing: SocketAddr, capture: &str) -> Result<Self> {
        let path = repository::root().join("tests/captures").join(capture);
        let bytes = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        Self::converse(timing, &bytes)
            .await
            .with_context(|| capture.to_owned())
    }

    /// Connects and plays these lines to their end.
    pub async fn converse(timing: SocketAddr, capture: &[u8]) -> Result<Self> {
        let steps = steps(capture);
        ensure!(!steps.is_empty(), "there are no lines C: and S:");
        let (read, mut write) = TcpStream::connect(timing)
            .await
            .context("connect to the timing port")?
            .into_split();
        let mut read = BufReader::new(read);
        for step in steps {
            match step {
                Step::Send(line) => write.write_all(&line).await.context("send")?,
                Step::Await(cue) => timeout(PATIENCE, hear(&mut read, &cue))
                    .await
                    .with_context(|| format!("no {:?}", String::from_utf8_lossy(&cue)))??,
            }
        }
        Ok(Self { write, _read: read })
    }

    /// Sends one more line.
    pub async fn send(&mut self, line: &str) -> Result<()> {
        self.write
            .write_all(format!("{line}\r\n").as_bytes())
            .await
            .context("send")
    }
}

fn steps(capture: &[u8]) -> Vec<Step> {
    capture
        .split(|byte| *byte == b'\n')
        .filter_map(|line| match line {
            [b'C', b':', b' ', line @ ..] => Some(Step::Send([line, b"\r\n"].concat())),
            [b'S', b':', b' ', line @ ..] => Some(Step::Await(word(line).to_vec())),
            _ => None,
        })
        .collect()
}

/// Reads the server's lines until one begins with `cue`.
async fn hear(read: &mut BufReader<OwnedReadHalf>, cue: &[u8]) -> Result<()> {
    loop {
        let mut line = Vec::new();
        let length = read.read_until(b'\n', &mut line).await.context("read")?;
        ensure!(length > 0, "the server closed the connection");
        if word(&line) == cue {
            return Ok(());
        }
    }
}

/// What a line of the server begins with: a command's or an option's name.
fn word(line: &[u8]) -> &[u8] {
    let is_end = |byte: &u8| matches!(byte, b'~' | b'=' | b'\r' | b'\n');
    &line[..line.iter().position(is_end).unwrap_or(line.len())]
}
