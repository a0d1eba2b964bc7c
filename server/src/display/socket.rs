//! The stream over a WebSocket.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code},
};
use gantry_core::wire::{HEARTBEAT_MS, StopReason};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::{feed::Feed, published::Picture, terms::Term};
use crate::clock;

/// A connection on which nothing could be written, or from which nothing came, for this long is dead.
/// A slow one moves a little within it and is kept.
const DEAD_AFTER: Duration = Duration::from_secs(30);

/// How long a screen has to answer the last word.
const FAREWELL: Duration = Duration::from_secs(1);

/// How many heartbeats pass from one ping to the next; a living screen answers each.
const HEARTBEATS_A_PING: u32 = 10;

/// How the stream to a screen ended.
enum End {
    /// The display is over.
    Stop(StopReason),
    /// The server stops; screens come back to the next one.
    Restart,
    /// The screen went away, or is dead.
    Gone,
}

/// Sends a display's pictures to one screen until either is over.
pub async fn serve(
    mut socket: WebSocket,
    picture: Picture,
    mut term: Term,
    shutdown: CancellationToken,
) {
    // What ends the stream also interrupts a write that a stalled screen holds up.
    let end = tokio::select! {
        reason = term.over() => End::Stop(reason),
        () = shutdown.cancelled() => End::Restart,
        () = converse(&mut socket, picture) => End::Gone,
    };
    let farewell = match end {
        End::Stop(reason) => part(socket, Some(Feed::stop(reason)), close_code::NORMAL),
        End::Restart => part(socket, None, close_code::RESTART),
        End::Gone => return,
    };
    let _ = timeout(FAREWELL, farewell).await;
}

/// Answers, sends what is new and proves each second that it is still true; returns when the screen is gone.
async fn converse(socket: &mut WebSocket, mut picture: Picture) {
    let mut feed = Feed::default();
    if !send(socket, Message::Text(Feed::hello(clock::now()))).await {
        return;
    }
    let mut heartbeat = interval(Duration::from_millis(HEARTBEAT_MS.unsigned_abs()));
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heartbeats = 0u32;
    let mut heard_at = Instant::now();
    picture.mark_changed();
    loop {
        let text = tokio::select! {
            // What the screen said comes first, or a slow one would seem silent.
            biased;
            said = socket.recv() => {
                heard_at = Instant::now();
                match said {
                    Some(Ok(Message::Text(said))) => {
                        let newest = picture.borrow().clone();
                        feed.answer(&said, newest.as_ref(), clock::now())
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => None,
                    // The stream has no binary messages; whoever sends one speaks something else.
                    Some(Ok(Message::Binary(_) | Message::Close(_)) | Err(_)) | None => return,
                }
            }
            changed = picture.changed() => {
                if changed.is_err() {
                    return;
                }
                let newest = picture.borrow_and_update().clone();
                feed.advance(newest.as_ref())
            }
            _ = heartbeat.tick() => {
                if heard_at.elapsed() > DEAD_AFTER {
                    return;
                }
                heartbeats += 1;
                if heartbeats.is_multiple_of(HEARTBEATS_A_PING)
                    && !send(socket, Message::Ping(Bytes::new())).await
                {
                    return;
                }
                feed.heartbeat(clock::now())
            }
        };
        if let Some(text) = text
            && !send(socket, Message::Text(text)).await
        {
            return;
        }
    }
}

/// Writes a message; false when the connection is dead.
async fn send(socket: &mut WebSocket, message: Message) -> bool {
    timeout(DEAD_AFTER, socket.send(message))
        .await
        .is_ok_and(|sent| sent.is_ok())
}

/// Says the last word and waits until the screen has heard it: a connection dropped at once may take the word with it.
async fn part(mut socket: WebSocket, last: Option<Utf8Bytes>, code: u16) {
    let close = Message::Close(Some(CloseFrame {
        code,
        reason: Utf8Bytes::default(),
    }));
    for message in last.map(Message::Text).into_iter().chain([close]) {
        if socket.send(message).await.is_err() {
            return;
        }
    }
    while let Some(Ok(_)) = socket.recv().await {}
}
