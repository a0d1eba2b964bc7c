//! What a picture is made from: a board, and the composer of a template.

use std::{collections::BTreeSet, sync::Arc};

use anyhow::Context;
use gantry_core::{
    compose::{Composer, Composition},
    template::Template,
};
use tokio::task::spawn_blocking;

use super::{
    fold::Fold,
    sessions::{Session, Sessions},
};
use crate::store::{StoredRead, TimingSessionId};

/// A display session as the store tells it, folded and ready to be composed.
pub(super) struct Stage {
    bound: BTreeSet<TimingSessionId>,
    fold: Fold,
    composer: Composer,
}

impl Stage {
    /// The stage of what is stored now; `None` when the display session is gone.
    pub(super) async fn set(
        sessions: &Sessions,
        session: &Session,
    ) -> anyhow::Result<Option<Self>> {
        let Some((template, bound, fold)) = load(sessions, session).await? else {
            return Ok(None);
        };
        let (composer, fold) = warm_composer(template, fold).await?;
        Ok(Some(Self {
            bound,
            fold,
            composer,
        }))
    }

    /// Becomes the stage of what is stored now; false when the display session is gone.
    pub(super) async fn set_anew(
        &mut self,
        sessions: &Sessions,
        session: &Session,
    ) -> anyhow::Result<bool> {
        let Some((template, bound, fold)) = load(sessions, session).await? else {
            return Ok(false);
        };
        self.bound = bound;
        if template.as_ref() == self.composer.template() {
            self.fold = fold;
        } else {
            (self.composer, self.fold) = warm_composer(template, fold).await?;
        }
        Ok(true)
    }

    /// Takes in reads that were committed; true if any of them is of concern.
    pub(super) fn take(&mut self, reads: &[StoredRead]) -> bool {
        let mut is_of_concern = false;
        for read in reads {
            is_of_concern |= self.bound.contains(&read.timing_session_id) && self.fold.take(read);
        }
        is_of_concern
    }

    /// The picture of the board.
    pub(super) fn compose(&mut self) -> Composition {
        self.composer.compose(self.fold.board())
    }
}

async fn load(
    sessions: &Sessions,
    session: &Session,
) -> anyhow::Result<Option<(Arc<Template>, BTreeSet<TimingSessionId>, Fold)>> {
    let (store, partner, id) = (&sessions.store, session.partner, session.id);
    let Some(template_id) = store.template_of(partner, id).await? else {
        return Ok(None);
    };
    let template = sessions
        .templates
        .find(&template_id)
        .with_context(|| format!("there is no template {template_id:?}"))?;
    let bound = store.bound(partner, id).await?.into_iter().collect();
    let fold = Fold::replay(store, partner, id).await?;
    Ok(Some((template, bound, fold)))
}

/// A composer that has measured its texts once. That takes too long to be done on a thread that others wait for.
async fn warm_composer(template: Arc<Template>, fold: Fold) -> anyhow::Result<(Composer, Fold)> {
    spawn_blocking(move || {
        let mut composer = Composer::new(Template::clone(&template));
        composer.compose(fold.board());
        (composer, fold)
    })
    .await
    .context("composing failed")
}
