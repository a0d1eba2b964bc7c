//! The templates that displays can have: those that are part of the program, and partners' own.

use std::sync::Arc;

use anyhow::Context;
use gantry_core::template::{Template, TemplateError, shipped};
use serde_json::Value;
use tokio::{sync::Semaphore, task::spawn_blocking};
use uuid::Uuid;

use crate::store::{self, PartnerId, Store, TemplateBody, TemplateId};

/// Templates whose content is being checked at the same time: it is composed to see whether that works, and races go first.
const CHECKS_AT_ONCE: usize = 1;

/// Every shipped template, checked once when the server starts, and a place to check others. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Templates {
    shipped: Arc<[Arc<Template>]>,
    checks: Arc<Semaphore>,
}

/// One content of a template, which never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edition {
    /// Of a template that is part of the program.
    Shipped(String),
    /// A revision of a partner's own.
    Revision(TemplateId, i64),
    /// A display session's working copy.
    Copy(Uuid),
}

impl Templates {
    /// Those that are part of the program.
    pub fn shipped() -> Result<Self, TemplateError> {
        Ok(Self {
            shipped: shipped::all()?.into_iter().map(Arc::new).collect(),
            checks: Arc::new(Semaphore::new(CHECKS_AT_ONCE)),
        })
    }

    /// All shipped ones, in the order in which they are offered.
    pub fn all(&self) -> &[Arc<Template>] {
        &self.shipped
    }

    /// The shipped template of this id.
    pub fn find(&self, id: &str) -> Option<Arc<Template>> {
        self.shipped
            .iter()
            .find(|template| template.id == id)
            .cloned()
    }

    /// Whether the partner can show this template, in this revision if one is named. A shipped one has no revisions.
    pub async fn offers(
        &self,
        store: &Store,
        partner: PartnerId,
        id: &str,
        revision: Option<i64>,
    ) -> store::Result<bool> {
        if self.find(id).is_some() {
            return Ok(revision.is_none());
        }
        let Some(id) = own_id(id) else {
            return Ok(false);
        };
        let Some(newest) = store.template(partner, id).await? else {
            return Ok(false);
        };
        Ok(revision.is_none_or(|revision| (1..=newest.template.revision).contains(&revision)))
    }

    /// The content that a partner's template has in a revision, or in the newest.
    pub(crate) async fn edition(
        &self,
        store: &Store,
        partner: PartnerId,
        id: &str,
        revision: Option<i64>,
    ) -> anyhow::Result<Edition> {
        if self.find(id).is_some() {
            return Ok(Edition::Shipped(id.to_owned()));
        }
        let missing = || format!("there is no template {id:?}");
        let own = own_id(id).with_context(missing)?;
        let newest = store.newest_revision(partner, own).await?;
        let newest = newest.with_context(missing)?;
        Ok(Edition::Revision(own, revision.unwrap_or(newest)))
    }

    /// A shipped template, or a revision of the partner's.
    pub(crate) async fn load(
        &self,
        store: &Store,
        partner: PartnerId,
        edition: &Edition,
    ) -> anyhow::Result<Option<Arc<Template>>> {
        match edition {
            Edition::Shipped(id) => Ok(self.find(id)),
            Edition::Revision(id, revision) => {
                let content = store.template_revision(partner, *id, *revision).await?;
                content.map(|content| read(&content)).transpose()
            }
            Edition::Copy(_) => Ok(None),
        }
    }

    /// Checks what somebody sent as a template, and gives it the id under which it is known and perhaps another name.
    pub async fn check(
        &self,
        mut source: Value,
        id: String,
        name: Option<String>,
    ) -> Result<(Template, TemplateBody), TemplateError> {
        if let (Some(name), Some(fields)) = (name, source.as_object_mut()) {
            fields.insert("name".to_owned(), Value::String(name));
        }
        // The semaphore is never closed, so there always comes a place.
        let _place = self.checks.acquire().await;
        let checking = spawn_blocking(move || {
            let source = source.to_string();
            let mut template = Template::parse(&source)?;
            template.id = id;
            let body = serde_json::to_string(&template)?;
            Ok((template, TemplateBody { source, body }))
        });
        checking.await.unwrap_or_else(|_panic| {
            Err(TemplateError::Part {
                pointer: String::new(),
                problem: "it cannot be composed".to_owned(),
            })
        })
    }
}

/// The id of a partner's own template, if the text is one.
pub fn own_id(id: &str) -> Option<TemplateId> {
    id.parse().ok().map(TemplateId)
}

/// A template that was checked before it was stored.
pub(crate) fn read(content: &TemplateBody) -> anyhow::Result<Arc<Template>> {
    let template = serde_json::from_str(&content.body).context("cannot read a stored template")?;
    Ok(Arc::new(template))
}
