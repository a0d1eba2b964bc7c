//! What the program does when it is called: one file per command.

mod audit;
mod claim;
mod copy;
mod credentials;
mod demo;
mod doctor;
mod export;
mod feeds;
mod hardware;
mod invitations;
mod partners;
mod people;
mod quarantine;
mod running;
mod serve;
#[cfg(test)]
mod tests;
mod waiting;

use std::{
    fs::DirBuilder,
    io::{self, IsTerminal, Write},
    os::unix::fs::DirBuilderExt,
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, bail};

use self::claim::{Claim, claim};
use crate::{
    config::{
        Config,
        cli::{Cli, Command},
        collect::{FeedCommand, QuarantineCommand},
        manage::{PartnerCommand, UserCommand},
    },
    edge::open_files,
    store::{Database, Standing, Store},
};

/// Does what was asked for; a failure is told on standard error and ends with code 1.
pub fn run(cli: Cli) -> ExitCode {
    match start(cli) {
        Ok(code) => code,
        Err(error) => {
            // Nothing is left to be done about a standard error that is closed.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(cli: Cli) -> anyhow::Result<ExitCode> {
    log(&cli.log);
    open_files::raise();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(perform(cli.command))
}

async fn perform(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(config) => serve::serve(config).await?,
        Command::Demo(race) => demo::demo(race).await?,
        Command::Simulate(race) => hardware::simulate(race).await?,
        Command::Replay(recording) => hardware::replay(recording).await?,
        Command::Migrate(config) => {
            open_store(&config).await?.close().await;
            say(&format!("the database {} is up to date", config.database()))?;
        }
        Command::Copy(arguments) => copy::copy(&arguments).await?,
        Command::ExportReads(arguments) => export::export(&arguments).await?,
        Command::Doctor(config) => return doctor::examine(&config).await,
        Command::Partner(partner) => manage_partners(partner.command).await?,
        Command::User(user) => manage_people(user.command).await?,
        Command::Feed(feed) => match feed.command {
            FeedCommand::List(of) => feeds::list(&of).await?,
            FeedCommand::Confirm(feed) => feeds::judge(&feed, true).await?,
            FeedCommand::Refuse(feed) => feeds::judge(&feed, false).await?,
        },
        Command::Quarantine(quarantine) => match quarantine.command {
            QuarantineCommand::List(config) => quarantine::list(&config).await?,
            QuarantineCommand::HandOver {
                session,
                to,
                all,
                config,
            } => quarantine::hand_over(&config, session, &to, all).await?,
        },
        Command::Audit(audit) => audit::read(&audit).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn manage_partners(command: PartnerCommand) -> anyhow::Result<()> {
    match command {
        PartnerCommand::Add { name, config } => partners::add(&config, &name).await,
        PartnerCommand::List(config) => partners::list(&config).await,
        PartnerCommand::Rename {
            name,
            new_name,
            config,
        } => partners::rename(&config, &name, &new_name).await,
        PartnerCommand::KeepReads { name, days, config } => {
            partners::keep_reads(&config, &name, days).await
        }
        PartnerCommand::Close {
            name,
            confirm,
            config,
        } => partners::close(&config, &name, confirm.as_deref()).await,
    }
}

async fn manage_people(command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Add(add) => people::add(&add).await,
        UserCommand::List(of) => people::list(&of).await,
        UserCommand::Role(engagement) => people::change_role(&engagement).await,
        UserCommand::Remove(job) => people::remove(&job).await,
        UserCommand::Administrator { email, end, config } => {
            people::set_administrator(&config, &email, !end).await
        }
        UserCommand::Reset(person) => credentials::reset(&person).await,
        UserCommand::SignIns(person) => credentials::list(&person).await,
        UserCommand::SignOut { email, id, config } => {
            credentials::sign_out(&config, &email, id).await
        }
        UserCommand::Invite(engagement) => invitations::invite(&engagement).await,
        UserCommand::Invitations(of) => invitations::list(&of).await,
        UserCommand::Withdraw(job) => invitations::withdraw(&job).await,
    }
}

/// Opens the configured store and makes the directory that its file lies in.
async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let database = config.database();
    let named = || format!("cannot open the database {database}");
    if let Database::Sqlite(file) = &database {
        make_directory(file).with_context(named)?;
    }
    if Standing::of(&database).await? == Standing::Newer {
        bail!(newer(config));
    }
    Store::open(&database).await.with_context(named)
}

/// What to do about a database that only a newer program understands.
fn newer(config: &Config) -> String {
    format!(
        "the database {} was made by a newer version than this {}: install that version, or restore a backup that is as old as this one",
        config.database(),
        env!("CARGO_PKG_VERSION")
    )
}

/// Opens the configured store for the one server that may write reads to it.
async fn claim_store(config: &Config) -> anyhow::Result<(Store, Claim)> {
    let database = config.database();
    if let Database::Sqlite(file) = &database {
        make_directory(file).with_context(|| format!("cannot make a directory for {database}"))?;
    }
    // First the claim, then the store: what it counts on from must not grow in between.
    let claim = claim(&database).await?;
    Ok((open_store(config).await?, claim))
}

fn make_directory(file: &Path) -> io::Result<()> {
    if let Some(directory) = file
        .parent()
        .filter(|directory| !directory.as_os_str().is_empty())
    {
        // The store holds password hashes and people's names: a directory made here is its owner's alone.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)?;
    }
    Ok(())
}

/// Writes a line to standard output.
fn say(line: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}

/// Logs go to standard error: standard output belongs to the announcement and to answers.
fn log(filter: &str) {
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        // A full disk under the log must not end what logs: a message that cannot be written is let go.
        .log_internal_errors(false)
        .init();
}
