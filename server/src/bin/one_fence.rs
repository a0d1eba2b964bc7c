//! The program `gantry-server` without the first fence between partners, for a test that the second stands alone.
//!
//! On PostgreSQL it keeps partners apart as ever, by row-level security; on SQLite it keeps nobody apart.

use std::{env, ffi::OsString, process::ExitCode};

use gantry_server::{commands, config::layers};

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().collect();
    match layers::parse(&arguments, &|name| env::var(name).ok()) {
        Ok(cli) => commands::run(cli),
        Err(error) => error.exit(),
    }
}
