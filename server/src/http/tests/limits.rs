use std::{net::SocketAddr, sync::Arc, time::Duration};

use reqwest::{Method, StatusCode};
use tokio::net::TcpListener;

use super::port::{ANN, Answer, Client, Port};
use crate::http::router;

/// The same port again, with other limits of time.
async fn within(port: &Port, asker: &Client, longest: Duration, roster: Duration) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let table = router::within(Arc::clone(&port.app), longest, roster);
    let service = table.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async { axum::serve(listener, service).await });
    asker.at(format!("http://{address}"))
}

#[tokio::test]
async fn a_roster_has_a_limit_of_time_of_its_own() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let path = format!("/api/sessions/{}", port.session(&ann).await);
    let roster = format!("{path}/roster");
    let (short, enough) = (Duration::from_millis(10), Duration::from_mins(5));

    let for_rosters = within(&port, &ann, short, enough).await;
    let json = "application/json";
    let login = for_rosters.stall(Method::POST, "/api/login", json).await;
    assert_eq!(login, 408);
    let request = for_rosters.request(Method::PUT, &roster);
    let request = request.header("content-type", "text/csv");
    let replaced = Answer::of(request.body("bib\n1\n")).await;
    assert_eq!(replaced.status, StatusCode::OK);

    let for_others = within(&port, &ann, enough, short).await;
    assert_eq!(for_others.get(&path).await.status, StatusCode::OK);
    assert_eq!(
        for_others.stall(Method::PUT, &roster, "text/csv").await,
        408
    );
}
