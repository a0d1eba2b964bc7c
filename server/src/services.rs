//! What the parts of the server share.

use std::sync::{Arc, atomic::AtomicU64};

use gantry_core::time::Moment;
use tokio::sync::Notify;

use crate::{
    alarms::Alarms,
    clock,
    collector::{
        feeds::Directory,
        figures::IngestFigures,
        news::{self, Published},
        ports::Ports,
        registry::Registry,
        strangers::Strangers,
    },
    config::Config,
    display::guard::Guard,
    edge::{
        door::{Door, Limits},
        open_files,
    },
    store::Store,
};

/// The store, and what the parts tell each other through. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Services {
    /// What the program was told.
    pub config: Arc<Config>,
    /// Everything that survives a restart.
    pub store: Store,
    /// Committed reads.
    pub published: Published,
    /// Who is connected to the timing port.
    pub registry: Arc<Registry>,
    /// What the timing port puts on the disk for whoever comes.
    pub strangers: Arc<Strangers>,
    /// Whose hardware it is.
    pub feeds: Arc<Directory>,
    /// The ports that are feeds' own.
    pub ports: Arc<Ports>,
    /// What somebody has to know now.
    pub alarms: Arc<Alarms>,
    /// Told when an operator corrected the times of a mat.
    pub corrected: Arc<Notify>,
    /// What the way of reads to the disk costs.
    pub ingest: Arc<IngestFigures>,
    /// Reads and lines that were let go because they were too old.
    pub pruned: Arc<AtomicU64>,
    /// Who is let in at the HTTP port.
    pub door: Arc<Door>,
    /// Against guessing display ids.
    pub guard: Arc<Guard>,
    /// When the program started.
    pub started_at: Moment,
}

impl Services {
    /// The services over a store that is open; they begin with nobody connected.
    pub fn new(config: Config, store: Store) -> Self {
        let trusted = config.trusted_proxies.clone().unwrap_or_default();
        let limits = Limits::of(config.requests_per_second).within(open_files::most());
        Self {
            feeds: Arc::new(Directory::new(config.timing_partner.clone(), config.zone())),
            ports: Arc::default(),
            door: Arc::new(Door::new(trusted, limits)),
            config: Arc::new(config),
            store,
            published: news::publication(),
            registry: Arc::default(),
            strangers: Arc::default(),
            alarms: Arc::default(),
            corrected: Arc::default(),
            ingest: Arc::default(),
            pruned: Arc::default(),
            guard: Arc::default(),
            started_at: clock::now(),
        }
    }
}
