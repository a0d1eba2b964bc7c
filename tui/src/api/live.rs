//! A display's stream over WebSocket, kept up for as long as it is wanted.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use gantry_core::wire::{ClientMessage, SUBPROTOCOL, ServerMessage};
use tokio::sync::mpsc::{Receiver, Sender};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{HeaderValue, StatusCode, header::SEC_WEBSOCKET_PROTOCOL},
    },
};

/// What happens on a display's stream.
#[derive(Clone, Debug, PartialEq)]
pub enum LiveEvent {
    /// The server accepted the connection.
    Connected,
    /// The server said something.
    Message(Box<ServerMessage>),
    /// The connection failed or ended; another try follows.
    Lost(String),
    /// There is no such display (any more); nothing more follows.
    Refused(String),
}

/// Follows the display at `url` until the receiver of `events` is gone or the display is over.
pub async fn follow(url: String, events: Sender<LiveEvent>, mut say: Receiver<ClientMessage>) {
    let mut delays = Delays::default();
    loop {
        let ended = match connect(&url, &events, &mut say, &mut delays).await {
            Ok(()) => LiveEvent::Lost("the server closed the stream".to_owned()),
            Err(Error::Http(response)) if is_over(response.status()) => LiveEvent::Refused(
                format!("the server has no such display ({})", response.status()),
            ),
            Err(error) => LiveEvent::Lost(error.to_string()),
        };
        let is_last = matches!(ended, LiveEvent::Refused(_));
        if events.send(ended).await.is_err() || is_last {
            return;
        }
        tokio::time::sleep(delays.next()).await;
    }
}

/// Whether a refusal is for ever. Any other one, a server that is busy for example, is worth another try.
fn is_over(status: StatusCode) -> bool {
    matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE)
}

/// One connection, from the handshake to its end.
async fn connect(
    url: &str,
    events: &Sender<LiveEvent>,
    say: &mut Receiver<ClientMessage>,
    delays: &mut Delays,
) -> Result<(), Error> {
    let mut request = url.into_client_request()?;
    request.headers_mut().insert(
        SEC_WEBSOCKET_PROTOCOL,
        HeaderValue::from_static(SUBPROTOCOL),
    );
    let (mut socket, _response) = connect_async(request).await?;
    *delays = Delays::default();
    if events.send(LiveEvent::Connected).await.is_err() {
        return Ok(());
    }
    loop {
        tokio::select! {
            message = socket.next() => match message.transpose()? {
                None => return Ok(()),
                Some(Message::Text(text)) => {
                    // A message of a newer server that this console does not know is passed over.
                    let Ok(message) = serde_json::from_str(&text) else { continue };
                    if events.send(LiveEvent::Message(Box::new(message))).await.is_err() {
                        return Ok(());
                    }
                }
                Some(_) => {}
            },
            answer = say.recv() => match answer {
                None => return Ok(()),
                Some(answer) => {
                    let text = serde_json::to_string(&answer).unwrap_or_default();
                    socket.send(Message::text(text)).await?;
                }
            },
        }
    }
}

/// How long to wait before the next try: each time twice as long, up to a limit.
#[derive(Debug, Default)]
struct Delays {
    failed: u32,
}

impl Delays {
    fn next(&mut self) -> Duration {
        let delay = Duration::from_millis(500 << self.failed.min(4));
        self.failed += 1;
        delay
    }
}
