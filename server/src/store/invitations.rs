//! Invitations: one-time codes by which people join a partner.

use gantry_core::time::Moment;
use sqlx::{Connection, FromRow};

use super::{
    InvitationId, PartnerId, Result, Role, Store, TokenHash, User, UserId,
    audit::SHELL,
    db::{reading, writing},
    fence::Server,
    sql::{Across, Walled},
    users::{ADD_USER, HOLD_PASSWORD, USER_BY_EMAIL},
};

/// An invitation that nobody has accepted yet.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// To work for which partner.
    pub partner_id: PartnerId,
    /// Whom it is for.
    pub email: String,
    /// What they will be allowed to do.
    pub role: Role,
    /// Who invites, in words.
    pub invited_by: String,
    /// When it was made.
    #[sqlx(try_from = "i64")]
    pub created_at: Moment,
    /// When it ends.
    #[sqlx(try_from = "i64")]
    pub expires_at: Moment,
}

const INVITE: Walled = Walled::new(
    "insert into invitations (partner_id, id, email, role, code_hash, invited_by, created_at, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    returning id, partner_id, email, role, invited_by, created_at, expires_at",
);

const REMOVE_FOR_EMAIL: Walled = Walled::new(
    "delete from invitations where partner_id = $1 and (email = $2 or expires_at <= $3)",
);

const INVITATIONS: Walled = Walled::new(
    "select id, partner_id, email, role, invited_by, created_at, expires_at from invitations
    where partner_id = $1 and expires_at > $2 order by id desc",
);

const WITHDRAW: Walled = Walled::new(
    "delete from invitations where partner_id = $1 and id = $2
    returning id, partner_id, email, role, invited_by, created_at, expires_at",
);

/// [`WITHDRAW`] for whom it is for: what nobody who may invite stands for any more is not used up but worth nothing.
const USE: Walled = Walled::new(
    "delete from invitations where partner_id = $1 and id = $2 and (invited_by = $3 or exists (
    select 1 from memberships m join users u on u.id = m.user_id
    where m.partner_id = $1 and m.role = 'owner' and u.email = invitations.invited_by))",
);

/// What somebody invited others to is over when they no longer may.
pub(super) const WITHDRAW_ALL_OF: Walled = Walled::new(
    "delete from invitations where partner_id = $1 and invited_by = (select email from users where id = $2)",
);

/// What somebody was invited to while they worked there brings them back no more.
pub(super) const WITHDRAW_ALL_FOR: Walled = Walled::new(
    "delete from invitations where partner_id = $1 and email = (select email from users where id = $2)",
);

const INVITING: Across = Across::new(
    "select distinct partner_id from invitations where email = $1 and expires_at > $2",
    "whoever invites is to hear that it was refused",
);

const BY_CODE: Across = Across::new(
    "select id, partner_id, email, role, invited_by, created_at, expires_at from invitations
    where code_hash = $1 and email = $2 and expires_at > $3",
    "the code says which partner it is for",
);

const JOIN: Walled = Walled::new(
    "insert into memberships (partner_id, user_id, role, created_at) values ($1, $2, $3, $4)
    on conflict (user_id, partner_id) do nothing",
);

/// An invitation to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewInvitation<'a> {
    /// Whom it is for, in lower case.
    pub email: &'a str,
    /// What they will be allowed to do.
    pub role: Role,
    /// The hash of the code.
    pub code_hash: &'a TokenHash,
    /// Who invites, in words.
    pub invited_by: &'a str,
    /// When it ends.
    pub expires_at: Moment,
}

