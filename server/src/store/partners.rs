//! Timing partners: the companies that a server works for.

use gantry_core::time::Moment;
use sqlx::FromRow;

use super::{
    PartnerId, Result, Store,
    db::{reading, writing},
    fence::Server,
    sql::Common,
};

/// A timing company.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Partner {
    /// Its id.
    pub id: PartnerId,
    /// Its unique name.
    pub name: String,
}

const ADD_PARTNER: Common = Common::new(
    "insert into timing_partners (id, name, created_at) values ($1, $2, $3)
    on conflict (name) do nothing returning id, name",
);

const PARTNERS: Common = Common::new("select id, name from timing_partners order by name");

const RENAME: Common = Common::new(
    "update timing_partners set name = $2
    where id = $1 and not exists (select 1 from timing_partners other where other.name = $2 and other.id <> $1)",
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
