//! The conversation on one socket: bytes to the protocol's state machine, its answers back.

use std::{io, time::Duration};

use gantry_core::{
    decoder::{Decoder, Output},
    time::Moment,
};
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{forbearance::Forbearance, intake::Intake, refused::Refused, way::Way};
use crate::{
    clock,
    crash_points::{Point, point},
};

/// Bytes taken from the socket at once. While they are worked off the socket is not read, so this bounds what one
/// connection holds.
const CHUNK: usize = 16 * 1024;

/// How long a client may leave what we send unread. What we send is short; the system's buffers are full by then.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);

/// How long a connection is quiet before the system asks whether the other side is there, how often it asks then, and how many
/// questions may stay unanswered. Not all protocols have a question of their own, and a reader whose power went sends no farewell.
const KEEP_ALIVE: (Duration, Duration, u32) = (Duration::from_secs(30), Duration::from_secs(10), 3);

/// How often it is told how the readers' clocks are, while reads come.
const CLOCKS_MS: i64 = 500;

/// How much that has arrived is still taken in at the end: as much as the system's buffers hold.
const LAST_CHUNKS: usize = 256;

/// How long that may take.
const LEAVING: Duration = Duration::from_secs(3);

/// How a conversation came to its end.
#[derive(Debug)]
pub(super) enum End {
    /// The client closed, or its connection broke.
    ByClient,
    /// The server stops.
    Shutdown,
    /// Something that the connection was opened with is another now; see [`Registry::let_go`](super::registry::Registry::let_go).
    LetGo,
    /// The client is let go, and why.
    ByUs(String),
}

/// Talks until one side ends it. Everything received by then has been handed to `intake`.
pub(super) async fn converse(
    mut socket: TcpStream,
    way: &Way,
    intake: &mut Intake,
    shutdown: CancellationToken,
) -> End {
    prepare(&socket);
    let mut decoder = way.protocol().decoder(way.opening(clock::steady()));
    let mut forbearance = Forbearance::new(way.longest_message_ms());
    let opening = decoder.open(clock::steady());
    let ended = intake.ended();
    let stopping = Stopping {
        shutdown: shutdown.clone(),
        ended: ended.clone(),
    };
    let talk = &mut Talk {
        stopping,
        socket: &mut socket,
        decoder: &mut *decoder,
        intake,
        forbearance: &mut forbearance,
        clocks_due: None,
    };
    let mut done = talk.perform(opening, clock::now()).await;
    while done.is_ok() {
        // What has arrived comes first: while we were kept waiting no deadline was the client's fault.
        let has_more = tokio::select! {
            biased;
            () = shutdown.cancelled() => return Box::pin(talk.leave(End::Shutdown)).await,
            () = ended.cancelled() => return Box::pin(talk.leave(End::LetGo)).await,
            readable = talk.socket.readable() => readable.is_ok(),
            () = until(talk.next_deadline()) => {
                done = talk.tick().await;
                continue;
            }
        };
        done = if has_more {
            talk.receive().await.map(drop)
        } else {
            Err(End::ByClient)
        };
    }
    done.err().unwrap_or(End::Shutdown)
}

/// What TCP is to do for a conversation. It goes on without where the system refuses.
fn prepare(socket: &TcpStream) {
    let (time, interval, retries) = KEEP_ALIVE;
    let keep_alive = TcpKeepalive::new()
        .with_time(time)
        .with_interval(interval)
        .with_retries(retries);
    let _ = SockRef::from(socket).set_tcp_keepalive(&keep_alive);
    // Answers are small and awaited: they must not wait for more to send.
    let _ = socket.set_nodelay(true);
}

/// What ends a conversation from our side.
struct Stopping {
    shutdown: CancellationToken,
    ended: CancellationToken,
}

impl Stopping {
    /// Waits for something, but no longer than until the conversation is to end.
    async fn or(&self, waited_for: impl Future<Output = ()>) {
        tokio::select! {
            () = self.shutdown.cancelled() => {}
            () = self.ended.cancelled() => {}
            () = waited_for => {}
        }
    }

    /// Pauses for as long as there is a pause to be made, but no longer than until the conversation is to end.
    async fn until(&self, mut next_pause: impl FnMut() -> Option<Duration>) {
        while !(self.shutdown.is_cancelled() || self.ended.is_cancelled())
            && let Some(pause) = next_pause()
        {
            self.or(sleep(pause)).await;
        }
    }
}

/// One conversation.
struct Talk<'a> {
    stopping: Stopping,
    socket: &'a mut TcpStream,
    decoder: &'a mut dyn Decoder,
    intake: &'a mut Intake,
    forbearance: &'a mut Forbearance,
    /// When it is to be told how the clocks are: something that says it has come since it was told last.
    clocks_due: Option<Moment>,
}

