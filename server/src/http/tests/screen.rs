//! A screen: a WebSocket and a follower.

use std::{io::ErrorKind, time::Duration};

use futures_util::{SinkExt, StreamExt};
use gantry_core::{
    scene::{Node, Scene, Show},
    wire::{ClientMessage, SUBPROTOCOL, ServerMessage, StopReason, follow::Follower},
};
use tokio::{net::TcpSocket, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Error, Message, client::IntoClientRequest, error::ProtocolError, http::StatusCode,
    },
};

use crate::clock;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connected screen.
pub(super) struct Screen {
    socket: WebSocketStream<tokio::net::TcpStream>,
    pub(super) follower: Follower,
    /// Everything that was said, newest last.
    pub(super) heard: Vec<ServerMessage>,
}

impl Screen {
    /// Opens a display.
    pub(super) async fn open(base: &str, id: &str) -> Self {
        Self::follow(base, &format!("/display/{id}/live")).await
    }

    /// Looks at a display as a console does.
    pub(super) async fn preview(base: &str, id: &str) -> Self {
        Self::follow(base, &format!("/display/{id}/live?preview=true")).await
    }

    async fn follow(base: &str, path: &str) -> Self {
        let socket = dial(base, path, Some(SUBPROTOCOL)).await;
        Self {
            socket: socket.expect("the display opens"),
            follower: Follower::default(),
            heard: Vec::new(),
        }
    }

    /// The status with which opening is refused.
    pub(super) async fn refused(base: &str, id: &str, protocol: Option<&str>) -> u16 {
        let path = format!("/display/{id}/live");
        match dial(base, &path, protocol).await {
            Err(Error::Http(response)) => {
                assert_ne!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
                response.status().as_u16()
            }
            Ok(_) => panic!("the display opens"),
            Err(error) => panic!("{error}"),
        }
    }

    /// Hears the next message; `None` when the server has closed.
    pub(super) async fn hear(&mut self) -> Option<ServerMessage> {
        loop {
            let next = timeout(PATIENCE, self.socket.next()).await;
            match next.expect("the server says something in time") {
                Some(Ok(Message::Text(text))) => {
                    let message: ServerMessage = serde_json::from_str(&text).expect("a message");
                    self.heard.push(message.clone());
                    if let Some(answer) = self.follower.receive(message.clone(), clock::now().0) {
                        assert_ne!(
                            answer,
                            ClientMessage::Resync,
                            "every message follows the last"
                        );
                        self.say(&answer).await;
                    }
                    return Some(message);
                }
                Some(Ok(Message::Close(_))) | None => return None,
                Some(Ok(_)) => {}
                // A server that stops may be gone before it has read our last word, and the system resets such a connection.
                Some(Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => {
                    return None;
                }
                Some(Err(Error::Io(error))) if error.kind() == ErrorKind::ConnectionReset => {
                    return None;
                }
                Some(Err(error)) => panic!("{error}"),
            }
        }
    }

    pub(super) async fn say(&mut self, message: &ClientMessage) {
        let text = serde_json::to_string(message).expect("serialises");
        self.say_text(&text).await;
    }

    pub(super) async fn say_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.expect("sends");
    }

    /// Hears on until the picture shows a text.
    pub(super) async fn until_shows(&mut self, text: &str) -> &Scene {
        while !self
            .follower
            .scene()
            .is_some_and(|scene| shows(scene, text))
        {
            let heard = self.hear().await;
            assert!(heard.is_some(), "closed before {text:?} was shown");
        }
        self.scene()
    }

    /// Hears on until the picture shows a text no more.
    pub(super) async fn until_hides(&mut self, text: &str) {
        while shows(self.scene(), text) {
            let heard = self.hear().await;
            assert!(heard.is_some(), "closed while {text:?} was shown");
        }
    }

    /// Hears on until the display is over and the connection closed, and says why.
    pub(super) async fn until_over(&mut self) -> Option<StopReason> {
        while self.hear().await.is_some() {}
        self.follower.stopped()
    }

    pub(super) fn scene(&self) -> &Scene {
        self.follower.scene().expect("a picture came")
    }
}

/// Whether a picture has a text or a part of one.
pub(super) fn shows(scene: &Scene, wanted: &str) -> bool {
    let nodes = scene.layers.iter().flat_map(|layer| &layer.nodes);
    nodes
        .into_iter()
        .any(|node| matches!(node, Node::Text { text, .. } if text.contains(wanted)))
}

/// The picture without its motion: what is on its way out is gone, and the rest stands still.
pub(super) fn at_rest(scene: &Scene) -> Scene {
    let mut scene = scene.clone();
    scene.layers.retain(|layer| {
        !matches!(
            layer.show,
            Show::Between {
                from: None,
                until: Some(_)
            }
        )
    });
    for layer in &mut scene.layers {
        layer.tweens.clear();
    }
    scene
}

/// Connects with little room for what is not read, so that a screen that does not read is soon noticed.
pub(super) async fn dial(
    base: &str,
    path: &str,
    protocol: Option<&str>,
) -> Result<WebSocketStream<tokio::net::TcpStream>, Error> {
    dial_from(None, base, path, protocol).await
}

/// Dials as a page of `origin` does.
pub(super) async fn dial_from(
    origin: Option<&str>,
    base: &str,
    path: &str,
    protocol: Option<&str>,
) -> Result<WebSocketStream<tokio::net::TcpStream>, Error> {
    let host = base.strip_prefix("http://").expect("an address");
    let tcp = TcpSocket::new_v4().expect("a socket");
    tcp.set_recv_buffer_size(16 << 10).expect("a small buffer");
    let tcp = tcp
        .connect(host.parse().expect("an address"))
        .await
        .expect("connects");
    let mut request = format!("ws://{host}{path}").into_client_request()?;
    if let Some(protocol) = protocol {
        let value = protocol.parse().expect("a header");
        request
            .headers_mut()
            .insert("sec-websocket-protocol", value);
    }
    if let Some(origin) = origin {
        let value = origin.parse().expect("a header");
        request.headers_mut().insert("origin", value);
    }
    client_async(request, tcp).await.map(|(socket, _)| socket)
}
