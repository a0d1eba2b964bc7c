//! The disk is full, or read-only, in the middle of a race: the server says so, keeps the hardware waiting and goes on when it can
//! write again.

use std::io::stderr;

use anyhow::Result;
use gantry_tests::{
    crash::{
        full::{Plan, run},
        refusal::Refusal,
    },
    database::Kind,
};

const FULL: Plan = Plan {
    kind: Kind::Sqlite,
    refusal: Refusal::Full,
    each: 200,
    times: 2,
};

const READ_ONLY: Plan = Plan {
    refusal: Refusal::ReadOnly,
    ..FULL
};

#[tokio::test]
async fn a_full_disk_loses_nothing_of_a_file() -> Result<()> {
    run(FULL, &mut stderr()).await
}

#[tokio::test]
async fn a_full_disk_loses_nothing_of_the_spool() -> Result<()> {
    let kind = Kind::Postgres;
    run(Plan { kind, ..FULL }, &mut stderr()).await
}

#[tokio::test]
async fn a_read_only_disk_loses_nothing_of_a_file() -> Result<()> {
    run(READ_ONLY, &mut stderr()).await
}

#[tokio::test]
async fn a_read_only_disk_loses_nothing_of_the_spool() -> Result<()> {
    let kind = Kind::Postgres;
    run(Plan { kind, ..READ_ONLY }, &mut stderr()).await
}
