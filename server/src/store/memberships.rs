//! Who works for which partner, and what they may do there.

use gantry_core::time::Moment;
use sqlx::{Connection, FromRow};

use super::{
    PartnerId, Result, Store, UserId,
    db::{reading, writing},
    fence::Server,
    invitations::{WITHDRAW_ALL_FOR, WITHDRAW_ALL_OF},
    sql::{Across, Common, Walled},
    tokens::REMOVE_FOR_PARTNER,
    users::{HOLD_PERSON, close_if_idle},
};

/// What a user may do for a partner.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Membership {
    /// The partner.
    pub partner_id: PartnerId,
    /// The partner's name.
    pub partner_name: String,
    /// What the user may do there.
    pub role: Role,
}

/// Somebody who works for a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user_id: UserId,
    /// Their address.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// Since when they do.
    pub created_at: Moment,
}

/// A [`Member`] as far as the partner's own rows tell.
#[derive(FromRow)]
struct Job {
    user_id: UserId,
    role: Role,
    #[sqlx(try_from = "i64")]
    created_at: Moment,
}

/// How much a user may do, least first.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    sqlx::Type,
    clap::ValueEnum,
    serde::Deserialize,
)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
#[serde(try_from = "String")]
pub enum Role {
    /// Looks at the timing sessions, and at what colleagues share.
    Viewer,
    /// Runs displays.
    Operator,
    /// Also manages the partner's people.
    Owner,
}

impl Role {
    /// The role as people and programs write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Owner => "owner",
        }
    }
}

/// A text that is no role.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"owner\", \"operator\" and \"viewer\" are accepted")]
pub struct NotARole;

impl TryFrom<String> for Role {
    type Error = NotARole;

    fn try_from(text: String) -> std::result::Result<Self, NotARole> {
        [Self::Viewer, Self::Operator, Self::Owner]
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or(NotARole)
    }
}

/// What became of a change of somebody's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleChange {
    /// It was done; the role before.
    Done(Role),
    /// It was not: the partner would be left without an owner.
    LastOwner,
    /// The person does not work for the partner.
    Stranger,
}

pub(super) const SET_ROLE: Walled = Walled::new(
    "insert into memberships (partner_id, user_id, role, created_at)
    values ($1, $2, $3, $4)
    on conflict (user_id, partner_id) do update set role = excluded.role",
);

const REMOVE_ROLE: Walled =
    Walled::new("delete from memberships where partner_id = $1 and user_id = $2");

const CHANGE_ROLE: Walled =
    Walled::new("update memberships set role = $3 where partner_id = $1 and user_id = $2");

/// Two owners who demote each other at the same moment wait for each other here.
const HOLD_OWNERS: Walled =
    Walled::new("update memberships set role = role where partner_id = $1 and role = 'owner'");

const ROLE: Walled =
    Walled::new("select role from memberships where partner_id = $1 and user_id = $2");

const OTHER_OWNERS: Walled = Walled::new(
    "select count(*) from memberships where partner_id = $1 and user_id <> $2 and role = 'owner'",
);

const MEMBERS: Walled =
    Walled::new("select user_id, role, created_at from memberships where partner_id = $1");

const EMAIL: Common = Common::new("select email from users where id = $1");

const MEMBERSHIPS: Across = Across::new(
    "select m.partner_id, p.name as partner_name, m.role
    from memberships m join timing_partners p on p.id = m.partner_id
    where m.user_id = $1 order by p.name",
    "a person may work for several partners, and chooses among them before there is one",
);

impl Store {
    /// Lets a user act for a partner, or changes how much it may do there. For the person who runs the server.
    pub async fn set_role(
        &self,
        user: UserId,
        partner: PartnerId,
        role: Role,
        at: Moment,
    ) -> Result<()> {
        writing!(self.db, Server, conn => {
            let mut transaction = conn.begin().await?;
            SET_ROLE.query(partner)
                .bind(user)
                .bind(role)
                .bind(at.0)
                .execute(&mut *transaction)
                .await?;
            if role != Role::Owner {
                WITHDRAW_ALL_OF.query(partner).bind(user).execute(&mut *transaction).await?;
            }
            transaction.commit().await
        })
    }

    /// Lets a user act for a partner no longer, as [`Store::change_role`] does with `None`, also when it is the last owner. For the
    /// person who runs the server.
    pub async fn remove_role(&self, user: UserId, partner: PartnerId) -> Result<()> {
        self.change(user, partner, None, 0).await.map(drop)
    }

    /// Changes what somebody may do for a partner, or with `None` ends it; but leaves the partner an owner.
    ///
    /// Together with it ends what hung on it: the invitations by one who is an owner no longer, the tokens of one who leaves and the
    /// invitations for them, and
    /// the account of one who works for nobody any more and does not administer the server.
    pub async fn change_role(
        &self,
        user: UserId,
        partner: PartnerId,
        role: Option<Role>,
    ) -> Result<RoleChange> {
        self.change(user, partner, role, 1).await
    }

