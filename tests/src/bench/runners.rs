//! Timing hardware that sends runners over the finish at a steady rate.
//!
//! Each read is another runner, whose name tells the read's number, so that a picture tells which reads are in it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::{MissedTickBehavior, interval},
};

/// When each read was written, in nanoseconds after the start; 0 for not yet.
#[derive(Clone)]
pub struct Sent {
    start: Instant,
    at: Arc<[AtomicU64]>,
}

impl Sent {
    /// Nothing is sent yet, of so many reads.
    pub fn none_of(reads: usize) -> Self {
        Self {
            start: Instant::now(),
            at: (0..reads).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// How long ago a read was written, at a moment after it.
    pub fn age(&self, read: usize, now: Instant) -> Option<Duration> {
        let sent = self.at.get(read)?.load(Relaxed);
        let now = now.duration_since(self.start).as_nanos() as u64;
        (sent > 0).then(|| Duration::from_nanos(now.saturating_sub(sent)))
    }

    /// How many there are to be.
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// True for none at all.
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    fn note(&self, read: usize) {
        let at = self.start.elapsed().as_nanos() as u64;
        self.at[read].store(at.max(1), Relaxed);
    }
}

/// The name under which a read's runner is in the roster.
pub fn name(read: usize) -> String {
    format!("R{read:06}")
}

/// The read that a name in a message tells, the newest of those that are in it.
pub fn newest(message: &str) -> Option<usize> {
    let bytes = message.as_bytes();
    bytes
        .windows(7)
        .filter(|window| window[0] == b'R' && window[1..].iter().all(u8::is_ascii_digit))
        .filter_map(|window| std::str::from_utf8(&window[1..]).ok()?.parse().ok())
        .max()
}

/// The runners of all reads.
pub fn roster(reads: usize) -> String {
    let rows = (0..reads).map(|read| format!("{},{},Runner\n", read + 1, name(read)));
    let header = "bib,first name,last name\n".to_owned();
    std::iter::once(header).chain(rows).collect()
}

/// Introduces itself as the hardware of an event, fires the gun, and is ready to send.
pub async fn connect(timing: SocketAddr, event: &str) -> Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(timing).await.context("connect")?;
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    stream.write_all(b"SimpleClient~0.6.0~CTP01\r\n").await?;
    hear(&mut stream, "getlocations").await?;
    let introduction = format!(
        "ack~getconnectionid~{event}\r\nack~geteventinfo~{event}~0~{event}\r\nack~getlocations~FINISH\r\n"
    );
    stream.write_all(introduction.as_bytes()).await?;
    hear(&mut stream, "start").await?;
    stream
        .write_all(b"CT01_33~1~FINISH~GUNTIME~2026-06-14T09:00:00.00~0~I11A9D~0\r\n")
        .await?;
    Ok(stream)
}

async fn hear(stream: &mut BufReader<TcpStream>, command: &str) -> Result<()> {
    let mut line = String::new();
    while !line.starts_with(command) {
        line.clear();
        let length = stream.read_line(&mut line).await?;
        ensure!(length > 0, "the server hung up before {command:?}");
    }
    Ok(())
}

/// Sends every read, so many a second, and notes when.
pub async fn run(
    stream: &mut (impl AsyncWrite + Unpin),
    sent: &Sent,
    reads_per_second: u64,
) -> Result<()> {
    let mut tick = interval(Duration::from_millis(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let started = Instant::now();
    let mut next = 0;
    while next < sent.len() {
        tick.tick().await;
        let due = started.elapsed().as_micros() as u64 * reads_per_second / 1_000_000;
        let due = sent.len().min(due as usize + 1);
        for read in next..due {
            let line = line(read);
            sent.note(read);
            stream.write_all(line.as_bytes()).await.context("send")?;
        }
        next = due;
    }
    Ok(())
}

/// A read's line. Everybody is a hundredth of a second slower than the one before.
fn line(read: usize) -> String {
    let hundredths = 30 * 60 * 100 + read;
    let (minutes, seconds) = (hundredths / 6000, hundredths as f64 % 6000.0 / 100.0);
    let (hours, minutes) = (9 + minutes / 60, minutes % 60);
    format!(
        "CT01_33~{}~FINISH~{}~2026-06-14T{hours:02}:{minutes:02}:{seconds:05.2}~1~120044~1\r\n",
        read + 2,
        read + 1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_tells_its_newest_read() {
        let message = format!("{{\"text\":\"{} Runner\"}},\"{}\"", name(12), name(7));
        assert_eq!(newest(&message), Some(12));
        assert_eq!(newest("R12345, RACE"), None);
    }

    #[test]
    fn reads_are_lines_of_the_protocol() {
        assert_eq!(
            line(0),
            "CT01_33~2~FINISH~1~2026-06-14T09:30:00.00~1~120044~1\r\n"
        );
        assert!(line(200_000).contains("~2026-06-14T10:03:20.00~"));
    }
}
