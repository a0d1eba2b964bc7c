//! What a server that runs says of itself, and what to do about it.

use gantry_core::time::Moment;

use super::Finding;
use crate::status::{Clocked, Report, TimingConnection};

/// A clock that is off by less is not worth a walk to the reader.
const CLOCK_MS: i64 = 1_000;

/// Clocks of other zones are off by multiples of this.
const ZONES_MS: i64 = 30 * 60_000;

/// How far a clock may be off besides being in another zone.
const ZONE_SLACK_MS: i64 = 90_000;

/// How long reads may wait in the spool before somebody should know.
const SPOOLED_MS: i64 = 60_000;

/// How long hardware with mats may send no read before that is worth a look.
const SILENT_MS: i64 = 10 * 60_000;

/// What is to be said of it.
pub(super) fn findings(report: &Report, now: Moment) -> Vec<Finding> {
    let mut findings = vec![Finding::Fine(format!(
        "a server runs, version {}, up for {} min; its ports are its own",
        report.version,
        report.uptime_seconds / 60
    ))];
    if !report.database_connected {
        findings.push(Finding::Trouble(
            "the running server's database does not answer: start it, or put right what keeps the server from it".to_owned(),
        ));
    }
    findings.extend(report.alarms.iter().map(|alarm| {
        let since = alarm.since.0.to_rfc3339();
        let (words, advice) = (alarm.words.trim_end_matches('.'), &alarm.advice);
        Finding::Trouble(format!("ALARM since {since}: {words}. {advice}"))
    }));
    findings.extend(spool(report, now));
    if report.timing_connections.is_empty() {
        findings.push(Finding::Note(format!(
            "no timing hardware is connected: it has to be told this machine's address and port {}, and a firewall has to let it through",
            report.tcp_port
        )));
    }
    for connection in &report.timing_connections {
        findings.extend(hardware(connection, now));
    }
    findings
}

fn spool(report: &Report, now: Moment) -> Option<Finding> {
    let oldest = report.ingest.oldest_spooled_at?.0;
    let waited_ms = now.since_ms(oldest);
    (waited_ms >= SPOOLED_MS).then(|| {
        Finding::Trouble(format!(
            "{} reads are safe on disk and wait for the database, the oldest for {} s: screens are behind until it takes them",
            report.ingest.spooled_reads,
            waited_ms / 1_000
        ))
    })
}

/// What is to be said of one connection.
fn hardware(connection: &TimingConnection, now: Moment) -> Vec<Finding> {
    let name = name(connection);
    let mut findings: Vec<Finding> = connection.clocks.iter().filter_map(clock).collect();
    let suggestions = connection.suggestions.iter();
    findings.extend(suggestions.map(|words| Finding::Trouble(format!("{name}: {words}"))));
    if connection.program.is_none() {
        findings.push(Finding::Note(format!(
            "{name} is connected and has not said what it is: it may be no timing hardware"
        )));
    } else {
        findings.extend(silence(connection, &name, now));
    }
    if let Some(fault) = connection
        .last_fault
        .as_ref()
        .filter(|_| connection.faults > 0)
    {
        findings.push(Finding::Note(format!(
            "{name} had {} faults, the newest: {fault}; its line is kept, unless there were too many",
            connection.faults
        )));
    }
    if findings.is_empty() {
        let reads = connection.reads;
        findings.push(Finding::Fine(format!("{name} sent {reads} reads")));
    }
    findings
}

fn name(connection: &TimingConnection) -> String {
    let locations = connection.locations.join(", ");
    let place = if locations.is_empty() {
        String::new()
    } else {
        format!(" ({locations})")
    };
    format!("the hardware at {}{place}", connection.peer)
}

fn silence(connection: &TimingConnection, name: &str, now: Moment) -> Option<Finding> {
    let Some(last) = connection.last_read_at else {
        return Some(Finding::Note(format!(
            "{name} is connected and has sent no read yet"
        )));
    };
    let silent_ms = now.since_ms(last.0);
    (silent_ms >= SILENT_MS).then(|| {
        Finding::Note(format!(
            "{name} has sent no read for {} min: is its mat on, and does anybody still come by?",
            silent_ms / 60_000
        ))
    })
}

