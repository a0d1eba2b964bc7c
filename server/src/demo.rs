//! A whole race with no hardware: a timing company, an operator, a roster, displays, and simulated timing software that comes
//! in through the real port.

use anyhow::{Context, bail};
use gantry_core::{
    board::{
        event::SessionEvent,
        settings::{Mode, Settings},
    },
    demo::EVENT_NAME,
    roster::Roster,
    time::Moment,
};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    task::spawn_blocking,
};

use crate::{
    auth::password,
    clock,
    collector::news::News,
    display::id::DisplayId,
    services::Services,
    store::{
        DisplaySessionId, NewDisplaySession, Partner, Person, Role, Store, TimingSessionId, UserId,
    },
};

/// Who logs in to the demo.
pub const EMAIL: &str = "demo@example.org";

/// The display that people look at first.
pub const FINISH_LINE: &str = "Finish line";

/// How long the demo's displays live, in milliseconds: a week of exhibition.
const DISPLAY_LIFE_MS: i64 = 7 * 24 * 3_600_000;

/// The displays: what people call them, what they are for, and their template.
const DISPLAYS: [(&str, Mode, &str); 3] = [
    ("Announcer", Mode::PreRace, "announcer"),
    (FINISH_LINE, Mode::Results, "finish-line"),
    ("Big clock", Mode::Results, "big-clock"),
];

/// The timing company that a demo is about, and its operator.
pub struct Company {
    /// The company.
    pub partner: Partner,
    /// Its operator.
    pub operator: Person,
    /// The operator's password, made for this run.
    pub password: String,
}

/// A display of the demo.
pub struct DemoDisplay {
    /// What people call it.
    pub name: &'static str,
    /// Its eight characters.
    pub id: DisplayId,
}

/// Makes a timing company with an operator.
///
/// Each run of a demo has a company of its own: the same seed sends the same reads, which a company that had them before would
/// take for repeats.
pub async fn found(store: &Store) -> anyhow::Result<Company> {
    let now = clock::now();
    let partner = add_partner(store, now).await?;
    let password = format!(
        "{}-{}",
        DisplayId::random()?.as_str(),
        DisplayId::random()?.as_str()
    );
    let text = password.clone();
    let hash = spawn_blocking(move || password::hash(&text)).await?;
    let hash = hash.map_err(|reason| anyhow::anyhow!("cannot hash the password: {reason}"))?;
    let user = operator(store, &hash, now).await?;
    store.set_role(user, partner.id, Role::Owner, now).await?;
    let operator = Person {
        partner: partner.id,
        user,
    };
    Ok(Company {
        partner,
        operator,
        password,
    })
}

/// Sets the displays up as soon as the first of `reads` is stored, and answers them.
pub async fn set_up(
    services: &Services,
    person: Person,
    roster: Roster,
    reads: Receiver<News>,
) -> anyhow::Result<Vec<DemoDisplay>> {
    let timing_session = first_session(reads).await?;
    let participants = roster.participants().len();
    let roster = serde_json::to_string(&SessionEvent::RosterV1 {
        roster: roster.into(),
    })?;
    let mut displays = Vec::with_capacity(DISPLAYS.len());
    for (name, mode, template) in DISPLAYS {
        let settings = serde_json::to_string(&SessionEvent::SettingsV1 {
            settings: Settings {
                mode,
                event_name: EVENT_NAME.to_owned(),
                midnight: clock::midnight(&services.config.zone(), None),
                ..Settings::default()
            },
        })?;
        let session = NewDisplaySession {
            id: DisplaySessionId::new(),
            name: name.to_owned(),
            mode: mode.into(),
            template_id: template.to_owned(),
            timing_sessions: vec![timing_session],
            settings,
        };
        let store = &services.store;
        let now = clock::now();
        store.add_display_session(person, &session, now).await?;
        let shown = store
            .replace_roster(person, session.id, None, &roster, participants, now)
            .await?;
        shown.map_err(|refusal| anyhow::anyhow!("cannot set the roster: {refusal:?}"))?;
        let id = add_display(store, person, session.id).await?;
        displays.push(DemoDisplay { name, id });
    }
    Ok(displays)
}

