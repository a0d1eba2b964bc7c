//! Timing partners: the companies that a server works for.

use gantry_core::time::Moment;
use sqlx::{Connection, FromRow};

use super::{
    Display, PartnerId, Result, Store, UserId,
    db::{reading, writing},
    fence::Server,
    sql::{Across, Common, Walled},
    users::close_if_idle,
};

/// A timing company.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Partner {
    /// Its id.
    pub id: PartnerId,
    /// Its unique name.
    pub name: String,
    /// When it was closed for good; `None` while it is served.
    pub closed_at: Option<i64>,
}

/// How much there is of a partner.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Possessions {
    /// People who work for it.
    pub people: i64,
    /// Invitations that nobody has accepted.
    pub invitations: i64,
    /// Displays that nobody has revoked.
    pub displays: i64,
    /// Display sessions.
    pub sessions: i64,
    /// Timing sessions.
    pub timing_sessions: i64,
    /// Reads.
    pub reads: i64,
}

const ADD_PARTNER: Common = Common::new(
    "insert into timing_partners (id, name, created_at) values ($1, $2, $3)
    on conflict (name) do nothing returning id, name, closed_at",
);

const PARTNERS: Common = Common::new(
    "select id, name, closed_at from timing_partners where kind = 'company' order by name",
);

const RENAME: Common = Common::new(
    "update timing_partners set name = $2
    where id = $1 and not exists (select 1 from timing_partners other where other.name = $2 and other.id <> $1)",
);

const POSSESSIONS: Walled = Walled::unattended(
    "select (select count(*) from memberships where partner_id = $1) as people,
    (select count(*) from invitations where partner_id = $1) as invitations,
    (select count(*) from display_urls where partner_id = $1 and revoked_at is null) as displays,
    (select count(*) from display_sessions where partner_id = $1 and deleted_at is null) as sessions,
    (select count(*) from timing_sessions where partner_id = $1) as timing_sessions,
    (select cast(coalesce(sum(reads), 0) as bigint) from timing_streams where partner_id = $1) as reads",
    "all of it is counted for the person who runs the server",
);

const CLOSE: Common =
    Common::new("update timing_partners set closed_at = $2 where id = $1 and closed_at is null");

const REMOVE_TOKENS: Common = Common::new("delete from tokens where partner_id = $1");

const PEOPLE: Walled = Walled::new("select user_id from memberships where partner_id = $1");

const REMOVE_INVITATIONS: Walled = Walled::new("delete from invitations where partner_id = $1");

const REMOVE_PEOPLE: Walled = Walled::new("delete from memberships where partner_id = $1");

const REVOKE_DISPLAYS: Walled = Walled::unattended(
    "update display_urls set revoked_at = $2 where partner_id = $1 and revoked_at is null",
    "a partner is closed with all that anybody made of it",
);

const REMOVE_FEEDS: Walled =
    Walled::new("update feeds set removed_at = $2 where partner_id = $1 and removed_at is null");

const ENDED_WITH_PARTNER: Across = Across::new(
    "select u.id, u.partner_id, u.display_session_id, u.template_id, u.template_revision, u.created_at, u.expires_at,
    coalesce(u.revoked_at, p.closed_at) as revoked_at
    from display_urls u join timing_partners p on p.id = u.partner_id where p.closed_at >= $1",
    "the screens of a partner that was closed from the shell are to go dark",
);

impl Store {
    /// Adds a partner; `None` when the name is taken.
    pub async fn add_partner(&self, name: &str, at: Moment) -> Result<Option<Partner>> {
        writing!(self.db, Server, conn => ADD_PARTNER.query_as()
            .bind(PartnerId::new())
            .bind(name)
            .bind(at.0)
            .fetch_optional(conn)
            .await)
    }

    /// All partners by name. For the person who runs the server, not for one who logs in.
    pub async fn partners(&self) -> Result<Vec<Partner>> {
        reading!(self.db, Server, conn => PARTNERS.query_as().fetch_all(conn).await)
    }

    /// The partner of that name.
    #[cfg(test)]
    pub async fn partner_named(&self, name: &str) -> Result<Option<Partner>> {
        Ok(self
            .partners()
            .await?
            .into_iter()
            .find(|partner| partner.name == name))
    }

    /// How much there is of a partner.
    pub async fn possessions(&self, id: PartnerId) -> Result<Possessions> {
        reading!(self.db, id, conn => POSSESSIONS.query_as(id).fetch_one(conn).await)
    }

    /// Closes a partner for good; false when it was closed before.
    ///
    /// Nobody works for it any more and nobody can come to, its displays end, its feeds are removed, and the accounts of people who
    /// worked for nobody else are closed. What it gathered is kept.
    pub async fn close_partner(&self, id: PartnerId, at: Moment) -> Result<bool> {
        writing!(self.db, Server, conn => {
            let mut transaction = conn.begin().await?;
            let closed = CLOSE.query().bind(id).bind(at.0).execute(&mut *transaction).await?;
            if closed.rows_affected() == 0 {
                return Ok(false);
            }
            let people: Vec<UserId> = PEOPLE.query_scalar(id).fetch_all(&mut *transaction).await?;
            REMOVE_INVITATIONS.query(id).execute(&mut *transaction).await?;
            REMOVE_PEOPLE.query(id).execute(&mut *transaction).await?;
            REMOVE_TOKENS.query().bind(id).execute(&mut *transaction).await?;
            REVOKE_DISPLAYS.query(id).bind(at.0).execute(&mut *transaction).await?;
            REMOVE_FEEDS.query(id).bind(at.0).execute(&mut *transaction).await?;
            for person in people {
                close_if_idle!(transaction, person);
            }
            transaction.commit().await?;
            Ok(true)
        })
    }

