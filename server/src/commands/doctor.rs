//! `gantry-server doctor`: looks at everything that serving needs and says in plain words what is wrong.

use std::{net::SocketAddr, process::ExitCode};

use tokio::net::TcpListener;

use super::{newer, open_store, say};
use crate::{
    collector::partner::{NoPartner, timing_partner},
    config::Config,
    store::{Standing, Store},
};

/// What was found out about one thing.
enum Finding {
    Fine(String),
    /// What is wrong and what to do about it.
    Trouble(String),
}

/// Says what it found; the exit code is 1 when something is in the way of serving.
pub(super) async fn examine(config: &Config) -> anyhow::Result<ExitCode> {
    let mut findings = Vec::new();
    findings.extend(database(config).await);
    findings.push(port("HTTP", "--http", config.http).await);
    findings.push(port("timing", "--timing", config.timing).await);
    findings.push(port("status", "--status", config.status).await);
    findings.extend(certificate(config));
    findings.push(zone(config));

    let mut code = ExitCode::SUCCESS;
    for finding in findings {
        match finding {
            Finding::Fine(words) => say(&format!("ok       {words}"))?,
            Finding::Trouble(words) => {
                code = ExitCode::FAILURE;
                say(&format!("problem  {words}"))?;
            }
        }
    }
    Ok(code)
}

/// What is to be said of the database, which is left as it is.
async fn database(config: &Config) -> Vec<Finding> {
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
                let findings = vec![Finding::Fine(fine), owner(config, &store).await];
                store.close().await;
                findings
            }
            Err(error) => vec![Finding::Trouble(format!("{error:#}"))],
        },
    }
}

async fn owner(config: &Config, store: &Store) -> Finding {
    match timing_partner(store, config.timing_partner.as_deref()).await {
        Ok(partner) => Finding::Fine(format!("reads belong to {}", partner.name)),
        Err(reason) => Finding::Trouble(refused(&reason)),
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
