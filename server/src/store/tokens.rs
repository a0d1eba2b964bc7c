//! Bearer tokens: whose they are, for which partner, until when, and where they are used.

use gantry_core::time::Moment;
use sqlx::FromRow;

use super::{
    PartnerId, Result, Role, Store, TokenId, UserId,
    db::{reading, writing},
    fence::Server,
    sql::{Across, Common},
};

/// The SHA-256 of a token: what is kept of it.
pub type TokenHash = [u8; 32];

/// Whom a token stands for.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Bearer {
    /// The token.
    pub id: TokenId,
    /// The person.
    pub user_id: UserId,
    /// The person's address.
    pub email: String,
    /// Since when the person administers the server; `None` when it does not.
    pub administrator_at: Option<i64>,
    /// The partner that the token is bound to, once one was selected and while the person still works for it.
    pub partner_id: Option<PartnerId>,
    /// What the person may do there; there whenever the partner is.
    pub role: Option<Role>,
    /// When the person signed in.
    #[sqlx(try_from = "i64")]
    pub created_at: Moment,
    /// When the token was used last, as far as it was noted.
    #[sqlx(try_from = "i64")]
    pub used_at: Moment,
    /// When the token ends.
    #[sqlx(try_from = "i64")]
    pub expires_at: Moment,
}

/// A token on its way into the store.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The token's hash.
    pub hash: TokenHash,
    /// Whose it is.
    pub user_id: UserId,
    /// The partner that it is bound to, if one was selected.
    pub partner_id: Option<PartnerId>,
    /// When the person signed in.
    pub created_at: Moment,
    /// When it ends.
    pub expires_at: Moment,
    /// From where it is used.
    pub address: String,
    /// What program uses it.
    pub client: String,
}

/// A place where somebody is signed in.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Token {
    /// The token's name.
    pub id: TokenId,
    /// When the person signed in.
    #[sqlx(try_from = "i64")]
    pub created_at: Moment,
    /// When it was used last, as far as it was noted.
    #[sqlx(try_from = "i64")]
    pub used_at: Moment,
    /// When it ends.
    #[sqlx(try_from = "i64")]
    pub expires_at: Moment,
    /// From where it was used last.
    pub address: String,
    /// What program that was.
    pub client: String,
}

