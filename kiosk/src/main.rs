//! `gantry-kiosk`: see `--help`. Exit codes: 0 stopped as asked, 1 something failed, 2 a setting cannot be followed.

use std::{
    env,
    fmt::Display,
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Instant,
};

use gantry_kiosk::{
    config::{BadConfig, Config},
    screenshot,
    window::{self, NoMonitor},
};
use tracing_subscriber::EnvFilter;

/// A setting cannot be followed.
const BAD_SETTING: u8 = 2;

fn main() -> ExitCode {
    let started = Instant::now();
    log_to_stderr();
    let config = match Config::read(env::args_os()) {
        Ok(config) => config,
        // Clap prints by itself, help and version to standard output.
        Err(BadConfig::Args(error)) => error.exit(),
        Err(bad) => return failed(&bad, BAD_SETTING),
    };
    match run(config, started) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let is_bad_setting = failure.is::<NoMonitor>();
            failed(
                format_args!("{failure:#}"),
                if is_bad_setting { BAD_SETTING } else { 1 },
            )
        }
    }
}

/// Says why the program ends, in the words that clap uses for what it refuses itself.
fn failed(why: impl Display, code: u8) -> ExitCode {
    // Nobody is left to tell when standard error is closed.
    writeln!(io::stderr(), "error: {why}").ok();
    ExitCode::from(code)
}

fn run(config: Config, started: Instant) -> anyhow::Result<()> {
    match config {
        Config::Window {
            address,
            place,
            stats,
        } => window::run(address, place, stats, started),
        Config::Screenshot(screenshot) => screenshot::take(&screenshot),
    }
}

/// The kiosk's own messages from `info` up, its libraries' from `warn` up; `RUST_LOG` says otherwise.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,gantry_kiosk=info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        // A full disk under the log is no reason for a dark screen: a message that cannot be written is let go.
        .log_internal_errors(false)
        .init();
}
