//! The templates that displays can have: those that are part of the program, and partners' own.

use std::{panic::catch_unwind, sync::Arc};

use anyhow::Context;
use gantry_core::template::{Template, TemplateError, shipped};
use serde_json::Value;
use uuid::Uuid;

use crate::store::{self, PartnerId, Store, TemplateBody, TemplateId};

/// Every shipped template, checked once when the server starts, and the way to partners' own. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Templates(Arc<[Arc<Template>]>);

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
        Ok(Self(shipped::all()?.into_iter().map(Arc::new).collect()))
    }

    /// All shipped ones, in the order in which they are offered.
    pub fn all(&self) -> &[Arc<Template>] {
        &self.0
    }

    /// The shipped template of this id.
    pub fn find(&self, id: &str) -> Option<Arc<Template>> {
        self.0.iter().find(|template| template.id == id).cloned()
    }

    /// Whether the partner can show this template, in this revision if one is named. A shipped one has no revisions, and of a
    /// partner's own old ones go.
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
        if store.template(partner, id).await?.is_none() {
            return Ok(false);
        }
        match revision {
            Some(revision) => {
                let content = store.template_revision(partner, id, revision).await?;
                Ok(content.is_some())
            }
            None => Ok(true),
        }
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
}

/// Checks what somebody sent as a template, and gives it the id under which it is known and perhaps another name. It is composed
/// to see whether that works, which takes a while.
pub fn check(
    mut source: Value,
    id: String,
    name: Option<String>,
) -> Result<(Template, TemplateBody), TemplateError> {
    if let (Some(name), Some(fields)) = (name, source.as_object_mut()) {
        fields.insert("name".to_owned(), Value::String(name));
    }
    let source = source.to_string();
    let parsing = catch_unwind(|| Template::parse(&source));
    let mut template = parsing.unwrap_or_else(|_panic| {
        Err(TemplateError::Part {
            pointer: String::new(),
            problem: "it cannot be composed".to_owned(),
        })
    })?;
    template.id = id;
    let body = serde_json::to_string(&template)?;
    Ok((template, TemplateBody { source, body }))
}

/// The id of a partner's own template, if the text is one. Only the spelling that is told is one, because sessions and displays
/// keep the text, and what they show is found by it.
pub fn own_id(id: &str) -> Option<TemplateId> {
    let own = id.parse().ok().map(TemplateId);
    own.filter(|own| own.to_string() == id)
}

/// A template that was checked before it was stored.
pub(crate) fn read(content: &TemplateBody) -> anyhow::Result<Arc<Template>> {
    let template = serde_json::from_str(&content.body).context("cannot read a stored template")?;
    Ok(Arc::new(template))
}
