//! `gantry-server partner`

use anyhow::{Context, bail, ensure};
use serde_json::json;

use super::{open_store, people::note, say};
use crate::{
    clock,
    config::Config,
    store::{Partner, Store, audit::Action},
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
    store.close().await;
    match added {
        Some(partner) => say(&format!("added {}", partner.name)),
        None => bail!("there is a timing partner '{name}' already"),
    }
}

pub(super) async fn list(config: &Config) -> anyhow::Result<()> {
    let store = open_store(config).await?;
    let partners = store.partners().await?;
    store.close().await;
    partners.iter().try_for_each(|partner| say(&partner.name))
}

pub(super) async fn rename(config: &Config, name: &str, new_name: &str) -> anyhow::Result<()> {
    let new_name = checked(new_name)?;
    let store = open_store(config).await?;
    let partner = named(&store, name).await?;
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
    store.close().await;
    say(&format!("{} is called {new_name} now", partner.name))
}

/// The partner of that name.
pub(super) async fn named(store: &Store, name: &str) -> anyhow::Result<Partner> {
    store.partner_named(name).await?.with_context(|| {
        format!("there is no timing partner '{name}': see `gantry-server partner list`")
    })
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
