//! Display sessions: operators' workspaces.

use gantry_core::{board::settings::Mode, time::Moment};
use sqlx::{Connection, FromRow};

use super::{
    Display, DisplaySessionId, PartnerId, Result, Store, TimingSessionId,
    db::on,
    session_events::{APPEND, BIND, EventKind, UNBIND},
    sql::Walled,
};

/// An operator's workspace.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct DisplaySession {
    /// Its id; later sessions have greater ids.
    pub id: DisplaySessionId,
    /// What operators call it.
    pub name: String,
    /// What it is for.
    pub mode: SessionMode,
    /// The template its picture is made with.
    pub template_id: String,
    /// How many people its roster has.
    pub participants: i64,
    /// When it was made.
    #[sqlx(try_from = "i64")]
    pub created_at: Moment,
    /// When an operator last changed it.
    #[sqlx(try_from = "i64")]
    pub updated_at: Moment,
}

/// What a display session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum SessionMode {
    /// Who is about to start, or arrives.
    PreRace,
    /// Who finished, and how.
    Results,
}

impl From<Mode> for SessionMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::PreRace => Self::PreRace,
            Mode::Results => Self::Results,
        }
    }
}

impl From<SessionMode> for Mode {
    fn from(mode: SessionMode) -> Self {
        match mode {
            SessionMode::PreRace => Self::PreRace,
            SessionMode::Results => Self::Results,
        }
    }
}

/// A change of a display session; what is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct SessionChange {
    /// The name.
    pub name: Option<String>,
    /// What it is for.
    pub mode: Option<SessionMode>,
    /// The template.
    pub template_id: Option<String>,
    /// The timing sessions that it listens to; those that are not the partner's are left out.
    pub timing_sessions: Option<Vec<TimingSessionId>>,
    /// The body of a settings event.
    pub settings: Option<String>,
}

