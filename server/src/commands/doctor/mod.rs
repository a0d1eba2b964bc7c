//! `gantry-server doctor`: looks at everything that serving needs, asks a server that runs how it is, and says in plain words what is
//! wrong and what to do. It makes and changes nothing.

mod running;

use std::{net::SocketAddr, process::ExitCode};

use tokio::net::TcpListener;

use super::{newer, open_store, running::ask, say};
use crate::{
    clock,
    collector::partner::{NoPartner, Unmatched, unmatched},
    config::Config,
    room::{self, Room},
    store::{Standing, Store},
};

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
    let mut findings = database(config, report.is_some()).await;
    if let Some(report) = report {
        findings.extend(running::findings(&report, clock::now()));
    } else {
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
async fn database(config: &Config, is_served: bool) -> Vec<Finding> {
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
                if is_served {
                    findings.extend(quarantine(&store).await);
                }
                store.close().await;
                findings
            }
            Err(error) => vec![Finding::Trouble(format!("{error:#}"))],
        },
    }
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

/// Whether there is hardware that nobody is known to own.
async fn quarantine(store: &Store) -> Option<Finding> {
    let quarantine = store.quarantine(clock::now()).await.ok()?;
    let sessions = store.timing_sessions(quarantine, None, 1).await.ok()?;
    let newest = sessions.first()?;
    Some(Finding::Trouble(format!(
        "hardware that times {:?} is nobody's, and so are its reads: `gantry-server quarantine list` tells what there is, \
         `gantry-server quarantine hand-over SESSION --to NAME` gives it to a partner, to whom it comes from then on",
        newest.event_name
    )))
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
