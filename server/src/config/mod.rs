//! What the program was told: flags, then environment, then the configuration file, then defaults.
//!
//! The flags are declared once, in [`cli`] and [`Config`]. [`layers`] derives the environment twin and the file key of each
//! from its name, so the three cannot drift apart, and values from all three are checked by the same parsers.

pub mod cli;
pub mod collect;
pub mod layers;
pub mod manage;

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf};

use clap::Args;
use directories::ProjectDirs;
use jiff::tz::TimeZone;

use crate::{
    edge::{
        networks::Networks,
        tls::{Tls, TlsError},
    },
    store::Database,
};

/// How to serve.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Read options from a TOML file; its keys are the long names of these options
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The directory of the database, and of what waits for one that is elsewhere [default: the platform's place for data]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// The database: sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE; without it, gantry.db in the data directory
    #[arg(long, value_name = "URL", value_parser = database)]
    pub database_url: Option<Database>,

    /// Where to serve displays and the operators' interface; port 0 takes any free port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8088", value_parser = address)]
    pub http: SocketAddr,

    /// Where to wait for timing hardware
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:61611", value_parser = address)]
    pub timing: SocketAddr,

    /// Where to answer /health, /status and /metrics
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:61612", value_parser = address)]
    pub status: SocketAddr,

    /// The address that display URLs begin with, when it is not the one served at: behind a proxy, for example
    #[arg(long, value_name = "URL", value_parser = public_url)]
    pub public_url: Option<String>,

    /// Serve displays and operators over TLS, with the chain of certificates in this PEM file; renewed files are taken up
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// The private key of that certificate, a PEM file
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// The proxies that are believed when they say in X-Forwarded-For whom they ask for: addresses and networks, with commas
    /// between [default: none]
    #[arg(long, value_name = "LIST", value_parser = str::parse::<Networks>)]
    pub trusted_proxies: Option<Networks>,

    /// How many requests a second one address may keep up; thirty times as many may come at once
    #[arg(long, value_name = "N", default_value = "200", value_parser = rate)]
    pub requests_per_second: NonZeroU32,

    /// The timing partner whose hardware it is that no feed is about [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub timing_partner: Option<String>,

    /// The time zone of the timing hardware's clock, like Europe/Vienna [default: the system's]
    #[arg(long, value_name = "ZONE", value_parser = time_zone)]
    pub timing_zone: Option<TimeZone>,

    /// Accepted for scripts that name a Redis; none is needed, and nothing is kept in it
    #[arg(long, value_name = "URL", value_parser = redis_url)]
    pub redis_url: Option<UnusedRedis>,
}

/// A Redis was named. Its URL is forgotten once it is understood: it may hold a password, and nobody connects to it.
#[derive(Clone, Copy, Debug)]
pub struct UnusedRedis;

impl Config {
    /// Where everything is kept.
    pub fn database(&self) -> Database {
        let own = || Database::Sqlite(self.data_dir().join("gantry.db"));
        self.database_url.clone().unwrap_or_else(own)
    }

    /// Where reads wait for a database that is a server of its own.
    pub fn spool(&self) -> PathBuf {
        self.data_dir().join("spool.db")
    }

    /// The server's own directory.
    pub fn data_dir(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(default_data_dir)
    }

    /// What is wrong with options that are each fine by themselves, in words.
    pub fn contradiction(&self) -> Option<String> {
        let (given, path, missing) = match (&self.tls_cert, &self.tls_key) {
            (Some(path), None) => ("tls-cert", path, "tls-key"),
            (None, Some(path)) => ("tls-key", path, "tls-cert"),
            _ => return None,
        };
        Some(format!(
            "--{given} '{}' stands alone: expected --{missing} with it, or neither",
            path.display()
        ))
    }

    /// TLS by the files that were named, if any were.
    pub fn tls(&self) -> Result<Option<Tls>, TlsError> {
        self.tls_cert
            .as_ref()
            .zip(self.tls_key.as_ref())
            .map(|(certificate, key)| Tls::load(certificate, key))
            .transpose()
    }

    /// The zone that the hardware's wall clock is read in.
    pub fn zone(&self) -> TimeZone {
        self.timing_zone.clone().unwrap_or_else(TimeZone::system)
    }
}

#[cfg(test)]
impl Config {
    /// The defaults, on ports that are free, with a hardware clock that shows UTC.
    pub(crate) fn for_tests() -> Self {
        let any = "127.0.0.1:0";
        let arguments = [
            "gantry-server",
            "serve",
            "--http",
            any,
            "--timing",
            any,
            "--status",
            any,
            "--timing-zone",
            "UTC",
            "--requests-per-second",
            "1000000",
        ];
        match <cli::Cli as clap::Parser>::try_parse_from(arguments) {
            Ok(cli::Cli {
                command: cli::Command::Serve(config),
                ..
            }) => config,
            other => panic!("{arguments:?} are understood: {other:?}"),
        }
    }

    /// The same, for a server whose store is there.
    pub(crate) fn for_tests_at(place: &crate::store::testing::Place) -> Self {
        Self {
            data_dir: Some(place.directory().to_owned()),
            database_url: Some(place.database.clone()),
            ..Self::for_tests()
        }
    }
}

/// The platform's place for a program's data, or the working directory where the platform names none.
fn default_data_dir() -> PathBuf {
    ProjectDirs::from("", "", "gantry").map_or_else(
        || PathBuf::from("gantry-data"),
        |dirs| dirs.data_dir().to_owned(),
    )
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|reason| {
        format!("{reason}; expected an IP address and a port, like 127.0.0.1:8088 or [::]:8088")
    })
}

fn database(text: &str) -> Result<Database, String> {
    text.parse()
}

fn public_url(text: &str) -> Result<String, String> {
    ["http://", "https://"]
        .iter()
        .any(|scheme| {
            text.strip_prefix(scheme)
                .is_some_and(|host| !host.is_empty())
        })
        .then(|| text.trim_end_matches('/').to_owned())
        .ok_or_else(|| "expected a web address, like https://race.example.org".to_owned())
}

fn redis_url(text: &str) -> Result<UnusedRedis, String> {
    ["redis://", "rediss://"]
        .iter()
        .any(|scheme| {
            text.strip_prefix(scheme)
                .is_some_and(|rest| !rest.is_empty())
        })
        .then_some(UnusedRedis)
        .ok_or_else(|| {
            "expected the address of a Redis, like redis://127.0.0.1:6379 or rediss://host"
                .to_owned()
        })
}

fn rate(text: &str) -> Result<NonZeroU32, String> {
    text.parse()
        .map_err(|reason| format!("{reason}; expected a whole number from 1"))
}

fn time_zone(text: &str) -> Result<TimeZone, String> {
    TimeZone::get(text).map_err(|reason| {
        format!("{reason}; expected a zone of the IANA database, like Europe/Vienna or UTC")
    })
}
