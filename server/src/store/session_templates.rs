//! What a display session has of its own instead of the newest revision of its template.

use gantry_core::time::Moment;
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Changed, DisplaySession, DisplaySessionId, PartnerId, Person, Result, Store, TemplateBody,
    Terms,
    db::reading,
    display_sessions::{SESSION, changing},
    sql::Walled,
};

/// A display session's own take on a template. It holds as long as the session has that template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionTemplate {
    /// The template.
    pub template_id: String,
    /// What is shown of it.
    pub own: Own,
    /// When it was set.
    pub saved_at: Moment,
    /// The address of whoever set it.
    pub saved_by: String,
}

/// What a display session shows of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Own {
    /// This revision, however many follow it.
    Pin(i64),
    /// A working copy, under an id that no other content has.
    Copy(Uuid, TemplateBody),
}

#[derive(FromRow)]
struct Row {
    template_id: String,
    revision: Option<i64>,
    copy_id: Option<Uuid>,
    source: Option<String>,
    body: Option<String>,
    saved_at: i64,
    saved_by: String,
}

const ALLOWED: &str = "the person was found to be allowed to";

const SET: Walled = Walled::unattended(
    "insert into session_templates
    (partner_id, display_session_id, template_id, revision, copy_id, source, body, saved_at, saved_by)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (display_session_id) do update set template_id = excluded.template_id, revision = excluded.revision,
    copy_id = excluded.copy_id, source = excluded.source, body = excluded.body, saved_at = excluded.saved_at,
    saved_by = excluded.saved_by",
    ALLOWED,
);

const OWN: Walled = Walled::unattended(
    "select template_id, revision, copy_id, source, body, saved_at, saved_by
    from session_templates where partner_id = $1 and display_session_id = $2",
    "a display session at work paints by it; who asks for it over HTTP was seen to see the session",
);

const CLEAR: Walled = Walled::unattended(
    "delete from session_templates where partner_id = $1 and display_session_id = $2",
    ALLOWED,
);

/// Forgets what a display session has of any template but `$3`, so that it does not come back with the template.
pub(super) const FORSAKE: Walled = Walled::unattended(
    "delete from session_templates where partner_id = $1 and display_session_id = $2 and template_id <> $3",
    ALLOWED,
);

/// Gives display session `$3` what `$2` has of its own.
pub(super) const COPY_OWN: Walled = Walled::unattended(
    "insert into session_templates
    (partner_id, display_session_id, template_id, revision, copy_id, source, body, saved_at, saved_by)
    select partner_id, $3, template_id, revision, copy_id, source, body, saved_at, saved_by
    from session_templates where partner_id = $1 and display_session_id = $2",
    ALLOWED,
);

impl Store {
    /// Gives a display session its own take on the template that it has, in place of any that it had, and answers the session.
    pub async fn set_session_template(
        &self,
        person: Person,
        session: DisplaySessionId,
        expected: Option<i64>,
        template: &SessionTemplate,
    ) -> Changed<DisplaySession> {
        let (revision, copy, content) = match &template.own {
            Own::Pin(revision) => (Some(*revision), None, None),
            Own::Copy(id, content) => (None, Some(*id), Some(content)),
        };
        let (terms, at) = (Terms::edit(expected), template.saved_at);
        changing!(self, person, session, terms, at, transaction => {
            SET.query(person.partner)
                .bind(session)
                .bind(&template.template_id)
                .bind(revision)
                .bind(copy)
                .bind(content.map(|content| content.source.as_str()))
                .bind(content.map(|content| content.body.as_str()))
                .bind(at.0)
                .bind(&template.saved_by)
                .execute(&mut *transaction)
                .await?;
            SESSION.query_as(person).bind(session).fetch_one(&mut *transaction).await?
        })
    }

    /// A display session's own take on a template, which need not be the one that it has now.
    pub async fn session_template(
        &self,
        partner: PartnerId,
        session: DisplaySessionId,
    ) -> Result<Option<SessionTemplate>> {
        let row: Option<Row> = reading!(self.db, partner, conn => OWN.query_as(partner)
            .bind(session)
            .fetch_optional(conn)
            .await?);
        Ok(row.and_then(Row::read))
    }

    /// Has a display session follow its template again, and answers the session.
    pub async fn clear_session_template(
        &self,
        person: Person,
        session: DisplaySessionId,
        expected: Option<i64>,
        at: Moment,
    ) -> Changed<DisplaySession> {
        changing!(self, person, session, Terms::edit(expected), at, transaction => {
            CLEAR.query(person.partner).bind(session).execute(&mut *transaction).await?;
            SESSION.query_as(person).bind(session).fetch_one(&mut *transaction).await?
        })
    }
}

