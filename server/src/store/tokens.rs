//! Bearer tokens: whose they are, for which partner, until when.

use gantry_core::time::Moment;
use sqlx::FromRow;

use super::{
    PartnerId, Result, Role, Store, UserId,
    db::on,
    fence::Server,
    sql::{Across, Common},
};

/// The SHA-256 of a token: what is kept of it.
pub type TokenHash = [u8; 32];

/// Whom a token stands for.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Bearer {
    /// The person.
    pub user_id: UserId,
    /// The person's address.
    pub email: String,
    /// The partner that the token is bound to, once one was selected and while the person still works for it.
    pub partner_id: Option<PartnerId>,
    /// What the person may do there; there whenever the partner is.
    pub role: Option<Role>,
    /// When the token ends.
    #[sqlx(try_from = "i64")]
    pub expires_at: Moment,
}

/// A token on its way into the store.
#[derive(Clone, Copy, Debug)]
pub struct NewToken {
    /// The token's hash.
    pub hash: TokenHash,
    /// Whose it is.
    pub user_id: UserId,
    /// The partner that it is bound to, if one was selected.
    pub partner_id: Option<PartnerId>,
    /// When it ends.
    pub expires_at: Moment,
}

const ADD_TOKEN: Common = Common::new(
    "insert into tokens (hash, user_id, partner_id, created_at, expires_at) values ($1, $2, $3, $4, $5)",
);

const BEARER: Across = Across::new(
    "select t.user_id, u.email, m.partner_id, m.role, t.expires_at
    from tokens t join users u on u.id = t.user_id
    left join memberships m on m.user_id = t.user_id and m.partner_id = t.partner_id
    where t.hash = $1 and t.expires_at > $2",
    "a token says which partner it is for, so the partner is what is looked for",
);

const REMOVE_TOKEN: Common = Common::new("delete from tokens where hash = $1");

const REMOVE_EXPIRED: Common = Common::new("delete from tokens where expires_at <= $1");

impl Store {
    /// Keeps a token, and forgets those that are over.
    pub async fn add_token(&self, token: &NewToken, at: Moment) -> Result<()> {
        on!(self.db, Server, conn => {
            REMOVE_EXPIRED.query().bind(at.0).execute(&mut *conn).await?;
            ADD_TOKEN.query()
                .bind(&token.hash[..])
                .bind(token.user_id)
                .bind(token.partner_id)
                .bind(at.0)
                .bind(token.expires_at.0)
                .execute(conn)
                .await
                .map(drop)
        })
    }

    /// Whom the token of this hash stands for, unless it is over.
    pub async fn bearer(&self, hash: &TokenHash, at: Moment) -> Result<Option<Bearer>> {
        on!(self.db, Server, conn => BEARER.query_as()
            .bind(&hash[..])
            .bind(at.0)
            .fetch_optional(conn)
            .await)
    }

    /// Ends a token.
    pub async fn remove_token(&self, hash: &TokenHash) -> Result<()> {
        on!(self.db, Server, conn => REMOVE_TOKEN.query()
            .bind(&hash[..])
            .execute(conn)
            .await
            .map(drop))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, NOW};

    #[tokio::test]
    async fn a_token_stands_for_somebody_until_it_ends() {
        let (store, _dir) = testing::store().await;
        let ann = store
            .add_user("ann@example.org", "x", NOW)
            .await
            .expect("adds")
            .expect("is new");
        let acme = store
            .add_partner("Acme", NOW)
            .await
            .expect("adds")
            .expect("is new");
        let token = NewToken {
            hash: [7; 32],
            user_id: ann.id,
            partner_id: Some(acme.id),
            expires_at: NOW + 10,
        };
        store.add_token(&token, NOW).await.expect("adds");
        let bearer = async |at| store.bearer(&[7; 32], at).await.expect("answers");

        let stranger = bearer(NOW).await.expect("is there");
        assert_eq!((stranger.partner_id, stranger.role), (None, None));
        store
            .set_role(ann.id, acme.id, Role::Operator, NOW)
            .await
            .expect("joins");
        let member = bearer(NOW + 9).await.expect("is there");
        assert_eq!(
            (member.partner_id, member.role),
            (Some(acme.id), Some(Role::Operator))
        );
        assert_eq!(bearer(NOW + 10).await, None);

        store.remove_token(&[7; 32]).await.expect("removes");
        assert_eq!(bearer(NOW).await, None);
    }
}
