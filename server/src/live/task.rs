//! One display session at work.

use std::time::Duration;

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
use crate::collector::news::{CommittedBatch, News};

/// Pictures are not published closer together than this, a third of a frame of a 60 Hz screen: a flood of reads would otherwise
/// be a flood of pictures that nobody can see.
const PACE: Duration = Duration::from_millis(5);

/// A session composes for no more than one part in so many of the time, however large its templates are and however many it
/// shows at once: others share the machine with it.
const PARTS: u32 = 4;

/// How often to see whether anybody still looks on; a session stays at work for at least this long.
const LOOK_ROUND: Duration = Duration::from_mins(1);

/// A display session at work.
pub(super) struct Task<'a> {
    sessions: &'a Sessions,
    session: &'a Session,
    reads: broadcast::Receiver<News>,
    stage: Stage,
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
        };
        task.stage.publish().await;
        task.follow().await
    }

    async fn follow(&mut self) -> anyhow::Result<()> {
        let mut publish_at = Instant::now() + PACE;
        let mut look_round_at = Instant::now() + LOOK_ROUND;
        loop {
            let next = tokio::select! {
                batch = self.reads.recv() => match batch {
                    Ok(News::Committed(batch)) => self.take(&batch),
                    Ok(News::Rearranged(recordings)) if !self.stage.shows(&recordings) => Next::Wait,
                    Ok(News::Missed | News::Rearranged(_)) | Err(RecvError::Lagged(_)) => {
                        self.set_anew().await?
                    }
                    Err(RecvError::Closed) => Next::End,
                },
                () = self.session.changed.notified() => self.set_anew().await?,
                () = self.session.recast.notified() => self.recast().await?,
                () = sleep_until(look_round_at) => {
                    look_round_at = Instant::now() + LOOK_ROUND;
                    match self.session.unseen_and_seen() {
                        (_, 0) => Next::End,
                        (0, _) => Next::Wait,
                        _ => self.recast().await?,
                    }
                }
                () = self.sessions.shutdown.cancelled() => Next::End,
            };
            match next {
                Next::Publish => {
                    sleep_until(publish_at).await;
                    if let Next::End = self.take_pending().await? {
                        return Ok(());
                    }
                    let started = Instant::now();
                    self.stage.publish().await;
                    publish_at = started + PACE.max(started.elapsed() * PARTS);
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
                Ok(News::Rearranged(recordings)) if !self.stage.shows(&recordings) => {}
                Ok(News::Missed | News::Rearranged(_)) | Err(TryRecvError::Lagged(_)) => {
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

    /// Shows each display what it is to show now.
    async fn recast(&mut self) -> anyhow::Result<Next> {
        let is_there = self.stage.recast(self.sessions, self.session).await?;
        Ok(if is_there { Next::Publish } else { Next::End })
    }
}
