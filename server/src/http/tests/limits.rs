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
    let replace = async |client: &Client| {
        let request = client.request(Method::PUT, &format!("{path}/roster"));
        Answer::of(request.header("content-type", "text/csv").body("bib\n1\n")).await
    };
    let (none, enough) = (Duration::ZERO, Duration::from_mins(5));

    let for_rosters = within(&port, &ann, none, enough).await;
    for_rosters.get(&path).await.is_problem(408);
    assert_eq!(replace(&for_rosters).await.status, StatusCode::OK);

    let for_others = within(&port, &ann, enough, none).await;
    assert_eq!(for_others.get(&path).await.status, StatusCode::OK);
    replace(&for_others).await.is_problem(408);
}
