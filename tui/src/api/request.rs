//! What the console asks of the server, and what comes back, as plain values.

use std::{path::PathBuf, sync::Arc};

use gantry_core::template::Template;
use serde::Serialize;

use crate::api::{
    arrangement::Arrangement,
    feeds::{Feed, Feeds, Terms},
    people::{Colleagues, Shares},
    roster::Imported,
    types::{
        Display, DisplaySession, Displays, Login, Mode, Preview, Selected, Sessions, Templates,
        TimingSessions,
    },
    warnings::Alarms,
};

/// One question.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Logs in.
    LogIn {
        /// Who.
        email: String,
        /// With what.
        password: Password,
    },
    /// Acts for one of several partners from now on.
    SelectPartner {
        /// Which.
        partner_id: String,
    },
    /// Ends the login.
    LogOut,
    /// What is wrong with the server.
    Alarms,
    /// The ChronoTrack sessions.
    TimingSessions,
    /// The newest reads of one of them.
    TimingPreview {
        /// Which.
        id: String,
    },
    /// Makes something else of a timing session.
    Arrange {
        /// Which.
        id: String,
        /// What.
        change: Arrangement,
    },
    /// The templates.
    Templates,
    /// The content of one of them.
    Template {
        /// Which.
        id: String,
        /// The mode in which it is to be shown.
        mode: Mode,
    },
    /// The display sessions, those that are archived too or not.
    Sessions {
        /// Whether those too.
        archived: bool,
    },
    /// One display session; whoever asks counts as being there.
    Session {
        /// Which.
        id: String,
    },
    /// The partner's people.
    Colleagues,
    /// Makes a display session.
    CreateSession(NewSession),
    /// Changes a display session.
    ChangeSession {
        /// Which.
        id: String,
        /// What it is from now on.
        session: NewSession,
        /// What the operator saw of it.
        seen: Seen,
    },
    /// Deletes a display session.
    DeleteSession {
        /// Which.
        id: String,
        /// What the operator saw of it.
        seen: Seen,
    },
    /// Whom a display session was shared with.
    Shares {
        /// Which display session.
        id: String,
    },
    /// Lets a colleague see or edit a display session, or no longer.
    Share {
        /// Which display session.
        id: String,
        /// Whom.
        user_id: String,
        /// How far: `view`, `edit` or not at all.
        access: Option<&'static str>,
        /// What the operator saw of it.
        seen: Seen,
    },
    /// Gives a display session to a colleague.
    HandOver {
        /// Which display session.
        id: String,
        /// To whom.
        user_id: String,
        /// What the operator saw of it.
        seen: Seen,
    },
    /// Makes a copy of a display session.
    Duplicate {
        /// Of which.
        id: String,
        /// What it is called.
        name: String,
    },
    /// Puts a display session away, or takes it back out.
    Archive {
        /// Which.
        id: String,
        /// Whether it is put away.
        away: bool,
        /// What the operator saw of it.
        seen: Seen,
    },
    /// What a CSV file would change in the place of a display session's roster; nothing is changed.
    CheckRoster {
        /// Of which display session.
        session_id: String,
        /// The file on this machine.
        path: PathBuf,
        /// What the operator saw of it.
        seen: Seen,
    },
    /// Puts a roster that was checked in the place of a display session's.
    ImportRoster {
        /// Of which display session.
        session_id: String,
        /// What was checked.
        roster: RosterFile,
        /// What the operator saw of it.
        seen: Seen,
    },
    /// The displays.
    Displays,
    /// Makes a display.
    GenerateUrl {
        /// Of which display session.
        session_id: String,
        /// How long it lives.
        expires_in_hours: u32,
        /// The template of its own; it shows what the session shows without one.
        template: Option<OwnTemplate>,
    },
    /// Ends a display on every screen.
    Revoke {
        /// Which.
        id: String,
    },
    /// The feeds.
    Feeds,
    /// Makes a feed.
    AddFeed(Box<Terms>),
    /// Changes a feed.
    ChangeFeed {
        /// Which.
        id: String,
        /// What it is from now on.
        terms: Box<Terms>,
        /// What the owner saw of it.
        seen: Seen,
    },
    /// Removes a feed.
    RemoveFeed {
        /// Which.
        id: String,
    },
}

/// A template that a display shows whatever its session shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnTemplate {
    /// Which.
    pub id: String,
    /// The revision to stay with; it follows the newest without one.
    pub revision: Option<i64>,
}

/// The revision of a display session or a feed that the operator saw; the server refuses what builds on an older one. None where the server
/// told of no revision.
pub type Seen = Option<u64>;

/// A roster as it was read from its file: what is imported is what was checked, whatever became of the file since.
#[derive(Clone, PartialEq, Eq)]
pub struct RosterFile(pub Arc<[u8]>);

impl std::fmt::Debug for RosterFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RosterFile({} bytes)", self.0.len())
    }
}

/// A password on its way to the server; debug output does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What the operator decides about a display session.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewSession {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub mode: Mode,
    /// The timing sessions whose reads it takes.
    pub chronotrack_session_ids: Vec<String>,
    /// The template by which it is painted; the server chooses when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
}

/// The answer to a [`Request`], variant by variant.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// To [`Request::LogIn`].
    LoggedIn(Login),
    /// To [`Request::SelectPartner`].
    PartnerSelected(Selected),
    /// To [`Request::Alarms`].
    Alarms(Alarms),
    /// To [`Request::TimingSessions`].
    TimingSessions(TimingSessions),
    /// To [`Request::TimingPreview`].
    TimingPreview(Preview),
    /// To [`Request::Templates`].
    Templates(Templates),
    /// To [`Request::Template`].
    Template(Box<Template>),
    /// To [`Request::Sessions`].
    Sessions(Sessions),
    /// To [`Request::Shares`].
    Shares(Shares),
    /// To [`Request::Colleagues`].
    Colleagues(Colleagues),
    /// To requests that make, change or ask for one display session.
    Session(DisplaySession),
    /// To [`Request::CheckRoster`].
    RosterChecked {
        /// What an import would do.
        would: Imported,
        /// What was checked.
        roster: RosterFile,
    },
    /// To [`Request::ImportRoster`].
    RosterImported(Imported),
    /// To [`Request::Displays`].
    Displays(Displays),
    /// To [`Request::GenerateUrl`].
    UrlGenerated(Display),
    /// To [`Request::Feeds`].
    Feeds(Feeds),
    /// To requests that make or change a feed.
    Feed(Box<Feed>),
    /// To requests that only say that it was done.
    Done,
}
