//! A mat that keeps its own count: its n-th read is always the same line, so that whoever checks what was stored needs no list
//! of what was sent.

use std::{io::Write as _, net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result, ensure};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};

/// How long the server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Hundredths of a second in a day, after which a mat's reads have the same times again.
const DAY: u64 = 8_640_000;

/// Milliseconds of 2026-06-14T00:00:00Z, the day of all reads.
const MIDNIGHT_MS: i64 = 1_781_395_200_000;

/// One of a race's mats.
#[derive(Clone, Debug)]
pub struct Mat {
    event: String,
    number: usize,
}

/// What a read says, beside its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passing {
    /// The tag's text.
    pub tag: String,
    /// When it passed, as the wire has it.
    pub wire_time: String,
    /// The same in milliseconds since 1970, when the wall's clock shows UTC.
    pub at: i64,
}

impl Mat {
    /// The mat of that number of an event; its first read is at eight in the morning.
    pub fn new(event: &str, number: usize) -> Self {
        let event = event.to_owned();
        Self { event, number }
    }

    /// Its number.
    pub fn number(&self) -> usize {
        self.number
    }

    /// What it calls its stream.
    pub fn connection(&self) -> String {
        format!("{}-{:02}", self.event.to_uppercase(), self.number)
    }

    /// Its name.
    pub fn location(&self) -> String {
        format!("MAT{:02}", self.number)
    }

    /// The reader under it.
    pub fn reader(&self) -> String {
        format!("12{:04}", self.number)
    }

    /// Its read of that number, from 1. Each is a hundredth of a second after the one before.
    pub fn passing(sequence: u64) -> Passing {
        let hundredths = (8 * 360_000 + sequence) % DAY;
        let (seconds, rest) = (hundredths / 100, hundredths % 100);
        let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        Passing {
            tag: (sequence % 40_000 + 1).to_string(),
            wire_time: format!("2026-06-14T{hours:02}:{minutes:02}:{seconds:02}.{rest:02}"),
            at: MIDNIGHT_MS + hundredths as i64 * 10,
        }
    }

    /// Adds the line of that read, with its end.
    pub fn write_line(&self, sequence: u64, out: &mut Vec<u8>) -> Result<()> {
        let Passing { tag, wire_time, .. } = Self::passing(sequence);
        let (location, reader) = (self.location(), self.reader());
        write!(
            out,
            "CT01_33~{sequence}~{location}~{tag}~{wire_time}~1~{reader}~1\r\n"
        )
        .context("write to memory")
    }

    /// Introduces itself and answers the connection, with the read that the server wants to begin with.
    pub async fn connect(&self, timing: SocketAddr) -> Result<(BufReader<TcpStream>, u64)> {
        timeout(PATIENCE, self.introduce(timing))
            .await
            .context("the server says nothing")?
    }

    async fn introduce(&self, timing: SocketAddr) -> Result<(BufReader<TcpStream>, u64)> {
        let stream = TcpStream::connect(timing).await.context("connect")?;
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        stream.write_all(b"SimpleClient~0.6.0~CTP01\r\n").await?;
        hear(&mut stream, "getlocations").await?;
        let (event, connection, location) = (&self.event, self.connection(), self.location());
        let answers = format!(
            "ack~getconnectionid~{connection}\r\nack~geteventinfo~{event}~0~{event}\r\nack~getlocations~{location}\r\n"
        );
        stream.write_all(answers.as_bytes()).await?;
        let start = hear(&mut stream, "start").await?;
        let from = start.split('~').nth(2).map_or(Ok(1), str::parse);
        Ok((stream, from.with_context(|| format!("read {start:?}"))?))
    }
}

/// The server's next line that begins so, without its end.
async fn hear(stream: &mut BufReader<TcpStream>, command: &str) -> Result<String> {
    let mut line = String::new();
    while !line.starts_with(command) {
        line.clear();
        let length = stream.read_line(&mut line).await?;
        ensure!(length > 0, "the server hung up before {command:?}");
    }
    Ok(line.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_is_the_same_line_each_time() {
        let mut lines = Vec::new();
        let mat = Mat::new("Bench", 3);
        mat.write_line(150, &mut lines).expect("text");
        assert_eq!(
            String::from_utf8(lines).expect("ASCII"),
            "CT01_33~150~MAT03~151~2026-06-14T08:00:01.50~1~120003~1\r\n"
        );
        assert_eq!(mat.connection(), "BENCH-03");
        let later = Mat::passing(150).at - Mat::passing(1).at;
        assert_eq!(later, 1_490);
    }
}