    /// Changes or ends a role, unless fewer than `owners` would be left. Tokens and accounts are no partner's, so the server does it.
    async fn change(
        &self,
        user: UserId,
        partner: PartnerId,
        role: Option<Role>,
        owners: i64,
    ) -> Result<RoleChange> {
        writing!(self.db, Server, conn => {
            let mut transaction = conn.begin().await?;
            HOLD_OWNERS.query(partner).execute(&mut *transaction).await?;
            let before: Option<Role> = ROLE.query_scalar(partner)
                .bind(user)
                .fetch_optional(&mut *transaction)
                .await?;
            let Some(before) = before else {
                return Ok(RoleChange::Stranger);
            };
            let others: i64 = OTHER_OWNERS.query_scalar(partner)
                .bind(user)
                .fetch_one(&mut *transaction)
                .await?;
            if before == Role::Owner && role != Some(Role::Owner) && others < owners {
                return Ok(RoleChange::LastOwner);
            }
            if role != Some(Role::Owner) {
                WITHDRAW_ALL_OF.query(partner).bind(user).execute(&mut *transaction).await?;
            }
            if let Some(role) = role {
                CHANGE_ROLE.query(partner)
                    .bind(user)
                    .bind(role)
                    .execute(&mut *transaction)
                    .await?;
            } else {
                HOLD_PERSON.query().bind(user).execute(&mut *transaction).await?;
                WITHDRAW_ALL_FOR.query(partner).bind(user).execute(&mut *transaction).await?;
                REMOVE_ROLE.query(partner).bind(user).execute(&mut *transaction).await?;
                REMOVE_FOR_PARTNER.query()
                    .bind(user)
                    .bind(partner)
                    .execute(&mut *transaction)
                    .await?;
                close_if_idle!(transaction, user);
            }
            transaction.commit().await?;
            Ok(RoleChange::Done(before))
        })
    }

    /// Who works for a partner, by address.
    pub async fn members(&self, partner: PartnerId) -> Result<Vec<Member>> {
        let jobs: Vec<Job> =
            reading!(self.db, partner, conn => MEMBERS.query_as(partner).fetch_all(conn).await?);
        // Behind its fence a partner's connection sees nobody's address, so these are asked for by the ids that it saw.
        reading!(self.db, Server, conn => {
            let mut members = Vec::new();
            for Job { user_id, role, created_at } in jobs {
                let (email,): (String,) = EMAIL.query_as()
                    .bind(user_id)
                    .fetch_one(&mut *conn)
                    .await?;
                members.push(Member { user_id, email, role, created_at });
            }
            members.sort_by(|one, other| one.email.cmp(&other.email));
            Ok(members)
        })
    }

    /// The partners a user may act for, by name.
    pub async fn memberships(&self, user: UserId) -> Result<Vec<Membership>> {
        reading!(self.db, Server, conn => MEMBERSHIPS.query_as().bind(user).fetch_all(conn).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, NOW};

    #[tokio::test]
    async fn a_partner_keeps_an_owner() {
        let (store, _dir) = testing::store().await;
        let acme = store.add_partner("Acme", NOW).await.expect("adds");
        let acme = acme.expect("is new").id;
        let mut people = Vec::new();
        for (email, role) in [("ann@a.org", Role::Owner), ("bob@a.org", Role::Owner)] {
            let user = store.add_user(email, "x", NOW).await.expect("adds");
            let user = user.expect("is new").id;
            store.set_role(user, acme, role, NOW).await.expect("joins");
            people.push(user);
        }
        let stranger = UserId::new();
        // Both at once: one of them has to stay.
        let (one, two) = tokio::join!(
            store.change_role(people[0], acme, Some(Role::Viewer)),
            store.change_role(people[1], acme, None),
        );
        let done = [one.expect("answers"), two.expect("answers")];
        assert!(done.contains(&RoleChange::Done(Role::Owner)), "{done:?}");
        assert!(done.contains(&RoleChange::LastOwner), "{done:?}");
        let unknown = store.change_role(stranger, acme, Some(Role::Owner)).await;
        assert_eq!(unknown.expect("answers"), RoleChange::Stranger);
        let members = store.members(acme).await.expect("lists");
        let owners = members.iter().filter(|member| member.role == Role::Owner);
        assert_eq!(owners.count(), 1, "{members:?}");
    }

    #[tokio::test]
    async fn an_account_is_closed_with_its_last_job() {
        let (store, _dir) = testing::store().await;
        let mut partners = Vec::new();
        for name in ["Acme", "Other"] {
            let partner = store.add_partner(name, NOW).await.expect("adds");
            partners.push(partner.expect("is new").id);
        }
        let find = async |email| store.user_by_email(email).await.expect("reads");
        let leave = async |user, partner| {
            let left = store.change_role(user, partner, None).await;
            assert_eq!(left.expect("answers"), RoleChange::Done(Role::Viewer));
        };
        for email in ["bob@a.org", "root@a.org"] {
            let user = store.add_user(email, "old", NOW).await.expect("adds");
            let user = user.expect("is new").id;
            for partner in &partners {
                let set = store.set_role(user, *partner, Role::Viewer, NOW).await;
                set.expect("joins");
            }
        }
        let bob = find("bob@a.org").await.expect("is there").id;
        let root = find("root@a.org").await.expect("is there").id;
        store.set_administrator(root, NOW).await.expect("rises");
        leave(bob, partners[0]).await;
        let issued = store.issue_reset(bob, &[1; 32], None, NOW, NOW + 10).await;
        issued.expect("issues");
        assert!(find("bob@a.org").await.is_some(), "he works for another");
        for partner in &partners {
            leave(root, *partner).await;
        }
        assert!(find("root@a.org").await.is_some(), "runs the server");

        leave(bob, partners[1]).await;
        assert_eq!(find("bob@a.org").await, None);
        let reset = store.reset("bob@a.org", &[1; 32], NOW).await;
        assert_eq!(reset.expect("reads"), None);
        let everybody = store.everybody().await.expect("lists");
        assert!(everybody.iter().all(|listed| listed.email != "bob@a.org"));
        let again = store.add_user("bob@a.org", "new", NOW).await.expect("adds");
        assert_eq!(again.expect("may come back").password_hash, "new");
        assert!(store.unset_administrator(root).await.expect("falls"));
        assert_eq!(find("root@a.org").await, None);
        assert!(!store.unset_administrator(root).await.expect("answers"));
    }
}
