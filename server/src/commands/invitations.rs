//! `gantry-server user invite`, `user invitations` and `user withdraw`

use anyhow::Context;
use serde_json::json;

use super::{
    audit::note,
    open_store,
    partners::{named, named_or_all},
    people::address,
    say,
};
use crate::{
    auth::code::{Code, INVITATION_HOURS},
    clock,
    config::manage::{Engagement, Job, OfPartner},
    store::{
        NewInvitation,
        audit::{Action, SHELL},
    },
};

const HOUR_MS: i64 = 3_600_000;

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
    let (action, detail) = (
        Action::InvitationMade,
        json!({"role": engagement.role.name()}),
    );
    note(&store, Some(partner.id), action, email.as_str(), detail).await?;
    store.close().await;
    say(&code.told())
}

/// Lists the invitations that nobody has accepted, newest first.
pub(super) async fn list(of: &OfPartner) -> anyhow::Result<()> {
    let store = open_store(&of.config).await?;
    let mut lines = Vec::new();
    for partner in named_or_all(&store, of.partner.as_deref()).await? {
        for one in store.invitations(partner.id, clock::now()).await? {
            lines.push(format!(
                "{}  {}  {}  invited by {}, until {}",
                one.email,
                one.role.name(),
                partner.name,
                one.invited_by,
                one.expires_at.to_rfc3339()
            ));
        }
    }
    store.close().await;
    lines.iter().try_for_each(|line| say(line))
}

/// Withdraws what a person is invited to.
pub(super) async fn withdraw(job: &Job) -> anyhow::Result<()> {
    let email = address(&job.email)?;
    let store = open_store(&job.config).await?;
    let partner = named(&store, &job.partner).await?;
    let invitations = store.invitations(partner.id, clock::now()).await?;
    let invitation = invitations
        .into_iter()
        .find(|invitation| invitation.email == email.as_str());
    let withdrawn = match invitation {
        Some(invitation) => store.withdraw(partner.id, invitation.id).await?,
        None => None,
    };
    let withdrawn = withdrawn.with_context(|| {
        format!(
            "'{email}' is not invited to {}: see `gantry-server user invitations`",
            partner.name
        )
    })?;
    let (action, detail) = (
        Action::InvitationWithdrawn,
        json!({"role": withdrawn.role.name()}),
    );
    note(&store, Some(partner.id), action, email.as_str(), detail).await?;
    store.close().await;
    say(&format!("{email} is invited to {} no longer", partner.name))
}
