//! Who may do what with a display session.
//!
//! The rule is one piece of SQL that every text by which a person asks contains, so no question can leave it out:
//! [`super::sql::Personal`] takes no text without it. A partner's owners own every display session of theirs, so that none is lost
//! because somebody is ill. Everybody else sees what is their own, what was shared with them, and what belongs to nobody in
//! particular. Viewers look at that and change nothing.

use super::{PartnerId, UserId};

/// A person at work for a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// The partner.
    pub partner: PartnerId,
    /// The person.
    pub user: UserId,
}

/// What a person may do with a display session, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Access {
    /// Look at it.
    View,
    /// Change it and its displays.
    Edit,
    /// Also share it, hand it over, archive and delete it.
    Owner,
}

/// What person `$2` of partner `$1` may do with a row of `display_sessions`: an [`Access`], or null when the person is not to know
/// of it.
macro_rules! access {
    () => {
        "(select case
            when m.role = 'owner' then 'owner'
            when m.role = 'viewer' then case
                when display_sessions.owner_id is null or display_sessions.owner_id = m.user_id or s.access is not null
                then 'view' end
            when display_sessions.owner_id is null or display_sessions.owner_id = m.user_id then 'owner'
            else s.access end
        from memberships m left join display_session_shares s
            on s.display_session_id = display_sessions.id and s.partner_id = m.partner_id and s.user_id = m.user_id
        where m.partner_id = $1 and m.user_id = $2 and m.partner_id = display_sessions.partner_id)"
    };
}

/// True of the display sessions that person `$2` of partner `$1` may look at.
macro_rules! seen {
    () => {
        concat!($crate::store::access::access!(), " is not null")
    };
}

/// True of the display sessions that person `$2` of partner `$1` may change.
macro_rules! editable {
    () => {
        concat!($crate::store::access::access!(), " in ('owner', 'edit')")
    };
}

pub(super) use {access, editable, seen};
