//! Display sessions: operators' workspaces.
//!
//! Whatever a person asks of them keeps to what that person may see and change; see [`super::access`]. [`find`] asks, [`change`]
//! changes, and [`keep`] is what becomes of a whole one.

mod change;
mod find;
mod keep;
#[cfg(test)]
mod tests;

use gantry_core::{board::settings::Mode, time::Moment};
use sqlx::FromRow;

use super::{Access, DisplaySessionId, Result, TimingSessionId, UserId};

pub(super) use change::{TOUCH, changing};
pub use find::Page;
pub(super) use find::SESSION;

/// An operator's workspace, as somebody sees it who may.
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
    /// Whose it is; nobody's in particular when it was made before sessions had owners.
    pub owner_id: Option<UserId>,
    /// What the person who sees it may do with it.
    pub access: Access,
    /// Counts its changes.
    pub revision: i64,
    /// The body of the settings event in force; none before the first.
    pub settings: Option<String>,
    archived_at: Option<i64>,
    /// When it was made.
    #[sqlx(try_from = "i64")]
    pub created_at: Moment,
    /// When an operator last changed it.
    #[sqlx(try_from = "i64")]
    pub updated_at: Moment,
}

impl DisplaySession {
    /// When it was put away.
    pub fn archived_at(&self) -> Option<Moment> {
        self.archived_at.map(Moment)
    }
}

/// A display session on its way into the store. Whoever makes it owns it.
#[derive(Clone, Debug)]
pub struct NewDisplaySession {
    /// Its id.
    pub id: DisplaySessionId,
    /// What operators call it.
    pub name: String,
    /// What it is for.
    pub mode: SessionMode,
    /// The template its picture is made with.
    pub template_id: String,
    /// The timing sessions that it listens to; those that are not the partner's are left out.
    pub timing_sessions: Vec<TimingSessionId>,
    /// The body of its first settings event.
    pub settings: String,
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

/// Why a display session was not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The person is not to know of it, or there is no such session.
    Unseen,
    /// The person may do less with it than this takes.
    NotAllowed,
    /// It is archived, and has to be restored first.
    Archived,
    /// It was changed since; this is what it is now.
    Stale(Box<DisplaySession>),
}

/// What a change of a display session comes to.
pub type Changed<T> = Result<std::result::Result<T, Refusal>>;

/// What a change takes.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// What the person must be allowed to do.
    pub needs: Access,
    /// The revision that the person builds on; any without it.
    pub expected: Option<i64>,
    /// Whether an archived session can be changed so.
    pub archived_too: bool,
}

impl Terms {
    /// Of a change that whoever may edit can make.
    pub const fn edit(expected: Option<i64>) -> Self {
        Self {
            needs: Access::Edit,
            expected,
            archived_too: false,
        }
    }

    /// Of a change that is for owners.
    pub const fn own(expected: Option<i64>) -> Self {
        Self {
            needs: Access::Owner,
            expected,
            archived_too: false,
        }
    }

    /// Of a change that an archived session allows too.
    #[must_use]
    pub const fn also_archived(self) -> Self {
        Self {
            archived_too: true,
            ..self
        }
    }

    /// The session as the person sees it, if the change can be made of it.
    pub fn check(
        &self,
        seen: Option<DisplaySession>,
    ) -> std::result::Result<DisplaySession, Refusal> {
        let session = seen.ok_or(Refusal::Unseen)?;
        if session.access < self.needs {
            Err(Refusal::NotAllowed)
        } else if session.archived_at.is_some() && !self.archived_too {
            Err(Refusal::Archived)
        } else if self
            .expected
            .is_some_and(|expected| expected != session.revision)
        {
            Err(Refusal::Stale(Box::new(session)))
        } else {
            Ok(session)
        }
    }
}
