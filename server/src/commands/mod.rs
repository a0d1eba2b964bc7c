//! What the program does when it is called: one file per command.

mod doctor;
mod people;
mod serve;

use std::{
    fs::DirBuilder,
    io::{self, IsTerminal, Write},
    os::unix::fs::DirBuilderExt,
    process::ExitCode,
};

use anyhow::Context;

use crate::{
    config::{
        Config,
        cli::{Command, PartnerCommand, UserCommand},
    },
    store::Store,
};

/// Does what was asked for; a failure is told on standard error and ends with code 1.
pub fn run(command: Command) -> ExitCode {
    match start(command) {
        Ok(code) => code,
        Err(error) => {
            // Nothing is left to be done about a standard error that is closed.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(command: Command) -> anyhow::Result<ExitCode> {
    log(command.config());
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(perform(command))
}

async fn perform(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(config) => serve::serve(config).await?,
        Command::Migrate(config) => {
            open_store(&config).await?.close().await;
            say(&format!(
                "the database {} is up to date",
                config.database_file().display()
            ))?;
        }
        Command::Doctor(config) => return doctor::examine(&config).await,
        Command::Partner(partner) => match partner.command {
            PartnerCommand::Add { name, config } => people::add_partner(&config, &name).await?,
            PartnerCommand::List(config) => people::list_partners(&config).await?,
        },
        Command::User(user) => match user.command {
            UserCommand::Add(add) => people::add_user(&add).await?,
        },
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens the configured store and makes the directory it lies in.
async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let file = config.database_file();
    let named = || format!("cannot open the database {}", file.display());
    if let Some(directory) = file
        .parent()
        .filter(|directory| !directory.as_os_str().is_empty())
    {
        // The store holds password hashes and people's names: a directory made here is its owner's alone.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .with_context(named)?;
    }
    Store::open(&file).await.with_context(named)
}

/// Writes a line to standard output.
fn say(line: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}

/// Logs go to standard error: standard output belongs to the announcement and to answers.
fn log(config: &Config) {
    tracing_subscriber::fmt()
        .with_env_filter(&config.log)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
}
