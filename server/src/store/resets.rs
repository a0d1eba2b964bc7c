//! One-time codes for a new password.

use gantry_core::time::Moment;
use sqlx::{Connection, FromRow};

use super::{
    Result, Role, Store, TokenHash, User, UserId,
    db::{reading, writing},
    fence::Server,
    sql::Common,
    tokens::REMOVE_ALL,
    users::SET_PASSWORD,
};

/// A code that may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Reset {
    /// Whose password it is for.
    pub user_id: UserId,
    /// The owner who issued it; `None` for the shell.
    pub issued_by: Option<UserId>,
}

const ISSUE: Common = Common::new(
    "insert into password_resets (user_id, code_hash, issued_by, created_at, expires_at)
    values ($1, $2, $3, $4, $5)
    on conflict (user_id) do update set code_hash = excluded.code_hash, issued_by = excluded.issued_by,
    created_at = excluded.created_at, expires_at = excluded.expires_at",
);

const BY_CODE: Common = Common::new(
    "select r.user_id, r.issued_by from password_resets r join users u on u.id = r.user_id
    where u.email = $1 and r.code_hash = $2 and r.expires_at > $3",
);

const USE: Common =
    Common::new("delete from password_resets where user_id = $1 and code_hash = $2");

pub(super) const REMOVE_RESET: Common =
    Common::new("delete from password_resets where user_id = $1");

impl Store {
    /// Keeps a code for a user's new password in place of one before.
    pub async fn issue_reset(
        &self,
        user: UserId,
        code_hash: &TokenHash,
        issued_by: Option<UserId>,
        at: Moment,
        expires_at: Moment,
    ) -> Result<()> {
        writing!(self.db, Server, conn => ISSUE.query()
            .bind(user)
            .bind(&code_hash[..])
            .bind(issued_by)
            .bind(at.0)
            .bind(expires_at.0)
            .execute(conn)
            .await
            .map(drop))
    }

    /// The code for this address's new password, if this is it and it is not over.
    pub async fn reset(
        &self,
        email: &str,
        code_hash: &TokenHash,
        at: Moment,
    ) -> Result<Option<Reset>> {
        reading!(self.db, Server, conn => BY_CODE.query_as()
            .bind(email)
            .bind(&code_hash[..])
            .bind(at.0)
            .fetch_optional(conn)
            .await)
    }

    /// Uses a code up for a new password, and ends all of the person's tokens; false when it was used up before.
    pub async fn reset_password(
        &self,
        user: UserId,
        code_hash: &TokenHash,
        password_hash: &str,
    ) -> Result<bool> {
        writing!(self.db, Server, conn => {
            let mut transaction = conn.begin().await?;
            let used = USE.query()
                .bind(user)
                .bind(&code_hash[..])
                .execute(&mut *transaction)
                .await?;
            if used.rows_affected() == 0 {
                return Ok(false);
            }
            SET_PASSWORD.query().bind(user).bind(password_hash).execute(&mut *transaction).await?;
            REMOVE_ALL.query().bind(user).execute(&mut *transaction).await?;
            transaction.commit().await?;
            Ok(true)
        })
    }

    /// Whether one person may reset another's password: an owner of the only partner that the other works for.
    ///
    /// Whoever sets a password can sign in with it, and so act for every partner of that person, or administer the server. An owner
    /// must not get through a wall that way.
    pub async fn may_reset(&self, issuer: UserId, user: &User) -> Result<bool> {
        let works_for = self.memberships(user.id).await?;
        let owns = self.memberships(issuer).await?;
        let [only] = works_for.as_slice() else {
            return Ok(false);
        };
        let is_owner = owns
            .iter()
            .any(|owned| owned.partner_id == only.partner_id && owned.role == Role::Owner);
        Ok(is_owner && user.administrator_at.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, NOW};

    #[tokio::test]
    async fn a_code_is_used_once_and_in_time_and_the_newest_counts() {
        let (store, _dir) = testing::store().await;
        let ann = store.add_user("ann@example.org", "x", NOW).await;
        let ann = ann.expect("adds").expect("is new").id;
        for hash in [1, 2] {
            let hash = [hash; 32];
            let issued = store.issue_reset(ann, &hash, None, NOW, NOW + 10).await;
            issued.expect("issues");
        }
        let find = async |hash, at| {
            let found = store.reset("ann@example.org", &[hash; 32], at).await;
            found.expect("reads").is_some()
        };
        assert!(!find(1, NOW).await, "a newer one was issued");
        assert!(!find(2, NOW + 10).await, "it is over");
        assert!(find(2, NOW).await);
        for is_first in [true, false] {
            let done = store.reset_password(ann, &[2; 32], "y").await;
            assert_eq!(done.expect("answers"), is_first);
        }
        let ann = store.user(ann).await.expect("reads").expect("is there");
        assert_eq!(ann.password_hash, "y");
    }

    #[tokio::test]
    async fn an_owner_resets_only_who_works_for_nobody_else() {
        let (store, _dir) = testing::store().await;
        let mut partners = Vec::new();
        for name in ["Acme", "Other"] {
            let partner = store.add_partner(name, NOW).await.expect("adds");
            partners.push(partner.expect("is new").id);
        }
        let mut people = Vec::new();
        for email in ["ann@example.org", "bob@example.org"] {
            let user = store.add_user(email, "x", NOW).await.expect("adds");
            people.push(user.expect("is new"));
        }
        let (ann, bob) = (people[0].id, &people[1]);
        let may = async |bob: &User| store.may_reset(ann, bob).await.expect("answers");
        let join = async |user, partner, role| {
            let joined = store.set_role(user, partner, role, NOW).await;
            joined.expect("joins");
        };
        join(bob.id, partners[0], Role::Operator).await;
        join(ann, partners[0], Role::Operator).await;
        assert!(!may(bob).await, "she is no owner");
        join(ann, partners[0], Role::Owner).await;
        assert!(may(bob).await);
        join(bob.id, partners[1], Role::Viewer).await;
        assert!(!may(bob).await, "he works for another as well");
        store
            .remove_role(bob.id, partners[1])
            .await
            .expect("leaves");
        store.set_administrator(bob.id, NOW).await.expect("rises");
        let bob = store.user(bob.id).await.expect("reads").expect("is there");
        assert!(!may(&bob).await, "he runs the server");
    }
}
