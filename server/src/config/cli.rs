//! The command line of `gantry-server`.

use clap::{Args, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use super::Config;
use crate::store::Role;

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
    #[arg(long, global = true, value_name = "FILTER", default_value = "info", value_parser = log_filter)]
    pub log: String,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Collect reads and serve displays until stopped by Ctrl-C or SIGTERM
    #[command(after_help = LAYERS_HELP)]
    Serve(Config),
    /// Bring the database up to date and stop
    Migrate(Config),
    /// Look whether everything that serving needs is in order, and say so in plain words
    Doctor(Config),
    /// Timing companies
    Partner(PartnerArgs),
    /// People who log in
    User(UserArgs),
}

/// `partner …`
#[derive(Args, Debug)]
pub struct PartnerArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: PartnerCommand,
}

/// What can be done with partners.
#[derive(Debug, Subcommand)]
pub enum PartnerCommand {
    /// Add a timing company
    Add {
        /// Its name, unique on this server
        name: String,
        /// Where the store is.
        #[command(flatten)]
        config: Config,
    },
    /// List the timing companies
    List(Config),
}

/// `user …`
#[derive(Args, Debug)]
pub struct UserArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: UserCommand,
}

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a person, or let one who is known work for another timing company or in another role
    Add(AddUser),
}

/// `user add …`
#[derive(Args, Debug)]
pub struct AddUser {
    /// The e-mail address to log in with
    pub email: String,
    /// The timing company to work for
    #[arg(long, value_name = "NAME")]
    pub partner: String,
    /// What the person may do: a viewer looks, an operator runs displays, an owner also manages people
    #[arg(long)]
    pub role: Role,
    /// Read the password from the first line of standard input instead of asking for it
    #[arg(long)]
    pub password_stdin: bool,
    /// Where the store is.
    #[command(flatten)]
    pub config: Config,
}

impl Command {
    /// How to serve, for the commands that have to do with serving.
    pub fn config(&self) -> Option<&Config> {
        match self {
            Self::Serve(config) | Self::Migrate(config) | Self::Doctor(config) => Some(config),
            Self::Partner(PartnerArgs { command }) => match command {
                PartnerCommand::Add { config, .. } | PartnerCommand::List(config) => Some(config),
            },
            Self::User(UserArgs {
                command: UserCommand::Add(add),
            }) => Some(&add.config),
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
