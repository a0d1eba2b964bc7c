//! Templates of partners' own, with their newest revisions and those that somebody stays with.

use gantry_core::time::Moment;
use sqlx::{Connection, FromRow};

use super::{
    PartnerId, Result, Store, TemplateId,
    db::{reading, writing},
    sql::Walled,
};

/// A template without its content.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct StoredTemplate {
    /// Its id.
    pub id: TemplateId,
    /// What operators pick it by.
    pub name: String,
    /// One sentence on what it is for.
    pub summary: String,
    /// The modes that it makes sense in, as a JSON list.
    pub modes: String,
    /// The canvas.
    pub canvas_width: i64,
    /// The canvas.
    pub canvas_height: i64,
    /// The newest revision, from 1.
    pub revision: i64,
    /// When it was made.
    #[sqlx(try_from = "i64")]
    pub created_at: Moment,
    /// When the newest revision was saved.
    #[sqlx(try_from = "i64")]
    pub updated_at: Moment,
}

/// What is in a template.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct TemplateBody {
    /// JSON as somebody wrote it, with its palette.
    pub source: String,
    /// JSON as it was checked; it needs no second check.
    pub body: String,
}

/// A template with its newest content.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct TemplateContent {
    /// The template.
    #[sqlx(flatten)]
    pub template: StoredTemplate,
    /// What is in it.
    #[sqlx(flatten)]
    pub content: TemplateBody,
}

/// A revision of a template, without its content.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Revision {
    /// Its number, from 1.
    pub revision: i64,
    /// When it was saved.
    #[sqlx(try_from = "i64")]
    pub saved_at: Moment,
    /// The address of whoever saved it.
    pub saved_by: String,
}

/// A content that was checked and is to be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRevision {
    /// What operators pick it by.
    pub name: String,
    /// One sentence on what it is for.
    pub summary: String,
    /// The modes that it makes sense in, as a JSON list.
    pub modes: String,
    /// The canvas.
    pub canvas_width: i64,
    /// The canvas.
    pub canvas_height: i64,
    /// What is in it.
    pub content: TemplateBody,
    /// When it is saved.
    pub saved_at: Moment,
    /// The address of whoever saves it.
    pub saved_by: String,
}

/// What became of a content that was to be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saving {
    /// It is the newest revision.
    Saved(StoredTemplate),
    /// Somebody else saved another revision before.
    Lost,
}

/// What became of a template that was to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It is no longer offered.
    Removed,
    /// It is shown, so it stays.
    InUse {
        /// Display sessions that have it.
        sessions: i64,
        /// Displays that have it for their own and are not over.
        displays: i64,
    },
    /// The partner has none of this id.
    Unknown,
}

const ADD: Walled = Walled::new(
    "insert into templates
    (partner_id, id, name, summary, modes, canvas_width, canvas_height, revision, created_at, updated_at)
    select $1, $2, $3, $4, $5, $6, $7, 1, $8, $8
    where (select count(*) from templates where partner_id = $1 and deleted_at is null) < $9
    returning id, name, summary, modes, canvas_width, canvas_height, revision, created_at, updated_at",
);

const SAVE: Walled = Walled::new(
    "update templates set name = $4, summary = $5, modes = $6, canvas_width = $7, canvas_height = $8,
    revision = revision + 1, updated_at = $9
    where partner_id = $1 and id = $2 and revision = $3 and deleted_at is null
    returning id, name, summary, modes, canvas_width, canvas_height, revision, created_at, updated_at",
);

const KEEP: Walled = Walled::new(
    "insert into template_revisions (partner_id, template_id, revision, source, body, saved_at, saved_by)
    values ($1, $2, $3, $4, $5, $6, $7)",
);

/// How many revisions of a template are kept besides those that somebody stays with.
const KEPT_REVISIONS: i64 = 200;

/// Lets go of revisions through `$4` that no display session and no display names; `$3` is the template's id as they have it.
const FORGET: Walled = Walled::unattended(
    "delete from template_revisions where partner_id = $1 and template_id = $2 and revision <= $4
    and not exists (select 1 from session_templates s where s.partner_id = $1 and s.template_id = $3
        and s.revision = template_revisions.revision)
    and not exists (select 1 from display_urls u where u.partner_id = $1 and u.template_id = $3
        and u.template_revision = template_revisions.revision and u.revoked_at is null)",
    "what others stay with must not go, even if one is not to know who they are",
);

const TEMPLATES: Walled = Walled::new(
    "select id, name, summary, modes, canvas_width, canvas_height, revision, created_at, updated_at
    from templates where partner_id = $1 and deleted_at is null order by id",
);