const ADD: Walled = Walled::new("insert into display_sessions
    (partner_id, id, name, mode, template_id, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $6)");

const CHANGE: Walled = Walled::new("update display_sessions set
    name = coalesce($3, name), mode = coalesce($4, mode), template_id = coalesce($5, template_id), updated_at = $6
    where partner_id = $1 and id = $2 and deleted_at is null
    returning id, name, mode, template_id, participants, created_at, updated_at");

const COUNT_PARTICIPANTS: Walled = Walled::new(
    "update display_sessions set participants = $3, updated_at = $4
    where partner_id = $1 and id = $2 and deleted_at is null",
);

const SESSION: Walled = Walled::new(
    "select id, name, mode, template_id, participants, created_at, updated_at
    from display_sessions where partner_id = $1 and id = $2 and deleted_at is null",
);

const SESSIONS: Walled = Walled::new(
    "select id, name, mode, template_id, participants, created_at, updated_at
    from display_sessions where partner_id = $1 and deleted_at is null order by id desc",
);

const REMOVE: Walled = Walled::new(
    "update display_sessions set deleted_at = $3
    where partner_id = $1 and id = $2 and deleted_at is null",
);

const REVOKE_ALL: Walled = Walled::new(
    "update display_urls set revoked_at = $3
    where partner_id = $1 and display_session_id = $2 and revoked_at is null
    returning id, partner_id, display_session_id, created_at, expires_at, revoked_at",
);

impl Store {
    /// Adds a display session with its bindings and its first settings, or nothing of it.
    pub async fn add_display_session(
        &self,
        partner: PartnerId,
        session: &DisplaySession,
        timing_sessions: &[TimingSessionId],
        settings: &str,
    ) -> Result<()> {
        let at = session.created_at;
        let mut position = self.position.lock().await;
        let next = *position + 1;
        on!(self.db, partner, conn => {
            let mut transaction = conn.begin().await?;
            ADD.query(partner)
                .bind(session.id)
                .bind(&session.name)
                .bind(session.mode)
                .bind(&session.template_id)
                .bind(at.0)
                .execute(&mut *transaction)
                .await?;
            for timing_session in timing_sessions {
                BIND.query(partner)
                    .bind(session.id)
                    .bind(timing_session)
                    .bind(at.0)
                    .execute(&mut *transaction)
                    .await?;
            }
            APPEND.query(partner)
                .bind(session.id)
                .bind(next)
                .bind(EventKind::Settings)
                .bind(at.0)
                .bind(settings)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
        });
        *position = next;
        Ok(())
    }

    /// Changes a display session, or nothing of it, and answers what it is now; `None` when the partner has none of this id.
    pub async fn change_display_session(
        &self,
        partner: PartnerId,
        id: DisplaySessionId,
        change: &SessionChange,
        at: Moment,
    ) -> Result<Option<DisplaySession>> {
        let mut position = self.position.lock().await;
        let next = *position + 1;
        let changed = on!(self.db, partner, conn => {
            let mut transaction = conn.begin().await?;
            let changed: Option<DisplaySession> = CHANGE.query_as(partner)
                .bind(id)
                .bind(change.name.as_deref())
                .bind(change.mode)
                .bind(change.template_id.as_deref())
                .bind(at.0)
                .fetch_optional(&mut *transaction)
                .await?;
            let Some(changed) = changed else {
                return Ok(None);
            };
            if let Some(timing_sessions) = &change.timing_sessions {
                UNBIND.query(partner).bind(id).execute(&mut *transaction).await?;
                for timing_session in timing_sessions {
                    BIND.query(partner)
                        .bind(id)
                        .bind(timing_session)
                        .bind(at.0)
                        .execute(&mut *transaction)
                        .await?;
                }
            }
            if let Some(settings) = change.settings.as_deref() {
                APPEND.query(partner)
                    .bind(id)
                    .bind(next)
                    .bind(EventKind::Settings)
                    .bind(at.0)
                    .bind(settings)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            changed
        });
        if change.settings.is_some() {
            *position = next;
        }
        Ok(Some(changed))
    }

    /// Replaces a display session's roster by that of a roster event; `None` when the partner has none of this id.
    pub async fn replace_roster(
        &self,
        partner: PartnerId,
        id: DisplaySessionId,
        roster: &str,
        participants: usize,
        at: Moment,
    ) -> Result<Option<()>> {
        let mut position = self.position.lock().await;
        let next = *position + 1;
        on!(self.db, partner, conn => {
            let mut transaction = conn.begin().await?;
            let counted = COUNT_PARTICIPANTS.query(partner)
                .bind(id)
                .bind(participants as i64)
                .bind(at.0)
                .execute(&mut *transaction)
                .await?;
            if counted.rows_affected() == 0 {
                return Ok(None);
            }
            APPEND.query(partner)
                .bind(id)
                .bind(next)
                .bind(EventKind::Roster)
                .bind(at.0)
                .bind(roster)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
        });
        *position = next;
        Ok(Some(()))
    }

    /// One of the partner's display sessions.
    pub async fn display_session(
        &self,
        partner: PartnerId,
        id: DisplaySessionId,
    ) -> Result<Option<DisplaySession>> {
        on!(self.db, partner, conn => SESSION.query_as(partner)
            .bind(id)
            .fetch_optional(conn)
            .await)
    }

    /// The partner's display sessions, newest first.
    pub async fn display_sessions(&self, partner: PartnerId) -> Result<Vec<DisplaySession>> {
        on!(self.db, partner, conn => SESSIONS.query_as(partner).fetch_all(conn).await)
    }

    /// Removes a display session and ends its displays, which are answered; `None` when the partner has none of this id.
    pub async fn remove_display_session(
        &self,
        partner: PartnerId,
        id: DisplaySessionId,
        at: Moment,
    ) -> Result<Option<Vec<Display>>> {
        on!(self.db, partner, conn => {
            let mut transaction = conn.begin().await?;
            let removed = REMOVE.query(partner)
                .bind(id)
                .bind(at.0)
                .execute(&mut *transaction)
                .await?;
            if removed.rows_affected() == 0 {
                return Ok(None);
            }
            let displays = REVOKE_ALL.query_as(partner)
                .bind(id)
                .bind(at.0)
                .fetch_all(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(Some(displays))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, NOW, race, workspace};

    #[tokio::test]
    async fn a_change_keeps_what_it_does_not_name() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let partner = origin.partner_id;
        let session = workspace(&store, partner, &[]).await;
        let change = SessionChange {
            mode: Some(SessionMode::PreRace),
            timing_sessions: Some(vec![origin.timing_session_id]),
            settings: Some("{\"a\":1}".to_owned()),
            ..SessionChange::default()
        };
        let changed = store
            .change_display_session(partner, session.id, &change, NOW + 1)
            .await
            .expect("changes");
        let expected = DisplaySession {
            mode: SessionMode::PreRace,
            updated_at: NOW + 1,
            ..session.clone()
        };
        assert_eq!(changed.as_ref(), Some(&expected));
        assert_eq!(
            store.bound(partner, session.id).await.expect("reads"),
            [origin.timing_session_id]
        );
        let settings = store
            .latest_event(partner, session.id, EventKind::Settings)
            .await
            .expect("reads")
            .expect("is there");
        assert_eq!(settings.body, "{\"a\":1}");
        assert_eq!(
            store.display_sessions(partner).await.expect("lists"),
            [expected]
        );
    }

    #[tokio::test]
    async fn another_partner_can_neither_see_nor_touch_it() {
        let (store, _dir) = testing::store().await;
        let partner = race(&store).await.partner_id;
        let session = workspace(&store, partner, &[]).await;
        let other = store
            .add_partner("Other", NOW)
            .await
            .expect("adds")
            .expect("is new")
            .id;
        let (id, change) = (session.id, SessionChange::default());
        assert_eq!(store.display_session(other, id).await.expect("reads"), None);
        assert_eq!(store.display_sessions(other).await.expect("lists"), []);
        let changed = store.change_display_session(other, id, &change, NOW).await;
        assert_eq!(changed.expect("answers"), None);
        let removed = store.remove_display_session(other, id, NOW).await;
        assert!(removed.expect("answers").is_none());
        let display = store.add_display(other, id, "a1b2c3d4", NOW, NOW + 1).await;
        assert!(display.expect("answers").is_none());
    }

    #[tokio::test]
    async fn a_removed_session_takes_its_displays_with_it() {
        let (store, _dir) = testing::store().await;
        let partner = race(&store).await.partner_id;
        let session = workspace(&store, partner, &[]).await;
        store
            .add_display(partner, session.id, "a1b2c3d4", NOW, NOW + 10)
            .await
            .expect("adds")
            .expect("is new");
        let again = store
            .add_display(partner, session.id, "a1b2c3d4", NOW, NOW + 10)
            .await;
        assert!(again.expect("answers").is_none(), "an id is used once");

        let ended = store
            .remove_display_session(partner, session.id, NOW + 1)
            .await
            .expect("removes")
            .expect("was there");
        assert_eq!(ended.len(), 1);
        assert_eq!(ended[0].revoked_at(), Some(NOW + 1));
        let display = store.shared_display("a1b2c3d4").await.expect("reads");
        assert_eq!(
            display.and_then(|display| display.revoked_at()),
            Some(NOW + 1)
        );
        assert_eq!(
            store
                .display_session(partner, session.id)
                .await
                .expect("reads"),
            None
        );
    }
}
