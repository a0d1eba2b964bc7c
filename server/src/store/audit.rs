//! The audit log: who did what, when and from where.
//!
//! It is added to and read, never changed: neither here, where no text does, nor by the database, which refuses.
//! What is a secret, or works like one, has no place in it: no passwords, no codes, no tokens and no display ids.

use gantry_core::time::Moment;
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    PartnerId, Result, Store, UserId,
    db::{reading, writing},
    fence::Server,
    sql::{Across, Walled},
};

/// Who acts when nobody is signed in but somebody uses the server's own shell.
pub const SHELL: &str = "shell";

/// Something that was done.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When.
    pub at: Moment,
    /// The partner whose owners may read it; `None` when it concerns the server as a whole.
    pub partner: Option<PartnerId>,
    /// Who, if it was somebody who has an account.
    pub user: Option<UserId>,
    /// Who in words: an e-mail address, or [`SHELL`].
    pub who: String,
    /// What was done.
    pub action: Action,
    /// What it was done to, in words: a session's name, a person's address.
    pub subject: String,
    /// From where; empty for the shell.
    pub address: String,
    /// A JSON object with what else is worth knowing.
    pub detail: serde_json::Value,
}

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Action {
    SignedIn,
    SignInRefused,
    SignedOut,
    PartnerSelected,
    TokenRevoked,
    PasswordChanged,
    PasswordChangeRefused,
    PasswordResetIssued,
    PasswordReset,
    PasswordResetRefused,
    InvitationMade,
    InvitationAccepted,
    InvitationRefused,
    InvitationWithdrawn,
    PersonAdded,
    RoleChanged,
    PersonRemoved,
    PartnerAdded,
    PartnerRenamed,
    PartnerClosed,
    RetentionChanged,
    TimingSessionChanged,
    TimingSessionMerged,
    TimingSessionSplit,
    TimingSessionRedated,
    AdministratorMade,
    AdministratorUnmade,
    SessionCreated,
    SessionChanged,
    SessionRemoved,
    SessionShared,
    SessionUnshared,
    SessionHandedOver,
    SessionDuplicated,
    SessionArchived,
    SessionRestored,
    RosterReplaced,
    DisplayMade,
    DisplayChanged,
    DisplayRevoked,
    TemplateCreated,
    TemplateChanged,
    TemplateRestored,
    TemplateRemoved,
    ImageAdded,
    ImageRemoved,
    FeedAdded,
    FeedChanged,
    FeedRemoved,
    FeedConfirmed,
    FeedRefused,
    QuarantineHandedOver,
}

/// An entry as it was stored.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Recorded {
    /// Its id; later entries have higher ones.
    pub id: Uuid,
    /// When.
    #[sqlx(try_from = "i64")]
    pub at: Moment,
    /// Who in words.
    pub who: String,
    /// What was done, in the words of [`Action`]'s names.
    pub action: String,
    /// What it was done to.
    pub subject: String,
    /// From where.
    pub address: String,
    /// A JSON object.
    pub detail: String,
}

/// An entry as the person who runs the server reads it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Logged {
    /// Its id; later entries have higher ones.
    pub id: Uuid,
    /// The name of the partner whose owners may read it, too.
    pub partner: Option<String>,
    /// When.
    #[sqlx(try_from = "i64")]
    pub at: Moment,
    /// Who in words.
    pub who: String,
    /// What was done.
    pub action: String,
    /// What it was done to.
    pub subject: String,
    /// From where.
    pub address: String,
    /// A JSON object.
    pub detail: String,
}

/// Which part of the whole log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extent {
    /// Only this partner's.
    pub partner: Option<PartnerId>,
    /// Only from then on.
    pub since: Option<Moment>,
    /// Only before this entry.
    pub before: Option<Uuid>,
}

