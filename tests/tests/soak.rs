//! Eight readers with a bad network, over midnight: what `crash soak` runs, faster.

use anyhow::Result;
use gantry_tests::{
    database::Kind,
    soak::{Plan, run},
};

#[tokio::test]
async fn an_hour_of_race_is_stored_as_it_was_in_a_file() -> Result<()> {
    run(Plan::SHORT, &mut std::io::sink()).await
}

#[tokio::test]
async fn an_hour_of_race_is_stored_as_it_was_on_postgres() -> Result<()> {
    let kind = Kind::Postgres;
    run(
        Plan {
            kind,
            ..Plan::SHORT
        },
        &mut std::io::sink(),
    )
    .await
}
