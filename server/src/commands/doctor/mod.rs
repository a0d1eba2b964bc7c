//! `gantry-server doctor`: looks at everything that serving needs, asks a server that runs how it is, and says in plain words what is
//! wrong and what to do. It makes and changes nothing.

mod running;

use std::{net::SocketAddr, path::Path, process::ExitCode};

use gantry_core::time::Moment;
use tokio::net::TcpListener;

use super::{newer, open_store, running::ask, say};
use crate::{
    clock,
    collector::partner::{NoPartner, Unmatched, unmatched},
    config::Config,
    room::{self, Room},
    status::Report,
    store::{Database, Spool, Standing, Store, TimingSession},
};

/// Hardware whose newest read came within these is thought to be there.
const LATELY_MS: i64 = 24 * 3_600_000;

/// Sessions in quarantine that are looked at, the newest.
const LOOKED_AT: usize = 100;

/// What was found out about one thing.
enum Finding {
    Fine(String),
    /// What is worth a look, and may be as it should.
    Note(String),
    /// What is wrong and what to do about it.
    Trouble(String),
}

/// Says what it found; the exit code is 1 when something is in the way of serving.
pub(super) async fn examine(config: &Config) -> anyhow::Result<ExitCode> {
    let report = ask(config.status).await;
    let mut findings = database(config, report.as_ref()).await;
    if let Some(report) = report {
        findings.extend(running::findings(&report, clock::now()));
    } else {
        if let database @ Database::Postgres(_) = config.database() {
            findings.extend(spool(&config.spool(), &database).await);
        }
        findings.push(port("HTTP", "--http", config.http).await);
        findings.push(port("timing", "--timing", config.timing).await);
        findings.push(port("status", "--status", config.status).await);
    }
    findings.push(disk(config));
    findings.extend(certificate(config));
    findings.push(zone(config));

    let mut code = ExitCode::SUCCESS;
    for finding in findings {
        match finding {
            Finding::Fine(words) => say(&format!("ok       {words}"))?,
            Finding::Note(words) => say(&format!("note     {words}"))?,
            Finding::Trouble(words) => {
                code = ExitCode::FAILURE;
                say(&format!("problem  {words}"))?;
            }
        }
    }
    Ok(code)
}

/// What is to be said of the database, which is left as it is; a server that runs keeps a quarantine in it.
async fn database(config: &Config, report: Option<&Report>) -> Vec<Finding> {
    let database = config.database();
    let standing = match Standing::of(&database).await {
        Ok(standing) => standing,
        Err(error) => return vec![Finding::Trouble(format!("{error:#}"))],
    };
    match standing {
        Standing::New => vec![
            Finding::Fine(format!(
                "the database {database} holds nothing yet: `gantry-server serve` makes it"
            )),
            Finding::Trouble(refused(&NoPartner::None)),
        ],
        Standing::Older => vec![Finding::Fine(format!(
            "the database {database} is of an older version: `gantry-server serve` brings it up to date"
        ))],
        Standing::Newer => vec![Finding::Trouble(newer(config))],
        Standing::UpToDate => match open_store(config).await {
            Ok(store) => {
                let fine = format!("the database {database} is up to date");
                let mut findings = vec![Finding::Fine(fine), owner(config, &store).await];
                findings.extend(waiting(&store).await);
                if let Some(report) = report {
                    findings.extend(quarantine(&store, report, clock::now()).await);
                }
                store.close().await;
                findings
            }
            Err(error) => vec![Finding::Trouble(format!("{error:#}"))],
        },
    }
}

/// What the last server left in its spool, which one that runs has for itself.
async fn spool(file: &Path, database: &Database) -> Option<Finding> {
    let left = match Spool::left(file).await {
        Ok(left) => left?,
        Err(error) => {
            let file = file.display();
            return Some(Finding::Trouble(format!(
                "cannot read the spool {file}: {error}"
            )));
        }
    };
    let (reads, file) = (left.reads, file.display());
    Some(if left.database == database.to_string() {
        Finding::Note(format!(
            "{reads} reads wait in the spool {file}: `gantry-server serve` brings them into the database"
        ))
    } else {
        Finding::Trouble(format!(
            "{reads} reads wait in the spool {file} for the database {}, and this is {database}: serve with that database once \
             more, or move the file away; until then `gantry-server serve` does not start",
            left.database
        ))
    })
}

