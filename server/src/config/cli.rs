//! The command line of `gantry-server`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jiff::{civil::Time, tz::TimeZone};
use tracing_subscriber::EnvFilter;
use uuid::Uuid;

use super::{
    Config,
    collect::{FeedArgs, QuarantineArgs},
    manage::{Audit, PartnerArgs, UserArgs},
};
use crate::{export::Format, store::Database};

const LAYERS_HELP: &str = "Every option can also be given in the environment: --data-dir is GANTRY_DATA_DIR. \
An option on the command line wins over the environment, the environment over the file named by --config, and the \
file over the default.";

/// Live race displays: collects chip reads from timing hardware and serves the displays.
#[derive(Debug, Parser)]
#[command(name = "gantry-server", version, after_help = LAYERS_HELP)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// What to log: error, warn, info, debug or trace, also per module
    #[arg(long, global = true, value_name = "FILTER", default_value = "info,sqlx=warn", value_parser = log_filter)]
    pub log: String,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Collect reads and serve displays until stopped by Ctrl-C or SIGTERM
    #[command(after_help = LAYERS_HELP)]
    Serve(Config),
    /// Serve a made-up race, with displays, an operator and hardware: everything that there is to see, with no set-up
    #[command(after_help = LAYERS_HELP)]
    Demo(Demo),
    /// Play timing hardware: a whole race, sent to a server over TCP as it happens
    #[command(after_help = LAYERS_HELP)]
    Simulate(Simulate),
    /// Play timing hardware: a recorded stream of the protocol's lines, sent to a server as it happened
    #[command(after_help = LAYERS_HELP)]
    Replay(Replay),
    /// Bring the database up to date and stop
    Migrate(Config),
    /// Look whether everything that serving needs is in order, and say so in plain words
    Doctor(Config),
    /// Move a grown installation from a file into PostgreSQL, while neither is served
    Copy(Copy),
    /// Write the reads of a timing session to a file or to standard output
    ExportReads(ExportReads),
    /// Timing companies
    Partner(PartnerArgs),
    /// People who log in
    User(UserArgs),
    /// Whose hardware it is: what timing companies say their hardware is known by
    Feed(FeedArgs),
    /// What hardware sent that nobody is known to own
    Quarantine(QuarantineArgs),
    /// Read the audit log, newest first: what was done for every timing company, and for none
    Audit(Audit),
}

/// `demo …`
#[derive(Args, Debug)]
pub struct Demo {
    /// Which race.
    #[command(flatten)]
    pub race: Race,
    /// How to serve it. Without a data directory it is gone when the demo stops.
    #[command(flatten)]
    pub config: Config,
}

/// `simulate …`
#[derive(Args, Debug)]
pub struct Simulate {
    /// The timing port to send to
    #[arg(long, value_name = "HOST:PORT", value_parser = target)]
    pub to: String,
    /// Which race.
    #[command(flatten)]
    pub race: Race,
    /// Write the roster as CSV before the race begins
    #[arg(long, value_name = "FILE")]
    pub roster_out: Option<PathBuf>,
    /// Stay connected when the race is over, as real hardware does
    #[arg(long)]
    pub stay: bool,
    /// The time zone of the hardware's clock, which the server must share [default: the system's]
    #[arg(long, value_name = "ZONE", value_parser = super::time_zone)]
    pub timing_zone: Option<TimeZone>,
}

/// A race that is made up.
#[derive(Args, Clone, Copy, Debug)]
pub struct Race {
    /// How many people run
    #[arg(long, value_name = "N", default_value_t = 2_500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub runners: u32,
    /// How many times faster than real time it runs
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
    /// The same seed gives the same race
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// The time of day of the first gun, like 23:50; without it the race is under way already
    #[arg(long, value_name = "HH:MM", value_parser = time_of_day)]
    pub start: Option<Time>,
}

/// `replay …`
#[derive(Args, Debug)]
pub struct Replay {
    /// The recording: lines of the protocol, one below the other
    pub file: PathBuf,
    /// The timing port to send to
    #[arg(long, value_name = "HOST:PORT", value_parser = target)]
    pub to: String,
    /// How many times faster than it happened, or max: as fast as the server takes it
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = speed_or_max)]
    pub speed: f64,
}

/// `copy …`, which is told on its command line alone: the names mean something else to `simulate`.
#[derive(Args, Debug)]
pub struct Copy {
    /// The database to copy, which stays as it is: sqlite:FILE
    #[arg(long, value_name = "URL", hide_env = true)]
    pub from: Database,
    /// The database to fill, which must hold nothing yet: postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(long, value_name = "URL", hide_env = true)]
    pub to: Database,
}

/// `export-reads …`
#[derive(Args, Debug)]
pub struct ExportReads {
    /// The timing session's id, which `GET /api/chronotrack/sessions` tells
    #[arg(value_name = "SESSION")]
    pub session: Uuid,
    /// What to write
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    pub format: Format,
    /// Where to write it [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Where the store is.
    #[command(flatten)]
    pub config: Config,
}

impl Command {
    /// How to serve, for the commands that have to do with serving.
    pub fn config(&self) -> Option<&Config> {
        match self {
            Self::Serve(config) | Self::Migrate(config) | Self::Doctor(config) => Some(config),
            Self::Demo(demo) => Some(&demo.config),
            Self::Simulate(_) | Self::Replay(_) | Self::Copy(_) => None,
            Self::ExportReads(export) => Some(&export.config),
            Self::Partner(partner) => Some(partner.config()),
            Self::User(user) => Some(user.config()),
            Self::Feed(feed) => Some(feed.config()),
            Self::Quarantine(quarantine) => Some(quarantine.config()),
            Self::Audit(audit) => Some(&audit.config),
        }
    }
}

fn log_filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text)
        .map(|_| text.to_owned())
        .map_err(|reason| {
            format!(
                "{reason}; expected a level, like info, or levels per module, like info,sqlx=warn"
            )
        })
}

fn target(text: &str) -> Result<String, String> {
    let is_target = text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    is_target
        .then(|| text.to_owned())
        .ok_or_else(|| "expected a host and a port, like 127.0.0.1:61611".to_owned())
}

fn speed(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|speed: &f64| speed.is_finite() && *speed > 0.0)
        .ok_or_else(|| "expected a number above 0; 1 is real time".to_owned())
}

fn speed_or_max(text: &str) -> Result<f64, String> {
    match text {
        "max" => Ok(f64::INFINITY),
        _ => speed(text).map_err(|expected| format!("{expected}, max is as fast as it goes")),
    }
}

fn time_of_day(text: &str) -> Result<Time, String> {
    text.parse()
        .map_err(|reason| format!("{reason}; expected a time of day, like 23:50"))
}
