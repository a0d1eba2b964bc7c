//! Which content of a template each display of a session shows.

use std::{collections::HashMap, sync::Arc};

use gantry_core::template::Template;
use tracing::warn;

use super::sessions::{Session, Sessions};
use crate::{
    clock,
    display::id::DisplayId,
    store::{Own, Wish},
    templates::{self, Edition},
};

/// What is to be shown now, as the store tells it.
pub(super) struct Cast {
    /// What displays show that have no template of their own.
    common: Edition,
    /// The session's working copy, if that is what `common` names.
    copy: Option<Arc<Template>>,
    /// Displays with a template of their own.
    wishes: HashMap<DisplayId, Edition>,
}

impl Cast {
    /// What is stored now; `None` when the display session is gone.
    pub(super) async fn read(
        sessions: &Sessions,
        session: &Session,
    ) -> anyhow::Result<Option<Self>> {
        let (store, partner, id) = (&sessions.store, session.partner, session.id);
        let Some(template_id) = store.template_of(partner, id).await? else {
            return Ok(None);
        };
        let own = store.session_template(partner, id).await?;
        let own = own.filter(|own| own.template_id == template_id);
        let (common, copy) = match own.map(|own| own.own) {
            Some(Own::Copy(copy, content)) => {
                (Edition::Copy(copy), Some(templates::read(&content)?))
            }
            Some(Own::Pin(revision)) => {
                let common = sessions.edition(partner, &template_id, Some(revision));
                (common.await?, None)
            }
            None => {
                let common = sessions.edition(partner, &template_id, None);
                (common.await?, None)
            }
        };
        let mut wishes = HashMap::new();
        for (display, wish) in store.wishes(partner, id, clock::now()).await? {
            let Wish {
                template_id,
                revision,
            } = wish;
            match sessions.edition(partner, &template_id, revision).await {
                Ok(edition) => {
                    if let Ok(display) = display.parse() {
                        wishes.insert(display, edition);
                    }
                }
                // It shows what the session shows, which is better than nothing.
                Err(reason) => warn!(session = %id, "a display has no template: {reason:#}"),
            }
        }
        Ok(Some(Self {
            common,
            copy,
            wishes,
        }))
    }

    /// What a display shows.
    pub(super) fn edition(&self, display: &DisplayId) -> &Edition {
        self.wishes.get(display).unwrap_or(&self.common)
    }

    /// The content of an edition; `None` when it is gone.
    pub(super) async fn template(
        &self,
        sessions: &Sessions,
        session: &Session,
        edition: &Edition,
    ) -> anyhow::Result<Option<Arc<Template>>> {
        match edition {
            Edition::Copy(_) => Ok(self.copy.clone()),
            other => {
                let (templates, store) = (&sessions.templates, &sessions.store);
                templates.load(store, session.partner, other).await
            }
        }
    }
}
