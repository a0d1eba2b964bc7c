//! Ids as types, so that a timing session is never looked up by a display session's id.

use gantry_core::time::Moment;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($visibility:vis);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
        #[sqlx(transparent)]
        pub struct $name($visibility Uuid);

        impl $name {
            /// A new id; later ones sort after earlier ones.
            #[expect(clippy::new_without_default, reason = "two defaults would differ")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The id as it is told to the outside.
            pub const fn uuid(self) -> Uuid {
                self.0
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
    /// A timing company. Nothing outside the store makes one of what somebody sent: having one in hand means that it came
    /// out of the database, for a person or for hardware that was found to belong there.
    PartnerId(pub(super));
    /// A person who logs in.
    UserId(pub);
    /// A token, which is never told by its text.
    TokenId(pub);
    /// An invitation to work for a partner.
    InvitationId(pub);
    /// A stream of reads from the hardware: one event on one day.
    TimingSessionId(pub);
    /// A part of a recording.
    PartId(pub(super));
    /// One numbering of reads within a timing session.
    StreamId(pub);
    /// An operator's workspace.
    DisplaySessionId(pub);
    /// A template of a partner's own.
    TemplateId(pub);
    /// By which a partner's hardware is known.
    FeedId(pub);
    /// A line that was no read.
    LineId(pub(super));
}

impl LineId {
    /// The id of a line that may be met again, by when it was received and by words that tell it from all others: the same for the
    /// same.
    pub fn of(received_at: Moment, words: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for word in words {
            hash.update(word.len().to_be_bytes());
            hash.update(word);
        }
        let mut chance = [0; 10];
        chance.copy_from_slice(&hash.finalize()[..10]);
        let millis = received_at.0.max(0).unsigned_abs();
        Self(Builder::from_unix_timestamp_millis(millis, &chance).into_uuid())
    }
}
