//! `gantry-server feed`

use anyhow::Context;
use serde_json::json;

use super::{audit::note, open_store, partners::named_or_all, say};
use crate::{
    clock,
    config::{collect::OneFeed, manage::OfPartner},
    store::{Feed, FeedId, audit::Action},
};

/// Writes a line for each feed: those first that wait for a word.
pub(super) async fn list(of: &OfPartner) -> anyhow::Result<()> {
    let store = open_store(&of.config).await?;
    let mut lines = Vec::new();
    for partner in named_or_all(&store, of.partner.as_deref()).await? {
        let feeds = store.feeds(partner.id).await?;
        lines.extend(feeds.iter().map(|feed| line(&partner.name, feed)));
    }
    store.close().await;
    lines.sort_by_key(|(is_waiting, _)| !is_waiting);
    lines.iter().try_for_each(|(_, line)| say(line))
}

/// Puts a feed in force, or refuses it.
pub(super) async fn judge(which: &OneFeed, is_confirmed: bool) -> anyhow::Result<()> {
    let store = open_store(&which.config).await?;
    let id = FeedId(which.id);
    let judged = store.judge_feed(id, is_confirmed, clock::now()).await?;
    let feed =
        judged.with_context(|| format!("there is no feed {id}: see `gantry-server feed list`"))?;
    let (action, word) = if is_confirmed {
        (Action::FeedConfirmed, "in force")
    } else {
        (Action::FeedRefused, "refused")
    };
    let detail = json!({"feed_id": id.uuid()});
    note(
        &store,
        Some(feed.partner_id),
        action,
        &feed.terms.name,
        detail,
    )
    .await?;
    store.close().await;
    say(&format!("the feed {} is {word}", feed.terms.name))
}

/// Whether a feed waits for a word, and what is to be known of it, with tabs between.
fn line(partner: &str, feed: &Feed) -> (bool, String) {
    let state = match (feed.is_in_force(), feed.refused_at) {
        (true, _) => "in force",
        (false, Some(_)) => "refused",
        (false, None) => "waits",
    };
    let terms = &feed.terms;
    let networks = (!terms.networks.is_empty()).then(|| terms.networks.to_string());
    let known_by = [
        ("port", terms.port.map(|port| port.to_string())),
        ("calls", terms.call_address.clone()),
        ("connection", terms.connection.clone()),
        ("event", terms.event.clone()),
        ("from", networks),
    ];
    let known_by: Vec<_> = known_by
        .into_iter()
        .filter_map(|(what, value)| Some(format!("{what} {}", value?)))
        .collect();
    let fields = [
        feed.id.to_string(),
        state.to_owned(),
        partner.to_owned(),
        terms.name.clone(),
        terms.protocol.to_string(),
        known_by.join(", "),
    ];
    (state == "waits", fields.join("\t"))
}