/// Who joins.
#[derive(Clone, Copy)]
pub enum Joining<'a> {
    /// Somebody who has no account yet, with the hash of the password of their choice.
    New(&'a str),
    /// This person, whose password was found to be the one that the hash was made from.
    Known(UserId, &'a str),
}

impl Store {
    /// Invites somebody; what the partner invited them to before is over.
    pub async fn invite(
        &self,
        partner: PartnerId,
        new: NewInvitation<'_>,
        at: Moment,
    ) -> Result<Invitation> {
        writing!(self.db, partner, conn => {
            let mut transaction = conn.begin().await?;
            REMOVE_FOR_EMAIL.query(partner)
                .bind(new.email)
                .bind(at.0)
                .execute(&mut *transaction)
                .await?;
            let invitation = INVITE.query_as(partner)
                .bind(InvitationId::new())
                .bind(new.email)
                .bind(new.role)
                .bind(&new.code_hash[..])
                .bind(new.invited_by)
                .bind(at.0)
                .bind(new.expires_at.0)
                .fetch_one(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(invitation)
        })
    }

    /// The partner's invitations that can be accepted, newest first.
    pub async fn invitations(&self, partner: PartnerId, at: Moment) -> Result<Vec<Invitation>> {
        reading!(self.db, partner, conn => INVITATIONS.query_as(partner)
            .bind(at.0)
            .fetch_all(conn)
            .await)
    }

    /// Withdraws one of the partner's invitations, and answers what it was; `None` when the partner has none of this id.
    pub async fn withdraw(
        &self,
        partner: PartnerId,
        id: InvitationId,
    ) -> Result<Option<Invitation>> {
        writing!(self.db, partner, conn => WITHDRAW.query_as(partner)
            .bind(id)
            .fetch_optional(conn)
            .await)
    }

    /// The partners that invite this address.
    pub async fn inviting(&self, email: &str, at: Moment) -> Result<Vec<PartnerId>> {
        reading!(self.db, Server, conn => INVITING.query_scalar()
            .bind(email)
            .bind(at.0)
            .fetch_all(conn)
            .await)
    }

    /// The invitation that this code is for, if it is for this address and not over.
    pub async fn invitation(
        &self,
        code_hash: &TokenHash,
        email: &str,
        at: Moment,
    ) -> Result<Option<Invitation>> {
        reading!(self.db, Server, conn => BY_CODE.query_as()
            .bind(&code_hash[..])
            .bind(email)
            .bind(at.0)
            .fetch_optional(conn)
            .await)
    }

    /// Lets whom it is for join, and uses the invitation up. `None`, and nothing done, when they are not who they were found to be,
    /// the invitation is used up, or whoever invited them is no owner any more.
    pub async fn accept(
        &self,
        invitation: &Invitation,
        who: Joining<'_>,
        at: Moment,
    ) -> Result<Option<User>> {
        let partner = invitation.partner_id;
        writing!(self.db, Server, conn => {
            let mut transaction = conn.begin().await?;
            let used = USE.query(partner)
                .bind(invitation.id)
                .bind(SHELL)
                .execute(&mut *transaction)
                .await?;
            let user: Option<User> = match who {
                Joining::New(hash) => ADD_USER.query_as()
                    .bind(UserId::new())
                    .bind(&invitation.email)
                    .bind(hash)
                    .bind(at.0)
                    .fetch_optional(&mut *transaction)
                    .await?,
                Joining::Known(user, hash) => {
                    HOLD_PASSWORD.query().bind(user).bind(hash).execute(&mut *transaction).await?;
                    let user: Option<User> = USER_BY_EMAIL.query_as()
                        .bind(&invitation.email)
                        .fetch_optional(&mut *transaction)
                        .await?;
                    user.filter(|user| user.password_hash == hash)
                }
            };
            let Some(user) = user.filter(|_| used.rows_affected() > 0) else {
                return Ok(None);
            };
            JOIN.query(partner)
                .bind(user.id)
                .bind(invitation.role)
                .bind(at.0)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(Some(user))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, NOW};

    const NEW: NewInvitation<'_> = NewInvitation {
        email: "new@example.org",
        role: Role::Operator,
        code_hash: &[1; 32],
        invited_by: SHELL,
        expires_at: Moment(NOW.0 + 10),
    };

    #[tokio::test]
    async fn an_invitation_is_accepted_once_by_whom_it_is_for() {
        let (store, _dir) = testing::store().await;
        let acme = store.add_partner("Acme", NOW).await.expect("adds");
        let acme = acme.expect("is new").id;
        store.invite(acme, NEW, NOW).await.expect("invites");
        let find = async |email, at| store.invitation(&[1; 32], email, at).await.expect("reads");
        assert_eq!(find("olga@example.org", NOW).await, None, "not for her");
        assert_eq!(find(NEW.email, NOW + 10).await, None, "over");
        let invitation = find(NEW.email, NOW).await.expect("is there");

        let unknown = store
            .accept(&invitation, Joining::Known(UserId::new(), "x"), NOW)
            .await
            .expect("answers");
        assert_eq!(unknown, None);
        assert!(find(NEW.email, NOW).await.is_some(), "nothing was done");
        let user = store.accept(&invitation, Joining::New("x"), NOW).await;
        let user = user.expect("answers").expect("joins");
        let members = store.members(acme).await.expect("lists");
        assert_eq!(
            (members[0].user_id, members[0].role),
            (user.id, Role::Operator)
        );
        let again = store
            .accept(&invitation, Joining::Known(UserId::new(), "x"), NOW)
            .await
            .expect("answers");
        assert_eq!(again, None, "it is used up");
    }

    #[tokio::test]
    async fn the_newest_invitation_counts_and_only_its_partner_withdraws_it() {
        let (store, _dir) = testing::store().await;
        let mut partners = Vec::new();
        for name in ["Acme", "Other"] {
            let partner = store.add_partner(name, NOW).await.expect("adds");
            partners.push(partner.expect("is new").id);
        }
        let (acme, other) = (partners[0], partners[1]);
        store.invite(acme, NEW, NOW).await.expect("invites");
        let again = NewInvitation {
            code_hash: &[2; 32],
            ..NEW
        };
        let again = store.invite(acme, again, NOW).await.expect("invites");
        let listed = store.invitations(acme, NOW).await.expect("lists");
        assert_eq!(listed, std::slice::from_ref(&again));
        assert_eq!(store.invitations(other, NOW).await.expect("lists"), []);
        assert_eq!(
            store.withdraw(other, again.id).await.expect("answers"),
            None
        );
        assert_eq!(
            store.withdraw(acme, again.id).await.expect("answers"),
            Some(again)
        );
    }

    #[tokio::test]
    async fn who_is_known_joins_by_the_password_that_they_have_now() {
        let (store, _dir) = testing::store().await;
        let acme = store.add_partner("Acme", NOW).await.expect("adds");
        let acme = acme.expect("is new").id;
        let known = store.add_user(NEW.email, "new", NOW).await.expect("adds");
        let known = known.expect("is new").id;
        let invitation = store.invite(acme, NEW, NOW).await.expect("invites");
        let join = async |hash| {
            let who = Joining::Known(known, hash);
            let joined = store.accept(&invitation, who, NOW).await;
            joined.expect("answers").is_some()
        };
        assert!(!join("old").await, "it was changed meanwhile");
        assert!(join("new").await);
    }

    #[tokio::test]
    async fn who_may_invite_no_longer_invited_nobody() {
        let (store, _dir) = testing::store().await;
        let acme = store.add_partner("Acme", NOW).await.expect("adds");
        let acme = acme.expect("is new").id;
        for email in ["ann@example.org", "bob@example.org"] {
            testing::somebody(&store, acme, email, Role::Owner).await;
        }
        let bob = store.user_by_email("bob@example.org").await.expect("reads");
        let bob = bob.expect("is there").id;
        let invite = async |hash, email, invited_by| {
            let new = NewInvitation {
                email,
                code_hash: &[hash; 32],
                invited_by,
                ..NEW
            };
            store.invite(acme, new, NOW).await.expect("invites")
        };
        let left = async || {
            let left = store.invitations(acme, NOW).await.expect("lists");
            left.into_iter()
                .map(|one| one.invited_by)
                .collect::<Vec<_>>()
        };
        let accept = async |invitation| {
            let joined = store.accept(invitation, Joining::New("x"), NOW).await;
            joined.expect("answers").is_some()
        };
        invite(1, "one@example.org", "ann@example.org").await;
        let demoted = async |role| store.change_role(bob, acme, role).await.expect("changes");
        for (hash, role) in [(2, Some(Role::Viewer)), (3, None)] {
            store
                .set_role(bob, acme, Role::Owner, NOW)
                .await
                .expect("rises");
            invite(hash, "new@example.org", "bob@example.org").await;
            demoted(role).await;
            assert_eq!(left().await, ["ann@example.org"], "{role:?}");
        }
        store
            .set_role(bob, acme, Role::Owner, NOW)
            .await
            .expect("rises");
        invite(4, "new@example.org", "bob@example.org").await;
        store
            .set_role(bob, acme, Role::Operator, NOW)
            .await
            .expect("falls");
        assert_eq!(left().await, ["ann@example.org"], "from the shell as well");

        // He was about to invite when he fell.
        let late = invite(5, "new@example.org", "bob@example.org").await;
        assert!(!accept(&late).await);
        // What he was invited to himself goes with him.
        invite(6, "bob@example.org", SHELL).await;
        assert_eq!(left().await[0], SHELL);
        store.remove_role(bob, acme).await.expect("leaves");
        assert_eq!(left().await, ["ann@example.org"]);

        let early = store.invitation(&[1; 32], "one@example.org", NOW).await;
        let early = early.expect("reads").expect("is there");
        assert!(accept(&early).await);
    }
}
