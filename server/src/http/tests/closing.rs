use std::time::Duration;

use gantry_core::wire::StopReason;
use tokio::time::timeout;

use super::port::{ANN, Port};
use crate::{
    clock,
    display::terms::Guest,
    http::{closing::end_screens, displays::terms},
};

#[tokio::test]
async fn the_screens_of_a_closed_partner_go_dark() {
    let port = Port::start().await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let display = port.display(&ann, &session).await;
    let id = display.parse().expect("an id");
    let store = &port.services.store;
    let arriving = port.app.watched.arrive(&id, Guest::Screen);
    let stored = store.shared_display(&display).await.expect("reads");
    let stored = stored.expect("is there");
    let mut term = arriving.with(terms(&stored));
    let now = clock::now();
    end_screens(&port.app, now).await.expect("looks");
    let over = timeout(Duration::from_millis(50), term.over()).await;
    assert!(over.is_err(), "nothing was closed");
    let closed = store.close_partner(port.origin.partner_id, now).await;
    assert!(closed.expect("closes"));
    end_screens(&port.app, now).await.expect("looks");
    let over = timeout(Duration::from_secs(20), term.over()).await;
    assert_eq!(over, Ok(StopReason::Revoked));
    ann.get("/api/me").await.is_problem(401);
}
