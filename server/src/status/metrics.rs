//! `GET /metrics` in the text format of OpenMetrics, which Prometheus asks for first.
//!
//! Nothing is registered and kept: the figures are where they are counted, and are read when somebody asks.

use std::{collections::BTreeMap, fmt, sync::atomic::Ordering::Relaxed};

use gantry_core::decoder::protocol::Protocol;
use prometheus_client::{
    collector::Collector,
    encoding::{
        DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, EncodeLabelSet, EncodeMetric,
        NoLabelSet, text::encode,
    },
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
    registry::Registry,
};

use super::uptime_seconds;
use crate::{
    alarms::Subject,
    clock,
    collector::{
        figures::{BOUNDS_MS, Delays},
        registry::Connection,
    },
    room::{self, Room},
    services::Services,
    store::Totals,
};

/// What the text is.
pub(super) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All metrics. The database's are left out while it does not answer, so that no false zero is recorded, and the names of readers
/// unless `with_names`.
pub(super) fn text(
    services: Services,
    totals: Option<Totals>,
    with_names: bool,
) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("gantry");
    let figures = Figures {
        services,
        totals,
        with_names,
    };
    registry.register_collector(Box::new(figures));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

/// Everything that is told, of this moment.
#[derive(Debug)]
struct Figures {
    services: Services,
    totals: Option<Totals>,
    with_names: bool,
}

impl Collector for Figures {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut metrics = Metrics(encoder);
        self.server(&mut metrics)?;
        self.timing(&mut metrics)?;
        self.ingest(&mut metrics)?;
        self.clocks(&mut metrics)?;
        self.screens(&mut metrics)
    }
}

impl Figures {
    fn server(&self, metrics: &mut Metrics<'_>) -> fmt::Result {
        let uptime = uptime_seconds(&self.services);
        metrics.gauge("uptime_seconds", "Seconds since the server started", uptime)?;
        metrics.gauge(
            "database_connected",
            "1 while the database answers",
            i64::from(self.totals.is_some()),
        )?;
        let standing = self.services.alarms.list();
        metrics.gauges(
            "alarm",
            "1 while an alarm stands, by what it is about",
            Subject::ALL.map(|subject| {
                let stands = standing.iter().any(|alarm| alarm.subject == subject);
                ([("name", subject.name())], i64::from(stands))
            }),
        )?;
        if let Some(Totals { reads, sessions }) = self.totals {
            metrics.gauge("timing_reads_stored", "Reads in the database", reads)?;
            let help = "Timing sessions in the database";
            metrics.gauge("timing_sessions", help, sessions)?;
        }
        if let Ok(Room { free, total }) = Room::of(&room::folder(&self.services.config)) {
            let help = "Bytes that can still be written to the disk of the server's data";
            metrics.gauge("disk_free_bytes", help, free)?;
            let help = "Bytes that the disk of the server's data has";
            metrics.gauge("disk_bytes", help, total)?;
        }
        let pruned = self.services.pruned.load(Relaxed);
        let help = "Reads and lines that were let go because they were too old";
        metrics.counter("reads_pruned", help, pruned)
    }

    fn timing(&self, metrics: &mut Metrics<'_>) -> fmt::Result {
        let registry = &self.services.registry;
        let connections = registry.connections();
        let help = "Open connections of timing hardware";
        metrics.gauge("timing_connections", help, connections.len())?;
        metrics.gauges(
            "timing_connections_by_protocol",
            "Open connections of timing hardware that speak a protocol",
            Protocol::ALL.map(|protocol| {
                let speak = connections.iter().filter(|one| one.protocol == protocol);
                ([("protocol", protocol.name())], speak.count())
            }),
        )?;
        let known = self.services.feeds.known();
        let is_nobodys = |connection: &&Connection| {
            let owner = connection.owner.as_ref();
            owner.is_some_and(|owner| known.is_quarantine(owner.partner))
        };
        let nobodys = connections.iter().filter(is_nobodys).count();
        let help = "Open connections of timing hardware that nobody is known to own, so that its reads go into quarantine";
        metrics.gauge("timing_connections_in_quarantine", help, nobodys)?;
        let help = "Connections accepted";
        metrics.counter("timing_connections_accepted", help, registry.accepted())?;
        metrics.counters(
            "timing_reads_received",
            "Reads received over a protocol, repeats included",
            Protocol::ALL
                .map(|protocol| ([("protocol", protocol.name())], registry.reads(protocol))),
        )?;
        let help = "Faults of timing connections";
        metrics.counter("timing_faults", help, registry.faults())
    }

