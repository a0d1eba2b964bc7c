//! Bearer tokens: whose they are, for which partner, until when, and where they are used.

use gantry_core::time::Moment;
use sqlx::{Connection, FromRow};

use super::{
    PartnerId, Result, Role, Store, TokenId, UserId,
    db::{reading, writing},
    fence::Server,
    sql::{Across, Common},
    users::{HOLD_PASSWORD, HOLD_PERSON},
};

/// How many sign-ins a person may have at once; beyond it the one that was quiet for longest ends.
pub const MOST_TOKENS: usize = 32;

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

/// By what somebody showed who they are. It has to hold still when the token is kept: what was ended meanwhile, by another
/// password or by signing out everywhere, gives no token any more.
#[derive(Clone, Copy)]
pub enum Proof<'a> {
    /// The password that this was made from.
    Password(&'a str),
    /// Another token, whose place the new one takes.
    Token(TokenId),
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

const ADD_TOKEN: Across = Across::new(
    "insert into tokens (id, hash, user_id, partner_id, created_at, used_at, expires_at, address, client)
    select $1, $2, $3, $4, $5, $6, $7, $8, $9
    where $4 is null or exists (select 1 from memberships where user_id = $3 and partner_id = $4)",
    "a token for a partner is for whoever works for it",
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

pub(super) const REMOVE_FOR_PARTNER: Common =
    Common::new("delete from tokens where user_id = $1 and partner_id = $2");

const REMOVE_BEYOND: Common = Common::new(
    "delete from tokens where user_id = $1 and id not in (
    select id from tokens where user_id = $1 order by used_at desc, id desc limit $2)",
);

impl Store {
    /// Keeps a token, and forgets those that are over or too many; false, and
    /// nothing done, when the proof holds no longer or the person does not work for the partner.
    pub async fn add_token(&self, token: &NewToken, proof: Proof<'_>, at: Moment) -> Result<bool> {
        writing!(self.db, Server, conn => {
            REMOVE_EXPIRED.query().bind(at.0).execute(&mut *conn).await?;
            let mut transaction = conn.begin().await?;
            let user = token.user_id;
            let held = match proof {
                Proof::Password(hash) => {
                    HOLD_PASSWORD.query().bind(user).bind(hash).execute(&mut *transaction).await?
                }
                Proof::Token(other) => {
                    HOLD_PERSON.query().bind(user).execute(&mut *transaction).await?;
                    REMOVE_TOKEN.query().bind(user).bind(other).execute(&mut *transaction).await?
                }
            };
            if held.rows_affected() == 0 {
                return Ok(false);
            }
            let added = ADD_TOKEN.query()
                .bind(TokenId::new())
                .bind(&token.hash[..])
                .bind(token.user_id)
                .bind(token.partner_id)
                .bind(token.created_at.0)
                .bind(at.0)
                .bind(token.expires_at.0)
                .bind(&token.address)
                .bind(&token.client)
                .execute(&mut *transaction)
                .await?;
            if added.rows_affected() == 0 {
                return Ok(false);
            }
            REMOVE_BEYOND.query()
                .bind(user)
                .bind(MOST_TOKENS as i64)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(true)
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

    /// Ends a person's tokens, but for `kept`, and answers how many.
    pub async fn remove_tokens(&self, user: UserId, kept: Option<TokenId>) -> Result<u64> {
        writing!(self.db, Server, conn => {
            let mut transaction = conn.begin().await?;
            HOLD_PERSON.query().bind(user).execute(&mut *transaction).await?;
            let removed = match kept {
                Some(kept) => REMOVE_OTHERS.query().bind(user).bind(kept),
                None => REMOVE_ALL.query().bind(user),
            };
            let removed = removed.execute(&mut *transaction).await?;
            transaction.commit().await?;
            Ok(removed.rows_affected())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, NOW};

    /// Keeps a token of somebody whose password was kept as `x`.
    async fn add(store: &Store, token: &NewToken) {
        let added = store.add_token(token, Proof::Password("x"), NOW).await;
        assert!(added.expect("adds"));
    }

    fn new(user: UserId, hash: u8) -> NewToken {
        testing::token(user, hash, NOW)
    }

    async fn ann(store: &Store) -> UserId {
        let ann = store.add_user("ann@example.org", "x", NOW).await;
        ann.expect("adds").expect("is new").id
    }

    #[tokio::test]
    async fn what_was_ended_meanwhile_gives_no_token() {
        let (store, _dir) = testing::store().await;
        let ann = ann(&store).await;
        let issue = async |hash, proof| {
            let added = store.add_token(&new(ann, hash), proof, NOW).await;
            added.expect("answers")
        };
        let id = async |hash| {
            let bearer = store.bearer(&[hash; 32], NOW).await.expect("reads");
            bearer.map(|bearer| bearer.id)
        };
        assert!(issue(1, Proof::Password("x")).await);
        let first = id(1).await.expect("is there");
        assert!(issue(2, Proof::Token(first)).await);
        assert_eq!(id(1).await, None, "another took its place");
        assert!(!issue(3, Proof::Token(first)).await, "once");
        let second = id(2).await.expect("is there");
        let changed = store.set_password(ann, "x", "y", TokenId::new()).await;
        assert!(changed.expect("changes"));
        assert!(!issue(4, Proof::Password("x")).await, "the old password");
        assert!(!issue(5, Proof::Token(second)).await, "ended with it");
        assert_eq!((id(4).await, id(5).await), (None, None));
        let late = store.set_password(ann, "x", "z", TokenId::new()).await;
        assert!(!late.expect("answers"), "it is another by now");
    }

    #[tokio::test]
    async fn no_token_slips_by_another_password() {
        let (store, _dir) = testing::store().await;
        let ann = ann(&store).await;
        for round in 0..20 {
            let word = |round: u8| "x".repeat(usize::from(round) + 1);
            let (old, next) = (word(round), word(round + 1));
            let tokens: Vec<_> = (0..4).map(|n| new(ann, round * 4 + n)).collect();
            let proof = || Proof::Password(&old);
            let (a, b, changed, c, d) = tokio::join!(
                store.add_token(&tokens[0], proof(), NOW),
                store.add_token(&tokens[1], proof(), NOW),
                store.set_password(ann, &old, &next, TokenId::new()),
                store.add_token(&tokens[2], proof(), NOW),
                store.add_token(&tokens[3], proof(), NOW),
            );
            assert!(changed.expect("changes"));
            for added in [a, b, c, d] {
                added.expect("answers");
            }
            let left = store.tokens(ann, NOW).await.expect("lists");
            assert_eq!(left, [], "round {round}");
        }
    }

    #[tokio::test]
    async fn no_token_slips_by_who_signs_out_everywhere() {
        let (store, _dir) = testing::store().await;
        let ann = ann(&store).await;
        for round in 0..20 {
            add(&store, &new(ann, round * 2)).await;
            let token = store.tokens(ann, NOW).await.expect("lists").remove(0);
            let next = new(ann, round * 2 + 1);
            let (chosen, ended) = tokio::join!(
                store.add_token(&next, Proof::Token(token.id), NOW),
                store.remove_tokens(ann, None),
            );
            chosen.expect("answers");
            assert_eq!(ended.expect("ends"), 1);
            assert_eq!(store.tokens(ann, NOW).await.expect("lists"), []);
        }
    }

    #[tokio::test]
    async fn the_quietest_of_too_many_tokens_ends() {
        let (store, _dir) = testing::store().await;
        let ann = ann(&store).await;
        let most = MOST_TOKENS as u8;
        for hash in 0..most {
            let at = NOW + i64::from(hash);
            let token = new(ann, hash);
            let added = store.add_token(&token, Proof::Password("x"), at);
            assert!(added.await.expect("adds"));
        }
        let is_there = async |hash| {
            let bearer = store.bearer(&[hash; 32], NOW).await.expect("reads");
            bearer.map(|bearer| bearer.id)
        };
        let first = is_there(0).await.expect("there is room");
        let later = NOW + 100;
        let used = store.use_token(first, "", later, NOW + 1_000).await;
        used.expect("notes");
        let token = new(ann, most);
        let added = store.add_token(&token, Proof::Password("x"), later);
        assert!(added.await.expect("adds"));
        assert!(is_there(0).await.is_some(), "it was used");
        assert_eq!(is_there(1).await, None);
        assert!(is_there(most).await.is_some());
        let left = store.tokens(ann, NOW).await.expect("lists");
        assert_eq!(left.len(), MOST_TOKENS);
    }

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
        let bearer = async |hash, at| store.bearer(&[hash; 32], at).await.expect("answers");
        let early = token(7);
        let early = store.add_token(&early, Proof::Password("x"), NOW);
        assert!(!early.await.expect("answers"), "she works for nobody");
        let set = store.set_role(ann.id, acme.id, Role::Operator, NOW).await;
        set.expect("joins");
        add(&store, &token(7)).await;
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

        add(&store, &token(8)).await;
        let second = bearer(8, NOW).await.expect("is there").id;
        assert!(
            !store
                .remove_token(UserId::new(), second)
                .await
                .expect("answers")
        );
        assert!(bearer(8, NOW).await.is_some(), "only its person ends it");
        let others = store.remove_tokens(ann.id, Some(second)).await;
        assert_eq!(others.expect("ends"), 1);
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
            add(&store, &token).await;
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
