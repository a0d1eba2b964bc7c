//! The floor under the latency: the same reads through a relay that stores, scores and composes nothing.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use futures_util::SinkExt as _;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::broadcast,
    task::AbortHandle,
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
        http::HeaderValue,
    },
};

use super::runners::name;

/// How many lines a screen may be behind; more than a bench sends at once.
const BACKLOG: usize = 65_536;

/// A running relay: lines in on one port, WebSocket messages out on the other.
pub struct Relay {
    /// Where hardware connects.
    pub timing: SocketAddr,
    /// Where screens connect.
    pub screens: SocketAddr,
    tasks: Vec<AbortHandle>,
}

impl Relay {
    /// Starts it.
    pub async fn start() -> Result<Self> {
        let (lines, _) = broadcast::channel(BACKLOG);
        let timing = TcpListener::bind("127.0.0.1:0").await?;
        let screens = TcpListener::bind("127.0.0.1:0").await?;
        let addresses = (timing.local_addr()?, screens.local_addr()?);
        let take = tokio::spawn(take(timing, lines.clone()));
        let give = tokio::spawn(give(screens, lines));
        Ok(Self {
            timing: addresses.0,
            screens: addresses.1,
            tasks: vec![take.abort_handle(), give.abort_handle()],
        })
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn take(listener: TcpListener, lines: broadcast::Sender<String>) -> Result<()> {
    let (stream, _) = listener.accept().await?;
    let mut read = BufReader::new(stream).lines();
    while let Some(line) = read.next_line().await? {
        let tag = line.split('~').nth(3).context("a read")?;
        if let Ok(bib) = tag.parse::<usize>() {
            // Nobody listens before the first screen.
            lines.send(format!("{line} {}", name(bib - 1))).ok();
        }
    }
    Ok(())
}

async fn give(listener: TcpListener, lines: broadcast::Sender<String>) -> Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(show(stream, lines.subscribe()));
    }
}

async fn show(stream: TcpStream, mut lines: broadcast::Receiver<String>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut socket = accept_hdr_async(stream, same_protocol).await?;
    socket.send(Message::text("{\"type\":\"hello\"}")).await?;
    loop {
        socket.send(Message::text(lines.recv().await?)).await?;
    }
}

/// A screen wants its own subprotocol back.
#[expect(
    clippy::result_large_err,
    clippy::unnecessary_wraps,
    reason = "the shape of the handshake's callback"
)]
fn same_protocol(
    request: &Request,
    mut response: Response,
) -> Result<Response, tokio_tungstenite::tungstenite::handshake::server::ErrorResponse> {
    const PROTOCOL: &str = "sec-websocket-protocol";
    if let Some(asked) = request.headers().get(PROTOCOL) {
        let asked: HeaderValue = asked.clone();
        response.headers_mut().insert(PROTOCOL, asked);
    }
    Ok(response)
}