    fn ingest(&self, metrics: &mut Metrics<'_>) -> fmt::Result {
        let ingest = &self.services.ingest;
        metrics.delays(
            "commit_delay_seconds",
            "From the receipt of a read's bytes until it was safe on disk",
            &ingest.commit_delay,
        )?;
        let spool = ingest.spool();
        let help = "Reads that are safe on disk and wait for the database";
        metrics.gauge("spool_reads", help, spool.reads)?;
        let oldest = spool
            .oldest
            .map_or(0, |at| clock::now().since_ms(at).max(0));
        let help = "How long the oldest of them has waited";
        metrics.gauge("spool_oldest_seconds", help, oldest as f64 / 1_000.0)?;
        let help = "Reads that have gone from the spool into the database";
        metrics.counter("spool_shipped", help, ingest.shipped_in_all())
    }

    fn clocks(&self, metrics: &mut Metrics<'_>) -> fmt::Result {
        let offsets = offsets(self.services.registry.connections(), self.with_names);
        metrics.gauges(
            "reader_clock_ahead_seconds",
            "How far a reader's clock is ahead of the server's",
            offsets.into_iter().map(|((address, reader), ahead_ms)| {
                let labels = [("address", address), ("reader", reader)];
                (labels, ahead_ms as f64 / 1_000.0)
            }),
        )
    }

    fn screens(&self, metrics: &mut Metrics<'_>) -> fmt::Result {
        let (door, guard) = (&self.services.door, &self.services.guard);
        metrics.gauge(
            "http_connections",
            "Open connections of screens, operators and programs",
            door.connections(),
        )?;
        metrics.counter(
            "http_connections_refused",
            "Connections refused because there were too many",
            door.refused_connections.total(),
        )?;
        metrics.counter(
            "http_requests_refused",
            "Requests refused because one address asked too much",
            door.refused_requests.total(),
        )?;
        metrics.counter(
            "display_ids_unknown",
            "Display ids asked for that no display ever had: mistyped, or guessed",
            guard.unknown.total(),
        )?;
        metrics.counter(
            "display_ids_refused",
            "Times that a display was not looked for because its asker wanted too many",
            guard.refused.total(),
        )
    }
}

/// The clocks of all readers, once each: a reader that two connections tell of has the offset that is larger. Without names all
/// readers of an address are one.
fn offsets(connections: Vec<Connection>, with_names: bool) -> BTreeMap<(String, String), i64> {
    let mut offsets = BTreeMap::new();
    for connection in connections {
        let address = connection.peer.ip().to_string();
        for clock in connection.clocks {
            let reader = if with_names {
                clock.reader
            } else {
                String::new()
            };
            let ahead_ms = offsets.entry((address.clone(), reader)).or_default();
            if clock.offset.ahead_ms.saturating_abs() > i64::saturating_abs(*ahead_ms) {
                *ahead_ms = clock.offset.ahead_ms;
            }
        }
    }
    offsets
}

/// Writes one metric after the other.
struct Metrics<'a>(DescriptorEncoder<'a>);