const TEMPLATE: Walled = Walled::new(
    "select t.id, t.name, t.summary, t.modes, t.canvas_width, t.canvas_height, t.revision, t.created_at, t.updated_at,
    r.source, r.body
    from templates t
    join template_revisions r on r.partner_id = t.partner_id and r.template_id = t.id and r.revision = t.revision
    where t.partner_id = $1 and t.id = $2 and t.deleted_at is null",
);

const NEWEST: Walled =
    Walled::new("select revision from templates where partner_id = $1 and id = $2");

const REVISIONS: Walled = Walled::new(
    "select revision, saved_at, saved_by from template_revisions
    where partner_id = $1 and template_id = $2 and revision < $3 order by revision desc limit $4",
);

const REVISION: Walled = Walled::new(
    "select source, body from template_revisions where partner_id = $1 and template_id = $2 and revision = $3",
);

const USES: Walled = Walled::unattended(
    "select
    (select count(*) from display_sessions where partner_id = $1 and template_id = $2 and deleted_at is null),
    (select count(*) from display_urls
        where partner_id = $1 and template_id = $2 and revoked_at is null and expires_at > $3)",
    "what others show must not go, even if one is not to know who they are",
);

const REMOVE: Walled = Walled::new(
    "update templates set deleted_at = $3 where partner_id = $1 and id = $2 and deleted_at is null",
);

impl Store {
    /// Adds a template with its first revision; `None` when the partner has `most` already.
    pub async fn add_template(
        &self,
        partner: PartnerId,
        id: TemplateId,
        first: &NewRevision,
        most: usize,
    ) -> Result<Option<StoredTemplate>> {
        writing!(self.db, partner, conn => {
            let mut transaction = conn.begin().await?;
            let added = ADD.query_as(partner)
                .bind(id)
                .bind(&first.name)
                .bind(&first.summary)
                .bind(&first.modes)
                .bind(first.canvas_width)
                .bind(first.canvas_height)
                .bind(first.saved_at.0)
                .bind(most as i64)
                .fetch_optional(&mut *transaction)
                .await?;
            let Some(added) = added else {
                return Ok(None);
            };
            KEEP.query(partner)
                .bind(id)
                .bind(1_i64)
                .bind(&first.content.source)
                .bind(&first.content.body)
                .bind(first.saved_at.0)
                .bind(&first.saved_by)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(Some(added))
        })
    }

