//! Dates stored reads again after an operator corrected the times of a mat.
//!
//! What is connected was opened with the old correction and is let go; it comes again within seconds, with the new one. What is stored
//! is read in the order in which it came and resolved again as it was when it came in, in steps that no read that comes in waits
//! long for. Begun again from the start it does the same, so what a crash interrupts the next server finishes.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use gantry_core::{
    dating::{Clue, Resolver},
    time::Moment,
};
use jiff::tz::TimeZone;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{feeds::zone_of, news::News, registry::Connection, storing::Inlet};
use crate::{
    clock,
    services::Services,
    store::{Dated, Result, SetCorrection, Store, StreamId},
};

/// How often it is looked for reads that came while the store was away and were dated without their correction.
const LOOK: Duration = Duration::from_secs(5);

/// How long to wait after the store failed.
const RETRY: Duration = Duration::from_secs(1);

/// Reads that are dated in one transaction.
const STEP: usize = 256;

/// How many times as long as a step took there is nothing done after it.
const REST: u32 = 3;

/// Dates reads again until `shutdown`, what was left over first.
pub async fn run(services: Services, inlet: Inlet, shutdown: CancellationToken) {
    let mut is_told = false;
    loop {
        match shutdown
            .run_until_cancelled(catch_up(&services, &inlet))
            .await
        {
            Some(Ok(())) => is_told = false,
            Some(Err(error)) => {
                // A database may be away for hours.
                if !std::mem::replace(&mut is_told, true) {
                    warn!(%error, "cannot date reads again, trying again");
                }
                sleep(RETRY).await;
                services.corrected.notify_one();
            }
            None => return,
        }
        let told = timeout(LOOK, services.corrected.notified());
        if shutdown.run_until_cancelled(told).await.is_none() {
            return;
        }
    }
}

async fn catch_up(services: &Services, inlet: &Inlet) -> Result<()> {
    while let Some(set) = services
        .store
        .pending_corrections()
        .await?
        .into_iter()
        .next()
    {
        if !carry_out(services, inlet, &set).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// Dates the reads of a correction's mat; false when nothing can be stored any more.
async fn carry_out(services: &Services, inlet: &Inlet, set: &SetCorrection) -> Result<bool> {
    let store = &services.store;
    let mut redating = Redating::of(set, zone(services, set).await?);
    // Whatever came again in the first round has gone on after a read that was not dated again yet, so there is a second.
    for _round in 0..2 {
        let_go(services, set, clock::now()).await;
        if !inlet.is_settled().await? {
            return Ok(false);
        }
        redating.go_on(store).await?;
    }
    store.redated(set, clock::now()).await?;
    info!(session = %set.recording, location = set.location, reads = redating.changed, "dated again");
    // Nobody listening is no fault.
    let news = News::Rearranged([set.recording].into());
    let _ = services.published.send(news);
    Ok(true)
}

/// Lets those go that feed the recording and came before a moment, and waits until they are gone.
async fn let_go(services: &Services, set: &SetCorrection, before: Moment) {
    let fed = Some((set.partner_id, set.recording));
    let is_meant =
        |connection: &Connection| connection.since < before && connection.session() == fed;
    let reason = "its times were corrected";
    services.registry.see_off(is_meant, reason).await;
}

/// The zone of the recording's hardware, for streams that were stored without one: that of the feed for its event, else of the
/// partner's first feed that names one, else the server's.
async fn zone(services: &Services, set: &SetCorrection) -> Result<TimeZone> {
    let (store, partner) = (&services.store, set.partner_id);
    let event = store.event_of(partner, set.recording).await?;
    let feeds = store.feeds(partner).await?;
    let in_force = feeds.iter().filter(|feed| feed.is_in_force());
    let (of_event, others): (Vec<_>, Vec<_>) =
        in_force.partition(|feed| feed.terms.event.is_some() && feed.terms.event == event);
    let others = others.into_iter().filter(|feed| feed.terms.event.is_none());
    let zone = of_event
        .into_iter()
        .chain(others)
        .find_map(|feed| zone_of(&feed.terms));
    Ok(zone.unwrap_or_else(|| services.config.zone()))
}

/// A mat's reads on their way to other moments.
struct Redating<'a> {
    set: &'a SetCorrection,
    /// For streams of which nobody noted it.
    zone: TimeZone,
    resolvers: HashMap<StreamId, Resolver>,
    /// How far it came.
    position: i64,
    /// Reads that have another moment now.
    changed: usize,
}

impl<'a> Redating<'a> {
    fn of(set: &'a SetCorrection, zone: TimeZone) -> Self {
        Self {
            set,
            zone,
            resolvers: HashMap::new(),
            position: 0,
            changed: 0,
        }
    }

    /// Dates what is stored by now.
    async fn go_on(&mut self, store: &Store) -> Result<()> {
        loop {
            let reads = store.dated_after(self.set, self.position).await?;
            let Some(last) = reads.last() else {
                return Ok(());
            };
            self.position = last.position;
            let is_new = |read: &Dated| !self.resolvers.contains_key(&read.stream);
            if reads.iter().any(is_new) {
                self.begin_streams(store, &reads).await?;
            }
            let moments: Vec<(i64, Moment)> = reads
                .iter()
                .filter_map(|read| self.other_moment(read))
                .collect();
            for step in moments.chunks(STEP) {
                let began = Instant::now();
                store.date(self.set.partner_id, step).await?;
                sleep(began.elapsed() * REST).await;
            }
            self.changed += moments.len();
        }
    }

    /// Has a resolver for the stream of each of these reads.
    async fn begin_streams(&mut self, store: &Store, reads: &[Dated]) -> Result<()> {
        let zones: HashMap<StreamId, String> = store.zones(self.set).await?.into_iter().collect();
        for read in reads {
            self.resolvers.entry(read.stream).or_insert_with(|| {
                let noted = zones.get(&read.stream);
                let zone = noted.and_then(|zone| TimeZone::get(zone).ok());
                let mut resolver = Resolver::new(zone.unwrap_or_else(|| self.zone.clone()));
                resolver.correct(&self.set.location, self.set.correction);
                resolver
            });
        }
        Ok(())
    }

    /// When a read happened, if that is another moment than was thought.
    fn other_moment(&mut self, read: &Dated) -> Option<(i64, Moment)> {
        let at = self.resolvers.get_mut(&read.stream)?.moment(Clue {
            kind: read.kind,
            location: &self.set.location,
            reader: &read.reader,
            time: read.time?,
            received_at: read.received_at,
        })?;
        (at != read.at).then_some((read.position, at))
    }
}