/// Whose hardware is that no feed is about.
async fn owner(config: &Config, store: &Store) -> Finding {
    match unmatched(store, config.timing_partner.as_deref()).await {
        Ok(Unmatched::Partners(partner)) => Finding::Fine(format!(
            "hardware that no feed is about is {}'s",
            partner.name
        )),
        Ok(Unmatched::Quarantine) => Finding::Note(
            "there are several timing partners: hardware that no feed is about goes into quarantine, where nobody but you sees it. \
             Have each partner's owner make feeds for theirs, in the console's 4 Feeds, and see `gantry-server feed list`; or name one partner with --timing-partner"
                .to_owned(),
        ),
        Err(reason) => Finding::Trouble(refused(&reason)),
    }
}

/// Whether feeds wait for the administrator's word.
async fn waiting(store: &Store) -> Option<Finding> {
    let mut feeds = store.all_feeds().await.ok()?;
    feeds.retain(|feed| feed.confirmed_at.is_none() && feed.refused_at.is_none());
    let count = feeds.len();
    (count > 0).then(|| {
        Finding::Note(format!(
            "feeds that wait for your word: {count}; see `gantry-server feed list`, then `gantry-server feed confirm ID` or `feed refuse ID`"
        ))
    })
}

/// Whether there is hardware that nobody is known to own: a problem while it is there, and worth a note for as long as its reads are.
async fn quarantine(store: &Store, report: &Report, now: Moment) -> Option<Finding> {
    let quarantine = store.quarantine(now).await.ok()?;
    let sessions = store.timing_sessions(quarantine, None, LOOKED_AT).await;
    let sessions = sessions.ok()?;
    let is_there = |session: &&TimingSession| {
        let id = session.id.to_string();
        let is_lately = |at| now.since_ms(at) < LATELY_MS;
        let mut connections = report.timing_connections.iter();
        session.last_read_at.is_some_and(is_lately)
            || connections.any(|connection| connection.session.as_ref() == Some(&id))
    };
    let what_to_do = "`gantry-server quarantine list` tells what there is, \
        `gantry-server quarantine hand-over SESSION --to NAME` gives it to a partner, to whom it comes from then on";
    if let Some(session) = sessions.iter().find(is_there) {
        return Some(Finding::Trouble(format!(
            "hardware that times {:?} is nobody's, and so are its reads: {what_to_do}",
            session.event_name
        )));
    }
    for session in sessions {
        let kept = store.newest_reads(quarantine, session.id, 1).await.ok()?;
        if !kept.is_empty() {
            return Some(Finding::Note(format!(
                "hardware that timed {:?} on {} was nobody's, and so are its reads until they are too old: {what_to_do}",
                session.event_name, session.race_day
            )));
        }
    }
    None
}

fn disk(config: &Config) -> Finding {
    let folder = room::folder(config);
    match Room::of(&folder) {
        Ok(room) if room.is_little() => Finding::Trouble(format!(
            "{}: make room before it is full",
            room.words(&folder)
        )),
        Ok(room) => Finding::Fine(room.words(&folder)),
        Err(error) => Finding::Trouble(format!(
            "cannot ask how much room there is at {}: {error}",
            folder.display()
        )),
    }
}

fn refused(reason: &NoPartner) -> String {
    format!("reads are refused: {reason}")
}

async fn port(name: &str, flag: &str, address: SocketAddr) -> Finding {
    match TcpListener::bind(address).await {
        Ok(_) => Finding::Fine(format!("the {name} port {address} is free")),
        Err(error) => Finding::Trouble(format!(
            "cannot listen on the {name} port {address}: {error}; is the server running already? Choose another with {flag}"
        )),
    }
}

