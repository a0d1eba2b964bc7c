//! `gantry-server user`
//!
//! Whoever may use the server's shell may do anything with people; that they did is in the audit log nevertheless.

use std::{fmt::Write, io};

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

use super::{open_store, partners::named, say};
use crate::{
    auth::{
        code::{Code, INVITATION_HOURS, RESET_LIFE_MS},
        email::Email,
        password::{self, NewPassword},
    },
    clock,
    config::{
        Config,
        cli::{AddUser, Engagement},
    },
    store::{
        Listed, NewInvitation, Partner, PartnerId, Role, Store, User,
        audit::{Action, Entry, SHELL},
    },
};

const HOUR_MS: i64 = 3_600_000;

/// Adds a person, or lets a known one work for this partner as well or in another role. A known person is not asked for a
/// password, but one that is given takes the old one's place.
pub(super) async fn add(add: &AddUser) -> anyhow::Result<()> {
    let email = address(&add.email)?;
    let store = open_store(&add.config).await?;
    let job = match (&add.partner, add.role) {
        (Some(partner), Some(role)) => Some((named(&store, partner).await?, role)),
        _ => None,
    };
    let is_known = store.user_by_email(email.as_str()).await?.is_some();
    let password = if is_known && !add.password_stdin {
        None
    } else {
        Some(read_password(add.password_stdin)?)
    };
    let (user, mut done) = identify(&store, &email, password).await?;
    if let Some((partner, role)) = job {
        engage(&store, &user, &partner, role, &mut done).await?;
    }
    if add.administrator {
        store.set_administrator(user.id, clock::now()).await?;
        note(
            &store,
            None,
            Action::AdministratorMade,
            &user.email,
            json!({}),
        )
        .await?;
        done.push(" administers the server".to_owned());
    }
    store.close().await;
    say(&format!("{email}{}", done.join(",")))
}

/// Lists people, each once for every partner that they work for.
pub(super) async fn list(config: &Config, partner: Option<&str>) -> anyhow::Result<()> {
    let store = open_store(config).await?;
    let partner = match partner {
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
pub(super) async fn remove(config: &Config, email: &str, partner: &str) -> anyhow::Result<()> {
    let store = open_store(config).await?;
    let partner = named(&store, partner).await?;
    let user = known(&store, email).await?;
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

/// Prints a code for a new password.
pub(super) async fn reset(config: &Config, email: &str) -> anyhow::Result<()> {
    let store = open_store(config).await?;
    let user = known(&store, email).await?;
    let (code, now) = (Code::random()?, clock::now());
    store
        .issue_reset(user.id, &code.hash(), None, now, now + RESET_LIFE_MS)
        .await?;
    note(
        &store,
        None,
        Action::PasswordResetIssued,
        &user.email,
        json!({}),
    )
    .await?;
    store.close().await;
    say(&code.told())
}

/// Prints a code by which a person joins a partner.
pub(super) async fn invite(engagement: &Engagement) -> anyhow::Result<()> {
    let email = address(&engagement.email)?;
    let store = open_store(&engagement.config).await?;
    let partner = named(&store, &engagement.partner).await?;
    let (code, now) = (Code::random()?, clock::now());
    let new = NewInvitation {
        email: email.as_str(),
        role: engagement.role,
        code_hash: &code.hash(),
        invited_by: SHELL,
        expires_at: now + INVITATION_HOURS * HOUR_MS,
    };
    store.invite(partner.id, new, now).await?;
    let detail = json!({"role": engagement.role.name()});
    note(
        &store,
        Some(partner.id),
        Action::InvitationMade,
        email.as_str(),
        detail,
    )
    .await?;
    store.close().await;
    say(&code.told())
}

/// Adds to the audit log what was done from the shell.
pub(super) async fn note(
    store: &Store,
    partner: Option<PartnerId>,
    action: Action,
    subject: &str,
    detail: Value,
) -> anyhow::Result<()> {
    let entry = Entry {
        at: clock::now(),
        partner,
        user: None,
        who: SHELL.to_owned(),
        action,
        subject: subject.to_owned(),
        address: String::new(),
        detail,
    };
    Ok(store.record(&entry).await?)
}

/// The person of this address, made when new, and what was done about them in words.
async fn identify(
    store: &Store,
    email: &Email,
    password: Option<NewPassword>,
) -> anyhow::Result<(User, Vec<String>)> {
    let email = email.as_str();
    let hash = password
        .map(|password| password::hash(password.0.as_str()))
        .transpose()?;
    match (store.user_by_email(email).await?, hash) {
        (Some(user), Some(hash)) => {
            store.set_password(user.id, &hash, None).await?;
            note(store, None, Action::PasswordChanged, email, json!({})).await?;
            Ok((user, vec![" has another password".to_owned()]))
        }
        (Some(user), None) => Ok((user, Vec::new())),
        (None, Some(hash)) => {
            let added = store.add_user(email, &hash, clock::now()).await?;
            let user = added.with_context(|| format!("somebody else just added '{email}'"))?;
            Ok((user, Vec::new()))
        }
        (None, None) => bail!("'{email}' is new: expected a password"),
    }
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

async fn known(store: &Store, email: &str) -> anyhow::Result<User> {
    let email = address(email)?;
    let user = store.user_by_email(email.as_str()).await?;
    user.with_context(|| format!("'{email}' is unknown: see `gantry-server user list`"))
}

fn address(email: &str) -> anyhow::Result<Email> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, NOW};

    #[tokio::test]
    async fn what_changes_about_a_known_person_is_said_done_and_noted() {
        let (store, _dir) = testing::store().await;
        let acme = store.add_partner("Acme", NOW).await.expect("adds");
        let acme = acme.expect("is new");
        let email = Email::try_from("ann@example.org").expect("an address");
        let employ = async |password: Option<&str>, role| {
            let password = password.map(|text| NewPassword::try_from(text.to_owned()));
            let password = password.transpose().expect("long enough");
            let (user, mut done) = identify(&store, &email, password).await?;
            engage(&store, &user, &acme, role, &mut done).await?;
            anyhow::Ok(done.join(","))
        };
        assert!(employ(None, Role::Viewer).await.is_err(), "she is new");
        for (password, role, done) in [
            (Some("first one"), Role::Viewer, " works for Acme as viewer"),
            (None, Role::Viewer, " works for Acme as viewer"),
            (
                None,
                Role::Owner,
                " works for Acme as owner, no longer as viewer",
            ),
            (
                Some("second one"),
                Role::Owner,
                " has another password, works for Acme as owner",
            ),
        ] {
            let said = employ(password, role).await.expect("is done");
            assert_eq!(said, done);
        }
        let ann = store.user_by_email("ann@example.org").await.expect("reads");
        let ann = ann.expect("is there");
        assert!(password::verify("second one", &ann.password_hash));
        let noted = store.recorded(acme.id, None, 9).await.expect("reads");
        let noted: Vec<_> = noted.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(noted, ["role_changed", "person_added"]);
    }
}
