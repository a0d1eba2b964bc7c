//! `GET /metrics` in the text format of Prometheus.

use std::fmt::Write as _;

use crate::{
    collector::registry::Registry, display::guard::Guard, edge::door::Door, store::Totals,
};

/// All metrics. The database's are left out while it does not answer, so that no false zero is recorded.
pub(super) fn text(
    registry: &Registry,
    door: &Door,
    guard: &Guard,
    totals: Option<Totals>,
    uptime_seconds: i64,
) -> String {
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
    metric(
        "http_connections",
        "gauge",
        "Open connections of screens, operators and programs.",
        door.connections() as i64,
    );
    metric(
        "http_connections_refused_total",
        "counter",
        "Connections refused because there were too many.",
        counted(door.refused_connections.total()),
    );
    metric(
        "http_requests_refused_total",
        "counter",
        "Requests refused because one address asked too much.",
        counted(door.refused_requests.total()),
    );
    metric(
        "display_ids_unknown_total",
        "counter",
        "Display ids asked for that no display ever had: mistyped, or guessed.",
        counted(guard.unknown.total()),
    );
    metric(
        "display_ids_refused_total",
        "counter",
        "Times that a display was not looked for because its asker wanted too many.",
        counted(guard.refused.total()),
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
    use std::num::NonZeroU32;

    use super::*;
    use crate::edge::{door::Limits, networks::Networks};

    #[test]
    fn every_metric_is_described_and_no_false_zero_is_told() {
        let door = Door::new(Networks::default(), Limits::of(NonZeroU32::MIN));
        let text = text(&Registry::default(), &door, &Guard::default(), None, 7);
        assert!(
            text.contains("# TYPE gantry_uptime_seconds gauge\ngantry_uptime_seconds 7\n"),
            "{text}"
        );
        assert!(text.contains("gantry_database_connected 0\n"));
        assert!(text.contains("gantry_display_ids_unknown_total 0\n"));
        assert!(!text.contains("gantry_timing_reads_stored"));
    }
}
