//! The disk is full in the middle of a race: the server says so, keeps the hardware waiting and goes on when there is room.

use anyhow::Result;
use gantry_tests::{
    crash::full::{Plan, run},
    database::Kind,
};

const PLAN: Plan = Plan {
    kind: Kind::Sqlite,
    each: 200,
    times: 2,
};

#[tokio::test]
async fn a_full_disk_loses_nothing_of_a_file() -> Result<()> {
    run(PLAN, &mut std::io::sink()).await
}

#[tokio::test]
async fn a_full_disk_loses_nothing_of_the_spool() -> Result<()> {
    let kind = Kind::Postgres;
    run(Plan { kind, ..PLAN }, &mut std::io::sink()).await
}
