//! Two display sessions of one partner on the same timing session, each with a roster, settings and a template of its own.

use std::fmt::Write as _;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    port::{ANN, BEN, Client, Port},
    screen::Screen,
};
use crate::store::EventKind;

/// A workspace whose every text has its taint.
struct Tainted<'a> {
    taint: &'static str,
    client: &'a Client,
    id: String,
    screen: Screen,
}

impl<'a> Tainted<'a> {
    async fn set_up(port: &Port, client: &'a Client, taint: &'static str, template: &str) -> Self {
        let timing = port.origin.timing_session_id.to_string();
        let wanted = json!({
            "name": format!("{taint} session"), "mode": "results", "template_id": template,
            "chronotrack_session_ids": [timing],
        });
        let made = client.post("/api/sessions/create", &wanted).await;
        let id = made.text("id");
        let screen = Screen::open(&port.base, &port.display(client, &id).await).await;
        let tainted = Self {
            taint,
            client,
            id,
            screen,
        };
        tainted.name_runners("first").await;
        tainted
            .change(&json!({"settings": {"event_name": format!("{taint} cup")}}))
            .await;
        tainted
    }

    async fn name_runners(&self, name: &str) {
        let participants: Vec<Value> = (1..10)
            .map(|bib| {
                json!({
                    "bib": bib.to_string(), "first_name": name, "last_name": format!("{}{bib}", self.taint),
                    "city": format!("{} town", self.taint), "race": "10 km",
                })
            })
            .collect();
        let roster = json!({
            "races": [{"name": "10 km", "start": crate::store::testing::NOW.to_rfc3339()}],
            "participants": participants,
        });
        let path = format!("/api/sessions/{}/roster", self.id);
        let imported = self.client.ask(Method::PUT, &path, Some(&roster)).await;
        assert_eq!(imported.status, StatusCode::OK, "{imported:?}");
    }

    async fn change(&self, change: &Value) {
        let path = format!("/api/sessions/{}", self.id);
        let changed = self.client.patch(&path, change).await;
        assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    }

    /// Everything that can be found out about it: what its screen heard, what it is told as, and what its board is made of.
    async fn everything(&self, port: &Port) -> String {
        let mut all = String::new();
        for message in &self.screen.heard {
            let text = serde_json::to_string(message).expect("serialises");
            let _ = writeln!(all, "{text}");
        }
        let told = self.client.get(&format!("/api/sessions/{}", self.id)).await;
        let _ = writeln!(all, "{}", told.body);
        let id = self
            .id
            .parse()
            .map(crate::store::DisplaySessionId)
            .expect("an id");
        let (store, partner) = (&port.services.store, port.origin.partner_id);
        let events = store.events_in_force(partner, id).await.expect("reads");
        let parts = store.bound_parts(partner, id).await.expect("reads");
        let reads = store.reads_of(partner, &parts, 0, 1_000).await;
        let _ = writeln!(all, "{events:?} {:?}", reads.expect("reads"));
        all
    }
}

#[tokio::test]
async fn two_sessions_on_one_timing_session_know_nothing_of_each_other() {
    let port = Port::start().await;
    let (ann, ben) = (port.log_in(ANN).await, port.log_in(BEN).await);
    let mut red = Tainted::set_up(&port, &ann, "RED", "finish-line").await;
    let mut blue = Tainted::set_up(&port, &ben, "BLUE", "announcer").await;
    for bib in 1..=3_u64 {
        port.finish(bib, &bib.to_string()).await;
        red.screen.until_shows(&format!("RED{bib}")).await;
        blue.screen.until_shows(&format!("BLUE{bib}")).await;
    }
    assert_ne!(red.screen.scene(), blue.screen.scene());

    // What one changes reaches its own screen, and the other's picture stays as it was.
    let revision = |screen: &Screen| screen.follower.revision().expect("a picture").1;
    let before = revision(&blue.screen);
    red.name_runners("second").await;
    red.screen.until_shows("second").await;
    red.change(&json!({"settings": {"event_name": "RED final"}, "template_id": "announcer"}))
        .await;
    port.finish(4, "4").await;
    red.screen.until_shows("RED4").await;
    blue.screen.until_shows("BLUE4").await;
    let steps = revision(&blue.screen) - before;
    assert!(steps <= 2, "only the read changed it, not {steps} times");

    let (reds, blues) = (red.everything(&port).await, blue.everything(&port).await);
    assert!(reds.contains(red.taint) && !reds.contains(blue.taint));
    assert!(blues.contains(blue.taint) && !blues.contains(red.taint));
    let list = ben.get("/api/sessions").await.body.to_string();
    assert!(list.contains(blue.taint) && !list.contains(red.taint));

    let store = &port.services.store;
    let (ann, ben) = (port.person(ANN).await, port.person(BEN).await);
    let id = |id: &str| {
        id.parse()
            .map(crate::store::DisplaySessionId)
            .expect("an id")
    };
    let roster = async |person, session: &str| {
        let event = store
            .latest_event(person, id(session), EventKind::Roster)
            .await;
        event.expect("reads").map(|event| event.body)
    };
    assert_eq!(roster(ben, &red.id).await, None);
    assert!(
        roster(ann, &red.id)
            .await
            .is_some_and(|body| !body.contains("BLUE"))
    );
}
