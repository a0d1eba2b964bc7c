//! What the server answers, as far as the console uses it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::api::warnings::ReaderClock;

/// Anything that the server knows by an id.
pub trait Identified {
    /// The id, unique within its list.
    fn id(&self) -> &str;
}

macro_rules! identified {
    ($($name:ident),*) => {
        $(impl Identified for $name {
            fn id(&self) -> &str {
                &self.id
            }
        })*
    };
}

identified!(
    Partner,
    TimingSession,
    Template,
    DisplaySession,
    Display,
    Colleague
);

/// The answer to a login.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Login {
    /// The bearer token.
    pub token: Token,
    /// The timing partners that the account may act for.
    #[serde(default)]
    pub partners: Vec<Partner>,
    /// The partner that the token is bound to already.
    #[serde(default)]
    pub partner_id: Option<String>,
}

/// The answer to the choice of a partner.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Selected {
    /// The bearer token that acts for the partner.
    pub token: Token,
    /// The partner.
    pub partner_id: String,
}

/// A bearer token. It is held in memory only and never written, not even in debug output.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Token(pub String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A timing partner and what the account may do for it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Partner {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `owner`, `operator` or `viewer`.
    #[serde(default)]
    pub role: String,
}

/// The ChronoTrack sessions.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct TimingSessions {
    /// Newest first.
    pub sessions: Vec<TimingSession>,
    /// Where older ones begin, if there are more.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// A stream of reads from the hardware.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct TimingSession {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The event's name as the hardware tells it.
    #[serde(default)]
    pub event_name: Option<String>,
    /// How alive it is.
    #[serde(default)]
    pub status: TimingStatus,
    /// The mats that it has heard of.
    #[serde(default)]
    pub locations: Vec<Location>,
    /// How many reads are stored.
    #[serde(default)]
    pub reads: u64,
    /// When the last read came.
    #[serde(default)]
    pub last_read_at: Option<Timestamp>,
    /// How many readers are connected now.
    #[serde(default)]
    pub connections: u32,
    /// Whether its reads are kept for good.
    #[serde(default)]
    pub pinned: bool,
}

/// How alive a timing session is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimingStatus {
    /// Hardware is connected.
    Live,
    /// No hardware is connected, but it may come back.
    Idle,
    /// It is over.
    Closed,
    /// A status that this console does not know.
    #[default]
    #[serde(other)]
    Unknown,
}

/// A mat.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Location {
    /// As the hardware names it.
    pub name: String,
}

/// The newest reads of a timing session.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Preview {
    /// Newest first.
    #[serde(default)]
    pub reads: Vec<Read>,
    /// How many reads each mat has.
    #[serde(default)]
    pub by_location: Vec<LocationCount>,
    /// Reads in the last minute.
    #[serde(default)]
    pub reads_per_minute: f64,
    /// The clocks of the readers that send them.
    #[serde(default)]
    pub readers: Vec<ReaderClock>,
    /// What may be wrong with their days.
    #[serde(default)]
    pub suggestions: Vec<String>,
    /// The feeds by which the hardware that sends them is known.
    #[serde(default)]
    pub feeds: Vec<String>,
}

/// One read.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Read {
    /// `chip` or `gun`.
    #[serde(default)]
    pub kind: String,
    /// The mat.
    #[serde(default)]
    pub location: String,
    /// The tag's text; for ChronoTrack this is the bib.
    #[serde(default)]
    pub tag: String,
    /// When the tag was seen.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// Passes of the tag at the mat so far.
    #[serde(default)]
    pub lap: Option<u32>,
}

/// How many reads a mat has.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct LocationCount {
    /// The mat.
    pub location: String,
    /// Its reads.
    #[serde(default)]
    pub reads: u64,
}

/// The templates that a display session may use.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Templates {
    /// In the server's order.
    pub templates: Vec<Template>,
}

/// A template, without its content.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Template {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// One sentence on what it is for.
    #[serde(default)]
    pub description: String,
    /// The modes that it makes sense in.
    #[serde(default)]
    pub modes: Vec<Mode>,
    /// The newest revision; none of one that is part of the server.
    #[serde(default)]
    pub revision: Option<i64>,
}

/// What a display session shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Entries from the roster, for a start line or an arrival mat.
    PreRace,
    /// Times and places.
    #[default]
    #[serde(other)]
    Results,
}

/// The display sessions.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Sessions {
    /// Newest first.
    pub sessions: Vec<DisplaySession>,
    /// Where older ones begin, if there are more.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// A workspace that binds timing sessions, a roster, a mode and a template.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct DisplaySession {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// What it shows.
    #[serde(default)]
    pub mode: Mode,
    /// The timing sessions whose reads it takes.
    #[serde(default)]
    pub chronotrack_session_ids: Vec<String>,
    /// The template by which it is painted.
    #[serde(default)]
    pub template_id: Option<String>,
    /// How many participants its roster has, when the server says so.
    #[serde(default)]
    pub participants: Option<u64>,
    /// When it was made.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// Whose it is; nobody's in particular without it.
    #[serde(default)]
    pub owner: Option<Colleague>,
    /// What may be done with it.
    #[serde(default)]
    pub access: Access,
    /// Counts its changes; a change names the one that it builds on.
    #[serde(default)]
    pub revision: Option<u64>,
    /// When it was put away.
    #[serde(default)]
    pub archived_at: Option<Timestamp>,
    /// The others who look at it now.
    #[serde(default)]
    pub present: Vec<Present>,
}

/// What may be done with a display session, least first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// It may be looked at.
    View,
    /// It and its displays may be changed.
    Edit,
    /// It may also be shared, handed over, archived and deleted.
    #[default]
    #[serde(other)]
    Owner,
}

/// Somebody who works for the partner.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Colleague {
    /// Its id.
    pub id: String,
    /// The address.
    pub email: String,
    /// `owner`, `operator` or `viewer` of the partner.
    #[serde(default)]
    pub role: String,
}

/// Somebody who looks at a display session.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Present {
    /// Who.
    pub email: String,
}

impl DisplaySession {
    /// What `other`, a newer state, has different, in words; empty when nothing that is shown.
    pub fn changed_in(&self, other: &Self) -> Vec<&'static str> {
        let parts = [
            ("name", self.name != other.name),
            ("mode", self.mode != other.mode),
            ("template", self.template_id != other.template_id),
            (
                "timing",
                self.chronotrack_session_ids != other.chronotrack_session_ids,
            ),
            ("roster", self.participants != other.participants),
            ("owner", self.owner != other.owner),
            ("archive", self.archived_at != other.archived_at),
        ];
        let changed = parts.into_iter().filter(|(_, differs)| *differs);
        changed.map(|(part, _)| part).collect()
    }

    /// The name, or the id of one that has none.
    pub fn title(&self) -> &str {
        self.name
            .as_deref()
            .filter(|name| !name.is_empty())
            .unwrap_or(&self.id)
    }
}

/// The displays.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Displays {
    /// Newest first.
    pub displays: Vec<Display>,
}

/// One shareable URL.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Display {
    /// Its eight characters.
    pub id: String,
    /// The whole URL.
    pub url: String,
    /// The display session that it shows; absent in the answer to its making.
    #[serde(default)]
    pub session_id: Option<String>,
    /// When it ends by itself.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(default)]
    pub revoked_at: Option<Timestamp>,
    /// How many screens show it now, when the server says so.
    #[serde(default)]
    pub screens: Option<u64>,
}

impl Display {
    /// Whether screens may show it at `now`.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}
