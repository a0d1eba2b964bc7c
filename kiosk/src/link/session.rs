//! One connection, from its handshake to its end.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use gantry_core::wire::{ClientMessage, SUBPROTOCOL, ServerMessage};
use tokio::{
    net::TcpStream,
    time::{Instant, Interval, MissedTickBehavior, interval_at, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{
        self, ClientRequestBuilder, Message, http::StatusCode, protocol::WebSocketConfig,
    },
};

use crate::{address::Address, link::Timing};

/// The largest message that is read, in bytes; a whole scene is a few hundred kilobytes at most.
const LARGEST_MESSAGE: usize = 16 << 20;

/// How many questions for the server's time are asked quickly, to find one with a short way there and back.
const QUICK_QUESTIONS: u32 = 4;

/// Why a connection ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Something failed; for people.
    Lost(String),
    /// The server says that there is no such display (any more).
    Gone,
}

/// A connection that is open.
pub(super) struct Session {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    silence: Duration,
    heard: Instant,
    quick_left: u32,
    questions: Interval,
}

impl Session {
    /// Connects.
    pub(super) async fn open(address: &Address, timing: &Timing) -> Result<Self, End> {
        let uri = address
            .live()
            .parse()
            .map_err(|error| End::Lost(format!("the address cannot be used: {error}")))?;
        let request = ClientRequestBuilder::new(uri).with_sub_protocol(SUBPROTOCOL);
        let config = WebSocketConfig::default()
            .max_message_size(Some(LARGEST_MESSAGE))
            .max_frame_size(Some(LARGEST_MESSAGE));
        let connecting = connect_async_with_config(request, Some(config), true);
        let (socket, _) = timeout(timing.connect, connecting)
            .await
            .map_err(|_elapsed| End::Lost("no answer".to_owned()))?
            .map_err(refusal)?;
        let mut questions = interval_at(
            Instant::now() + timing.first_questions,
            timing.first_questions,
        );
        questions.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            socket,
            silence: timing.silence,
            heard: Instant::now(),
            quick_left: QUICK_QUESTIONS,
            questions,
        })
    }

    /// The next message; `None` when it is time to ask for the server's time.
    pub(super) async fn next(&mut self, timing: &Timing) -> Result<Option<ServerMessage>, End> {
        loop {
            tokio::select! {
                frame = self.socket.next() => {
                    self.heard = Instant::now();
                    if let Some(message) = read(frame)? {
                        return Ok(Some(message));
                    }
                }
                () = tokio::time::sleep_until(self.heard + self.silence) => {
                    return Err(End::Lost("the server has fallen silent".to_owned()));
                }
                _ = self.questions.tick() => {
                    self.slow_down(timing);
                    return Ok(None);
                }
            }
        }
    }

    /// Says something to the server.
    pub(super) async fn say(&mut self, message: ClientMessage) -> Result<(), End> {
        let text = serde_json::to_string(&message)
            .map_err(|error| End::Lost(format!("a message cannot be written: {error}")))?;
        timeout(self.silence, self.socket.send(Message::text(text)))
            .await
            .map_err(|_elapsed| End::Lost("the server does not listen".to_owned()))?
            .map_err(|error| End::Lost(error.to_string()))
    }

    /// Takes leave of the server, as far as it still listens.
    pub(super) async fn close(mut self) {
        timeout(Duration::from_millis(200), self.socket.close(None))
            .await
            .ok();
    }

    fn slow_down(&mut self, timing: &Timing) {
        self.quick_left = self.quick_left.saturating_sub(1);
        if self.quick_left == 0 {
            self.questions = interval_at(Instant::now() + timing.questions, timing.questions);
            self.questions
                .set_missed_tick_behavior(MissedTickBehavior::Delay);
            self.quick_left = 1;
        }
    }
}

/// The message in a frame, if it holds one.
fn read(frame: Option<Result<Message, tungstenite::Error>>) -> Result<Option<ServerMessage>, End> {
    match frame {
        Some(Ok(Message::Text(text))) => serde_json::from_str(&text).map(Some).map_err(|error| {
            End::Lost(format!(
                "the server says what this program does not know: {error}"
            ))
        }),
        Some(Ok(Message::Close(_))) | None => {
            Err(End::Lost("the server closed the connection".to_owned()))
        }
        Some(Ok(_)) => Ok(None),
        Some(Err(error)) => Err(End::Lost(error.to_string())),
    }
}

fn refusal(error: tungstenite::Error) -> End {
    match error {
        tungstenite::Error::Http(response)
            if [StatusCode::NOT_FOUND, StatusCode::GONE].contains(&response.status()) =>
        {
            End::Gone
        }
        tungstenite::Error::Http(response) => {
            End::Lost(format!("the server answered {}", response.status()))
        }
        tungstenite::Error::Io(error) => End::Lost(plain(&error)),
        error => End::Lost(error.to_string()),
    }
}

/// What the operating system said, without its number.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string().to_lowercase();
    text.split(" (os error")
        .next()
        .unwrap_or_default()
        .to_owned()
}
