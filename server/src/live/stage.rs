//! What pictures are made from: a board, and a composer for each template that is shown of it.

use std::{mem::take, sync::Arc};

use anyhow::Context;
use gantry_core::{compose::Composer, motion::animate, template::Template};
use tokio::{
    sync::watch,
    task::{spawn_blocking, yield_now},
};

use super::{
    cast::Cast,
    fold::Fold,
    sessions::{Session, Sessions},
};
use crate::{
    clock,
    display::published::Published,
    store::{StoredRead, TimingSessionId},
    templates::Edition,
};

/// A display session as the store tells it, folded and ready to be composed.
pub(super) struct Stage {
    fold: Fold,
    views: Vec<View>,
}

/// The pictures of one content of a template. However many displays show it, it is composed once.
struct View {
    edition: Edition,
    composer: Composer,
    /// Of the first picture; later ones take it over.
    epoch: i64,
    /// The picture published last.
    last: Option<Arc<Published>>,
    displays: Vec<watch::Sender<Option<Arc<Published>>>>,
}

impl Stage {
    /// The stage of what is stored now; `None` when the display session is gone.
    pub(super) async fn set(
        sessions: &Sessions,
        session: &Session,
    ) -> anyhow::Result<Option<Self>> {
        let mut stage = Self {
            fold: Fold::default(),
            views: Vec::new(),
        };
        let is_there = stage.set_anew(sessions, session).await?;
        Ok(is_there.then_some(stage))
    }

    /// Becomes the stage of what is stored now; false when the display session is gone.
    pub(super) async fn set_anew(
        &mut self,
        sessions: &Sessions,
        session: &Session,
    ) -> anyhow::Result<bool> {
        let (store, partner, id) = (&sessions.store, session.partner, session.id);
        if store.template_of(partner, id).await?.is_none() {
            return Ok(false);
        }
        self.fold = Fold::replay(store, partner, id).await?;
        self.recast(sessions, session).await
    }

    /// Shows each display what it is to show now; false when the display session is gone.
    pub(super) async fn recast(
        &mut self,
        sessions: &Sessions,
        session: &Session,
    ) -> anyhow::Result<bool> {
        // Displays are taken stock of first: whoever comes after this asks for another round.
        let displays = session.displays();
        let Some(cast) = Cast::read(sessions, session).await? else {
            return Ok(false);
        };
        let mut before = take(&mut self.views);
        for view in &mut before {
            view.displays.clear();
        }
        for (id, display) in displays {
            let edition = cast.edition(&id);
            if let Some(view) = self.views.iter_mut().find(|view| view.edition == *edition) {
                view.displays.push(display);
                continue;
            }
            let held = before.iter().position(|view| view.edition == *edition);
            let mut view = if let Some(index) = held {
                before.swap_remove(index)
            } else {
                let template = cast.template(sessions, session, edition).await?;
                let template = template.context("a revision of a template is missing")?;
                let composer = self.warm_composer(template).await?;
                View {
                    edition: edition.clone(),
                    composer,
                    epoch: sessions.epoch(),
                    last: None,
                    displays: Vec::new(),
                }
            };
            view.displays.push(display);
            self.views.push(view);
        }
        for view in &self.views {
            view.tell_newcomers();
        }
        Ok(true)
    }

    /// Takes in reads that were committed; true if any of them is of concern.
    pub(super) fn take(&mut self, reads: &[StoredRead]) -> bool {
        let mut is_of_concern = false;
        for read in reads {
            is_of_concern |= self.fold.take(read);
        }
        is_of_concern
    }

    /// Whether it shows reads of one of these recordings.
    pub(super) fn shows(&self, recordings: &[TimingSessionId]) -> bool {
        recordings
            .iter()
            .any(|recording| self.fold.listens_to(*recording))
    }

    /// Composes every picture and publishes those that are others. In between it is others' turn.
    pub(super) async fn publish(&mut self) {
        for view in &mut self.views {
            view.publish(&self.fold);
            yield_now().await;
        }
    }

    /// A composer that has measured its texts once. That takes too long to be done on a thread that others wait for.
    async fn warm_composer(&mut self, template: Arc<Template>) -> anyhow::Result<Composer> {
        let fold = take(&mut self.fold);
        let (composer, fold) = spawn_blocking(move || {
            let mut composer = Composer::new(Template::clone(&template));
            composer.compose(fold.board());
            (composer, fold)
        })
        .await
        .context("composing failed")?;
        self.fold = fold;
        Ok(composer)
    }
}

impl View {
    /// Composes the picture and publishes it if it is another.
    fn publish(&mut self, fold: &Fold) {
        let composition = self.composer.compose(fold.board());
        let previous = self.last.as_deref();
        let scene = animate(previous.map(|last| &*last.scene), composition, clock::now());
        let published = match previous {
            Some(last) => last.next(scene),
            None => Some(Published::first(self.epoch, scene)),
        };
        if let Some(published) = published {
            let published = Arc::new(published);
            for display in &self.displays {
                display.send_replace(Some(Arc::clone(&published)));
            }
            self.last = Some(published);
        }
    }

    /// Gives displays that show something else, or nothing yet, the picture published last.
    fn tell_newcomers(&self) {
        let held = |shown: &Option<Arc<Published>>| {
            shown.as_ref().map(|shown| (shown.epoch, shown.revision))
        };
        for display in &self.displays {
            display.send_if_modified(|shown| {
                let is_other = held(shown) != held(&self.last);
                if is_other {
                    shown.clone_from(&self.last);
                }
                is_other
            });
        }
    }
}