impl Metrics<'_> {
    fn gauge(&mut self, name: &str, help: &str, value: impl EncodeGaugeValue) -> fmt::Result {
        let metric = MetricType::Gauge;
        let encoder = self.0.encode_descriptor(name, help, None, metric)?;
        ConstGauge::new(value).encode(encoder)
    }

    fn gauges<S: EncodeLabelSet, V: EncodeGaugeValue>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (S, V)>,
    ) -> fmt::Result {
        let metric = MetricType::Gauge;
        let mut family = self.0.encode_descriptor(name, help, None, metric)?;
        for (labels, value) in values {
            ConstGauge::new(value).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    /// The name is written with `_total` behind it.
    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let metric = MetricType::Counter;
        let encoder = self.0.encode_descriptor(name, help, None, metric)?;
        ConstCounter::new(value).encode(encoder)
    }

    fn counters<S: EncodeLabelSet, V: EncodeCounterValue>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (S, V)>,
    ) -> fmt::Result {
        let metric = MetricType::Counter;
        let mut family = self.0.encode_descriptor(name, help, None, metric)?;
        for (labels, value) in values {
            ConstCounter::new(value).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn delays(&mut self, name: &str, help: &str, delays: &Delays) -> fmt::Result {
        let counts = delays.counts();
        let bounds = BOUNDS_MS.map(|bound| bound as f64 / 1_000.0);
        let buckets: Vec<(f64, u64)> = bounds
            .into_iter()
            .chain([f64::INFINITY])
            .zip(counts)
            .collect();
        let (sum, count) = (delays.sum().as_secs_f64(), counts.iter().sum());
        self.0
            .encode_descriptor(name, help, None, MetricType::Histogram)?
            .encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use gantry_core::{dating::ClockOffset, time::Moment};
    use jiff::tz::TimeZone;

    use super::*;
    use crate::{
        collector::{clocks::Clock, feeds::Owner},
        config::Config,
        store::testing,
    };

    #[tokio::test]
    async fn every_metric_is_described_and_no_false_zero_is_told() {
        let (store, _place) = testing::store().await;
        let services = Services::new(Config::for_tests(), store);
        let store = &services.store;
        let quarantine = store.quarantine(Moment(0)).await.expect("is made");
        services.feeds.renew(store).await.expect("reads");
        let peer = ([192, 0, 2, 7], 9).into();
        let registry = &services.registry;
        let presence = registry.enter(peer, Protocol::JChip, Moment(0));
        let presence = presence.expect("there is room");
        presence.update(|connection| {
            connection.owner = Some(Owner {
                partner: quarantine,
                feed: None,
                zone: TimeZone::UTC,
            });
            connection.clocks = [3_200, -700]
                .map(|ahead_ms| Clock {
                    location: format!("{ahead_ms}"),
                    reader: "Mat \"7\"".to_owned(),
                    offset: ClockOffset { ahead_ms },
                })
                .into();
        });
        presence.count_read(Moment(0), Moment(0));
        services.alarms.raise(Subject::Room, "little room");
        services.ingest.observe_commit(Duration::from_millis(3));

        let elsewhere = text(services.clone(), None, false).expect("text");
        assert!(!elsewhere.contains("Mat"), "{elsewhere}");
        let clock = "gantry_reader_clock_ahead_seconds{address=\"192.0.2.7\",reader=\"\"} 3.2";
        assert!(elsewhere.contains(clock), "{elsewhere}");
        let text = text(services, None, true).expect("text");
        for line in [
            "# TYPE gantry_uptime_seconds gauge",
            "gantry_database_connected 0",
            "gantry_alarm{name=\"room\"} 1",
            "gantry_alarm{name=\"disk\"} 0",
            "gantry_timing_connections_by_protocol{protocol=\"jchip\"} 1",
            "gantry_timing_connections_in_quarantine 1",
            "gantry_timing_reads_received_total{protocol=\"jchip\"} 1",
            "gantry_timing_reads_received_total{protocol=\"mylaps\"} 0",
            "gantry_commit_delay_seconds_bucket{le=\"0.002\"} 0",
            "gantry_commit_delay_seconds_bucket{le=\"0.005\"} 1",
            "gantry_commit_delay_seconds_bucket{le=\"+Inf\"} 1",
            "gantry_commit_delay_seconds_count 1",
            "gantry_spool_reads 0",
            "gantry_reader_clock_ahead_seconds{address=\"192.0.2.7\",reader=\"Mat \\\"7\\\"\"} 3.2",
            "gantry_display_ids_unknown_total 0",
            "# EOF",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} of\n{text}");
        }
        assert!(!text.contains("gantry_timing_reads_stored"));
        for name in text.lines().filter(|line| !line.starts_with('#')) {
            let name = name.split(['{', ' ']).next().expect("a name");
            let family = ["_total", "_bucket", "_sum", "_count"]
                .iter()
                .find_map(|suffix| name.strip_suffix(suffix))
                .unwrap_or(name);
            assert!(text.contains(&format!("# HELP {family} ")), "{name}");
        }
    }
}