    /// Saves the revision after `base`, if `base` is still the newest of a template that is there.
    pub async fn save_template(
        &self,
        partner: PartnerId,
        id: TemplateId,
        base: i64,
        next: &NewRevision,
    ) -> Result<Saving> {
        writing!(self.db, partner, conn => {
            let mut transaction = conn.begin().await?;
            let saved: Option<StoredTemplate> = SAVE.query_as(partner)
                .bind(id)
                .bind(base)
                .bind(&next.name)
                .bind(&next.summary)
                .bind(&next.modes)
                .bind(next.canvas_width)
                .bind(next.canvas_height)
                .bind(next.saved_at.0)
                .fetch_optional(&mut *transaction)
                .await?;
            let Some(saved) = saved else {
                return Ok(Saving::Lost);
            };
            KEEP.query(partner)
                .bind(id)
                .bind(saved.revision)
                .bind(&next.content.source)
                .bind(&next.content.body)
                .bind(next.saved_at.0)
                .bind(&next.saved_by)
                .execute(&mut *transaction)
                .await?;
            if saved.revision > KEPT_REVISIONS {
                FORGET.query(partner)
                    .bind(id)
                    .bind(id.to_string())
                    .bind(saved.revision - KEPT_REVISIONS)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            Ok(Saving::Saved(saved))
        })
    }

    /// The partner's own templates, oldest first.
    pub async fn templates(&self, partner: PartnerId) -> Result<Vec<StoredTemplate>> {
        reading!(self.db, partner, conn => TEMPLATES.query_as(partner).fetch_all(conn).await)
    }

    /// One of the partner's own templates.
    pub async fn template(
        &self,
        partner: PartnerId,
        id: TemplateId,
    ) -> Result<Option<TemplateContent>> {
        reading!(self.db, partner, conn => TEMPLATE.query_as(partner).bind(id).fetch_optional(conn).await)
    }

    /// The newest revision of a template, also of one that was removed.
    pub async fn newest_revision(&self, partner: PartnerId, id: TemplateId) -> Result<Option<i64>> {
        reading!(self.db, partner, conn => NEWEST.query_scalar(partner).bind(id).fetch_optional(conn).await)
    }

    /// The newest `limit` revisions of a template, newest first; where a revision is named, of those before it.
    pub async fn template_revisions(
        &self,
        partner: PartnerId,
        id: TemplateId,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<Revision>> {
        reading!(self.db, partner, conn => REVISIONS.query_as(partner)
            .bind(id)
            .bind(before.unwrap_or(i64::MAX))
            .bind(limit as i64)
            .fetch_all(conn)
            .await)
    }

    /// The content of one revision, also of a template that was removed.
    pub async fn template_revision(
        &self,
        partner: PartnerId,
        id: TemplateId,
        revision: i64,
    ) -> Result<Option<TemplateBody>> {
        reading!(self.db, partner, conn => REVISION.query_as(partner)
            .bind(id)
            .bind(revision)
            .fetch_optional(conn)
            .await)
    }

    /// Removes a template that nothing shows.
    pub async fn remove_template(
        &self,
        partner: PartnerId,
        id: TemplateId,
        at: Moment,
    ) -> Result<Removal> {
        writing!(self.db, partner, conn => {
            let mut transaction = conn.begin().await?;
            let removed = REMOVE.query(partner)
                .bind(id)
                .bind(at.0)
                .execute(&mut *transaction)
                .await?;
            if removed.rows_affected() == 0 {
                return Ok(Removal::Unknown);
            }
            let (sessions, displays): (i64, i64) = USES.query_as(partner)
                .bind(id.to_string())
                .bind(at.0)
                .fetch_one(&mut *transaction)
                .await?;
            if sessions > 0 || displays > 0 {
                return Ok(Removal::InUse { sessions, displays });
            }
            transaction.commit().await?;
            Ok(Removal::Removed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        DisplayChange, Own, Role, SessionTemplate, Wish,
        testing::{self, NOW, race, somebody, workspace},
    };

    fn revision(name: &str, at: Moment) -> NewRevision {
        NewRevision {
            name: name.to_owned(),
            summary: "What it is for.".to_owned(),
            modes: r#"["results"]"#.to_owned(),
            canvas_width: 1920,
            canvas_height: 1080,
            content: TemplateBody {
                source: format!("{{\"name\":\"{name}\",\"palette\":{{}}}}"),
                body: format!("{{\"name\":\"{name}\"}}"),
            },
            saved_at: at,
            saved_by: "ann@example.org".to_owned(),
        }
    }

    async fn added(store: &Store, partner: PartnerId) -> StoredTemplate {
        let added = store
            .add_template(partner, TemplateId::new(), &revision("A", NOW), 9)
            .await;
        added.expect("adds").expect("there is room")
    }

    #[tokio::test]
    async fn revisions_are_kept_and_only_the_newest_is_built_upon() {
        let (store, _place) = testing::store().await;
        let partner = race(&store).await.partner_id;
        let first = added(&store, partner).await;
        assert_eq!((first.revision, first.name.as_str()), (1, "A"));
        let next = revision("B", NOW + 1);
        let saved = store.save_template(partner, first.id, 1, &next).await;
        let expected = StoredTemplate {
            name: "B".to_owned(),
            revision: 2,
            updated_at: NOW + 1,
            ..first.clone()
        };
        assert_eq!(saved.expect("saves"), Saving::Saved(expected.clone()));
        let late = revision("C", NOW + 2);
        let lost = store.save_template(partner, first.id, 1, &late).await;
        assert_eq!(lost.expect("answers"), Saving::Lost);

        let newest = store.template(partner, first.id).await.expect("reads");
        let newest = newest.expect("is there");
        assert_eq!(newest.template, expected);
        assert_eq!(newest.content, next.content);
        assert_eq!(store.templates(partner).await.expect("lists"), [expected]);
        let revisions = store.template_revisions(partner, first.id, None, 9).await;
        let numbers: Vec<_> = revisions
            .expect("lists")
            .into_iter()
            .map(|revision| (revision.revision, revision.saved_at, revision.saved_by))
            .collect();
        let by = || "ann@example.org".to_owned();
        assert_eq!(numbers, [(2, NOW + 1, by()), (1, NOW, by())]);
        let old = store.template_revision(partner, first.id, 1).await;
        assert_eq!(old.expect("reads"), Some(revision("A", NOW).content));
    }

    #[tokio::test]
    async fn old_revisions_go_unless_somebody_stays_with_them() {
        let (store, _place) = testing::store().await;
        let partner = race(&store).await.partner_id;
        let ann = somebody(&store, partner, "ann@example.org", Role::Operator).await;
        let template = added(&store, partner).await.id;
        let session = workspace(&store, ann, &[]).await.id;
        let pin = SessionTemplate {
            template_id: template.to_string(),
            own: Own::Pin(2),
            saved_at: NOW,
            saved_by: String::new(),
        };
        let pinned = store.set_session_template(ann, session, None, &pin).await;
        pinned.expect("sets").expect("is there");
        let display = store
            .add_display(ann, session, "a1b2c3d4", NOW, NOW + 10)
            .await;
        display.expect("adds").expect("is new");
        let change = DisplayChange {
            wish: Some(Some(Wish {
                template_id: template.to_string(),
                revision: Some(3),
            })),
            ..DisplayChange::default()
        };
        let set = store.change_display(ann, "a1b2c3d4", &change, NOW).await;
        let set = set.expect("answers").expect("there is room");
        set.expect("is there");

        for base in 1..KEPT_REVISIONS + 4 {
            let next = revision("B", NOW);
            let saved = store.save_template(partner, template, base, &next).await;
            assert!(matches!(saved, Ok(Saving::Saved(_))), "{base}: {saved:?}");
        }
        let kept = store.template_revisions(partner, template, None, 999).await;
        let kept: Vec<_> = kept
            .expect("lists")
            .iter()
            .map(|kept| kept.revision)
            .rev()
            .collect();
        let newest: Vec<_> = (5..=KEPT_REVISIONS + 4).collect();
        assert_eq!(kept, [vec![2, 3], newest].concat());
    }

    #[tokio::test]
    async fn a_partner_has_no_more_than_so_many() {
        let (store, _place) = testing::store().await;
        let partner = race(&store).await.partner_id;
        let first = added(&store, partner).await;
        let full = store
            .add_template(partner, TemplateId::new(), &revision("B", NOW), 1)
            .await;
        assert_eq!(full.expect("answers"), None);
        let removed = store.remove_template(partner, first.id, NOW).await;
        assert_eq!(removed.expect("removes"), Removal::Removed);
        let again = store
            .add_template(partner, TemplateId::new(), &revision("B", NOW), 1)
            .await;
        assert!(again.expect("adds").is_some());
    }

    #[tokio::test]
    async fn what_is_shown_is_not_removed() {
        let (store, _place) = testing::store().await;
        let partner = race(&store).await.partner_id;
        let ann = somebody(&store, partner, "ann@example.org", Role::Operator).await;
        let template = added(&store, partner).await.id;
        let session = workspace(&store, ann, &[]).await;
        let display = store
            .add_display(ann, session.id, "a1b2c3d4", NOW, NOW + 10)
            .await;
        display.expect("adds").expect("is new");
        let wish = Wish {
            template_id: template.to_string(),
            revision: None,
        };
        let change = DisplayChange {
            wish: Some(Some(wish.clone())),
            ..DisplayChange::default()
        };
        let set = store.change_display(ann, "a1b2c3d4", &change, NOW).await;
        let set = set.expect("answers").expect("there is room");
        let set = set.expect("is there");
        assert_eq!(set.wish(), Some(wish.clone()));
        let wishes = async |at| store.wishes(partner, session.id, at).await.expect("reads");
        assert_eq!(wishes(NOW).await, [("a1b2c3d4".to_owned(), wish)]);
        assert_eq!(wishes(NOW + 10).await, []);

        let refused = store.remove_template(partner, template, NOW + 9).await;
        let in_use = Removal::InUse {
            sessions: 0,
            displays: 1,
        };
        assert_eq!(refused.expect("answers"), in_use);
        let held = store.template(partner, template).await.expect("reads");
        assert!(held.is_some());
        let over = store.remove_template(partner, template, NOW + 10).await;
        assert_eq!(over.expect("removes"), Removal::Removed);
        let gone = store.template(partner, template).await.expect("reads");
        assert_eq!(gone, None);
        let kept = store.template_revision(partner, template, 1).await;
        assert!(kept.expect("reads").is_some(), "for whom it is pinned");
    }

    #[tokio::test]
    async fn anothers_template_is_like_none() {
        let (store, _place) = testing::store().await;
        let partner = race(&store).await.partner_id;
        let id = added(&store, partner).await.id;
        let other = store.add_partner("Other", NOW).await.expect("adds");
        let other = other.expect("is new").id;
        assert_eq!(store.templates(other).await.expect("lists"), []);
        assert_eq!(store.template(other, id).await.expect("reads"), None);
        assert_eq!(store.newest_revision(other, id).await.expect("reads"), None);
        let revisions = store.template_revisions(other, id, None, 9).await;
        assert_eq!(revisions.expect("lists"), []);
        let content = store.template_revision(other, id, 1).await;
        assert_eq!(content.expect("reads"), None);
        let saved = store.save_template(other, id, 1, &revision("B", NOW)).await;
        assert_eq!(saved.expect("answers"), Saving::Lost);
        let removed = store.remove_template(other, id, NOW).await;
        assert_eq!(removed.expect("answers"), Removal::Unknown);
        assert_eq!(
            store.newest_revision(partner, id).await.expect("reads"),
            Some(1)
        );
    }
}
