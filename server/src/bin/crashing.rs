//! The program `gantry-server` with places at which it can be told to die, for the tests of what a crash leaves behind.

use std::{env, ffi::OsString, process::ExitCode};

use gantry_server::{commands, config::layers};

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().collect();
    match layers::parse(&arguments, &|name| env::var(name).ok()) {
        Ok(cli) => commands::run(cli),
        Err(error) => error.exit(),
    }
}
