//! `gantry-server user reset`, `user sign-ins` and `user sign-out`

use anyhow::ensure;
use serde_json::json;
use uuid::Uuid;

use super::{audit::note, open_store, people::known, say};
use crate::{
    auth::code::{Code, RESET_LIFE_MS},
    clock,
    config::{Config, manage::Somebody},
    store::{Token, TokenId, audit::Action},
};

/// Prints a code for a new password.
pub(super) async fn reset(person: &Somebody) -> anyhow::Result<()> {
    let store = open_store(&person.config).await?;
    let user = known(&store, &person.email).await?;
    let (code, now) = (Code::random()?, clock::now());
    store
        .issue_reset(user.id, &code.hash(), None, now, now + RESET_LIFE_MS)
        .await?;
    let action = Action::PasswordResetIssued;
    note(&store, None, action, &user.email, json!({})).await?;
    store.close().await;
    say(&code.told())
}

/// Lists where a person is signed in, the place used last first.
pub(super) async fn list(person: &Somebody) -> anyhow::Result<()> {
    let store = open_store(&person.config).await?;
    let user = known(&store, &person.email).await?;
    let tokens = store.tokens(user.id, clock::now()).await?;
    store.close().await;
    tokens.iter().try_for_each(|token| say(&line(token)))
}

fn line(token: &Token) -> String {
    format!(
        "{}  since {}, last used {} from {}  {}",
        token.id,
        token.created_at.to_rfc3339(),
        token.used_at.to_rfc3339(),
        token.address,
        token.client
    )
}

/// Signs a person out in the place of this id, or everywhere.
pub(super) async fn sign_out(
    config: &Config,
    email: &str,
    place: Option<Uuid>,
) -> anyhow::Result<()> {
    let store = open_store(config).await?;
    let user = known(&store, email).await?;
    let ended = match place {
        Some(id) => {
            let is_ended = store.remove_token(user.id, TokenId(id)).await?;
            ensure!(
                is_ended,
                "{} has no sign-in {id}: see `gantry-server user sign-ins`",
                user.email
            );
            1
        }
        None => store.remove_tokens(user.id, None).await?,
    };
    let detail = json!({"tokens": ended});
    note(&store, None, Action::TokenRevoked, &user.email, detail).await?;
    store.close().await;
    say(&format!("{} was signed out {ended} times", user.email))
}
