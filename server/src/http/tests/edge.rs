//! What strangers can do to the port, and what they cannot.

use std::{num::NonZeroU32, time::Duration};

use gantry_core::{
    text::fonts::SHIPPED,
    wire::{SUBPROTOCOL, ServerMessage},
};
use reqwest::{Method, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::tungstenite::Error;

use super::{
    port::{ANN, Answer, Port, Setting},
    screen::{Screen, dial_from},
};
use crate::edge::door::Limits;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// So short that a test can wait for it.
const SHORT: Duration = Duration::from_millis(300);

fn limits() -> Limits {
    Setting::default().limits
}

async fn connect(port: &Port) -> TcpStream {
    let host = port.base.strip_prefix("http://").expect("no TLS");
    TcpStream::connect(host).await.expect("connects")
}

/// All that is said until the end of the connection.
async fn until_closed(mut stream: TcpStream) -> String {
    let mut said = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut said)).await;
    // A reset is an end as well.
    let _ = read.expect("the server ends the connection");
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn who_dawdles_over_a_request_is_let_go_and_screens_stay() {
    let setting = Setting {
        limits: Limits {
            head: SHORT,
            ..limits()
        },
        trusted: "",
        ..Setting::default()
    };
    let port = Port::start_with(setting).await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let display = port.display(&ann, &session).await;
    let mut screen = Screen::open(&port.base, &display).await;
    let events = ann.request(Method::GET, &format!("/display/{display}/events"));
    let mut events = events.send().await.expect("answers");
    let began = Instant::now();

    let silent = until_closed(connect(&port).await);
    let mut stream = connect(&port).await;
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("is sent");
    let idle = until_closed(stream);
    let (mut reads, mut writes) = connect(&port).await.into_split();
    let dripping = async {
        // Each byte comes well within the limit and all of them never do.
        for byte in b"GET / HTTP/1.1\r\nx: ".iter().chain([b'y'; 1000].iter()) {
            if writes.write_all(&[*byte]).await.is_err() {
                return;
            }
            sleep(SHORT / 10).await;
        }
        panic!("a request may take for ever");
    };
    let let_go = async {
        let mut said = Vec::new();
        let _ = timeout(PATIENCE, reads.read_to_end(&mut said))
            .await
            .expect("an end");
    };
    let (silent, idle, ..) = tokio::join!(silent, idle, dripping, let_go);
    assert_eq!(silent, "");
    assert!(idle.starts_with("HTTP/1.1 200 OK"), "{idle}");

    while began.elapsed() < SHORT * 5 {
        let message = screen.hear().await.expect("the stream goes on");
        assert!(
            !matches!(message, ServerMessage::Stop { .. }),
            "{message:?}"
        );
        events
            .chunk()
            .await
            .expect("the stream goes on")
            .expect("an event");
    }
}

