//! `gantry-server partner` and `gantry-server user`

use std::{fmt::Write, io};

use anyhow::{Context, bail, ensure};

use super::{open_store, say};
use crate::{
    auth::password,
    clock,
    config::{Config, cli::AddUser},
    store::{Partner, Role, Store},
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

/// Adds a person, or lets a known one work for this partner as well or in another role. A known person is not asked for a
/// password, but one that is given takes the old one's place.
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
    let is_known = store.user_by_email(email).await?.is_some();
    let password = if is_known && !add.password_stdin {
        None
    } else {
        Some(read_password(add.password_stdin)?)
    };
    let done = engage(&store, email, password.as_deref(), &partner, add.role).await?;
    store.close().await;
    say(&done)
}

/// Lets a person work for a partner, and answers what was done in words.
async fn engage(
    store: &Store,
    email: &str,
    password: Option<&str>,
    partner: &Partner,
    role: Role,
) -> anyhow::Result<String> {
    let hash = password.map(password::hash).transpose()?;
    let mut changes = String::new();
    let user = match (store.user_by_email(email).await?, hash) {
        (Some(user), Some(hash)) => {
            store.set_password(user.id, &hash).await?;
            changes.push_str(", password changed");
            user
        }
        (Some(user), None) => user,
        (None, Some(hash)) => store
            .add_user(email, &hash, clock::now())
            .await?
            .with_context(|| format!("somebody else just added '{email}'"))?,
        (None, None) => bail!("'{email}' is new: expected a password"),
    };
    let memberships = store.memberships(user.id).await?;
    let before = memberships
        .iter()
        .find(|membership| membership.partner_id == partner.id)
        .map(|membership| membership.role);
    store
        .set_role(user.id, partner.id, role, clock::now())
        .await?;
    if let Some(before) = before.filter(|before| *before != role) {
        let (before, role) = (name(before), name(role));
        write!(changes, ", role changed from {before} to {role}")?;
    }
    Ok(format!(
        "{} works for {}{changes}",
        user.email, partner.name
    ))
}

const fn name(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Operator => "operator",
        Role::Owner => "owner",
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, NOW};

    #[tokio::test]
    async fn what_changes_about_a_known_person_is_said_and_done() {
        let (store, _dir) = testing::store().await;
        let acme = store.add_partner("Acme", NOW).await.expect("adds");
        let acme = acme.expect("is new");
        let engage =
            async |password, role| engage(&store, "ann@example.org", password, &acme, role).await;
        assert!(engage(None, Role::Viewer).await.is_err(), "she is new");
        for (password, role, done) in [
            (Some("first one"), Role::Viewer, ""),
            (None, Role::Viewer, ""),
            (None, Role::Owner, ", role changed from viewer to owner"),
            (Some("second one"), Role::Owner, ", password changed"),
        ] {
            let said = engage(password, role).await.expect("is done");
            assert_eq!(said, format!("ann@example.org works for Acme{done}"));
        }
        let ann = store.user_by_email("ann@example.org").await.expect("reads");
        let ann = ann.expect("is there");
        assert!(password::verify("second one", &ann.password_hash));
    }
}
