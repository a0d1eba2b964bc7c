//! What the program does when it is called: one file per command.

mod claim;
mod copy;
mod demo;
mod doctor;
mod hardware;
mod partners;
mod people;
mod serve;

use std::{
    fs::DirBuilder,
    io::{self, IsTerminal, Write},
    os::unix::fs::DirBuilderExt,
    path::Path,
    process::ExitCode,
};

use anyhow::Context;

use self::claim::{Claim, claim};
use crate::{
    config::{
        Config,
        cli::{Cli, Command, PartnerCommand, UserCommand},
    },
    edge::open_files,
    store::{Database, Store},
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
        Command::Doctor(config) => return doctor::examine(&config).await,
        Command::Partner(partner) => match partner.command {
            PartnerCommand::Add { name, config } => partners::add(&config, &name).await?,
            PartnerCommand::List(config) => partners::list(&config).await?,
            PartnerCommand::Rename {
                name,
                new_name,
                config,
            } => partners::rename(&config, &name, &new_name).await?,
        },
        Command::User(user) => match user.command {
            UserCommand::Add(add) => people::add(&add).await?,
            UserCommand::List { partner, config } => {
                people::list(&config, partner.as_deref()).await?;
            }
            UserCommand::Role(engagement) => people::change_role(&engagement).await?,
            UserCommand::Remove {
                email,
                partner,
                config,
            } => people::remove(&config, &email, &partner).await?,
            UserCommand::Reset { email, config } => people::reset(&config, &email).await?,
            UserCommand::Invite(engagement) => people::invite(&engagement).await?,
        },
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens the configured store and makes the directory that its file lies in.
async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let database = config.database();
    let named = || format!("cannot open the database {database}");
    if let Database::Sqlite(file) = &database {
        make_directory(file).with_context(named)?;
    }
    Store::open(&database).await.with_context(named)
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
        .init();
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    async fn call(data_dir: &Path, arguments: &[&str]) -> Result<ExitCode, String> {
        let data_dir = data_dir.display().to_string();
        let whole = ["gantry-server"].iter().chain(arguments).copied();
        let cli = Cli::try_parse_from(whole.chain(["--data-dir", &data_dir]));
        let cli = cli.map_err(|error| error.to_string())?;
        perform(cli.command)
            .await
            .map_err(|error| format!("{error:#}"))
    }

    #[tokio::test]
    async fn a_partner_is_added_once() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let data_dir = dir.path().join("made/when/missing");
        call(&data_dir, &["partner", "add", " Acme "])
            .await
            .expect("adds");
        let again = call(&data_dir, &["partner", "add", "Acme"])
            .await
            .expect_err("is refused");
        assert_eq!(again, "there is a timing partner 'Acme' already");
        assert!(call(&data_dir, &["partner", "add", " "]).await.is_err());
        call(&data_dir, &["migrate"])
            .await
            .expect("nothing is left to do");
    }

    #[tokio::test]
    async fn a_user_is_refused_before_a_password_is_asked_for() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let add = async |email, partner| {
            let arguments = [
                "user",
                "add",
                email,
                "--partner",
                partner,
                "--role",
                "owner",
            ];
            call(dir.path(), &arguments).await.expect_err("is refused")
        };
        assert!(
            add("ann", "Acme")
                .await
                .contains("'ann' is no e-mail address")
        );
        assert!(
            add("ann@example.org", "Acme")
                .await
                .contains("no timing partner 'Acme'")
        );
    }

    #[tokio::test]
    async fn the_doctor_finds_what_is_missing_and_what_is_taken() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let any = "127.0.0.1:0";
        let examine = async |http: &str, more: &[&str]| {
            let arguments = [
                "doctor",
                "--http",
                http,
                "--timing",
                any,
                "--status",
                any,
                "--timing-zone",
                "UTC",
            ];
            let arguments = [&arguments[..], more].concat();
            let code = call(dir.path(), &arguments).await.expect("examines");
            code == ExitCode::SUCCESS
        };
        assert!(!examine(any, &[]).await, "there is no partner");
        call(dir.path(), &["partner", "add", "Acme"])
            .await
            .expect("adds");
        assert!(examine(any, &[]).await);
        let no_files = [
            "--tls-cert",
            "/nowhere/cert.pem",
            "--tls-key",
            "/nowhere/key.pem",
        ];
        assert!(!examine(any, &no_files).await, "there is no certificate");
        let taken = std::net::TcpListener::bind(any).expect("port 0 is free");
        let taken = taken
            .local_addr()
            .map(|address| (taken, address))
            .expect("it is bound");
        assert!(
            !examine(&taken.1.to_string(), &[]).await,
            "the port is taken"
        );
    }

    #[tokio::test]
    async fn a_second_server_is_refused_and_people_are_still_added() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let database = Database::Sqlite(dir.path().join("gantry.db"));
        let _held = claim(&database).await.expect("is free");
        for command in ["serve", "demo"] {
            let refused = call(dir.path(), &[command]).await.expect_err("is refused");
            assert!(
                refused.contains("another gantry-server uses"),
                "{command}: {refused}"
            );
        }
        call(dir.path(), &["partner", "add", "Acme"])
            .await
            .expect("adds");
    }

    #[tokio::test]
    async fn a_demo_works_for_nobody_else() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let refused = call(dir.path(), &["demo", "--timing-partner", "Acme"]).await;
        let refused = refused.expect_err("is refused");
        assert!(refused.contains("--timing-partner 'Acme'"), "{refused}");
    }

    #[tokio::test]
    async fn a_timing_partner_that_does_not_exist_stops_the_server() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let refused = call(dir.path(), &["serve", "--timing-partner", "Acme"]).await;
        assert!(
            refused
                .expect_err("is refused")
                .contains("no timing partner 'Acme'")
        );
    }
}
