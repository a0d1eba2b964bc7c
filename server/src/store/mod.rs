//! Everything that survives a restart.
//!
//! SQL text is written once, as constants with `$1` placeholders that SQLite and PostgreSQL both accept; only the
//! migrations differ. Ids and times come from Rust. Every query that touches a partner's rows takes a [`PartnerId`], which
//! comes from whoever was authenticated and never from what was asked. What is not there is `Ok(None)`, not an error.
//!
//! To add a query: a `const` SQL text, a row struct, a method on [`Store`] in the file of its subject.

mod access;
mod append;
pub mod audit;
mod closing;
mod copy;
mod corrections;
mod database;
mod db;
mod display_sessions;
mod displays;
mod failure;
mod feeds;
mod fence;
mod gate;
mod ids;
mod invitations;
mod kept;
mod memberships;
#[cfg(any(test, feature = "one-fence"))]
mod one_fence;
mod ownership;
mod part_figures;
mod partners;
mod parts;
mod peers;
mod quarantine;
mod reads;
mod rearrange;
mod repeats;
mod resets;
mod retention;
mod session_events;
mod session_reads;
mod session_templates;
mod shares;
mod sources;
mod spool;
mod sql;
mod standing;
mod streams;
mod templates;
#[cfg(test)]
pub(crate) mod testing;
mod timing_sessions;
mod tokens;
mod users;

pub use access::{Access, Person};
pub use copy::copy;
pub use corrections::{Dated, SetCorrection};
pub use database::Database;
pub use db::Store;
pub use display_sessions::{
    Changed, DisplaySession, NewDisplaySession, Page, Refusal, SessionChange, SessionMode, Terms,
};
pub use displays::{Crowded, Display, DisplayChange, MOST_TEMPLATES, Roomy, Wish};
pub use failure::{is_about_data, is_away, plain_words};
pub use feeds::{Feed, FeedLogin, FeedRefusal, FeedTerms};
pub use ids::{
    DisplaySessionId, FeedId, InvitationId, LineId, PartId, PartnerId, StreamId, TemplateId,
    TimingSessionId, TokenId, UserId,
};
pub use invitations::{Invitation, Joining, NewInvitation};
pub use kept::KeptRead;
pub use memberships::{Member, Membership, Role, RoleChange};
pub use ownership::Ownership;
pub use partners::{Partner, Possessions};
pub use parts::Part;
pub use quarantine::{HandOver, HandedOver, KnownBy, NAMELESS, Ordered, UNNAMED_EVENT};
pub use reads::{NewLine, NewRead, Origin, StoredRead};
pub use rearrange::Split;
pub use retention::Retention;
pub use session_events::{EventKind, StoredEvent};
pub use session_templates::{Own, SessionTemplate};
pub use shares::{Colleague, Share};
pub use sources::{Arrival, Dating, Opened, Source};
pub use spool::{Backlog, Group, Left, Spool};
pub use standing::Standing;
pub use streams::{PAUSE_MS, Stream};
pub use templates::{
    NewRevision, Removal, Revision, Saving, StoredTemplate, TemplateBody, TemplateContent,
};
pub use timing_sessions::{LocationFigures, TimingSession, Totals};
pub use tokens::{Bearer, MOST_TOKENS, NewToken, Proof, Token, TokenHash};
pub use users::{Listed, User};

/// What a query answers. A database that fails is nobody's to handle but to report, so its error is passed on as it is.
pub type Result<T> = std::result::Result<T, sqlx::Error>;
