//! What the server tells on its status port.

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{venue::Server, wait};

/// Waits until the server raises this alarm.
pub async fn has_alarm(server: &Server, subject: &str) -> Result<()> {
    wait::until(&format!("the alarm {subject:?}"), async || {
        Ok(is_raised(server, subject).await?.then_some(()))
    })
    .await
}

/// Waits until this alarm does not stand any more.
pub async fn no_alarm(server: &Server, subject: &str) -> Result<()> {
    wait::until(&format!("the end of the alarm {subject:?}"), async || {
        Ok((!is_raised(server, subject).await?).then_some(()))
    })
    .await
}

async fn is_raised(server: &Server, subject: &str) -> Result<bool> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let url = format!("http://{}/status", server.addresses.status);
    let status: Value = reqwest::get(url).await?.json().await?;
    let alarms = status["alarms"].as_array().context("no alarms")?;
    Ok(alarms.iter().any(|alarm| alarm["name"] == subject))
}