#[tokio::test]
async fn a_flood_is_refused_and_others_are_served() {
    let setting = Setting {
        limits: Limits::of(NonZeroU32::MIN),
        ..Setting::default()
    };
    let port = Port::start_with(setting).await;
    let ask = async |from: &str, path: &str| {
        let request = port.anybody().request(Method::GET, path);
        request
            .header("x-forwarded-for", from)
            .send()
            .await
            .expect("answers")
    };
    let mut paths = [
        "/",
        "/api/me",
        "/api/openapi.json",
        "/assets/web/display.js",
        "/nothing",
    ]
    .iter()
    .cycle();
    let mut refused = 0;
    for _ in 0..40 {
        let path = paths.next().expect("there is always one");
        let response = ask("203.0.113.7", path).await;
        if response.status() != StatusCode::TOO_MANY_REQUESTS {
            continue;
        }
        refused += 1;
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        let wait: u64 = response.headers()["retry-after"]
            .to_str()
            .expect("text")
            .parse()
            .expect("seconds");
        assert!((1..=2).contains(&wait), "{wait}");
    }
    // One a second is allowed again meanwhile, on a machine as slow as may be.
    assert!((1..=10).contains(&refused), "{refused} of 40 were refused");
    assert_eq!(port.services.door.refused_requests.total(), refused);
    assert_eq!(ask("203.0.113.8", "/").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_stranger_cannot_pretend_to_be_others() {
    let setting = Setting {
        limits: Limits::of(NonZeroU32::MIN),
        trusted: "10.0.0.0/8",
        ..Setting::default()
    };
    let port = Port::start_with(setting).await;
    let mut refused = 0;
    for host in 0..40 {
        let request = port.anybody().request(Method::GET, "/api/me");
        let request = request.header("x-forwarded-for", format!("203.0.113.{host}"));
        let answer = Answer::of(request.header("forwarded", format!("for=203.0.113.{host}")));
        refused += u32::from(answer.await.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(refused >= 1, "every request counts for the peer");
}

#[tokio::test]
async fn heads_have_a_largest_size() {
    let port = Port::start().await;
    for (extra, status) in [
        (format!("x: {}\r\n", "y".repeat(8 << 10)), "200"),
        (format!("x: {}\r\n", "y".repeat(20 << 10)), "431"),
        ("x: y\r\n".repeat(150), "431"),
    ] {
        let mut stream = connect(&port).await;
        let request = format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{extra}\r\n");
        let _ = stream.write_all(request.as_bytes()).await;
        let answer = until_closed(stream).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
    }
    let mut stream = connect(&port).await;
    let request = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "y".repeat(100 << 10));
    let _ = stream.write_all(request.as_bytes()).await;
    let answer = until_closed(stream).await;
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
}

#[tokio::test]
async fn connections_are_counted_and_those_too_many_refused() {
    let setting = Setting {
        limits: Limits {
            connections_per_address: 2,
            ..limits()
        },
        trusted: "",
        ..Setting::default()
    };
    let port = Port::start_with(setting).await;
    let (first, second) = (connect(&port).await, connect(&port).await);
    assert_eq!(until_closed(connect(&port).await).await, "");
    let door = &port.services.door;
    assert_eq!(
        (door.connections(), door.refused_connections.total()),
        (2, 1)
    );
    drop((first, second));
    let freed = async {
        while door.connections() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, freed).await.expect("places become free");
    assert_eq!(port.anybody().get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_screen_keeps_its_place_until_it_is_gone() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let display = port.display(&ann, &session).await;
    drop(ann);
    let door = &port.services.door;
    let reaches = async |expected: usize| {
        let reached = async {
            while door.connections() != expected {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let reached = timeout(PATIENCE, reached).await;
        reached.unwrap_or_else(|_| panic!("{} is not {expected}", door.connections()));
    };
    reaches(0).await;
    let mut screen = Screen::open(&port.base, &display).await;
    screen.hear().await.expect("a message");
    reaches(1).await;
    drop(screen);
    reaches(0).await;
}

#[tokio::test]
async fn who_takes_nothing_of_an_answer_is_let_go() {
    let setting = Setting {
        limits: Limits {
            stalled: SHORT,
            ..limits()
        },
        ..Setting::default()
    };
    let port = Port::start_with(setting).await;
    let mut stream = connect(&port).await;
    let font = SHIPPED
        .iter()
        .max_by_key(|font| font.bytes.len())
        .expect("fonts");
    let request = format!(
        "GET /assets/fonts/{} HTTP/1.1\r\nhost: x\r\n\r\n",
        font.file
    );
    // More than the buffers of both sides can hold.
    let requests = request.repeat(1 + (32 << 20) / font.bytes.len());
    stream
        .write_all(requests.as_bytes())
        .await
        .expect("is sent");
    stream.read_exact(&mut [0; 15]).await.expect("is answered");
    let door = &port.services.door;
    assert_eq!(door.connections(), 1);
    let let_go = async {
        while door.connections() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, let_go).await.expect("is let go");
}

#[tokio::test]
async fn nobody_holds_the_stop_up() {
    let mut port = Port::start().await;
    let (_silent, mut half, mut idle) = (
        connect(&port).await,
        connect(&port).await,
        connect(&port).await,
    );
    half.write_all(b"GET / HTT").await.expect("is sent");
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("is sent");
    idle.read_exact(&mut [0; 15]).await.expect("is answered");
    timeout(Duration::from_secs(2), port.stop())
        .await
        .expect("stops");
}

#[tokio::test]
async fn other_sites_get_no_word_of_an_answer() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    for path in [
        "/api/login",
        "/api/sessions",
        "/api/display/generate-url",
        "/",
    ] {
        let preflight = ann
            .request(Method::OPTIONS, path)
            .header("origin", "https://evil.example.org")
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,content-type",
            );
        let simple = ann
            .request(Method::GET, path)
            .header("origin", "https://evil.example.org");
        for (request, refused) in [(preflight, true), (simple, false)] {
            let response = request.send().await.expect("answers");
            let is_refused = response.status() == StatusCode::METHOD_NOT_ALLOWED;
            assert!(is_refused || !refused, "{path}: {response:?}");
            let opened = response
                .headers()
                .keys()
                .find(|name| name.as_str().starts_with("access-control-"));
            assert_eq!(opened, None, "{path}");
        }
    }
}

#[tokio::test]
async fn a_page_of_another_site_cannot_show_a_display() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let display = port.display(&ann, &session).await;
    let path = format!("/display/{display}/live");
    let open =
        async |origin: Option<&str>| match dial_from(origin, &port.base, &path, Some(SUBPROTOCOL))
            .await
        {
            Ok(_) => 101,
            Err(Error::Http(response)) => response.status().as_u16(),
            Err(error) => panic!("{error}"),
        };
    assert_eq!(open(None).await, 101, "a kiosk");
    assert_eq!(open(Some(&port.base)).await, 101, "the display's own page");
    for foreign in ["https://evil.example.org", "null", "http://127.0.0.1:1"] {
        assert_eq!(open(Some(foreign)).await, 403, "{foreign}");
        let events = port
            .anybody()
            .request(Method::GET, &format!("/display/{display}/events"));
        Answer::of(events.header("origin", foreign))
            .await
            .is_problem(403);
    }
}
