//! A screen without a picture: a WebSocket and a follower.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use gantry_core::{
    scene::{
        Node, Scene,
        sample::{NextFrame, next_frame},
    },
    time::Moment,
    wire::{SUBPROTOCOL, ServerMessage, StopReason, follow::Follower},
};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _, http::HeaderValue},
};

use crate::wait::PATIENCE;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// One connection to a display.
pub struct Screen {
    socket: Socket,
    /// What it has understood so far.
    pub follower: Follower,
    started: Instant,
}

impl Screen {
    /// Opens the stream of a display by the address that people open.
    pub async fn open(display_url: &str) -> Result<Self> {
        Ok(Self {
            socket: connect(display_url).await?,
            follower: Follower::default(),
            started: Instant::now(),
        })
    }

    /// The next message, after the follower has heard it; `None` when the connection is over.
    pub async fn next(&mut self) -> Result<Option<ServerMessage>> {
        loop {
            let text = match self.socket.next().await {
                None | Some(Err(_) | Ok(Message::Close(_))) => return Ok(None),
                Some(Ok(Message::Text(text))) => text,
                Some(Ok(_)) => continue,
            };
            let message: ServerMessage = serde_json::from_str(&text).context("read a message")?;
            let local_ms = self.started.elapsed().as_millis() as i64;
            if let Some(answer) = self.follower.receive(message.clone(), local_ms) {
                let answer = serde_json::to_string(&answer)?;
                // A connection that the server has closed is noticed by reading on.
                self.socket.send(Message::text(answer)).await.ok();
            }
            return Ok(Some(message));
        }
    }

    /// The server's time now, as far as the screen knows it.
    pub fn server_time(&self) -> Option<Moment> {
        let local_ms = self.started.elapsed().as_millis() as i64;
        self.follower.server_time(local_ms)
    }

    /// Follows the stream until the server's time is `at`.
    pub async fn wait_until(&mut self, at: Moment) -> Result<()> {
        while self.server_time().is_none_or(|now| now < at) {
            if self.next().await?.is_none() {
                bail!("the stream is over");
            }
        }
        Ok(())
    }

    /// Follows the stream until only the clocks of the held scene move, and says since when; its pages must not take turns.
    pub async fn rest(&mut self) -> Result<Moment> {
        let mut still = Scene::clone(self.follower.scene().context("there is no scene")?);
        for layer in &mut still.layers {
            layer
                .nodes
                .retain(|node| !matches!(node, Node::Clock { .. }));
        }
        let mut at = self.server_time().context("the server told no time")?;
        loop {
            match next_frame(&still, at) {
                NextFrame::Now => at = at + 16,
                NextFrame::At(next) => at = next,
                NextFrame::Never => break,
            }
        }
        self.wait_until(at).await?;
        Ok(at)
    }

    /// Opens the stream anew with what is held already, as a screen does that lost its link.
    pub async fn reopen(&mut self, display_url: &str) -> Result<()> {
        self.socket = connect(display_url).await?;
        Ok(())
    }

    /// The first scene that satisfies the condition.
    pub async fn scene_where(
        &mut self,
        what: &str,
        is_wanted: impl Fn(&Scene) -> bool,
    ) -> Result<Arc<Scene>> {
        let wanted = async {
            loop {
                if let Some(scene) = self.follower.scene().filter(|scene| is_wanted(scene)) {
                    return Ok(Arc::clone(scene));
                }
                if self.next().await?.is_none() {
                    bail!("the stream is over");
                }
            }
        };
        let found = timeout(PATIENCE, wanted).await;
        found
            .with_context(|| format!("no scene with {what}"))
            .flatten()
            .with_context(|| match self.follower.scene() {
                Some(scene) => format!("the last scene says {:?}", texts(scene)),
                None => "there was no scene".to_owned(),
            })
    }

    /// Why the display is over, told within `limit`.
    pub async fn stopped_within(&mut self, limit: Duration) -> Result<StopReason> {
        let stopped = async {
            loop {
                if let Some(reason) = self.follower.stopped() {
                    return Ok(reason);
                }
                if self.next().await?.is_none() {
                    bail!("the stream ended without a word");
                }
            }
        };
        timeout(limit, stopped)
            .await
            .with_context(|| format!("not told within {limit:?}"))?
    }
}

async fn connect(display_url: &str) -> Result<Socket> {
    let url = format!("{}/live", display_url.replacen("http", "ws", 1));
    let mut request = url.into_client_request().context("a display's address")?;
    request.headers_mut().insert(
        "sec-websocket-protocol",
        HeaderValue::from_static(SUBPROTOCOL),
    );
    let (socket, _) = connect_async(request).await.context("open the stream")?;
    Ok(socket)
}

/// What a scene says, text by text, back to front. Clocks are left out: they say something else at each moment.
pub fn texts(scene: &Scene) -> Vec<&str> {
    scene
        .layers
        .iter()
        .flat_map(|layer| &layer.nodes)
        .filter_map(|node| match node {
            Node::Text { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}
