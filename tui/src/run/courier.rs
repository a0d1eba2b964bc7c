//! Carries questions to the server and brings its answers and streams back, so that nothing keeps the screen waiting.

use std::sync::Arc;

use gantry_core::{template::Template, wire::ClientMessage};
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    task::JoinHandle,
};

use crate::{
    api::{client::Client, live, request::Request, types::Mode},
    app::{event::Event, example},
};

/// How many events wait at most; whoever brings more waits too.
const EVENTS_WAITING: usize = 64;

/// How many messages to the followed stream wait at most.
const MESSAGES_WAITING: usize = 8;

/// Carries out what needs the network.
pub struct Courier {
    client: Arc<Client>,
    events: Sender<Event>,
    followed: Option<Followed>,
}

struct Followed {
    task: JoinHandle<()>,
    say: Sender<ClientMessage>,
}

impl Courier {
    /// A courier, and where the events come that it brings.
    pub fn new(client: Client) -> (Self, Receiver<Event>) {
        let (events, arrivals) = mpsc::channel(EVENTS_WAITING);
        let courier = Self {
            client: Arc::new(client),
            events,
            followed: None,
        };
        (courier, arrivals)
    }

    /// Asks the server; the answer arrives as an event.
    pub fn ask(&self, request: Request) {
        let (client, events) = (Arc::clone(&self.client), self.events.clone());
        tokio::spawn(async move {
            let reply = client.ask(&request).await;
            let event = Event::Api {
                request: Box::new(request),
                reply: Box::new(reply),
            };
            // The console has ended when nobody receives any more.
            events.send(event).await.ok();
        });
    }

    /// Composes a template with the sample race; shaping takes longer than a frame.
    pub fn compose(&self, template: Template, mode: Mode) {
        let events = self.events.clone();
        tokio::task::spawn_blocking(move || {
            let template_id = template.id.clone();
            let scene = Box::new(example::compose(template, mode));
            let event = Event::Composed {
                template_id,
                mode,
                scene,
            };
            events.blocking_send(event).ok();
        });
    }

    /// Follows a display's stream in place of the one before.
    pub fn follow(&mut self, display: Option<String>) {
        if let Some(before) = self.followed.take() {
            before.task.abort();
        }
        self.followed = display.map(|display| {
            let url = self
                .client
                .server()
                .websocket(&format!("/display/{display}/live?preview=true"));
            let (say, to_say) = mpsc::channel(MESSAGES_WAITING);
            let events = self.events.clone();
            let task = tokio::spawn(follow(display, url, events, to_say));
            Followed { task, say }
        });
    }

    /// Says something on the followed stream. A full queue means that the stream stands still, and then it is said again later.
    pub fn say(&self, message: ClientMessage) {
        if let Some(followed) = &self.followed {
            followed.say.try_send(message).ok();
        }
    }
}

/// Follows one stream and puts the display's name on what it says.
async fn follow(
    display: String,
    url: String,
    events: Sender<Event>,
    to_say: Receiver<ClientMessage>,
) {
    let (sender, mut heard) = mpsc::channel(1);
    let forward = async {
        while let Some(event) = heard.recv().await {
            let display = display.clone();
            if events.send(Event::Live { display, event }).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(live::follow(url, sender, to_say), forward);
}
