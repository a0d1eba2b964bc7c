//! The ports that are feeds' own: opened, closed and called as feeds come, change and go while the server runs.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    net::TcpListener,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{accept, dial, feeds::Known, hand_over, storing::Inlet, way::Way};
use crate::{
    alarms::Subject,
    services::Services,
    store::{Feed, FeedId, FeedTerms, PartnerId},
};

/// How often is looked for changes that nobody told of, and tried again what failed.
const RENEWAL: Duration = Duration::from_secs(2);

/// How long the database may take to tell the feeds. One whose machine vanished never says that it is gone.
const LONGEST_RENEWAL: Duration = Duration::from_secs(15);

/// How a way in of a feed's own is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its port is open.
    Listening,
    /// Its hardware is called, and has not answered yet.
    Calling,
    /// Its hardware has answered.
    Connected,
    /// It does not work, and why.
    Trouble(String),
}

/// How the feeds' own ways in are.
#[derive(Debug, Default)]
pub struct Ports {
    standings: Mutex<BTreeMap<FeedId, Standing>>,
}

/// The ways in that are open.
#[derive(Default)]
struct Doors(BTreeMap<FeedId, Door>);

struct Door {
    terms: FeedTerms,
    close: CancellationToken,
    serving: JoinHandle<()>,
}

/// Follows the feeds until `shutdown`; returns when all that came in by their own ports is handed over.
pub async fn run(services: Services, inlet: Inlet, shutdown: CancellationToken) {
    let moving = hand_over::run(services.clone(), inlet.clone(), shutdown.clone());
    let moving = tokio::spawn(moving);
    let mut doors = Doors::default();
    // What was remembered from before the start is at work at once.
    let mut known = services.feeds.known();
    doors.follow(&known, &services, &inlet, &shutdown).await;
    let mut is_told = false;
    loop {
        let asked = services.feeds.asked_so_far();
        let renewing = timeout(LONGEST_RENEWAL, services.feeds.renew(&services.store));
        let Some(renewed) = shutdown.run_until_cancelled(renewing).await else {
            break;
        };
        match renewed.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
            Ok(()) => {
                is_told = false;
                let before = std::mem::replace(&mut known, services.feeds.known());
                if known.ownership != before.ownership {
                    inlet.remember(&known.ownership).await;
                }
                doors.follow(&known, &services, &inlet, &shutdown).await;
                let is_outdated = |connection: &_| services.feeds.is_outdated(&known, connection);
                services.registry.let_go(is_outdated, "its feed changed");
                services.feeds.settle(asked);
            }
            Err(error) if !is_told => {
                is_told = true;
                warn!(%error, "cannot look whose hardware it is, going by what was known");
            }
            Err(_) => {}
        }
        tokio::select! {
            () = shutdown.cancelled() => break,
            () = services.feeds.asked() => {}
            () = sleep(RENEWAL) => {}
        }
    }
    drop(inlet);
    for door in doors.0.into_values() {
        door.shut().await;
    }
    if let Err(failed) = moving.await {
        warn!(%failed, "handing over ended early");
    }
}

/// Whether a port could be opened.
pub async fn is_free(address: IpAddr, port: u16) -> bool {
    TcpListener::bind((address, port)).await.is_ok()
}

impl Ports {
    /// How a feed's own way in is; `None` when it has none that is open.
    pub fn standing(&self, feed: FeedId) -> Option<Standing> {
        self.lock().get(&feed).cloned()
    }

    pub(super) fn note(&self, feed: FeedId, standing: Standing) {
        self.lock().insert(feed, standing);
    }

    fn forget(&self, feed: FeedId) {
        self.lock().remove(&feed);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<FeedId, Standing>> {
        self.standings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Doors {
    /// Closes what is no more as it was, and opens what is not open yet.
    async fn follow(
        &mut self,
        known: &Known,
        services: &Services,
        inlet: &Inlet,
        shutdown: &CancellationToken,
    ) {
        let wanted: Vec<&Feed> = known
            .ownership
            .feeds
            .iter()
            .filter(|feed| feed.terms.has_own_way())
            .collect();
        let is_as_it_was = |id: &FeedId, door: &mut Door| {
            let feed = wanted.iter().find(|feed| feed.id == *id);
            feed.is_some_and(|feed| door.terms == feed.terms)
        };
        let closed: Vec<_> = self
            .0
            .extract_if(.., |id, door| !is_as_it_was(id, door))
            .collect();
        for (id, door) in closed {
            door.shut().await;
            services.ports.forget(id);
        }
        let mut troubles = BTreeMap::<PartnerId, Vec<String>>::new();
        for feed in wanted {
            if self.0.contains_key(&feed.id) {
                continue;
            }
            match Door::open(feed, services, inlet, shutdown.child_token()).await {
                Ok(door) => {
                    self.0.insert(feed.id, door);
                }
                Err(error) => {
                    let port = feed.terms.port.unwrap_or_default();
                    let trouble = format!(
                        "the port {port} of the feed {} cannot be opened: {error}",
                        feed.terms.name
                    );
                    troubles.entry(feed.partner_id).or_default().push(trouble);
                    let words = "the port cannot be opened: something else on the server has it";
                    services
                        .ports
                        .note(feed.id, Standing::Trouble(words.to_owned()));
                }
            }
        }
        let troubles = troubles.into_iter();
        let troubles = troubles.map(|(partner, all)| (partner, all.join("; ")));
        services.alarms.concern(Subject::Feeds, troubles.collect());
    }
}

impl Door {
    async fn open(
        feed: &Feed,
        services: &Services,
        inlet: &Inlet,
        close: CancellationToken,
    ) -> io::Result<Self> {
        let (terms, way) = (feed.terms.clone(), Way::of(feed.clone()));
        let (services, inlet, closing) = (services.clone(), inlet.clone(), close.clone());
        let serving = if let Some(address) = terms.call_address.clone() {
            info!(feed = terms.name, address, "calling timing hardware");
            services.ports.note(feed.id, Standing::Calling);
            tokio::spawn(dial::follow(services, address, way, inlet, closing))
        } else {
            let port = terms.port.unwrap_or_default();
            let address = SocketAddr::new(services.config.timing.ip(), port);
            let listener = TcpListener::bind(address).await?;
            info!(feed = terms.name, %address, "listening for timing hardware");
            services.ports.note(feed.id, Standing::Listening);
            tokio::spawn(accept::serve(services, listener, way, inlet, closing))
        };
        Ok(Self {
            terms,
            close,
            serving,
        })
    }

    /// Lets everybody go who came in here, and waits until what they sent is handed over.
    async fn shut(self) {
        self.close.cancel();
        if let Err(failed) = self.serving.await {
            warn!(%failed, "a feed's port ended early");
        }
    }
}
