//! The command line.

use clap::Parser;

use crate::api::server::Server;

/// The operator console: pick the timing session, make a display, share its URL and watch what the screens show.
///
/// The password is asked for on the screen. A script may put it into GANTRY_PASSWORD; there is no flag for it, because others on
/// the machine can read flags.
#[derive(Clone, Debug, Parser)]
#[command(name = "gantry", version, max_term_width = 100)]
pub struct Args {
    /// The server: https://HOST, or HOST:PORT
    #[arg(
        long,
        env = "GANTRY_SERVER",
        value_name = "URL",
        default_value = "http://127.0.0.1:8088"
    )]
    pub server: Server,

    /// The account to log in with
    #[arg(long, env = "GANTRY_LOGIN", value_name = "EMAIL", default_value = "")]
    pub login: String,
}
