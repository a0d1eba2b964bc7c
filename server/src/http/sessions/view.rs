//! A display session as it is told.

use gantry_core::board::settings::Mode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    clock,
    http::{
        app::App,
        moment::Rfc3339,
        presence::Present,
        problem::Problem,
        settings::{self, SettingsView},
        sharing::{Colleague, access_text},
    },
    store::{self, DisplaySession, Person},
};

/// An operator's workspace.
#[derive(Serialize, ToSchema)]
pub(super) struct Session {
    #[schema(value_type = String)]
    id: Uuid,
    name: String,
    /// `pre_race` or `results`.
    #[schema(value_type = String)]
    mode: Mode,
    template_id: String,
    /// The timing sessions whose reads it takes.
    #[schema(value_type = Vec<String>)]
    chronotrack_session_ids: Vec<Uuid>,
    event_ids: Vec<String>,
    settings: SettingsView,
    /// How many people its roster has.
    participants: i64,
    /// Whose it is; `null` when it is nobody's in particular, or of somebody who no longer works for the partner.
    owner: Option<Colleague>,
    /// What the asker may do with it: `view`, `edit` or `owner`.
    access: &'static str,
    /// Counts its changes; also its `ETag`.
    revision: i64,
    /// When it was put away.
    archived_at: Option<Rfc3339>,
    created_at: Rfc3339,
    updated_at: Rfc3339,
    /// The others who asked for it within the last 15 seconds.
    present: Vec<Present>,
}

/// Display sessions with what belongs to them, in two further queries however many they are.
pub(super) async fn many(
    app: &App,
    person: Person,
    sessions: Vec<DisplaySession>,
) -> Result<Vec<Session>, Problem> {
    let store = &app.services.store;
    let mut bindings = store.bindings(person, &sessions).await?;
    let colleagues = store.colleagues(person.partner).await?;
    let now = clock::now();
    let mut views = Vec::with_capacity(sessions.len());
    for session in sessions {
        let bound = bindings.remove(&session.id).unwrap_or_default();
        let present = app.presence.others(person, session.id, now);
        let owner = colleagues
            .iter()
            .find(|colleague| Some(colleague.id) == session.owner_id);
        views.push(Session::new(session, bound, owner.cloned(), present)?);
    }
    Ok(views)
}

/// One display session with what belongs to it.
pub(super) async fn one(
    app: &App,
    person: Person,
    session: DisplaySession,
) -> Result<Session, Problem> {
    let views = many(app, person, vec![session]).await?;
    let only = views.into_iter().next();
    only.ok_or_else(|| Problem::internal(&"a display session was lost on the way"))
}

impl Session {
    fn new(
        session: DisplaySession,
        bound: Vec<store::TimingSessionId>,
        owner: Option<store::Colleague>,
        present: Vec<Present>,
    ) -> Result<Self, Problem> {
        Ok(Self {
            settings: settings::current(&session)?.into(),
            archived_at: session.archived_at().map(Rfc3339),
            id: session.id.0,
            name: session.name,
            mode: session.mode.into(),
            template_id: session.template_id,
            chronotrack_session_ids: bound.into_iter().map(|id| id.0).collect(),
            event_ids: Vec::new(),
            participants: session.participants,
            owner: owner.map(Colleague::from),
            access: access_text(session.access),
            revision: session.revision,
            created_at: Rfc3339(session.created_at),
            updated_at: Rfc3339(session.updated_at),
            present,
        })
    }
}
