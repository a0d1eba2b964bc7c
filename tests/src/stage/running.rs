//! The stage, from opening to dropping.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use anyhow::Result;
use gantry_core::{scene::Scene, time::Moment, wire::ClientMessage};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use super::{
    play::{Beat, Line, Play},
    routes::routes,
};

/// A running stage.
pub struct Stage {
    /// Where it listens.
    pub address: SocketAddr,
    play: watch::Sender<Play>,
    heard: watch::Sender<Vec<ClientMessage>>,
    task: JoinHandle<()>,
}

/// What every connection sees.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) play: watch::Receiver<Play>,
    pub(super) heard: watch::Sender<Vec<ClientMessage>>,
    pub(super) set_at: Instant,
}

impl Stage {
    /// Opens with a scene, at the server time `started`.
    pub async fn open(scene: Scene, started: Moment) -> Result<Self> {
        let (play, watched) = watch::channel(Play {
            scene: Arc::new(scene),
            revision: 1,
            started,
            found: true,
            line: Line::Open,
            beat: Beat::True,
            stopped: None,
        });
        let heard = watch::Sender::new(Vec::new());
        let shared = Shared {
            play: watched,
            heard: heard.clone(),
            set_at: Instant::now(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            axum::serve(listener, routes(shared)).await.ok();
        });
        Ok(Self {
            address,
            play,
            heard,
            task,
        })
    }

    /// The address of the display page.
    pub fn url(&self) -> String {
        format!("http://{}/display/a2b3c4d5", self.address)
    }

    /// Changes what is played; every open connection sees it.
    pub fn change(&self, change: impl FnOnce(&mut Play)) {
        self.play.send_modify(change);
    }

    /// Plays another scene.
    pub fn show(&self, scene: Scene) {
        self.change(|play| {
            play.scene = Arc::new(scene);
            play.revision += 1;
        });
    }

    /// What screens have said so far.
    pub fn heard(&self) -> Vec<ClientMessage> {
        self.heard.borrow().clone()
    }

    /// Returns once a screen has said `message`.
    pub async fn hear(&self, message: ClientMessage) -> Result<()> {
        let mut heard = self.heard.subscribe();
        heard.wait_for(|heard| heard.contains(&message)).await?;
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.task.abort();
    }
}