const ADD_TOKEN: Common = Common::new(
    "insert into tokens (id, hash, user_id, partner_id, created_at, used_at, expires_at, address, client)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);

const BEARER: Across = Across::new(
    "select t.id, t.user_id, u.email, u.administrator_at, m.partner_id, m.role, t.created_at, t.used_at, t.expires_at
    from tokens t join users u on u.id = t.user_id
    left join memberships m on m.user_id = t.user_id and m.partner_id = t.partner_id
    where t.hash = $1 and t.expires_at > $2",
    "a token says which partner it is for, so the partner is what is looked for",
);

const USE_TOKEN: Common =
    Common::new("update tokens set used_at = $2, expires_at = $3, address = $4 where id = $1");

const TOKENS: Common = Common::new(
    "select id, created_at, used_at, expires_at, address, client from tokens
    where user_id = $1 and expires_at > $2 order by used_at desc, id desc",
);

const REMOVE_TOKEN: Common = Common::new("delete from tokens where user_id = $1 and id = $2");

pub(super) const REMOVE_OTHERS: Common =
    Common::new("delete from tokens where user_id = $1 and id <> $2");

pub(super) const REMOVE_ALL: Common = Common::new("delete from tokens where user_id = $1");

const REMOVE_EXPIRED: Common = Common::new("delete from tokens where expires_at <= $1");

const REMOVE_FOR_PARTNER: Common =
    Common::new("delete from tokens where user_id = $1 and partner_id = $2");

impl Store {
    /// Keeps a token, and forgets those that are over.
    pub async fn add_token(&self, token: &NewToken, at: Moment) -> Result<()> {
        writing!(self.db, Server, conn => {
            REMOVE_EXPIRED.query().bind(at.0).execute(&mut *conn).await?;
            ADD_TOKEN.query()
                .bind(TokenId::new())
                .bind(&token.hash[..])
                .bind(token.user_id)
                .bind(token.partner_id)
                .bind(token.created_at.0)
                .bind(at.0)
                .bind(token.expires_at.0)
                .bind(&token.address)
                .bind(&token.client)
                .execute(conn)
                .await
                .map(drop)
        })
    }

    /// Whom the token of this hash stands for, unless it is over.
    pub async fn bearer(&self, hash: &TokenHash, at: Moment) -> Result<Option<Bearer>> {
        reading!(self.db, Server, conn => BEARER.query_as()
            .bind(&hash[..])
            .bind(at.0)
            .fetch_optional(conn)
            .await)
    }

    /// Notes that a token was used from an address, and until when it is good now.
    pub async fn use_token(
        &self,
        id: TokenId,
        address: &str,
        at: Moment,
        expires_at: Moment,
    ) -> Result<()> {
        writing!(self.db, Server, conn => USE_TOKEN.query()
            .bind(id)
            .bind(at.0)
            .bind(expires_at.0)
            .bind(address)
            .execute(conn)
            .await
            .map(drop))
    }

    /// Where a person is signed in, the place used last first.
    pub async fn tokens(&self, user: UserId, at: Moment) -> Result<Vec<Token>> {
        reading!(self.db, Server, conn => TOKENS.query_as()
            .bind(user)
            .bind(at.0)
            .fetch_all(conn)
            .await)
    }

    /// Ends one of a person's tokens; false when it has none of this id.
    pub async fn remove_token(&self, user: UserId, id: TokenId) -> Result<bool> {
        writing!(self.db, Server, conn => REMOVE_TOKEN.query()
            .bind(user)
            .bind(id)
            .execute(conn)
            .await
            .map(|removed| removed.rows_affected() > 0))
    }

    /// Ends a person's tokens but for one, and answers how many.
    pub async fn remove_other_tokens(&self, user: UserId, kept: TokenId) -> Result<u64> {
        writing!(self.db, Server, conn => REMOVE_OTHERS.query()
            .bind(user)
            .bind(kept)
            .execute(conn)
            .await
            .map(|removed| removed.rows_affected()))
    }

    /// Ends the tokens by which a person acts for a partner.
    pub(super) async fn remove_tokens_for(&self, user: UserId, partner: PartnerId) -> Result<()> {
        writing!(self.db, Server, conn => REMOVE_FOR_PARTNER.query()
            .bind(user)
            .bind(partner)
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
        let ann = store.add_user("ann@example.org", "x", NOW).await;
        let ann = ann.expect("adds").expect("is new");
        let acme = store.add_partner("Acme", NOW).await.expect("adds");
        let acme = acme.expect("is new");
        let token = |hash| NewToken {
            hash: [hash; 32],
            user_id: ann.id,
            partner_id: Some(acme.id),
            created_at: NOW,
            expires_at: NOW + 10,
            address: "203.0.113.7".to_owned(),
            client: "a test".to_owned(),
        };
        store.add_token(&token(7), NOW).await.expect("adds");
        let bearer = async |hash, at| store.bearer(&[hash; 32], at).await.expect("answers");

        let stranger = bearer(7, NOW).await.expect("is there");
        assert_eq!((stranger.partner_id, stranger.role), (None, None));
        let set = store.set_role(ann.id, acme.id, Role::Operator, NOW).await;
        set.expect("joins");
        let member = bearer(7, NOW + 9).await.expect("is there");
        assert_eq!(
            (member.partner_id, member.role),
            (Some(acme.id), Some(Role::Operator))
        );
        assert_eq!(bearer(7, NOW + 10).await, None);

        let used = store.use_token(member.id, "::1", NOW + 9, NOW + 20).await;
        used.expect("notes");
        let tokens = store.tokens(ann.id, NOW + 10).await.expect("lists");
        assert_eq!(tokens.len(), 1);
        assert_eq!(
            (tokens[0].used_at, tokens[0].expires_at),
            (NOW + 9, NOW + 20)
        );
        assert_eq!(
            (tokens[0].address.as_str(), tokens[0].client.as_str()),
            ("::1", "a test")
        );

        store.add_token(&token(8), NOW).await.expect("adds");
        let second = bearer(8, NOW).await.expect("is there").id;
        assert!(
            !store
                .remove_token(UserId::new(), second)
                .await
                .expect("answers")
        );
        assert!(bearer(8, NOW).await.is_some(), "only its person ends it");
        assert_eq!(
            store
                .remove_other_tokens(ann.id, second)
                .await
                .expect("ends"),
            1
        );
        assert_eq!(bearer(7, NOW).await, None);
        assert!(store.remove_token(ann.id, second).await.expect("ends"));
        assert_eq!(bearer(8, NOW).await, None);
    }

    #[tokio::test]
    async fn who_leaves_a_partner_loses_the_tokens_for_it() {
        let (store, _dir) = testing::store().await;
        let ann = store.add_user("ann@example.org", "x", NOW).await;
        let ann = ann.expect("adds").expect("is new").id;
        for (hash, name) in [(1, "Acme"), (2, "Other")] {
            let partner = store.add_partner(name, NOW).await.expect("adds");
            let partner = partner.expect("is new").id;
            let set = store.set_role(ann, partner, Role::Viewer, NOW).await;
            set.expect("joins");
            let token = NewToken {
                hash: [hash; 32],
                user_id: ann,
                partner_id: Some(partner),
                created_at: NOW,
                expires_at: NOW + 10,
                address: String::new(),
                client: String::new(),
            };
            store.add_token(&token, NOW).await.expect("adds");
        }
        let other = store.partner_named("Other").await.expect("reads");
        let other = other.expect("is there").id;
        store.remove_role(ann, other).await.expect("leaves");
        assert!(store.bearer(&[1; 32], NOW).await.expect("reads").is_some());
        assert_eq!(store.bearer(&[2; 32], NOW).await.expect("reads"), None);
        // Coming back does not bring the token back.
        let set = store.set_role(ann, other, Role::Viewer, NOW).await;
        set.expect("joins");
        assert_eq!(store.bearer(&[2; 32], NOW).await.expect("reads"), None);
    }
}
