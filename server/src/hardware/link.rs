//! One TCP connection of a timing program, from connect to close.

use std::{io, time::Duration};

use gantry_core::chronotrack::client::{Client, Reply};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{pace::Pace, script::Script};
use crate::clock;

/// Lines written before the server's commands are looked at again.
const BATCH: usize = 256;

/// How long we wait for the server to read what is on the way when all is sent.
const FAREWELL: Duration = Duration::from_secs(10);

/// What happens to a connection when everything is recorded and sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AtEnd {
    /// It stays, as real software does.
    Stay,
    /// It is closed.
    Close,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The server has read everything.
    Done,
    /// The script took the network down.
    Down,
    /// By the server, or for what the server did.
    Broken(&'static str),
}

/// Converses until the connection ends. What falls due meanwhile is recorded and counted in `recorded`.
pub(super) async fn converse(
    mut socket: TcpStream,
    script: &mut Script,
    recorded: &mut usize,
    pace: &Pace,
    at_end: AtEnd,
) -> io::Result<End> {
    // Lines are small and must not wait for more to send.
    socket.set_nodelay(true)?;
    let (mut client, greeting) = Client::connect(clock::now());
    socket.write_all(&greeting).await?;
    let mut buffer = vec![0; 4096];
    loop {
        let now_ms = pace.now_ms();
        if script.down_until(now_ms).is_some() {
            return Ok(End::Down);
        }
        *recorded += script.record_due(now_ms);
        let batch = client.stream(&script.log, BATCH);
        socket.write_all(&batch).await?;
        let is_finished = script.steps.is_empty() && client.has_sent_all(&script.log);
        if is_finished && at_end == AtEnd::Close && client.next_deadline().is_none() {
            return farewell(socket).await;
        }
        let pause = if batch.is_empty() {
            idle(&client, script, pace)
        } else {
            Duration::ZERO
        };
        let replies = tokio::select! {
            biased;
            count = socket.read(&mut buffer) => match count? {
                0 => return Ok(End::Broken("the server closed the connection")),
                count => client.receive(&buffer[..count], &script.log, clock::now()),
            },
            () = sleep(pause) => client.tick(clock::now()),
        };
        for reply in replies {
            match reply {
                Reply::Send(bytes) => socket.write_all(&bytes).await?,
                Reply::Close { reason } => return Ok(End::Broken(reason)),
            }
        }
    }
}

/// How long nothing will happen unless the server says something.
fn idle(client: &Client, script: &Script, pace: &Pace) -> Duration {
    let next_step = script.next_ms(pace.now_ms()).map(|at_ms| pace.until(at_ms));
    let deadline = client.next_deadline().map(|at| {
        let wait = at.since_ms(clock::now()).max(0);
        Duration::from_millis(wait as u64)
    });
    let longest = Duration::from_hours(1);
    next_step
        .into_iter()
        .chain(deadline)
        .min()
        .unwrap_or(longest)
}

/// Says that nothing follows and waits until the server has read to the end: only then is nothing lost on the way.
async fn farewell(mut socket: TcpStream) -> io::Result<End> {
    socket.shutdown().await?;
    let mut unread = Vec::new();
    match timeout(FAREWELL, socket.read_to_end(&mut unread)).await {
        Ok(read) => read.map(|_| End::Done),
        Err(_elapsed) => Ok(End::Broken(
            "the server does not close a connection that ended",
        )),
    }
}