fn certificate(config: &Config) -> Option<Finding> {
    let file = config.tls_cert.as_ref()?;
    Some(match config.tls() {
        Ok(_) => Finding::Fine(format!("TLS by the certificate {}", file.display())),
        Err(reason) => Finding::Trouble(reason.to_string()),
    })
}

fn zone(config: &Config) -> Finding {
    match config.zone().iana_name() {
        Some(name) => Finding::Fine(format!("the timing hardware's clock is read in {name}")),
        None => Finding::Trouble(
            "the system's time zone is not known: name the timing hardware's with --timing-zone, like Europe/Vienna".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::{
        Group, Origin,
        testing::{self, NOW, arrival, race, read},
    };

    fn report(session: Option<String>) -> Report {
        let connection = session.map(|session| {
            json!({
                "peer": "192.0.2.7:9", "feed": null, "session": session, "protocol": "chronotrack", "program": null,
                "event": "10K", "locations": [], "reads": 0, "last_read_at": null, "lag_ms": null, "suggestions": [],
                "faults": 0, "last_fault": null, "since": NOW.to_rfc3339(), "clocks": [],
            })
        });
        let report = json!({
            "service": "gantry-server", "status": "ok", "tcp_port": 61611, "connections": 1, "total_reads": 7,
            "sessions": 1, "database_connected": true, "uptime_seconds": 600, "version": "0.1.0",
            "alarms": [], "disk": null, "timing_connections": connection.into_iter().collect::<Vec<_>>(),
            "ingest": {"commit_delay_p50_ms": 5, "commit_delay_p99_ms": 10, "spooled_reads": 0, "oldest_spooled_at": null},
        });
        serde_json::from_value(report).expect("a report")
    }

    #[tokio::test]
    async fn a_spool_that_waits_for_another_database_is_a_problem() {
        let (store, place) = testing::store().await;
        let origin = race(&store).await;
        let file = place.directory().join("spool.db");
        let database = |name: &str| Database::Sqlite(name.into());
        let opened = Spool::open(&file, &database("mine.db")).await;
        let opened = opened.expect("opens");
        let group = Group {
            reads: vec![arrival(origin, 1, "7")],
            lines: vec![],
        };
        opened.append(&group, NOW).await.expect("writes");
        opened.close().await;
        let found = spool(&file, &database("mine.db")).await;
        assert!(matches!(found, Some(Finding::Note(_))));
        let Some(Finding::Trouble(words)) = spool(&file, &database("yours.db")).await else {
            panic!("it is a problem");
        };
        assert!(
            words.contains("mine.db") && words.contains("yours.db"),
            "{words}"
        );
    }

    #[tokio::test]
    async fn the_quarantine_is_a_problem_while_hardware_is_there_and_a_note_while_its_reads_are() {
        let (store, _place) = testing::store().await;
        let told = async |report: &Report, now| match quarantine(&store, report, now).await {
            None => "nothing",
            Some(Finding::Fine(_)) => "fine",
            Some(Finding::Note(_)) => "note",
            Some(Finding::Trouble(_)) => "problem",
        };
        let nobodys = store.quarantine(NOW).await.expect("is made");
        let session = store.open_timing_session(nobodys, "10K", "AA", "2021-05-08", NOW);
        let session = session.await.expect("opens");
        let (away, there) = (report(None), report(Some(session.to_string())));
        assert_eq!(told(&away, NOW).await, "nothing");
        assert_eq!(told(&there, NOW).await, "problem");
        let stream = store.open_stream(nobodys, session, "AA", "FINISH", NOW);
        let origin = Origin {
            partner_id: nobodys,
            timing_session_id: session,
            stream_id: stream.await.expect("opens").id,
        };
        let reads = [read(origin, 1, "7")];
        store.append(&reads, &[]).await.expect("stores");
        assert_eq!(told(&away, NOW).await, "problem", "it was there just now");
        let later = NOW + 2 * LATELY_MS;
        assert_eq!(told(&away, later).await, "note");
        assert_eq!(told(&there, later).await, "problem");
    }
}
