//! `gantry-server user`: who works for whom.
//!
//! Whoever may use the server's shell may do anything with people; that they did is in the audit log nevertheless.

use std::{fmt::Write, io};

use anyhow::{Context, bail, ensure};
use serde_json::json;

use super::{audit::note, open_store, partners::named, say};
use crate::{
    auth::{
        email::Email,
        password::{self, NewPassword},
    },
    clock,
    config::{
        Config,
        manage::{AddUser, Engagement, Job, OfPartner},
    },
    store::{Listed, Partner, Role, Store, User, audit::Action},
};

/// Adds a person; or lets one who has an account, which has to be said, work for this partner as well. The account keeps its
/// password: whoever adds a colleague of another company must not be able to take their place there.
pub(super) async fn add(add: &AddUser) -> anyhow::Result<()> {
    let email = address(&add.email)?;
    let store = open_store(&add.config).await?;
    let job = match (&add.partner, add.role) {
        (Some(partner), Some(role)) => Some((named(&store, partner).await?, role)),
        _ => None,
    };
    let known = store.user_by_email(email.as_str()).await?;
    let user = match (known, add.known) {
        (Some(user), true) => user,
        (None, false) => {
            let password = read_password(add.password_stdin)?;
            make(&store, &email, &password).await?
        }
        (Some(_), false) => bail!(
            "'{email}' has an account: expected --known and no password, or `gantry-server user role` for another role"
        ),
        (None, true) => bail!("'{email}' has no account: expected no --known"),
    };
    let mut done = Vec::new();
    if let Some((partner, role)) = job {
        let before = self::role(&store, &user, &partner).await?;
        ensure!(
            before.is_none(),
            "{email} works for {} already: see `gantry-server user role`",
            partner.name
        );
        engage(&store, &user, &partner, role, &mut done).await?;
    }
    if add.administrator {
        store.set_administrator(user.id, clock::now()).await?;
        note_administrator(&store, &user, true).await?;
        done.push(" administers the server".to_owned());
    }
    store.close().await;
    say(&format!("{email}{}", done.join(",")))
}

/// Lets a person administer the server, or no longer.
pub(super) async fn set_administrator(
    config: &Config,
    email: &str,
    administers: bool,
) -> anyhow::Result<()> {
    let store = open_store(config).await?;
    let user = known(&store, email).await?;
    let said = if administers {
        store.set_administrator(user.id, clock::now()).await?;
        "administers the server"
    } else {
        ensure!(
            store.unset_administrator(user.id).await?,
            "{} does not administer the server",
            user.email
        );
        "administers the server no longer"
    };
    note_administrator(&store, &user, administers).await?;
    store.close().await;
    say(&format!("{} {said}", user.email))
}

async fn note_administrator(store: &Store, user: &User, administers: bool) -> anyhow::Result<()> {
    let action = if administers {
        Action::AdministratorMade
    } else {
        Action::AdministratorUnmade
    };
    note(store, None, action, &user.email, json!({})).await
}

/// Lists people, each once for every partner that they work for.
pub(super) async fn list(of: &OfPartner) -> anyhow::Result<()> {
    let store = open_store(&of.config).await?;
    let partner = match &of.partner {
        Some(name) => Some(named(&store, name).await?.id),
        None => None,
    };
    let everybody = store.everybody().await?;
    store.close().await;
    everybody
        .iter()
        .filter(|listed| partner.is_none() || listed.partner_id == partner)
        .try_for_each(|listed| say(&line(listed)))
}

fn line(listed: &Listed) -> String {
    let mut line = listed.email.clone();
    if let (Some(partner), Some(role)) = (&listed.partner_name, listed.role) {
        let _ = write!(line, "  {}  {partner}", role.name());
    }
    if listed.administrator_at.is_some() {
        line.push_str("  administrator");
    }
    line
}

/// Changes what a person may do for a partner, also if it is the last owner: the shell can make another.
pub(super) async fn change_role(engagement: &Engagement) -> anyhow::Result<()> {
    let store = open_store(&engagement.config).await?;
    let partner = named(&store, &engagement.partner).await?;
    let user = known(&store, &engagement.email).await?;
    ensure!(
        role(&store, &user, &partner).await?.is_some(),
        "{} does not work for {}: see `gantry-server user add`",
        user.email,
        partner.name
    );
    let mut done = Vec::new();
    engage(&store, &user, &partner, engagement.role, &mut done).await?;
    store.close().await;
    say(&format!("{}{}", user.email, done.join(",")))
}

/// Ends what a person does for a partner.
pub(super) async fn remove(job: &Job) -> anyhow::Result<()> {
    let store = open_store(&job.config).await?;
    let partner = named(&store, &job.partner).await?;
    let user = known(&store, &job.email).await?;
    let before = role(&store, &user, &partner)
        .await?
        .with_context(|| format!("{} does not work for {}", user.email, partner.name))?;
    store.remove_role(user.id, partner.id).await?;
    let detail = json!({"role": before.name()});
    note(
        &store,
        Some(partner.id),
        Action::PersonRemoved,
        &user.email,
        detail,
    )
    .await?;
    store.close().await;
    say(&format!(
        "{} works for {} no longer",
        user.email, partner.name
    ))
}

/// A person of this address, who is new.
async fn make(store: &Store, email: &Email, password: &NewPassword) -> anyhow::Result<User> {
    let hash = password::hash(password.0.as_str())?;
    let added = store.add_user(email.as_str(), &hash, clock::now()).await?;
    added.with_context(|| format!("somebody else just added '{email}'"))
}

/// Lets a person work for a partner in a role, and adds in words what was done.
async fn engage(
    store: &Store,
    user: &User,
    partner: &Partner,
    new: Role,
    done: &mut Vec<String>,
) -> anyhow::Result<()> {
    let before = role(store, user, partner).await?;
    store
        .set_role(user.id, partner.id, new, clock::now())
        .await?;
    let mut words = format!(" works for {} as {}", partner.name, new.name());
    match before {
        None => {
            let detail = json!({"role": new.name()});
            note(
                store,
                Some(partner.id),
                Action::PersonAdded,
                &user.email,
                detail,
            )
            .await?;
        }
        Some(before) if before != new => {
            let detail = json!({"from": before.name(), "to": new.name()});
            note(
                store,
                Some(partner.id),
                Action::RoleChanged,
                &user.email,
                detail,
            )
            .await?;
            write!(words, ", no longer as {}", before.name())?;
        }
        Some(_) => {}
    }
    done.push(words);
    Ok(())
}

async fn role(store: &Store, user: &User, partner: &Partner) -> anyhow::Result<Option<Role>> {
    let memberships = store.memberships(user.id).await?;
    let here = memberships
        .iter()
        .find(|membership| membership.partner_id == partner.id);
    Ok(here.map(|membership| membership.role))
}

/// The person of this address.
pub(super) async fn known(store: &Store, email: &str) -> anyhow::Result<User> {
    let email = address(email)?;
    let user = store.user_by_email(email.as_str()).await?;
    user.with_context(|| format!("'{email}' is unknown: see `gantry-server user list`"))
}

/// The address that was typed.
pub(super) fn address(email: &str) -> anyhow::Result<Email> {
    Email::try_from(email)
        .map_err(|reason| anyhow::anyhow!("'{email}' is no e-mail address: {reason}"))
}

fn read_password(from_stdin: bool) -> anyhow::Result<NewPassword> {
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
    NewPassword::try_from(password).context("the password cannot be used")
}
