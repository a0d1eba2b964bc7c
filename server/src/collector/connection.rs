//! The conversation on one socket: bytes to the protocol's state machine, its answers back.

use std::{io, time::Duration};

use gantry_core::{
    decoder::{Decoder, Output},
    time::Moment,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    intake::{Intake, Refused},
    way::Way,
};
use crate::clock;

/// Bytes taken from the socket at once. While they are worked off the socket is not read, so this bounds what one
/// connection holds.
const CHUNK: usize = 16 * 1024;

/// How long a client may leave what we send unread. What we send is short; the system's buffers are full by then.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);

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
    // Answers are small and awaited: they must not wait for more to send.
    let _ = socket.set_nodelay(true);
    let mut decoder = way.protocol().decoder(way.opening(clock::steady()));
    let mut chunk = vec![0; CHUNK];
    let opening = decoder.open(clock::steady());
    let ended = intake.ended();
    let mut done = perform(&mut socket, &mut *decoder, intake, opening, clock::now()).await;
    while done.is_ok() {
        // What has arrived comes first: while we were kept waiting no deadline was the client's fault.
        let received = tokio::select! {
            biased;
            () = shutdown.cancelled() => return End::Shutdown,
            () = ended.cancelled() => return End::LetGo,
            received = socket.read(&mut chunk) => Some(received),
            () = until(decoder.next_deadline()) => None,
        };
        done = match received {
            None => {
                let outputs = decoder.tick(clock::steady());
                perform(&mut socket, &mut *decoder, intake, outputs, clock::now()).await
            }
            Some(Ok(0) | Err(_)) => return End::ByClient,
            Some(Ok(count)) => take(&mut socket, &mut *decoder, intake, &chunk[..count]).await,
        };
    }
    done.err().unwrap_or(End::Shutdown)
}

async fn take(
    socket: &mut TcpStream,
    decoder: &mut dyn Decoder,
    intake: &mut Intake,
    mut bytes: &[u8],
) -> Result<(), End> {
    let (now, received_at) = (clock::steady(), clock::now());
    while let Some(outputs) = decoder.receive(&mut bytes, now) {
        perform(socket, decoder, intake, outputs, received_at).await?;
    }
    Ok(())
}

/// Does what the state machine asks for, in order, and what that asks for in turn.
async fn perform(
    socket: &mut TcpStream,
    decoder: &mut dyn Decoder,
    intake: &mut Intake,
    outputs: Vec<Output>,
    received_at: Moment,
) -> Result<(), End> {
    for output in outputs {
        match output {
            Output::Send(bytes) => send(socket, &bytes).await?,
            Output::SendOnceStored(bytes) => {
                intake.stored().await?;
                send(socket, &bytes).await?;
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
            Output::Read(read) => intake.read(read, received_at).await?,
            Output::Clock(reading) => intake.clock(&reading, received_at),
            Output::Line(raw) => intake.keep(raw, None, received_at).await,
            Output::Fault { reason, raw } => intake.fault(&reason, Some(raw)).await,
            Output::Close { reason } => return Err(End::ByUs(reason.to_owned())),
        }
    }
    Ok(())
}

async fn send(socket: &mut TcpStream, bytes: &[u8]) -> Result<(), End> {
    match timeout(WRITE_PATIENCE, socket.write_all(bytes)).await {
        Ok(written) => written.map_err(End::from),
        Err(_) => Err(End::ByUs(
            "the client does not read what it is sent".to_owned(),
        )),
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

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::ByClient
    }
}

impl From<Refused> for End {
    fn from(reason: Refused) -> Self {
        Self::ByUs(reason.to_string())
    }
}
