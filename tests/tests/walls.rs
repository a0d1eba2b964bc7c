//! Thousands of random deeds of two partners on one server, on each database; and once more with one fence only.

use anyhow::Result;
use gantry_tests::{
    database::Kind,
    walls::model::{Plan, run},
};

const PLAN: Plan = Plan {
    program: "gantry-server",
    kind: Kind::Sqlite,
    operations: 10_000,
    seed: 1,
};

/// The server that does not ask whose a row is.
const ONE_FENCE: &str = "gantry-server-one-fence";

#[tokio::test]
async fn partners_hear_nothing_of_each_other_with_a_file() -> Result<()> {
    run(PLAN).await
}

#[tokio::test]
async fn partners_hear_nothing_of_each_other_with_postgres() -> Result<()> {
    let kind = Kind::Postgres;
    run(Plan { kind, ..PLAN }).await
}

#[tokio::test]
async fn the_second_fence_stands_alone() -> Result<()> {
    let (program, kind) = (ONE_FENCE, Kind::Postgres);
    run(Plan {
        program,
        kind,
        ..PLAN
    })
    .await
}

#[tokio::test]
async fn without_either_fence_the_leak_is_found() {
    let program = ONE_FENCE;
    let found = run(Plan { program, ..PLAN }).await;
    let found = format!("{:#}", found.expect_err("nobody is kept apart"));
    assert!(found.contains("another partner's"), "{found}");
}
