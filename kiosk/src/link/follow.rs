//! The thread that connects, follows, and connects again.

use std::{thread, time::Duration};

use gantry_core::wire::{ClientMessage, follow::Follower};
use tokio::sync::{oneshot, watch};

use crate::{
    address::Address,
    clock::LocalClock,
    link::{
        State, Timing,
        backoff::{Backoff, spread},
        session::{End, Session},
    },
};

/// A display that is being followed until this is dropped.
pub struct Link {
    states: watch::Receiver<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Link {
    /// Starts to follow the display at `address`. `wake` is called, on the link's thread, whenever something other than the time
    /// has changed.
    pub fn start(
        address: Address,
        timing: Timing,
        clock: LocalClock,
        wake: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        // Fails only if the process already has one, which then is as good.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let (sender, states) = watch::channel(State::default());
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let mut follow = Follow {
            address,
            timing,
            clock,
            states: sender,
            wake,
        };
        let thread = thread::Builder::new()
            .name("link".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = follow.for_ever() => {}
                        _ = stopped => {}
                    }
                });
            })?;
        Ok(Self {
            states,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The newest state.
    pub fn state(&self) -> State {
        self.states.borrow().clone()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has already been reported by its own hook.
            thread.join().ok();
        }
    }
}

struct Follow<W> {
    address: Address,
    timing: Timing,
    clock: LocalClock,
    states: watch::Sender<State>,
    wake: W,
}

impl<W: Fn()> Follow<W> {
    async fn for_ever(&mut self) {
        let mut backoff = Backoff::new(self.timing.first_retry, self.timing.longest_retry);
        loop {
            let end = self.one_session(&mut backoff).await;
            let wait = match &end {
                End::Lost(_) => backoff.next(rand::random()),
                End::Gone => spread(self.timing.ended_retry, rand::random()),
            };
            self.note_end(end, wait);
            tokio::time::sleep(wait).await;
        }
    }

    async fn one_session(&self, backoff: &mut Backoff) -> End {
        let mut session = match Session::open(&self.address, &self.timing).await {
            Ok(session) => session,
            Err(end) => return end,
        };
        tracing::info!("connected to {}", self.address.host());
        if self.states.borrow().follower.stopped().is_some() {
            self.update(|state| state.follower = Follower::default());
        }
        let end = self.listen(&mut session, backoff).await;
        session.close().await;
        end
    }

    /// Takes messages until there are no more.
    async fn listen(&self, session: &mut Session, backoff: &mut Backoff) -> End {
        loop {
            let answer = match session.next(&self.timing).await {
                Err(end) => return end,
                Ok(None) => Some(ClientMessage::Time {
                    sent: self.clock.now_ms(),
                }),
                Ok(Some(message)) => {
                    backoff.reset();
                    let local_ms = self.clock.now_ms();
                    self.update(|state| state.receive(message, local_ms))
                }
            };
            if self.states.borrow().follower.stopped().is_some() {
                return End::Gone;
            }
            if let Some(answer) = answer
                && let Err(end) = session.say(answer).await
            {
                return end;
            }
        }
    }

    fn note_end(&self, end: End, wait: Duration) {
        let host = self.address.host();
        match end {
            End::Lost(why) => {
                tracing::warn!("no connection to {host}: {why}; next try in {wait:.1?}");
                self.update(|state| state.lose(why));
            }
            End::Gone => {
                tracing::info!("{host} has no such display; asking again in {wait:.1?}");
                self.update(State::end);
            }
        }
    }

    /// Changes the state and wakes the window if there is something new to see.
    fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.states.borrow().clone();
        let before = state.landmark();
        let outcome = change(&mut state);
        let is_news = state.landmark() != before;
        self.states.send_replace(state);
        if is_news {
            (self.wake)();
        }
        outcome
    }
}