impl Talk<'_> {
    /// When there is something to do although nothing is received.
    fn next_deadline(&self) -> Option<Moment> {
        let others = [self.forbearance.end(), self.clocks_due];
        let deadlines = others.into_iter().chain([self.decoder.next_deadline()]);
        deadlines.flatten().min()
    }

    /// Takes in what has arrived and ends: some hardware cannot be asked for it again.
    async fn leave(&mut self, end: End) -> End {
        let rest = async {
            for _ in 0..LAST_CHUNKS {
                if !matches!(self.receive().await, Ok(true)) {
                    break;
                }
            }
        };
        // What is not taken in by then is the hardware's to send again.
        let _ = timeout(LEAVING, rest).await;
        end
    }

    /// Takes what has arrived; false when that is nothing. The room for it is there only meanwhile: most connections are quiet
    /// most of the time.
    async fn receive(&mut self) -> Result<bool, End> {
        let mut chunk = Vec::with_capacity(CHUNK);
        match self.socket.try_read_buf(&mut chunk) {
            Ok(0) => return Err(End::ByClient),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        point(Point::Received);
        let (now, received_at) = (clock::steady(), clock::now());
        let mut bytes = chunk.as_slice();
        while let Some(outputs) = self.decoder.receive(&mut bytes, now) {
            point(Point::Decoded);
            self.forbearance.message();
            self.perform(outputs, received_at).await?;
            if !self.decoder.is_in_message() {
                self.intake.message_ended();
            }
        }
        self.forbearance.left(self.decoder.is_in_message(), now);
        // Who never stops sending has deadlines too.
        match self.next_deadline() {
            Some(deadline) if deadline <= now => self.tick().await.map(|()| true),
            _ => Ok(true),
        }
    }

    /// Does what time asks for.
    async fn tick(&mut self) -> Result<(), End> {
        // What the hardware has not told by now it may never tell.
        self.intake.place_lines().await;
        let now = clock::steady();
        if let Some(reason) = self.forbearance.is_over(now) {
            return Err(End::by_us(reason));
        }
        if self.clocks_due.is_some_and(|due| due <= now) {
            self.clocks_due = None;
            self.intake.tell_clocks();
        }
        let outputs = self.decoder.tick(now);
        self.perform(outputs, clock::now()).await
    }

    /// Does what the state machine asks for, in order, and what that asks for in turn.
    async fn perform(&mut self, outputs: Vec<Output>, received_at: Moment) -> Result<(), End> {
        let Self {
            stopping,
            socket,
            decoder,
            intake,
            forbearance,
            clocks_due,
        } = self;
        for output in outputs {
            match &output {
                Output::Fault { .. } => {
                    if let Some(pause) = forbearance.fault().map_err(End::by_us)? {
                        stopping.or(sleep(pause)).await;
                    }
                }
                Output::Read(_) | Output::Clock(_) => {
                    forbearance.sense();
                    clocks_due.get_or_insert_with(|| clock::steady() + CLOCKS_MS);
                }
                Output::Line(_) => forbearance.sense(),
                _ => {}
            }
            match output {
                Output::Send(bytes) => send(socket, &bytes).await?,
                Output::SendOnceStored(bytes) => {
                    if intake.stored().await? {
                        send(socket, &bytes).await?;
                    }
                }
                Output::Program(program) => intake.program(program),
                Output::Event(name) => intake.event(name),
                Output::Connection(id) => intake.connection(id),
                Output::Location(location) => {
                    let last = intake.location(&location).await?;
                    for output in decoder.resume(&location, last) {
                        if let Output::Send(bytes) = output {
                            send(socket, &bytes).await?;
                        }
                    }
                }
                Output::Read(read) => {
                    stopping.until(|| intake.pause()).await;
                    intake.read(read, received_at).await?;
                }
                Output::Clock(reading) => intake.clock(&reading, received_at),
                Output::Line(raw) => intake.keep(raw, None, received_at).await,
                Output::Fault { reason, raw } => intake.fault(&reason, Some(raw)).await,
                Output::Close { reason } => return Err(End::by_us(reason)),
            }
        }
        Ok(())
    }
}

async fn send(socket: &mut TcpStream, bytes: &[u8]) -> Result<(), End> {
    match timeout(WRITE_PATIENCE, socket.write_all(bytes)).await {
        Ok(written) => written.map_err(End::from),
        Err(_) => Err(End::by_us("the client does not read what it is sent")),
    }
}

/// Waits for a moment of the steady clock; for ever when there is none.
async fn until(deadline: Option<Moment>) {
    match deadline {
        None => std::future::pending().await,
        Some(at) => {
            let wait = at.since_ms(clock::steady()).max(0);
            sleep(Duration::from_millis(wait as u64)).await;
        }
    }
}

impl End {
    fn by_us(reason: &str) -> Self {
        Self::ByUs(reason.to_owned())
    }
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::ByClient
    }
}

impl From<Refused> for End {
    fn from(reason: Refused) -> Self {
        match reason {
            Refused::Ended => Self::LetGo,
            reason => Self::ByUs(reason.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn who_is_gone_without_a_word_is_missed_after_a_minute() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (_theirs, ours) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (ours, _) = ours.expect("a connection");
        prepare(&ours);
        let ours = SockRef::from(&ours);
        assert!(ours.keepalive().expect("tells"));
        let (begins, again) = (ours.tcp_keepalive_time(), ours.tcp_keepalive_interval());
        let questions = ours.tcp_keepalive_retries().expect("tells");
        let after = begins.expect("tells") + again.expect("tells") * questions;
        assert_eq!(after, Duration::from_mins(1), "as is promised to operators");
    }
}