fn clock(clock: &Clocked) -> Option<Finding> {
    let Clocked {
        words, ahead_ms, ..
    } = clock;
    if is_of_another_zone(*ahead_ms) {
        return Some(Finding::Trouble(format!(
            "{words}, which is a whole number of hours or halves: the clock is right and --timing-zone is wrong, or its feed's zone; name the zone that the hardware's clock is set to. (If it has just sent a backlog, wait for its next reads.)"
        )));
    }
    (ahead_ms.saturating_abs() >= CLOCK_MS).then(|| {
        Finding::Trouble(format!(
            "{words}: set its clock, or correct its reads by as much in the timing session"
        ))
    })
}

fn is_of_another_zone(ahead_ms: i64) -> bool {
    let off = ahead_ms.saturating_abs();
    let rest = off % ZONES_MS;
    off >= ZONES_MS - ZONE_SLACK_MS && rest.min(ZONES_MS - rest) <= ZONE_SLACK_MS
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Moment = Moment(1_800_000_000_000);

    fn told(connections: &serde_json::Value, alarms: &serde_json::Value) -> Vec<String> {
        let report = json!({
            "service": "gantry-server", "status": "ok", "tcp_port": 61611, "connections": 1, "total_reads": 7,
            "sessions": 1, "database_connected": true, "uptime_seconds": 600, "version": "0.1.0",
            "alarms": alarms, "disk": null, "timing_connections": connections,
            "ingest": {"commit_delay_p50_ms": 5, "commit_delay_p99_ms": 10, "spooled_reads": 0, "oldest_spooled_at": null},
        });
        let report = serde_json::from_value(report).expect("a report");
        let findings = findings(&report, NOW).into_iter().skip(1);
        findings
            .map(|finding| match finding {
                Finding::Fine(words) => format!("ok {words}"),
                Finding::Note(words) => format!("note {words}"),
                Finding::Trouble(words) => format!("problem {words}"),
            })
            .collect()
    }

    fn connection(ahead_ms: i64, silent_ms: i64) -> serde_json::Value {
        json!([{
            "peer": "192.0.2.7:9", "feed": null, "protocol": "chronotrack", "program": "SimpleClient 0.6.0",
            "event": "21ROTM", "locations": ["FINISH"], "reads": 7,
            "last_read_at": (NOW - silent_ms).to_rfc3339(), "lag_ms": 100, "suggestions": [], "faults": 0,
            "last_fault": null, "since": NOW.to_rfc3339(),
            "clocks": [{"location": "FINISH", "reader": "11FD4E", "ahead_ms": ahead_ms, "words": "reader 11FD4E is off"}],
        }])
    }

    #[test]
    fn it_says_what_is_wrong_and_what_to_do() {
        let none = json!([]);
        for (connections, begins, says) in [
            (none.clone(), "note", "port 61611"),
            (connection(200, 0), "ok", "(FINISH) sent 7 reads"),
            (connection(3_200, 0), "problem", "set its clock"),
            (
                connection(-7_200_400, 0),
                "problem",
                "--timing-zone is wrong",
            ),
            (
                connection(19_800_000, 0),
                "problem",
                "--timing-zone is wrong",
            ),
            (connection(1_000_000, 0), "problem", "set its clock"),
            (connection(0, 3_600_000), "note", "no read for 60 min"),
        ] {
            let told = told(&connections, &none);
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(
                told[0].starts_with(begins) && told[0].contains(says),
                "{told:?}"
            );
        }
        let alarms = json!([{"name": "room", "since": NOW.to_rfc3339(), "words": "little room", "advice": "Make room."}]);
        let told = told(&connection(0, 0), &alarms);
        assert!(
            told[0].starts_with("problem ALARM since 2027-01-15T08:00:00"),
            "{told:?}"
        );
        assert!(told[0].ends_with("little room. Make room."), "{told:?}");
    }
}
