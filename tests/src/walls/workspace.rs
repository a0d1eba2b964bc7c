//! A display session as it must be, and what each of its partner's people may do with it.

use std::collections::BTreeMap;

use super::table::Who;

/// What somebody may do with a display session, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Look at it.
    View,
    /// Change it and its displays.
    Edit,
    /// Also share it, hand it over, archive and remove it.
    Own,
}

/// A display session. People are known by their number within the company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its name.
    pub name: String,
    /// The title on its screens.
    pub event_name: String,
    /// How many people its roster has.
    pub participants: usize,
    /// Whose it is.
    pub owner: usize,
    /// Whom it was shared with.
    pub shares: BTreeMap<usize, Access>,
    /// Whether it was put away.
    pub is_archived: bool,
    /// Whether it is gone. Whoever could see it still sees which displays it had.
    pub is_removed: bool,
}

impl Workspace {
    /// What somebody in this role may do with it; `None` when they must not know of it.
    pub fn access(&self, person: usize, role: Who) -> Option<Access> {
        let is_own = self.owner == person;
        let share = self.shares.get(&person).copied();
        match role {
            Who::Owner => Some(Access::Own),
            Who::Operator if is_own => Some(Access::Own),
            Who::Operator => share,
            _ => (is_own || share.is_some()).then_some(Access::View),
        }
    }
}

impl Access {
    /// As the server says it.
    pub fn text(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Edit => "edit",
            Self::Own => "owner",
        }
    }
}
