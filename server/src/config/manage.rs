//! The command line of managing timing companies and people.

use clap::{Args, Subcommand};
use gantry_core::time::Moment;
use jiff::{Timestamp, civil, tz::TimeZone};
use uuid::Uuid;

use super::Config;
use crate::store::{Retention, Role};

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
    /// Give a timing company another name
    Rename {
        /// The name it has
        name: String,
        /// The name it gets, unique on this server
        new_name: String,
        /// Where the store is.
        #[command(flatten)]
        config: Config,
    },
    /// Set how long a timing company's raw reads are kept; 30 days unless set
    KeepReads {
        /// Its name
        name: String,
        /// Days after a read was received: 1 to 3650
        #[arg(value_name = "DAYS", value_parser = clap::value_parser!(i64).range(Retention::DAYS))]
        days: i64,
        /// Where the store is.
        #[command(flatten)]
        config: Config,
    },
    /// Close a timing company for good: its people, invitations and displays go, its reads and sessions are kept but out of reach
    Close {
        /// Its name
        name: String,
        /// Its name once more; without it, say what would go
        #[arg(long, value_name = "NAME")]
        confirm: Option<String>,
        /// Where the store is.
        #[command(flatten)]
        config: Config,
    },
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
    /// Add a person, or with --known let one who has an account work for another timing company
    Add(AddUser),
    /// List people with the timing companies that they work for
    List(OfPartner),
    /// Change what a person may do for a timing company
    Role(Engagement),
    /// Let a person work for a timing company no longer, and sign them out
    Remove(Job),
    /// Let a person administer the server, or no longer
    Administrator {
        /// The e-mail address that they log in with
        email: String,
        /// No longer
        #[arg(long)]
        end: bool,
        /// Where the store is.
        #[command(flatten)]
        config: Config,
    },
    /// Print a code by which a person sets a new password within a day
    Reset(Somebody),
    /// List where a person is signed in
    SignIns(Somebody),
    /// Sign a person out, everywhere or in one place
    SignOut {
        /// The e-mail address that they log in with
        email: String,
        /// Only there: the id that `sign-ins` lists
        #[arg(long, value_name = "ID")]
        id: Option<Uuid>,
        /// Where the store is.
        #[command(flatten)]
        config: Config,
    },
    /// Print a code by which a person joins a timing company, with a password of their own, within a week
    Invite(Engagement),
    /// List the invitations that nobody has accepted
    Invitations(OfPartner),
    /// Withdraw an invitation
    Withdraw(Job),
}

/// `user add …`
#[derive(Args, Debug)]
pub struct AddUser {
    /// The e-mail address to log in with
    pub email: String,
    /// The timing company to work for
    #[arg(
        long,
        value_name = "NAME",
        requires = "role",
        required_unless_present = "administrator"
    )]
    pub partner: Option<String>,
    /// What the person may do: a viewer looks, an operator runs displays, an owner also manages people
    #[arg(long, requires = "partner")]
    pub role: Option<Role>,
    /// Let the person administer the server, which shows them nothing of any timing company
    #[arg(long)]
    pub administrator: bool,
    /// The person has an account already, and keeps its password
    #[arg(long, conflicts_with = "password_stdin")]
    pub known: bool,
    /// Read the password from the first line of standard input instead of asking for it
    #[arg(long)]
    pub password_stdin: bool,
    /// Where the store is.
    #[command(flatten)]
    pub config: Config,
}

/// Who does what for whom.
#[derive(Args, Debug)]
pub struct Engagement {
    /// The e-mail address to log in with
    pub email: String,
    /// The timing company
    #[arg(long, value_name = "NAME")]
    pub partner: String,
    /// What the person may do: a viewer looks, an operator runs displays, an owner also manages people
    #[arg(long)]
    pub role: Role,
    /// Where the store is.
    #[command(flatten)]
    pub config: Config,
}

/// Who works, or is invited to work, for whom.
#[derive(Args, Debug)]
pub struct Job {
    /// The e-mail address that they log in with
    pub email: String,
    /// The timing company
    #[arg(long, value_name = "NAME")]
    pub partner: String,
    /// Where the store is.
    #[command(flatten)]
    pub config: Config,
}

/// One person.
#[derive(Args, Debug)]
pub struct Somebody {
    /// The e-mail address that they log in with
    pub email: String,
    /// Where the store is.
    #[command(flatten)]
    pub config: Config,
}

/// Of everybody or of one partner.
#[derive(Args, Debug)]
pub struct OfPartner {
    /// Only those of this timing company
    #[arg(long, value_name = "NAME")]
    pub partner: Option<String>,
    /// Where the store is.
    #[command(flatten)]
    pub config: Config,
}

/// `audit …`
#[derive(Args, Debug)]
pub struct Audit {
    /// Only what was done for this timing company
    #[arg(long, value_name = "NAME")]
    pub partner: Option<String>,
    /// Only what was done since then, like 2026-05-08 or 2026-05-08T07:30:00Z; a day begins as it does on this machine
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    pub since: Option<Moment>,
    /// Where the store is.
    #[command(flatten)]
    pub config: Config,
}

impl PartnerArgs {
    /// Where the store is.
    pub fn config(&self) -> &Config {
        match &self.command {
            PartnerCommand::Add { config, .. }
            | PartnerCommand::List(config)
            | PartnerCommand::Rename { config, .. }
            | PartnerCommand::KeepReads { config, .. }
            | PartnerCommand::Close { config, .. } => config,
        }
    }
}

impl UserArgs {
    /// Where the store is.
    pub fn config(&self) -> &Config {
        match &self.command {
            UserCommand::Add(add) => &add.config,
            UserCommand::Role(engagement) | UserCommand::Invite(engagement) => &engagement.config,
            UserCommand::Remove(job) | UserCommand::Withdraw(job) => &job.config,
            UserCommand::Reset(person) | UserCommand::SignIns(person) => &person.config,
            UserCommand::List(of) | UserCommand::Invitations(of) => &of.config,
            UserCommand::Administrator { config, .. } | UserCommand::SignOut { config, .. } => {
                config
            }
        }
    }
}

fn moment(text: &str) -> Result<Moment, String> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment.into());
    }
    let midnight = text
        .parse::<civil::Date>()
        .and_then(|day| day.to_zoned(TimeZone::system()));
    midnight
        .map(|midnight| midnight.timestamp().into())
        .map_err(|_neither| {
            "expected a day or a moment, like 2026-05-08 or 2026-05-08T07:30:00Z".to_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_day_or_a_time_of_it() {
        let exact = Moment(1_620_460_701_000);
        assert_eq!(moment("2021-05-08T07:58:21Z"), Ok(exact));
        let day = moment("2021-05-08").expect("a day");
        assert!((exact.since_ms(day)).abs() < 24 * 3_600_000);
        for text in ["", "lately", "2021-13-01", "07:58"] {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
