//! The addresses that the page asks for.

use std::{
    convert::Infallible,
    path::{Path, PathBuf},
};

use axum::{
    Router,
    extract::{
        Path as UrlPath, State, WebSocketUpgrade,
        ws::{Message, WebSocket, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
    routing::get,
};
use futures_util::{Stream, stream};
use gantry_core::{
    text::fonts::SHIPPED,
    wire::{ClientMessage, SUBPROTOCOL, ServerMessage},
};
use gantry_server::http::headers::DISPLAY_POLICY;

use super::{play::Line, running::Shared, teller::Teller};

pub(super) fn routes(shared: Shared) -> Router {
    Router::new()
        .route("/display/{id}", get(display))
        .route("/display/{id}/live", get(live))
        .route("/display/{id}/events", get(events))
        .route("/assets/web/{file}", get(web_file))
        .route("/assets/fonts/{file}", get(font_file))
        .route("/tests/web/{file}", get(test_file))
        .route("/tests/vectors/{file}", get(vectors_file))
        .with_state(shared)
}

async fn display(State(shared): State<Shared>) -> Response {
    let play = shared.play.borrow().clone();
    if play.line == Line::Cut {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let (status, file) = if play.found {
        (StatusCode::OK, "display.html")
    } else {
        (StatusCode::NOT_FOUND, "gone.html")
    };
    (status, from_disk(&assets("web"), file)).into_response()
}

async fn web_file(UrlPath(file): UrlPath<String>) -> Response {
    from_disk(&assets("web"), &file)
}

async fn test_file(UrlPath(file): UrlPath<String>) -> Response {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    from_disk(&package.join("web"), &file)
}

async fn vectors_file(UrlPath(file): UrlPath<String>) -> Response {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    from_disk(&package.join("vectors"), &file)
}

async fn font_file(UrlPath(file): UrlPath<String>) -> Response {
    SHIPPED.iter().find(|font| font.file == file).map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |font| ([(header::CONTENT_TYPE, "font/ttf")], font.bytes).into_response(),
    )
}

async fn live(
    State(shared): State<Shared>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let play = shared.play.borrow().clone();
    let offered = headers.get(header::SEC_WEBSOCKET_PROTOCOL);
    match upgrade {
        Ok(upgrade) if play.line == Line::Open && play.found => {
            assert_eq!(
                offered.map(HeaderValue::as_bytes),
                Some(SUBPROTOCOL.as_bytes())
            );
            upgrade
                .protocols([SUBPROTOCOL])
                .on_upgrade(move |socket| converse(socket, shared))
        }
        _ => StatusCode::BAD_GATEWAY.into_response(),
    }
}

async fn events(State(shared): State<Shared>) -> Response {
    let play = shared.play.borrow().clone();
    if play.line == Line::Cut || !play.found {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    Sse::new(event_stream(Teller::new(shared)))
        .keep_alive(KeepAlive::new())
        .into_response()
}

fn event_stream(teller: Teller) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(teller, |mut teller| async {
        let message = teller.next().await?;
        let event = Event::default().data(json(&message));
        Some((Ok(event), teller))
    })
}

async fn converse(mut socket: WebSocket, shared: Shared) {
    let mut teller = Teller::new(shared.clone());
    loop {
        tokio::select! {
            message = teller.next() => {
                let Some(message) = message else { return };
                if socket.send(Message::text(json(&message))).await.is_err() {
                    return;
                }
            }
            received = socket.recv() => {
                let Some(Ok(Message::Text(text))) = received else { return };
                let Ok(message) = serde_json::from_str::<ClientMessage>(&text) else { return };
                teller.answer(&message);
                shared.heard.send_modify(|heard| heard.push(message));
            }
        }
    }
}

fn json(message: &ServerMessage) -> String {
    serde_json::to_string(message).unwrap_or_default()
}

fn assets(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../assets")
        .join(folder)
}

fn from_disk(folder: &Path, file: &str) -> Response {
    let content_type = match file.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        _ => "application/json",
    };
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_SECURITY_POLICY, DISPLAY_POLICY),
    ];
    match std::fs::read(folder.join(file)) {
        Ok(bytes) => (headers, bytes).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}
