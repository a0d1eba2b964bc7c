//! Asks the server that runs on this machine how it is.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::status::Report;

/// How long a server may take to say how it is; its database may take some of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest report that is read.
const LONGEST_REPORT: u64 = 64 << 20;

/// Asks the server whose status port this is; `None` when there is none.
pub(super) async fn ask(status: SocketAddr) -> Option<Report> {
    timeout(PATIENCE, answer(status)).await.ok()?
}

async fn answer(mut status: SocketAddr) -> Option<Report> {
    if status.ip().is_unspecified() {
        status.set_ip(match status {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    let mut socket = TcpStream::connect(status).await.ok()?;
    let question = format!("GET /status HTTP/1.0\r\nhost: {status}\r\n\r\n");
    socket.write_all(question.as_bytes()).await.ok()?;
    let mut answer = String::new();
    let mut socket = socket.take(LONGEST_REPORT);
    socket.read_to_string(&mut answer).await.ok()?;
    let (_head, body) = answer.split_once("\r\n\r\n")?;
    serde_json::from_str(body).ok()
}
