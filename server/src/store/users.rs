//! The people who log in.

use gantry_core::time::Moment;
use sqlx::{Connection, FromRow};

use super::{
    PartnerId, Result, Store, TokenId, UserId,
    db::{reading, writing},
    fence::Server,
    resets::REMOVE_RESET,
    sql::{Across, Common},
    tokens::REMOVE_OTHERS,
};

/// A person who logs in.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// The address, in lower case.
    pub email: String,
    /// The password as `auth::password` keeps it.
    pub password_hash: String,
    /// Since when it administers the server; `None` when it does not.
    pub administrator_at: Option<i64>,
}

/// Somebody in the list of everybody.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Listed {
    /// The address.
    pub email: String,
    /// Since when it administers the server; `None` when it does not.
    pub administrator_at: Option<i64>,
    /// A partner that it works for; it is listed once for each.
    pub partner_id: Option<PartnerId>,
    /// The partner's name.
    pub partner_name: Option<String>,
    /// What it may do there.
    pub role: Option<super::Role>,
}

pub(super) const ADD_USER: Common = Common::new(
    "insert into users (id, email, password_hash, created_at) values ($1, $2, $3, $4)
    on conflict (email) do update set password_hash = excluded.password_hash, created_at = excluded.created_at
    where users.password_hash = ''
    returning id, email, password_hash, administrator_at",
);

pub(super) const USER_BY_EMAIL: Common = Common::new(
    "select id, email, password_hash, administrator_at from users where email = $1 and password_hash <> ''",
);

const USER_BY_ID: Common =
    Common::new("select id, email, password_hash, administrator_at from users where id = $1");

const EVERYBODY: Across = Across::new(
    "select u.email, u.administrator_at, m.partner_id, p.name as partner_name, m.role from users u
    left join memberships m on m.user_id = u.id
    left join timing_partners p on p.id = m.partner_id
    where u.password_hash <> ''
    order by u.email, p.name",
    "the person who runs the server sees who is on it",
);

/// A closed account stays closed.
pub(super) const SET_PASSWORD: Common =
    Common::new("update users set password_hash = $2 where id = $1 and password_hash <> ''");

/// Whoever issues or ends somebody's tokens waits here for others who do, so that no token slips by one who ends them all.
pub(super) const HOLD_PERSON: Common =
    Common::new("update users set password_hash = password_hash where id = $1");

/// [`HOLD_PERSON`] for as long as the password is the one that `$2` was made from.
pub(super) const HOLD_PASSWORD: Common =
    Common::new("update users set password_hash = $2 where id = $1 and password_hash = $2");

/// A closed account has no password. Its row stays, because the audit log and display sessions name it; nobody finds it by its
/// address, and whoever joins with that address again does so with a password of their own.
pub(super) const CLOSE: Across = Across::new(
    "update users set password_hash = '' where id = $1 and administrator_at is null
    and not exists (select 1 from memberships where user_id = $1)",
    "an account is closed when its person works for no partner any more",
);

const SET_ADMINISTRATOR: Common =
    Common::new("update users set administrator_at = coalesce(administrator_at, $2) where id = $1");

const UNSET_ADMINISTRATOR: Common = Common::new(
    "update users set administrator_at = null where id = $1 and administrator_at is not null",
);

/// Closes an account whose person works for nobody and does not administer the server, with everything by which they could get in.
macro_rules! close_if_idle {
    ($transaction:expr, $user:expr) => {
        let closed = $crate::store::users::CLOSE
            .query()
            .bind($user)
            .execute(&mut *$transaction)
            .await?;
        if closed.rows_affected() > 0 {
            for text in [
                $crate::store::tokens::REMOVE_ALL,
                $crate::store::resets::REMOVE_RESET,
            ] {
                text.query().bind($user).execute(&mut *$transaction).await?;
            }
        }
    };
}
pub(super) use close_if_idle;

impl Store {
    /// Adds a user, or opens a closed account again; `None` when the address is taken. Addresses are compared in lower case.
    pub async fn add_user(
        &self,
        email: &str,
        password_hash: &str,
        at: Moment,
    ) -> Result<Option<User>> {
        writing!(self.db, Server, conn => ADD_USER.query_as()
            .bind(UserId::new())
            .bind(email.to_lowercase())
            .bind(password_hash)
            .bind(at.0)
            .fetch_optional(conn)
            .await)
    }