pub(super) const RECORD: Walled = Walled::new(
    "insert into audit_log (partner_id, id, at, user_id, who, action, subject, address, detail)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);

const RECORD_FOR_ALL: Across = Across::new(
    "insert into audit_log (id, at, user_id, who, action, subject, address, detail)
    values ($1, $2, $3, $4, $5, $6, $7, $8)",
    "what concerns the server as a whole has no partner",
);

const LOGGED: Across = Across::new(
    "select a.id, p.name as partner, a.at, a.who, a.action, a.subject, a.address, a.detail
    from audit_log a left join timing_partners p on p.id = a.partner_id
    where a.id >= $1 and a.id < $2 and ($3 is null or a.partner_id = $3) order by a.id desc limit $4",
    "the person who runs the server reads all of it",
);

const RECORDED: Walled = Walled::new(
    "select id, at, who, action, subject, address, detail from audit_log
    where partner_id = $1 and id < $2 order by id desc limit $3",
);

/// The query that adds an entry to what a partner's owners may read, for whoever has a connection.
macro_rules! recording {
    ($partner:expr, $entry:expr) => {
        $crate::store::audit::RECORD
            .query($partner)
            .bind(uuid::Uuid::now_v7())
            .bind($entry.at.0)
            .bind($entry.user)
            .bind(&$entry.who)
            .bind($entry.action)
            .bind(&$entry.subject)
            .bind(&$entry.address)
            .bind($entry.detail.to_string())
    };
}
pub(super) use recording;

impl Store {
    /// Adds an entry.
    pub async fn record(&self, entry: &Entry) -> Result<()> {
        match entry.partner {
            Some(partner) => writing!(self.db, partner, conn => recording!(partner, entry)
                .execute(conn)
                .await
                .map(drop)),
            None => writing!(self.db, Server, conn => RECORD_FOR_ALL.query()
                .bind(Uuid::now_v7())
                .bind(entry.at.0)
                .bind(entry.user)
                .bind(&entry.who)
                .bind(entry.action)
                .bind(&entry.subject)
                .bind(&entry.address)
                .bind(entry.detail.to_string())
                .execute(conn)
                .await
                .map(drop)),
        }
    }

    /// The entries of everybody and of nobody in particular, newest first. For the person who runs the server.
    pub async fn logged(&self, extent: Extent, limit: usize) -> Result<Vec<Logged>> {
        reading!(self.db, Server, conn => LOGGED.query_as()
            .bind(extent.since.map_or(Uuid::nil(), first_id))
            .bind(extent.before.unwrap_or(Uuid::max()))
            .bind(extent.partner)
            .bind(limit as i64)
            .fetch_all(conn)
            .await)
    }

    /// The partner's entries before `before`, or the newest, newest first.
    pub async fn recorded(
        &self,
        partner: PartnerId,
        before: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<Recorded>> {
        reading!(self.db, partner, conn => RECORDED.query_as(partner)
            .bind(before.unwrap_or(Uuid::max()))
            .bind(limit as i64)
            .fetch_all(conn)
            .await)
    }
}

/// No entry of this moment or later has a lower id: an id begins with the milliseconds at which it was made.
fn first_id(at: Moment) -> Uuid {
    let ms = u128::from(at.0.max(0).cast_unsigned());
    Uuid::from_u128(ms << 80)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::{
        Role,
        db::Db,
        fence::{Scope, fenced},
        testing::{self, NOW},
    };

    fn entry(partner: Option<PartnerId>, subject: &str) -> Entry {
        Entry {
            at: NOW,
            partner,
            user: None,
            who: SHELL.to_owned(),
            action: Action::PersonAdded,
            subject: subject.to_owned(),
            address: String::new(),
            detail: json!({"role": "owner"}),
        }
    }

    #[tokio::test]
    async fn a_partner_reads_its_own_newest_first() {
        let (store, _place) = testing::store().await;
        let acme = testing::race(&store).await.partner_id;
        let other = store.add_partner("Other", NOW).await.expect("adds");
        let other = other.expect("is new").id;
        for (partner, subject) in [
            (Some(acme), "one"),
            (Some(other), "another's"),
            (None, "nobody's"),
            (Some(acme), "two"),
            (Some(acme), "three"),
        ] {
            let entry = entry(partner, subject);
            store.record(&entry).await.expect("records");
        }
        let page = store.recorded(acme, None, 2).await.expect("reads");
        let subjects: Vec<_> = page.iter().map(|entry| entry.subject.as_str()).collect();
        assert_eq!(subjects, ["three", "two"]);
        assert_eq!(page[0].action, "person_added");
        assert_eq!(page[0].detail, r#"{"role":"owner"}"#);
        let rest = store.recorded(acme, Some(page[1].id), 2).await;
        let rest = rest.expect("reads");
        assert_eq!((rest.len(), rest[0].subject.as_str()), (1, "one"));
    }

    #[tokio::test]
    async fn a_display_is_noted_when_it_is_made_and_only_then() {
        let (store, _place) = testing::store().await;
        let acme = testing::race(&store).await.partner_id;
        let ann = testing::somebody(&store, acme, "ann@acme.example", Role::Operator).await;
        let session = testing::workspace(&store, ann, &[]).await.id;
        let entry = entry(Some(acme), "Finish");
        for is_new in [true, false] {
            let added = store
                .add_display_noted(ann, session, "a1b2c3d4", None, NOW + 10, &entry)
                .await;
            let added = added.expect("answers").expect("there is room");
            assert_eq!(added.is_some(), is_new);
            let noted = store.recorded(acme, None, 9).await.expect("reads");
            assert_eq!(noted.len(), 1);
        }
    }

    #[tokio::test]
    async fn who_runs_the_server_reads_everything() {
        let (store, _place) = testing::store().await;
        let acme = testing::race(&store).await.partner_id;
        let before = crate::clock::now();
        for (partner, subject) in [(None, "one"), (Some(acme), "two"), (None, "three")] {
            store
                .record(&entry(partner, subject))
                .await
                .expect("records");
        }
        let read = async |extent, limit| {
            let page = store.logged(extent, limit).await.expect("reads");
            let told = page.iter().map(|entry| entry.subject.clone());
            (told.collect::<Vec<_>>(), page)
        };
        let all = Extent::default();
        let (told, page) = read(all, 2).await;
        assert_eq!(told, ["three", "two"]);
        assert_eq!(page[0].partner, None);
        assert_eq!(page[1].partner.as_deref(), Some("Acme"));
        let rest = Extent {
            before: Some(page[1].id),
            ..all
        };
        assert_eq!(read(rest, 2).await.0, ["one"]);
        let of_acme = Extent {
            partner: Some(acme),
            ..all
        };
        assert_eq!(read(of_acme, 9).await.0, ["two"]);
        let since = |at| Extent {
            since: Some(at),
            ..all
        };
        assert_eq!(read(since(before), 9).await.0.len(), 3);
        assert_eq!(read(since(before + 3_600_000), 9).await.0.len(), 0);
    }

    #[tokio::test]
    async fn nobody_changes_what_was_recorded() {
        let (store, _place) = testing::store().await;
        let acme = testing::race(&store).await.partner_id;
        let kept = entry(Some(acme), "kept");
        store.record(&kept).await.expect("records");
        for text in [
            "update audit_log set who = 'nobody'",
            "delete from audit_log",
        ] {
            let refused = match &store.db {
                Db::Sqlite(pools) => sqlx::query(text).execute(&pools.writer).await.map(drop),
                Db::Postgres(pools) => {
                    // As the tables' owner, whom no grant and no policy stops.
                    let mut owner = pools.asking.acquire().await.expect("connects");
                    let reset = sqlx::query("reset role").execute(&mut *owner).await;
                    reset.expect("resets");
                    sqlx::query(text).execute(&mut *owner).await.map(drop)
                }
            };
            let refused = refused.expect_err("is refused").to_string();
            assert!(refused.contains("the audit log cannot be"), "{refused}");
            if let Db::Postgres(pools) = &store.db {
                for scope in [Scope::from(acme), Server.into()] {
                    let mut fenced = fenced(&pools.asking, scope).await.expect("connects");
                    let refused = sqlx::query(text).execute(&mut *fenced).await;
                    let refused = refused.expect_err("is refused").to_string();
                    assert!(refused.contains("permission denied"), "{refused}");
                }
            }
        }
        let recorded = store.recorded(acme, None, 9).await.expect("reads");
        assert_eq!(recorded[0].subject, "kept");
    }
}