impl Row {
    fn read(self) -> Option<SessionTemplate> {
        let own = match self.revision {
            Some(revision) => Own::Pin(revision),
            None => Own::Copy(
                self.copy_id?,
                TemplateBody {
                    source: self.source?,
                    body: self.body?,
                },
            ),
        };
        Some(SessionTemplate {
            template_id: self.template_id,
            own,
            saved_at: Moment(self.saved_at),
            saved_by: self.saved_by,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        Refusal, Role, SessionChange,
        testing::{self, NOW, race, somebody, workspace},
    };

    fn own(own: Own) -> SessionTemplate {
        SessionTemplate {
            template_id: "finish-line".to_owned(),
            own,
            saved_at: NOW,
            saved_by: "ann@example.org".to_owned(),
        }
    }

    fn copy(text: &str) -> SessionTemplate {
        let content = TemplateBody {
            source: format!("source of {text}"),
            body: text.to_owned(),
        };
        own(Own::Copy(Uuid::now_v7(), content))
    }

    #[tokio::test]
    async fn each_session_has_its_own_and_the_last_one_holds() {
        let (store, _place) = testing::store().await;
        let partner = race(&store).await.partner_id;
        let ann = somebody(&store, partner, "ann@example.org", Role::Operator).await;
        let one = workspace(&store, ann, &[]).await.id;
        let two = workspace(&store, ann, &[]).await.id;
        let held = async |session| {
            let held = store.session_template(partner, session).await;
            held.expect("reads")
        };
        for (wanted, base) in [(copy("a"), 1), (own(Own::Pin(3)), 2), (copy("b"), 3)] {
            let set = store
                .set_session_template(ann, one, Some(base), &wanted)
                .await;
            let session = set.expect("answers").expect("sets");
            assert_eq!(session.revision, base + 1, "it is a change of the session");
            assert_eq!(held(one).await, Some(wanted));
        }
        assert_eq!(held(two).await, None);
        let cleared = store.clear_session_template(ann, one, Some(4), NOW).await;
        assert_eq!(cleared.expect("answers").expect("clears").revision, 5);
        assert_eq!(held(one).await, None);
    }

    #[tokio::test]
    async fn a_copy_made_of_an_older_one_is_refused() {
        let (store, _place) = testing::store().await;
        let partner = race(&store).await.partner_id;
        let ann = somebody(&store, partner, "ann@example.org", Role::Operator).await;
        let session = workspace(&store, ann, &[]).await.id;
        let first = copy("first");
        let set = store
            .set_session_template(ann, session, Some(1), &first)
            .await;
        let newer = set.expect("answers").expect("sets");
        let stale = Refusal::Stale(Box::new(newer));
        let late = store
            .set_session_template(ann, session, Some(1), &copy("late"))
            .await;
        assert_eq!(late.expect("answers"), Err(stale.clone()));
        let late = store
            .clear_session_template(ann, session, Some(1), NOW)
            .await;
        assert_eq!(late.expect("answers"), Err(stale));
        let held = store.session_template(partner, session).await;
        assert_eq!(held.expect("reads"), Some(first));
    }

    #[tokio::test]
    async fn it_does_not_come_back_with_its_template() {
        let (store, _place) = testing::store().await;
        let partner = race(&store).await.partner_id;
        let ann = somebody(&store, partner, "ann@example.org", Role::Operator).await;
        let session = workspace(&store, ann, &[]).await.id;
        let mine = copy("mine");
        let set = store.set_session_template(ann, session, None, &mine).await;
        set.expect("answers").expect("sets");
        let held_after = async |template: Option<&str>| {
            let change = SessionChange {
                template_id: template.map(str::to_owned),
                ..SessionChange::default()
            };
            let changed = store
                .change_display_session(ann, session, None, &change, NOW)
                .await;
            changed.expect("answers").expect("changes");
            let held = store.session_template(partner, session).await;
            held.expect("reads")
        };
        assert_eq!(held_after(None).await, Some(mine.clone()));
        assert_eq!(held_after(Some("finish-line")).await, Some(mine));
        assert_eq!(held_after(Some("announcer")).await, None);
        assert_eq!(held_after(Some("finish-line")).await, None);
    }

    #[tokio::test]
    async fn a_duplicate_starts_with_the_working_copy_and_goes_its_own_way() {
        let (store, _place) = testing::store().await;
        let partner = race(&store).await.partner_id;
        let ann = somebody(&store, partner, "ann@example.org", Role::Operator).await;
        let original = workspace(&store, ann, &[]).await.id;
        let first = copy("first");
        let set = store
            .set_session_template(ann, original, None, &first)
            .await;
        set.expect("answers").expect("sets");
        let twin = DisplaySessionId::new();
        let made = store
            .duplicate_display_session(ann, original, twin, "Twin", NOW)
            .await;
        made.expect("answers").expect("duplicates");
        let held = async |session| {
            let held = store.session_template(partner, session).await;
            held.expect("reads")
        };
        assert_eq!(held(twin).await, Some(first.clone()));
        let second = copy("second");
        let set = store.set_session_template(ann, twin, None, &second).await;
        set.expect("answers").expect("sets");
        assert_eq!(
            (held(original).await, held(twin).await),
            (Some(first), Some(second))
        );
    }

    #[tokio::test]
    async fn another_partner_can_neither_see_nor_set_it() {
        let (store, _place) = testing::store().await;
        let partner = race(&store).await.partner_id;
        let ann = somebody(&store, partner, "ann@example.org", Role::Operator).await;
        let session = workspace(&store, ann, &[]).await.id;
        let other = store.add_partner("Other", NOW).await.expect("adds");
        let other = other.expect("is new").id;
        let olga = somebody(&store, other, "olga@example.org", Role::Owner).await;
        let mine = copy("mine");
        let set = store.set_session_template(ann, session, None, &mine).await;
        set.expect("answers").expect("sets");
        let theirs = copy("theirs");
        let set = store
            .set_session_template(olga, session, None, &theirs)
            .await;
        assert_eq!(set.expect("answers"), Err(Refusal::Unseen));
        let cleared = store.clear_session_template(olga, session, None, NOW).await;
        assert_eq!(cleared.expect("answers"), Err(Refusal::Unseen));
        let seen = store.session_template(other, session).await;
        assert_eq!(seen.expect("reads"), None);
        let held = store.session_template(partner, session).await;
        assert_eq!(held.expect("reads"), Some(mine));
    }
}