    /// The user of that address, unless the account is closed.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<User>> {
        reading!(self.db, Server, conn => USER_BY_EMAIL.query_as()
            .bind(email.to_lowercase())
            .fetch_optional(conn)
            .await)
    }

    /// The user of that id.
    pub async fn user(&self, id: UserId) -> Result<Option<User>> {
        reading!(self.db, Server, conn => USER_BY_ID.query_as().bind(id).fetch_optional(conn).await)
    }

    /// Everybody, by address and partner. For the person who runs the server, not for one who logs in.
    pub async fn everybody(&self) -> Result<Vec<Listed>> {
        reading!(self.db, Server, conn => EVERYBODY.query_as().fetch_all(conn).await)
    }

    /// Replaces a user's password, and ends its tokens, but for `kept`, and any code for a new one. False, and nothing done, when
    /// the password is not the one that `before` was made from any more.
    pub async fn set_password(
        &self,
        id: UserId,
        before: &str,
        password_hash: &str,
        kept: TokenId,
    ) -> Result<bool> {
        writing!(self.db, Server, conn => {
            let mut transaction = conn.begin().await?;
            let held = HOLD_PASSWORD.query().bind(id).bind(before).execute(&mut *transaction).await?;
            if held.rows_affected() == 0 {
                return Ok(false);
            }
            SET_PASSWORD.query().bind(id).bind(password_hash).execute(&mut *transaction).await?;
            REMOVE_RESET.query().bind(id).execute(&mut *transaction).await?;
            REMOVE_OTHERS.query().bind(id).bind(kept).execute(&mut *transaction).await?;
            transaction.commit().await?;
            Ok(true)
        })
    }

    /// Lets a user administer the server.
    pub async fn set_administrator(&self, id: UserId, at: Moment) -> Result<()> {
        writing!(self.db, Server, conn => SET_ADMINISTRATOR.query()
            .bind(id)
            .bind(at.0)
            .execute(conn)
            .await
            .map(drop))
    }

    /// Lets a user administer the server no longer, which closes the account of one who works for nobody either; false when it did
    /// not administer it.
    pub async fn unset_administrator(&self, id: UserId) -> Result<bool> {
        writing!(self.db, Server, conn => {
            let mut transaction = conn.begin().await?;
            let unset = UNSET_ADMINISTRATOR.query().bind(id).execute(&mut *transaction).await?;
            if unset.rows_affected() == 0 {
                return Ok(false);
            }
            close_if_idle!(transaction, id);
            transaction.commit().await?;
            Ok(true)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::store::{
        Membership, Role, TokenId,
        testing::{self, NOW},
    };

    #[tokio::test]
    async fn addresses_are_one_in_any_case_and_roles_can_change() {
        let (store, _dir) = testing::store().await;
        let acme = store
            .add_partner("Acme", NOW)
            .await
            .expect("adds")
            .expect("is new");
        let ann = store
            .add_user("Ann@Example.org", "x", NOW)
            .await
            .expect("adds")
            .expect("is new");
        assert_eq!(
            store
                .add_user("ann@example.ORG", "y", NOW)
                .await
                .expect("answers"),
            None
        );
        store
            .set_role(ann.id, acme.id, Role::Viewer, NOW)
            .await
            .expect("joins");
        store
            .set_role(ann.id, acme.id, Role::Owner, NOW)
            .await
            .expect("rises");
        store
            .set_password(ann.id, "x", "z", TokenId::new())
            .await
            .expect("changes");

        let found = store
            .user_by_email("ANN@example.org")
            .await
            .expect("finds")
            .expect("is there");
        assert_eq!((found.id, found.password_hash.as_str()), (ann.id, "z"));
        assert_eq!(
            store.memberships(ann.id).await.expect("lists"),
            [Membership {
                partner_id: acme.id,
                partner_name: "Acme".to_owned(),
                role: Role::Owner
            }]
        );
    }
}
