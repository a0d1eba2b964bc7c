//! Which display sessions are at work.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::FutureExt;
use tokio::{
    sync::{Notify, watch},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::task::Task;
use crate::{
    clock,
    collector::news::Published as Reads,
    display::{
        id::DisplayId,
        published::{Picture, Published},
    },
    store::{DisplaySessionId, PartnerId, Store},
    templates::{Edition, Templates},
};

/// How long to wait before a session's task is started again that failed.
const RESTART_AFTER: Duration = Duration::from_secs(1);

/// The display sessions at work. Cheap to clone; clones are the same.
#[derive(Clone, Debug)]
pub struct Sessions {
    pub(super) store: Store,
    pub(super) reads: Reads,
    pub(super) templates: Templates,
    running: Arc<Mutex<Running>>,
    pub(super) shutdown: CancellationToken,
}

#[derive(Debug, Default)]
struct Running {
    sessions: HashMap<DisplaySessionId, Session>,
    last_epoch: i64,
}

/// One display session at work, as its task and its screens share it.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) partner: PartnerId,
    pub(super) id: DisplaySessionId,
    displays: Displays,
    /// Told when an operator's change was stored.
    pub(super) changed: Arc<Notify>,
    /// Told when displays may have to show another template, or there is one more.
    pub(super) recast: Arc<Notify>,
}

/// The newest picture of each display that somebody opened; none while it is not known to be true.
type Displays = Arc<Mutex<HashMap<DisplayId, watch::Sender<Option<Arc<Published>>>>>>;

impl Session {
    /// The displays that somebody looks at. Those that nobody does are forgotten.
    pub(super) fn displays(&self) -> Vec<(DisplayId, watch::Sender<Option<Arc<Published>>>)> {
        let mut displays = self.lock();
        displays.retain(|_, picture| picture.receiver_count() > 0);
        let displays = displays.iter();
        displays
            .map(|(id, picture)| (id.clone(), picture.clone()))
            .collect()
    }

    /// How many displays there are that nobody looks at any more, and that somebody does.
    pub(super) fn unseen_and_seen(&self) -> (usize, usize) {
        let displays = self.lock();
        let seen = displays
            .values()
            .filter(|picture| picture.receiver_count() > 0)
            .count();
        (displays.len() - seen, seen)
    }

    fn picture(&self, display: DisplayId) -> Picture {
        let mut displays = self.lock();
        displays
            .entry(display)
            .or_insert_with(|| {
                self.recast.notify_one();
                watch::Sender::new(None)
            })
            .subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<DisplayId, watch::Sender<Option<Arc<Published>>>>> {
        self.displays.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sessions {
    /// No session is at work yet. Tasks end with `shutdown`.
    pub fn new(
        store: Store,
        reads: Reads,
        templates: Templates,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            store,
            reads,
            templates,
            running: Arc::default(),
            shutdown,
        }
    }

    /// The pictures of a display, whose session is set to work if nobody has looked at it lately.
    pub fn picture(&self, partner: PartnerId, id: DisplaySessionId, display: DisplayId) -> Picture {
        let mut running = self.lock();
        if let Some(session) = running.sessions.get(&id) {
            return session.picture(display);
        }
        let session = Session {
            partner,
            id,
            displays: Arc::default(),
            changed: Arc::default(),
            recast: Arc::default(),
        };
        running.sessions.insert(id, session.clone());
        let picture = session.picture(display);
        tokio::spawn(self.clone().keep_running(session));
        picture
    }

    /// Tells a session at work that an operator's change of it was stored.
    pub fn changed(&self, id: DisplaySessionId) {
        if let Some(session) = self.lock().sessions.get(&id) {
            session.changed.notify_one();
        }
    }

    /// Tells a session at work that its displays may have to show another template.
    pub fn recast(&self, id: DisplaySessionId) {
        if let Some(session) = self.lock().sessions.get(&id) {
            session.recast.notify_one();
        }
    }

    /// Tells all of a partner's sessions at work that one of its templates was changed.
    pub fn recast_all(&self, partner: PartnerId) {
        for session in self.lock().sessions.values() {
            if session.partner == partner {
                session.recast.notify_one();
            }
        }
    }

    /// The content that a template has in a revision, or in the newest.
    pub(super) async fn edition(
        &self,
        partner: PartnerId,
        id: &str,
        revision: Option<i64>,
    ) -> anyhow::Result<Edition> {
        let templates = &self.templates;
        templates.edition(&self.store, partner, id, revision).await
    }

    /// An epoch that no other task of this server ever had.
    pub(super) fn epoch(&self) -> i64 {
        let mut running = self.lock();
        running.last_epoch = clock::now().0.max(running.last_epoch + 1);
        running.last_epoch
    }

    /// Runs a session's task until nobody needs it. One that fails, even by panicking, starts anew with a new epoch.
    async fn keep_running(self, session: Session) {
        loop {
            let task = AssertUnwindSafe(Task::run(&self, &session)).catch_unwind();
            match task.await {
                Ok(Ok(())) => {
                    if self.retire(&session) {
                        return;
                    }
                }
                Ok(Err(reason)) => {
                    error!(session = %session.id, "a display session failed: {reason:#}");
                }
                Err(_panic) => error!(session = %session.id, "a display session panicked"),
            }
            // Whoever looks on sees that the picture grows old, and not an old one that claims to be true.
            for (_, picture) in session.displays() {
                picture.send_replace(None);
            }
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                () = sleep(RESTART_AFTER) => {}
            }
        }
    }

    /// Forgets a session that nobody looks at; false if somebody came meanwhile.
    fn retire(&self, session: &Session) -> bool {
        let mut running = self.lock();
        let is_unseen = session.unseen_and_seen().1 == 0;
        if is_unseen || self.shutdown.is_cancelled() {
            running.sessions.remove(&session.id);
            return true;
        }
        false
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
