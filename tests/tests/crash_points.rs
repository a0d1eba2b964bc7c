//! The server dies at every step between the socket and the commit: a few dozen seeds of what `crash points` does.

use anyhow::Result;
use gantry_tests::{
    crash::points::{Plan, run},
    database::Kind,
};

const PLAN: Plan = Plan {
    kind: Kind::Sqlite,
    first: 1,
    seeds: 21,
};

#[tokio::test]
async fn no_step_loses_or_doubles_a_read_in_a_file() -> Result<()> {
    run(PLAN, &mut std::io::sink()).await
}

#[tokio::test]
async fn no_step_loses_or_doubles_a_read_on_postgres() -> Result<()> {
    let kind = Kind::Postgres;
    run(Plan { kind, ..PLAN }, &mut std::io::sink()).await
}
