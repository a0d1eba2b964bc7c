//! Ids as types, so that a timing session is never looked up by a display session's id.

use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id; later ones sort after earlier ones.
            #[expect(clippy::new_without_default, reason = "two defaults would differ")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A timing company. Having one in hand means that its bearer was authenticated for it.
    PartnerId;
    /// A person who logs in.
    UserId;
    /// A stream of reads from the hardware: one event on one day.
    TimingSessionId;
    /// One numbering of reads within a timing session.
    StreamId;
    /// An operator's workspace.
    DisplaySessionId;
}