    /// The displays that ended because their partner was closed, at `since` or later.
    pub async fn displays_of_closed(&self, since: Moment) -> Result<Vec<Display>> {
        reading!(self.db, Server, conn => ENDED_WITH_PARTNER.query_as()
            .bind(since.0)
            .fetch_all(conn)
            .await)
    }

    /// Gives a partner another name; false when that is taken.
    pub async fn rename_partner(&self, id: PartnerId, name: &str) -> Result<bool> {
        writing!(self.db, Server, conn => RENAME.query()
            .bind(id)
            .bind(name)
            .execute(conn)
            .await
            .map(|renamed| renamed.rows_affected() > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        Role,
        testing::{self, NOW},
    };

    #[tokio::test]
    async fn what_is_closed_is_out_of_reach_and_kept() {
        let (store, _dir) = testing::store().await;
        let origin = testing::race(&store).await;
        let acme = origin.partner_id;
        let other = store.add_partner("Other", NOW).await.expect("adds");
        let other = other.expect("is new").id;
        let ann = testing::somebody(&store, acme, "ann@a.org", Role::Owner).await;
        let bob = testing::somebody(&store, acme, "bob@a.org", Role::Viewer).await;
        let set = store.set_role(bob.user, other, Role::Viewer, NOW).await;
        set.expect("works for another as well");
        let session = testing::workspace(&store, ann, &[]).await;
        for id in ["a1b2c3d4", "a1b2c3d5"] {
            let display = store.add_display(ann, session.id, id, NOW, NOW + 10);
            display.await.expect("adds").expect("may");
        }
        let read = testing::read(origin, 1, "7");
        store.append(&[read], &[]).await.expect("stores");
        let before = store.possessions(acme).await.expect("counts");
        let counted = Possessions {
            people: 2,
            invitations: 0,
            displays: 2,
            sessions: 1,
            timing_sessions: 1,
            reads: 1,
        };
        assert_eq!(before, counted);
        let ended = async |since| {
            let ended = store.displays_of_closed(since).await;
            ended.expect("reads").len()
        };
        assert_eq!(ended(NOW).await, 0);

        for is_first in [true, false] {
            let closed = store.close_partner(acme, NOW + 1).await;
            assert_eq!(closed.expect("closes"), is_first);
        }
        let after = store.possessions(acme).await.expect("counts");
        let kept = Possessions {
            people: 0,
            displays: 0,
            ..counted
        };
        assert_eq!(after, kept);
        let display = store.shared_display("a1b2c3d4").await.expect("reads");
        let display = display.expect("is kept");
        assert_eq!(display.revoked_at(), Some(NOW + 1));
        assert_eq!((ended(NOW + 1).await, ended(NOW + 2).await), (2, 0));
        let find = async |email| store.user_by_email(email).await.expect("reads");
        assert_eq!(find("ann@a.org").await, None, "worked for nobody else");
        let bob = find("bob@a.org").await.expect("works for another");
        let jobs = store.memberships(bob.id).await.expect("lists");
        assert_eq!(jobs.len(), 1);
    }

    #[tokio::test]
    async fn a_display_that_is_added_while_its_partner_is_closed_is_over() {
        let (store, _dir) = testing::store().await;
        let acme = testing::race(&store).await.partner_id;
        let ann = testing::somebody(&store, acme, "ann@a.org", Role::Owner).await;
        let session = testing::workspace(&store, ann, &[]).await;
        let added = store.add_display(ann, session.id, "a1b2c3d4", NOW, NOW + 10);
        added.await.expect("adds").expect("may");
        // What a close leaves of a display that it could not see yet.
        let close = async || -> Result<()> {
            writing!(store.db, Server, conn => CLOSE.query()
                .bind(acme)
                .bind((NOW + 1).0)
                .execute(conn)
                .await.map(drop))
        };
        close().await.expect("closes");
        let display = store.shared_display("a1b2c3d4").await.expect("reads");
        let ended = store.displays_of_closed(NOW + 1).await.expect("reads");
        for display in ended.iter().chain(&display) {
            assert_eq!(display.revoked_at(), Some(NOW + 1));
        }
        assert_eq!((ended.len(), display.is_some()), (1, true));
    }

    #[tokio::test]
    async fn a_partner_name_is_given_once() {
        let (store, _dir) = testing::store().await;
        let acme = store
            .add_partner("Acme", NOW)
            .await
            .expect("adds")
            .expect("is new");
        assert_eq!(store.add_partner("Acme", NOW).await.expect("answers"), None);
        assert_eq!(
            store.partners().await.expect("lists"),
            std::slice::from_ref(&acme)
        );
        assert_eq!(
            store.partner_named("Acme").await.expect("finds"),
            Some(acme)
        );
    }

    #[tokio::test]
    async fn a_partner_takes_no_name_of_another() {
        let (store, _dir) = testing::store().await;
        let acme = store.add_partner("Acme", NOW).await.expect("adds");
        let acme = acme.expect("is new").id;
        store.add_partner("Other", NOW).await.expect("adds");
        for (name, is_done) in [("Other", false), ("Acme", true), ("Apex", true)] {
            let done = store.rename_partner(acme, name).await.expect("answers");
            assert_eq!(done, is_done, "{name}");
        }
        let apex = store.partner_named("Apex").await.expect("reads");
        assert_eq!(apex.map(|partner| partner.id), Some(acme));
    }
}
