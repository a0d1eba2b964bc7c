//! The command line of feeds and the quarantine.

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{Config, manage::OfPartner};

/// `feed …`
#[derive(Args, Debug)]
pub struct FeedArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: FeedCommand,
}

/// What can be done with feeds from the shell.
#[derive(Debug, Subcommand)]
pub enum FeedCommand {
    /// List the feeds, those that wait for a word first
    List(OfPartner),
    /// Put a feed in force: what it describes is its timing company's hardware
    Confirm(OneFeed),
    /// Refuse a feed
    Refuse(OneFeed),
}

/// One feed.
#[derive(Args, Debug)]
pub struct OneFeed {
    /// The id that `feed list` tells
    #[arg(value_name = "ID")]
    pub id: Uuid,
    /// Where the store is.
    #[command(flatten)]
    pub config: Config,
}

/// `quarantine …`
#[derive(Args, Debug)]
pub struct QuarantineArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: QuarantineCommand,
}

/// What can be done with hardware that nobody is known to own.
#[derive(Debug, Subcommand)]
pub enum QuarantineCommand {
    /// List what hardware sent that nobody is known to own, newest first
    List(Config),
    /// Give a session to a timing company, reads and all; the hardware of its event is that company's from then on
    HandOver {
        /// The id that `quarantine list` tells
        #[arg(value_name = "SESSION")]
        session: Uuid,
        /// The timing company
        #[arg(long, value_name = "NAME")]
        to: String,
        /// Also when its hardware is in several networks, and may be several companies'
        #[arg(long)]
        all: bool,
        /// Where the store is.
        #[command(flatten)]
        config: Config,
    },
}

impl FeedArgs {
    /// Where the store is.
    pub fn config(&self) -> &Config {
        match &self.command {
            FeedCommand::List(of) => &of.config,
            FeedCommand::Confirm(feed) | FeedCommand::Refuse(feed) => &feed.config,
        }
    }
}

impl QuarantineArgs {
    /// Where the store is.
    pub fn config(&self) -> &Config {
        match &self.command {
            QuarantineCommand::List(config) | QuarantineCommand::HandOver { config, .. } => config,
        }
    }
}
