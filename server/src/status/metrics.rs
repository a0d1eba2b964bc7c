//! `GET /metrics` in the text format of Prometheus.

use std::fmt::Write as _;

use crate::{collector::registry::Registry, store::Totals};

/// All metrics. The database's are left out while it does not answer, so that no false zero is recorded.
pub(super) fn text(registry: &Registry, totals: Option<Totals>, uptime_seconds: i64) -> String {
    let mut text = String::new();
    let mut metric = |name: &str, kind: &str, help: &str, value: i64| {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "# HELP gantry_{name} {help}\n# TYPE gantry_{name} {kind}\ngantry_{name} {value}\n"
        );
    };
    let counted = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    metric(
        "uptime_seconds",
        "gauge",
        "Seconds since the server started.",
        uptime_seconds,
    );
    metric(
        "database_connected",
        "gauge",
        "1 while the database answers.",
        i64::from(totals.is_some()),
    );
    metric(
        "timing_connections",
        "gauge",
        "Open connections of timing hardware.",
        registry.len() as i64,
    );
    metric(
        "timing_connections_accepted_total",
        "counter",
        "Connections accepted.",
        counted(registry.accepted()),
    );
    metric(
        "timing_reads_received_total",
        "counter",
        "Reads received, repeats included.",
        counted(registry.reads()),
    );
    metric(
        "timing_faults_total",
        "counter",
        "Faults of timing connections.",
        counted(registry.faults()),
    );
    if let Some(Totals { reads, sessions }) = totals {
        metric(
            "timing_reads_stored",
            "gauge",
            "Reads in the database.",
            reads,
        );
        metric(
            "timing_sessions",
            "gauge",
            "Timing sessions in the database.",
            sessions,
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_described_and_no_false_zero_is_told() {
        let text = text(&Registry::default(), None, 7);
        assert!(
            text.contains("# TYPE gantry_uptime_seconds gauge\ngantry_uptime_seconds 7\n"),
            "{text}"
        );
        assert!(text.contains("gantry_database_connected 0\n"));
        assert!(!text.contains("gantry_timing_reads_stored"));
    }
}