/// A company under the first name that is free.
async fn add_partner(store: &Store, now: Moment) -> anyhow::Result<Partner> {
    for run in 1..10_000 {
        let name = match run {
            1 => "Demo Timing".to_owned(),
            run => format!("Demo Timing {run}"),
        };
        if let Some(partner) = store.add_partner(&name, now).await? {
            return Ok(partner);
        }
    }
    bail!("the data directory holds 10,000 demos; choose another")
}

/// The demo's operator with a new password, who works for no company of an earlier run any more.
async fn operator(store: &Store, hash: &str, now: Moment) -> anyhow::Result<UserId> {
    if let Some(user) = store.user_by_email(EMAIL).await? {
        for earlier in store.memberships(user.id).await? {
            store.remove_role(user.id, earlier.partner_id).await?;
        }
    }
    // With the last of these jobs the account was closed, so it is there to be taken.
    let user = store.add_user(EMAIL, hash, now).await?;
    let user = user.with_context(|| format!("{EMAIL} administers the server: expected nobody"))?;
    Ok(user.id)
}

/// The timing session of the first reads that are stored.
async fn first_session(mut reads: Receiver<News>) -> anyhow::Result<TimingSessionId> {
    loop {
        match reads.recv().await {
            Ok(News::Committed(batch)) => return Ok(batch.reads[0].timing_session_id),
            Ok(News::Missed | News::Rearranged(_)) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => bail!("the collector stopped"),
        }
    }
}

async fn add_display(
    store: &Store,
    person: Person,
    session: DisplaySessionId,
) -> anyhow::Result<DisplayId> {
    let (id, now) = (DisplayId::random()?, clock::now());
    store
        .add_display(person, session, id.as_str(), now, now + DISPLAY_LIFE_MS)
        .await?
        .context("cannot make a display")?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        collector::news::CommittedBatch,
        config::Config,
        store::testing::{self, NOW, read},
    };

    #[tokio::test]
    async fn a_second_run_in_the_same_directory_has_a_company_of_its_own() {
        let (store, _dir) = testing::store().await;
        let first = found(&store).await.expect("founds");
        let second = found(&store).await.expect("founds again");
        assert_ne!(first.partner.id, second.partner.id);
        let user = store
            .user_by_email(EMAIL)
            .await
            .expect("reads")
            .expect("is there");
        assert!(password::verify(&second.password, &user.password_hash));
        let works_for: Vec<_> = store
            .memberships(user.id)
            .await
            .expect("reads")
            .into_iter()
            .map(|member| member.partner_id)
            .collect();
        assert_eq!(works_for, [second.partner.id]);
    }

    #[tokio::test]
    async fn the_first_reads_set_every_display_up() {
        let (store, _dir) = testing::store().await;
        let origin = testing::race(&store).await;
        let services = Services::new(Config::for_tests(), store.clone());
        let reads = services.published.subscribe();
        let stored = store.append(&[read(origin, 1, "7")], &[]).await;
        let batch = CommittedBatch {
            reads: stored.expect("stores"),
        };
        services
            .published
            .send(News::Committed(Arc::new(batch)))
            .expect("is subscribed to");
        let ann =
            testing::somebody(&store, origin.partner_id, "ann@example.org", Role::Owner).await;
        let displays = set_up(&services, ann, Roster::default(), reads)
            .await
            .expect("sets up");
        assert_eq!(displays.len(), DISPLAYS.len());
        for display in displays {
            let stored = store.display(ann, display.id.as_str()).await;
            let stored = stored.expect("reads").expect("is there");
            assert!(stored.expires_at > NOW);
            let bound = store.bound(ann.partner, stored.display_session_id).await;
            assert_eq!(bound.expect("reads"), [origin.timing_session_id]);
        }
    }
}
