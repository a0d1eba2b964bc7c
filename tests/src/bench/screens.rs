//! Screens that note when each read reached them.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures_util::StreamExt as _;
use gantry_core::wire::SUBPROTOCOL;
use hdrhistogram::Histogram;
use tokio::{sync::watch, task::JoinSet, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _, http::HeaderValue},
};

use super::runners::{Sent, newest};

/// How long the last read may take to arrive.
const PATIENCE: Duration = Duration::from_mins(1);

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// Screens that are being watched.
pub struct Screens {
    watched: JoinSet<Result<Histogram<u64>>>,
    ready: watch::Sender<usize>,
}

impl Screens {
    /// Opens so many screens at one address; each has its first message when this returns.
    pub async fn open(url: &str, count: usize, sent: &Sent) -> Result<Self> {
        let (ready, mut seen) = watch::channel(0);
        let mut watched = JoinSet::new();
        for _ in 0..count {
            let socket = connect(url).await?;
            watched.spawn(watch_one(socket, sent.clone(), ready.clone()));
        }
        timeout(PATIENCE, seen.wait_for(|ready| *ready == count))
            .await
            .context("a screen hears nothing")?
            .context("the screens are gone")?;
        Ok(Self { watched, ready })
    }

    /// Waits until every screen has every read; the age of each read at each screen, in microseconds.
    pub async fn finish(mut self) -> Result<Histogram<u64>> {
        drop(self.ready);
        let mut all = histogram()?;
        let joined = async {
            while let Some(one) = self.watched.join_next().await {
                all.add(one??)?;
            }
            Ok::<_, anyhow::Error>(())
        };
        timeout(PATIENCE, joined)
            .await
            .context("a screen misses reads")??;
        Ok(all)
    }
}

/// Microseconds from 1 to a minute, to three digits.
pub fn histogram() -> Result<Histogram<u64>> {
    Histogram::new_with_bounds(1, 60_000_000, 3).context("a histogram")
}

async fn connect(url: &str) -> Result<Socket> {
    let mut request = url.into_client_request()?;
    let protocol = HeaderValue::from_static(SUBPROTOCOL);
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    let (socket, _) = connect_async(request).await.context("open a screen")?;
    Ok(socket)
}

/// A read has arrived with the first message that has it or a later one: pictures follow each other in the order of reads.
async fn watch_one(
    mut socket: Socket,
    sent: Sent,
    ready: watch::Sender<usize>,
) -> Result<Histogram<u64>> {
    let mut ages = histogram()?;
    let mut arrived = 0;
    let mut is_ready = false;
    while arrived < sent.len() {
        let message = socket.next().await.context("the stream ended")??;
        let now = Instant::now();
        let Message::Text(text) = message else {
            continue;
        };
        if !is_ready {
            is_ready = true;
            ready.send_modify(|ready| *ready += 1);
        }
        let Some(newest) = newest(&text) else {
            continue;
        };
        for read in arrived..=newest {
            let age = sent.age(read, now).context("a read that was not sent")?;
            ages.saturating_record(age.as_micros() as u64);
        }
        arrived = arrived.max(newest + 1);
    }
    ensure!(ages.len() == sent.len() as u64, "a read is counted twice");
    Ok(ages)
}
