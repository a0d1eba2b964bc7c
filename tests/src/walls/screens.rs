//! Screens that hear every byte of a display's stream.

use std::{collections::VecDeque, sync::Arc};

use anyhow::{Context as _, Result};
use futures_util::StreamExt as _;
use gantry_core::wire::SUBPROTOCOL;
use reqwest::{Client, Method};
use tokio::task::JoinSet;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{client::IntoClientRequest as _, http::HeaderValue},
};

use super::secrets::{Ear, Secrets, Side};
use crate::venue::Server;

/// How many screens a partner has at the same time.
const MOST: usize = 4;

/// What two pieces of a stream are looked at with between them, so that a text that was cut is found.
const OVERLAP: usize = 64;

/// The screens of one partner. They end with this.
pub struct Screens {
    side: Side,
    address: String,
    secrets: Arc<Secrets>,
    listening: JoinSet<()>,
    oldest: VecDeque<tokio::task::AbortHandle>,
}

/// The ways to a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// What most screens take.
    WebSocket,
    /// For those that cannot.
    Events,
}

impl Screens {
    /// No screen is on yet.
    pub fn new(side: Side, server: &Server, secrets: Arc<Secrets>) -> Self {
        Self {
            side,
            address: server.addresses.http.to_string(),
            secrets,
            listening: JoinSet::new(),
            oldest: VecDeque::new(),
        }
    }

    /// Shows a display on one more screen; the oldest one goes dark when there are many.
    pub async fn show(&mut self, display: &str, way: Way, from: &str) -> Result<()> {
        while self.oldest.len() >= MOST {
            if let Some(oldest) = self.oldest.pop_front() {
                oldest.abort();
            }
        }
        while self.listening.try_join_next().is_some() {}
        let handle = match way {
            Way::WebSocket => self.web_socket(display, from).await,
            Way::Events => self.events(display, from).await,
        };
        self.oldest
            .push_back(handle.with_context(|| format!("{way:?} of a display"))?);
        Ok(())
    }

    async fn web_socket(&mut self, display: &str, from: &str) -> Result<tokio::task::AbortHandle> {
        let url = format!("ws://{}/display/{display}/live", self.address);
        let mut request = url.into_client_request()?;
        let headers = request.headers_mut();
        headers.insert(
            "sec-websocket-protocol",
            HeaderValue::from_static(SUBPROTOCOL),
        );
        headers.insert("x-forwarded-for", HeaderValue::from_str(from)?);
        let (mut socket, _) = connect_async(request).await?;
        let mut listener = self.listener(display);
        Ok(self.listening.spawn(async move {
            while let Some(Ok(message)) = socket.next().await {
                listener.hear(&message.into_data());
            }
        }))
    }

    async fn events(&mut self, display: &str, from: &str) -> Result<tokio::task::AbortHandle> {
        let url = format!("http://{}/display/{display}/events", self.address);
        let request = Client::new()
            .request(Method::GET, url)
            .header("x-forwarded-for", from);
        let mut response = request.send().await?.error_for_status()?;
        let mut listener = self.listener(display);
        Ok(self.listening.spawn(async move {
            while let Ok(Some(piece)) = response.chunk().await {
                listener.hear(&piece);
            }
        }))
    }

    fn listener(&self, display: &str) -> Listener {
        Listener {
            ear: Ear {
                side: self.side,
                knows_both: false,
                is_screen: true,
            },
            display: display.to_owned(),
            secrets: Arc::clone(&self.secrets),
            heard: Vec::new(),
        }
    }
}

/// Hears one stream.
struct Listener {
    ear: Ear,
    display: String,
    secrets: Arc<Secrets>,
    /// The end of what was heard before.
    heard: Vec<u8>,
}

impl Listener {
    fn hear(&mut self, piece: &[u8]) {
        self.heard.extend_from_slice(piece);
        self.secrets
            .hear(self.ear, "a stream", &self.display, &self.heard);
        let kept = self.heard.len().saturating_sub(OVERLAP);
        self.heard.drain(..kept);
    }
}
