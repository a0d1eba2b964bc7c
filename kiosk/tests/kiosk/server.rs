//! A display server that says exactly what a test wants.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

use gantry_core::{
    scene::{Scene, hash::scene_hash},
    time::Moment,
    wire::{ClientMessage, SUBPROTOCOL, ServerMessage},
};
use tokio_tungstenite::tungstenite::{
    Message, WebSocket, accept_hdr,
    handshake::server::{Request, Response},
    http::HeaderValue,
};

use crate::pause::pause;

/// How long a screen may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// The code of the display that the server has.
pub(crate) const CODE: &str = "a1b2c3d4";

/// A server on a port of its own.
pub(crate) struct Server {
    listener: TcpListener,
}

/// A screen that has connected.
pub(crate) struct Screen {
    socket: WebSocket<TcpStream>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a listener");
        Self { listener }
    }

    /// The display's URL.
    pub(crate) fn url(&self) -> String {
        let address = self.listener.local_addr().expect("an address");
        format!("http://{address}/display/{CODE}")
    }

    /// Waits for a screen and opens its stream.
    #[expect(
        clippy::result_large_err,
        reason = "the handshake's callback returns what the library says"
    )]
    pub(crate) fn accept(&self) -> Screen {
        let socket = accept_hdr(
            self.connection(),
            |request: &Request, mut response: Response| {
                assert_eq!(request.uri().path(), format!("/display/{CODE}/live"));
                assert_eq!(request.headers()["sec-websocket-protocol"], SUBPROTOCOL);
                let protocol = HeaderValue::from_static(SUBPROTOCOL);
                response
                    .headers_mut()
                    .insert("sec-websocket-protocol", protocol);
                Ok(response)
            },
        )
        .expect("a handshake");
        Screen { socket }
    }

    /// Waits for a screen and answers `status` to it.
    pub(crate) fn refuse(&self, status: &str) {
        let mut stream = self.connection();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a request");
            request.extend(byte);
        }
        write!(
            stream,
            "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )
        .expect("an answer");
    }

    /// Waits for a screen and answers these bytes to whatever it says first.
    pub(crate) fn refuse_bytes(&self, bytes: &[u8]) {
        let mut stream = self.connection();
        stream.read_exact(&mut [0]).expect("a first byte");
        stream.write_all(bytes).expect("a screen that listens");
    }

    fn connection(&self) -> TcpStream {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false).expect("a stream");
                    stream.set_read_timeout(Some(PATIENCE)).expect("a stream");
                    return stream;
                }
                Err(_) if Instant::now() < deadline => pause(Duration::from_millis(2)),
                Err(error) => panic!("no screen came: {error}"),
            }
        }
    }
}

impl Screen {
    pub(crate) fn send(&mut self, message: &ServerMessage) {
        let text = serde_json::to_string(message).expect("JSON");
        self.send_text(text);
    }

    pub(crate) fn send_text(&mut self, text: String) {
        self.socket
            .send(Message::text(text))
            .expect("a screen that listens");
    }

    pub(crate) fn hello(&mut self, server_time: Moment) {
        self.send(&ServerMessage::Hello {
            server_time,
            heartbeat_ms: 1000,
        });
    }

    pub(crate) fn show(&mut self, revision: u64, scene: &Scene) {
        self.send(&ServerMessage::Scene {
            epoch: 1,
            revision,
            scene: scene.clone(),
        });
    }

    pub(crate) fn heartbeat(&mut self, revision: u64, scene: &Scene, server_time: Moment) {
        self.send(&ServerMessage::Heartbeat {
            epoch: 1,
            revision,
            hash: scene_hash(scene),
            server_time,
        });
    }

    /// The next question of the screen; `None` once it is gone.
    pub(crate) fn question(&mut self) -> Option<ClientMessage> {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => {
                    return Some(serde_json::from_str(&text).expect("a question"));
                }
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }
}
