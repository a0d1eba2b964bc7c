//! Nobody gets through the walls between timing partners, by any route.
//!
//! The routes are not listed here from memory: they are those that a running server describes, and those that its source adds
//! beside the description. Each needs its line in the [`TABLE`], and is then asked by everybody who may not ([`People`]), with the
//! ids of things that are really there ([`gantry_tests::walls::things`]) and with ids that never were. The answers must not differ by a byte. At last
//! whoever may asks, and is served: so a wall that keeps everybody out is found as well.

mod trial;

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use gantry_tests::{
    database::Kind,
    description::{self, Description},
    hardware::Hardware,
    venue::{Addresses, Venue},
    walls::{
        people::{OURS, People},
        table::{TABLE, Who, fits},
    },
};

use trial::Trial;

#[tokio::test]
async fn walls_stand_with_a_file() -> Result<()> {
    try_every_route(Kind::Sqlite).await
}

#[tokio::test]
async fn walls_stand_with_postgres() -> Result<()> {
    try_every_route(Kind::Postgres).await
}

async fn try_every_route(kind: Kind) -> Result<()> {
    let venue = Venue::empty(kind).await?;
    People::hire(&venue).await?;
    let options = ["--timing-partner", OURS, "--requests-per-second", "1000000"];
    let server = venue.serve_with(Addresses::any(), &options).await?;
    let _mat = Hardware::play(server.addresses.timing, "harbour-start.ctp").await?;
    let people = People::sign_in(&server).await?;

    let mut faults = unknown(&people).await?;
    for entry in TABLE {
        let trial = Trial::prepare(*entry, &server, &people).await?;
        faults.extend(trial.run().await?);
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

/// Routes without a line in the table, and lines without a route.
async fn unknown(people: &People) -> Result<Vec<String>> {
    let described = Description::of(&people.nobody).await?.routes()?;
    let mut faults = Vec::new();
    let mut routes: BTreeSet<String> = description::undescribed()?;
    for route in described {
        let entry = TABLE.iter().find(|entry| fits(entry, &route.name));
        if entry.is_some_and(|entry| (entry.who == Who::Anybody) == route.needs_token) {
            let name = &route.name;
            faults.push(format!(
                "{name}: table and description differ about a token"
            ));
        }
        routes.insert(route.name);
    }
    for entry in TABLE {
        // A path that is written out is meant rather than one with a parameter.
        let fitting = routes.iter().filter(|route| fits(entry, route));
        let Some(meant) = fitting.min_by_key(|route| route.matches('{').count()) else {
            faults.push(format!("{}: there is no such route", entry.route));
            continue;
        };
        let meant = meant.clone();
        routes.remove(&meant);
    }
    let forgotten = routes.iter();
    faults.extend(forgotten.map(|route| format!("{route}: unknown route: add it to the table")));
    Ok(faults)
}
