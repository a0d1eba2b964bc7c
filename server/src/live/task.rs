//! One display session at work.

use std::{sync::Arc, time::Duration};

use gantry_core::motion::animate;
use tokio::{
    sync::broadcast::{
        self,
        error::{RecvError, TryRecvError},
    },
    time::{Instant, sleep_until},
};

use super::{
    sessions::{Session, Sessions},
    stage::Stage,
};
use crate::{
    clock,
    collector::writer::{CommittedBatch, News},
    display::published::Published,
};

/// Pictures are not published closer together than this, a third of a frame of a 60 Hz screen: a flood of reads would otherwise
/// be a flood of pictures that nobody can see.
const PACE: Duration = Duration::from_millis(5);

/// How often to see whether anybody still looks on; a session stays at work for at least this long.
const LOOK_ROUND: Duration = Duration::from_mins(1);

/// A display session at work.
pub(super) struct Task<'a> {
    sessions: &'a Sessions,
    session: &'a Session,
    reads: broadcast::Receiver<News>,
    stage: Stage,
    /// Of the first picture; later ones take it over.
    epoch: i64,
    /// The picture published last.
    last: Option<Arc<Published>>,
}

/// What a task goes on with.
enum Next {
    /// The picture may be another now.
    Publish,
    /// Nothing that is to be seen.
    Wait,
    /// Nobody looks on, the session is gone, or the server stops.
    End,
}

impl<'a> Task<'a> {
    /// Publishes pictures until nobody looks on, the session is gone or the server stops.
    pub(super) async fn run(sessions: &'a Sessions, session: &'a Session) -> anyhow::Result<()> {
        // Before the replay, so that what is committed during it is not missed.
        let reads = sessions.reads.subscribe();
        let Some(stage) = Stage::set(sessions, session).await? else {
            return Ok(());
        };
        let mut task = Self {
            sessions,
            session,
            reads,
            stage,
            epoch: sessions.epoch(),
            last: None,
        };
        task.publish();
        task.follow().await
    }

    async fn follow(&mut self) -> anyhow::Result<()> {
        let mut published_at = Instant::now();
        let mut look_round_at = Instant::now() + LOOK_ROUND;
        loop {
            let next = tokio::select! {
                batch = self.reads.recv() => match batch {
                    Ok(News::Committed(batch)) => self.take(&batch),
                    Ok(News::Missed) | Err(RecvError::Lagged(_)) => self.set_anew().await?,
                    Err(RecvError::Closed) => Next::End,
                },
                () = self.session.changed.notified() => self.set_anew().await?,
                () = sleep_until(look_round_at) => {
                    look_round_at = Instant::now() + LOOK_ROUND;
                    if self.session.picture.receiver_count() == 0 { Next::End } else { Next::Wait }
                }
                () = self.sessions.shutdown.cancelled() => Next::End,
            };
            match next {
                Next::Publish => {
                    sleep_until(published_at + PACE).await;
                    if let Next::End = self.take_pending().await? {
                        return Ok(());
                    }
                    published_at = Instant::now();
                    self.publish();
                }
                Next::Wait => {}
                Next::End => return Ok(()),
            }
        }
    }

    /// Takes in what was committed.
    fn take(&mut self, batch: &CommittedBatch) -> Next {
        if self.stage.take(&batch.reads) {
            Next::Publish
        } else {
            Next::Wait
        }
    }

    /// Takes in everything that was committed meanwhile.
    async fn take_pending(&mut self) -> anyhow::Result<Next> {
        loop {
            match self.reads.try_recv() {
                Ok(News::Committed(batch)) => {
                    self.stage.take(&batch.reads);
                }
                Ok(News::Missed) | Err(TryRecvError::Lagged(_)) => {
                    if let Next::End = self.set_anew().await? {
                        return Ok(Next::End);
                    }
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => return Ok(Next::Publish),
            }
        }
    }

    /// Starts from the store again, after an operator's change or when too much was missed.
    async fn set_anew(&mut self) -> anyhow::Result<Next> {
        let is_there = self.stage.set_anew(self.sessions, self.session).await?;
        Ok(if is_there { Next::Publish } else { Next::End })
    }

    /// Composes the picture and publishes it if it is another.
    fn publish(&mut self) {
        let composition = self.stage.compose();
        let previous = self.last.as_deref();
        let scene = animate(previous.map(|last| &*last.scene), composition, clock::now());
        let published = match previous {
            Some(last) => last.next(scene),
            None => Some(Published::first(self.epoch, scene)),
        };
        if let Some(published) = published {
            let published = Arc::new(published);
            self.last = Some(Arc::clone(&published));
            self.session.picture.send_replace(Some(published));
        }
    }
}
