//! `gantry-server partner`

use anyhow::{Context, bail, ensure};
use gantry_core::time::Moment;
use serde_json::json;

use super::{audit::note, open_store, say};
use crate::{
    clock,
    config::Config,
    store::{Partner, Possessions, Store, audit::Action},
};

/// The longest name of a timing company, in characters.
const LONGEST_NAME: usize = 120;

pub(super) async fn add(config: &Config, name: &str) -> anyhow::Result<()> {
    let name = checked(name)?;
    let store = open_store(config).await?;
    let added = store.add_partner(name, clock::now()).await?;
    if let Some(partner) = &added {
        note(
            &store,
            Some(partner.id),
            Action::PartnerAdded,
            name,
            json!({}),
        )
        .await?;
    }
    let partners = store.partners().await?;
    store.close().await;
    let is_open = |partner: &&Partner| partner.closed_at.is_none();
    match added {
        Some(partner) if partners.iter().filter(is_open).count() == 2 => say(&format!(
            "added {}. With two timing partners, hardware is known by feeds: what no feed is about goes into quarantine, unless \
             --timing-partner names its owner",
            partner.name
        )),
        Some(partner) => say(&format!("added {}", partner.name)),
        None => bail!("there is a timing partner '{name}' already"),
    }
}

pub(super) async fn list(config: &Config) -> anyhow::Result<()> {
    let store = open_store(config).await?;
    let partners = store.partners().await?;
    store.close().await;
    partners
        .iter()
        .try_for_each(|partner| match partner.closed_at {
            None => say(&partner.name),
            Some(at) => say(&format!(
                "{}  closed {}",
                partner.name,
                Moment(at).to_rfc3339()
            )),
        })
}

pub(super) async fn rename(config: &Config, name: &str, new_name: &str) -> anyhow::Result<()> {
    let new_name = checked(new_name)?;
    let store = open_store(config).await?;
    let partner = any_named(&store, name).await?;
    ensure!(
        store.rename_partner(partner.id, new_name).await?,
        "there is a timing partner '{new_name}' already"
    );
    let detail = json!({"from": partner.name});
    note(
        &store,
        Some(partner.id),
        Action::PartnerRenamed,
        new_name,
        detail,
    )
    .await?;
    let partners = store.partners().await?;
    store.close().await;
    let is_meant = config.timing_partner.as_deref() == Some(&*partner.name);
    say(&renamed(&partner.name, new_name, &partners, is_meant))
}

/// What came of a new name, and what still goes by the old one; `is_meant` when this command's own configuration does.
fn renamed(name: &str, new_name: &str, partners: &[Partner], is_meant: bool) -> String {
    let open = partners
        .iter()
        .filter(|partner| partner.closed_at.is_none());
    let rest = if is_meant || open.count() > 1 {
        format!(
            ". A server that is started with --timing-partner '{name}' (timing-partner in its configuration) has to be started with \
             the new name: until then hardware that no feed is about goes into quarantine, and the next start is refused"
        )
    } else {
        String::new()
    };
    format!("{name} is called {new_name} now{rest}")
}

pub(super) async fn keep_reads(config: &Config, name: &str, days: i64) -> anyhow::Result<()> {
    let store = open_store(config).await?;
    let partner = named(&store, name).await?;
    store.keep_reads_for(partner.id, days).await?;
    let detail = json!({"keep_reads_days": days});
    note(
        &store,
        Some(partner.id),
        Action::RetentionChanged,
        name,
        detail,
    )
    .await?;
    store.close().await;
    let plural = if days == 1 { "day" } else { "days" };
    say(&format!("the reads of {name} are kept for {days} {plural}"))
}

/// Closes a partner for good, once its name was repeated.
pub(super) async fn close(
    config: &Config,
    name: &str,
    confirmed: Option<&str>,
) -> anyhow::Result<()> {
    let store = open_store(config).await?;
    let partner = named(&store, name).await?;
    let possessions = words(&store.possessions(partner.id).await?);
    ensure!(
        confirmed == Some(name),
        "closing {name} cannot be undone. {possessions}. To do it, repeat the name: --confirm '{name}'"
    );
    let is_closed = store.close_partner(partner.id, clock::now()).await?;
    ensure!(is_closed, "somebody else just closed {name}");
    let action = Action::PartnerClosed;
    note(&store, Some(partner.id), action, name, json!({})).await?;
    store.close().await;
    say(&format!("{name} is closed. {possessions}"))
}

/// What goes and what is kept when a partner is closed.
fn words(possessions: &Possessions) -> String {
    let Possessions {
        people,
        invitations,
        displays,
        sessions,
        timing_sessions,
        reads,
    } = possessions;
    format!(
        "Gone: {people} people's work for it, {invitations} invitations, {displays} displays; \
         kept, but out of everybody's reach: {sessions} display sessions, {timing_sessions} timing sessions, {reads} reads"
    )
}

/// The partner of that name, which must not be closed.
pub(super) async fn named(store: &Store, name: &str) -> anyhow::Result<Partner> {
    let partner = any_named(store, name).await?;
    ensure!(
        partner.closed_at.is_none(),
        "the timing partner '{name}' is closed"
    );
    Ok(partner)
}

/// The partner of that name, also when it is closed.
pub(super) async fn any_named(store: &Store, name: &str) -> anyhow::Result<Partner> {
    let partners = store.partners().await?;
    let partner = partners.into_iter().find(|partner| partner.name == name);
    partner.with_context(|| {
        format!("there is no timing partner '{name}': see `gantry-server partner list`")
    })
}

/// The partner of that name, or without one all that are not closed.
pub(super) async fn named_or_all(
    store: &Store,
    name: Option<&str>,
) -> anyhow::Result<Vec<Partner>> {
    if let Some(name) = name {
        return Ok(vec![named(store, name).await?]);
    }
    let mut partners = store.partners().await?;
    partners.retain(|partner| partner.closed_at.is_none());
    Ok(partners)
}

fn checked(name: &str) -> anyhow::Result<&str> {
    let name = name.trim();
    ensure!(
        !name.is_empty(),
        "the name is empty: expected the timing company's name"
    );
    ensure!(
        name.chars().count() <= LONGEST_NAME,
        "the name is too long: expected at most {LONGEST_NAME} characters"
    );
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, NOW};

    #[tokio::test]
    async fn a_new_name_is_told_to_whoever_started_a_server_with_the_old_one() {
        let (store, _place) = testing::store().await;
        let said = async || {
            let partners = store.partners().await.expect("reads");
            [false, true].map(|is_meant| renamed("Old", "Acme", &partners, is_meant))
        };
        store.add_partner("Acme", NOW).await.expect("adds");
        let tells = |words: &String| words.contains("--timing-partner 'Old'");
        assert_eq!(said().await.map(|words| tells(&words)), [false, true]);
        store.add_partner("Other", NOW).await.expect("adds");
        assert_eq!(said().await.map(|words| tells(&words)), [true, true]);
    }
}
