//! `gantry-server partner` and `gantry-server user`

use std::io;

use anyhow::{Context, bail, ensure};

use super::{open_store, say};
use crate::{
    auth::password,
    clock,
    config::{Config, cli::AddUser},
};

/// The fewest characters of a password. Length is what makes guessing hard; rules about kinds of characters do not.
const SHORTEST_PASSWORD: usize = 8;

pub(super) async fn add_partner(config: &Config, name: &str) -> anyhow::Result<()> {
    let name = name.trim();
    ensure!(
        !name.is_empty(),
        "the name is empty: expected the timing company's name"
    );
    let store = open_store(config).await?;
    let added = store.add_partner(name, clock::now()).await?;
    store.close().await;
    match added {
        Some(partner) => say(&format!("added {}", partner.name)),
        None => bail!("there is a timing partner '{name}' already"),
    }
}

pub(super) async fn list_partners(config: &Config) -> anyhow::Result<()> {
    let store = open_store(config).await?;
    let partners = store.partners().await?;
    store.close().await;
    partners.iter().try_for_each(|partner| say(&partner.name))
}

/// Adds a person, or lets a known one work for this partner as well. A known person's password is left as it is.
pub(super) async fn add_user(add: &AddUser) -> anyhow::Result<()> {
    let email = add.email.trim();
    ensure!(
        email
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()),
        "'{email}' is no e-mail address: expected something like ann@example.org"
    );
    let store = open_store(&add.config).await?;
    let Some(partner) = store.partner_named(&add.partner).await? else {
        bail!(
            "there is no timing partner '{}': see `gantry-server partner list`",
            add.partner
        );
    };
    let known = store.user_by_email(email).await?;
    let user = match known {
        Some(user) => user,
        None => store
            .add_user(
                email,
                &password::hash(&read_password(add.password_stdin)?)?,
                clock::now(),
            )
            .await?
            .with_context(|| format!("somebody else just added '{email}'"))?,
    };
    store
        .set_role(user.id, partner.id, add.role, clock::now())
        .await?;
    store.close().await;
    say(&format!("{} works for {}", user.email, partner.name))
}

fn read_password(from_stdin: bool) -> anyhow::Result<String> {
    let password = if from_stdin {
        let mut line = String::new();
        io::stdin()
            .read_line(&mut line)
            .context("cannot read the password from standard input")?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    } else {
        let first =
            rpassword::prompt_password("Password: ").context("cannot ask for the password")?;
        let again =
            rpassword::prompt_password("Once more: ").context("cannot ask for the password")?;
        ensure!(first == again, "the two passwords differ");
        first
    };
    ensure!(
        password.chars().count() >= SHORTEST_PASSWORD,
        "the password is too short: expected at least {SHORTEST_PASSWORD} characters"
    );
    Ok(password)
}
