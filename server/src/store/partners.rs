//! Timing partners, the people who work for them, and who may do what.

use gantry_core::time::Moment;
use sqlx::{Connection, FromRow};

use super::{
    PartnerId, Result, Store, UserId,
    db::{reading, writing},
    fence::Server,
    sql::{Across, Common, Walled},
    tokens::REMOVE_FOR_PARTNER,
};

/// A timing company.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Partner {
    /// Its id.
    pub id: PartnerId,
    /// Its unique name.
    pub name: String,
}

/// A person who logs in.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// The address, in lower case.
    pub email: String,
    /// The password as `auth::password` keeps it.
    pub password_hash: String,
}

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

/// How much a user may do, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::Type, clap::ValueEnum)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Role {
    /// Looks at everything of the partner.
    Viewer,
    /// Runs displays.
    Operator,
    /// Also manages the partner's people.
    Owner,
}

const ADD_PARTNER: Common = Common::new(
    "insert into timing_partners (id, name, created_at) values ($1, $2, $3)
    on conflict (name) do nothing returning id, name",
);

const PARTNERS: Common = Common::new("select id, name from timing_partners order by name");

const ADD_USER: Common = Common::new(
    "insert into users (id, email, password_hash, created_at) values ($1, $2, $3, $4)
    on conflict (email) do nothing returning id, email, password_hash",
);

const USER_BY_EMAIL: Common =
    Common::new("select id, email, password_hash from users where email = $1");

const USER_BY_ID: Common = Common::new("select id, email, password_hash from users where id = $1");

const SET_PASSWORD: Common = Common::new("update users set password_hash = $2 where id = $1");

const SET_ROLE: Walled = Walled::new(
    "insert into memberships (partner_id, user_id, role, created_at)
    values ($1, $2, $3, $4)
    on conflict (user_id, partner_id) do update set role = excluded.role",
);

const REMOVE_ROLE: Walled =
    Walled::new("delete from memberships where partner_id = $1 and user_id = $2");

const MEMBERSHIPS: Across = Across::new(
    "select m.partner_id, p.name as partner_name, m.role
    from memberships m join timing_partners p on p.id = m.partner_id
    where m.user_id = $1 order by p.name",
    "a person may work for several partners, and chooses among them before there is one",
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
    pub async fn partner_named(&self, name: &str) -> Result<Option<Partner>> {
        Ok(self
            .partners()
            .await?
            .into_iter()
            .find(|partner| partner.name == name))
    }

    /// Adds a user; `None` when the address is taken. Addresses are compared in lower case.
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

    /// The user of that address.
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

    /// Replaces a user's password.
    pub async fn set_password(&self, id: UserId, password_hash: &str) -> Result<()> {
        writing!(self.db, Server, conn => SET_PASSWORD.query()
            .bind(id)
            .bind(password_hash)
            .execute(conn)
            .await
            .map(drop))
    }

    /// Lets a user act for a partner, or changes how much it may do there.
    pub async fn set_role(
        &self,
        user: UserId,
        partner: PartnerId,
        role: Role,
        at: Moment,
    ) -> Result<()> {
        writing!(self.db, partner, conn => SET_ROLE.query(partner)
            .bind(user)
            .bind(role)
            .bind(at.0)
            .execute(conn)
            .await
            .map(drop))
    }

    /// Lets a user act for a partner no longer, and ends the tokens by which it did.
    pub async fn remove_role(&self, user: UserId, partner: PartnerId) -> Result<()> {
        writing!(self.db, Server, conn => {
            let mut transaction = conn.begin().await?;
            REMOVE_ROLE.query(partner).bind(user).execute(&mut *transaction).await?;
            REMOVE_FOR_PARTNER.query()
                .bind(user)
                .bind(partner)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await
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
        store.set_password(ann.id, "z").await.expect("changes");

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
