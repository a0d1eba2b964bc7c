//! `crash`: what the server has left behind when it died, or its disk did, for as many seeds as one likes.

use std::{io::stdout, time::Duration};

use anyhow::Result;
use clap::{Parser, Subcommand};
use gantry_tests::{
    crash::{full, outage, points, refusal::Refusal, torn},
    database::Kind,
    soak,
};

/// Has servers die in every way there is and looks whether every read is there once.
#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    way: Way,
}

#[derive(Debug, Subcommand)]
enum Way {
    /// The server is killed at every step between the socket and the commit.
    Points {
        /// How many seeds.
        #[arg(long, default_value_t = 1_000)]
        seeds: u64,
        /// The first of them; the same seed dies at the same steps.
        #[arg(long, default_value_t = 1)]
        first: u64,
        /// What the server keeps everything in; PostgreSQL is the server that `GANTRY_TEST_POSTGRES` names.
        #[arg(long, value_enum, default_value = "sqlite")]
        database: Kind,
    },
    /// The power goes after every write to the file, which is torn then, or what was not yet asked to be on the disk is gone.
    Torn,
    /// The disk takes no more, again and again.
    Full {
        /// With PostgreSQL it is the spool's disk.
        #[arg(long, value_enum, default_value = "sqlite")]
        database: Kind,
    },
    /// The disk becomes read-only, again and again.
    ReadOnly {
        /// With PostgreSQL it is the spool's disk.
        #[arg(long, value_enum, default_value = "sqlite")]
        database: Kind,
    },
    /// PostgreSQL, one of its own, is gone under load.
    Outage {
        /// How long.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Nothing dies: eight readers with a bad network run an hour's race over midnight in 36 seconds.
    Soak {
        /// What the server keeps everything in.
        #[arg(long, value_enum, default_value = "sqlite")]
        database: Kind,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    match Args::parse().way {
        Way::Points {
            seeds,
            first,
            database,
        } => {
            let plan = points::Plan {
                kind: database,
                first,
                seeds,
            };
            points::run(plan, &mut stdout()).await
        }
        Way::Full { database } => refuse(database, Refusal::Full).await,
        Way::ReadOnly { database } => refuse(database, Refusal::ReadOnly).await,
        Way::Outage { seconds } => {
            let plan = outage::Plan {
                gone: Duration::from_secs(seconds),
                each: 20_000,
            };
            outage::run(plan, &mut stdout()).await
        }
        Way::Soak { database } => {
            let plan = soak::Plan {
                kind: database,
                ..soak::Plan::FULL
            };
            soak::run(plan, &mut stdout()).await
        }
        Way::Torn => torn::run(torn::Plan::FULL, &mut stdout()).await.map(drop),
    }
}

async fn refuse(kind: Kind, refusal: Refusal) -> Result<()> {
    let plan = full::Plan {
        kind,
        refusal,
        each: 2_000,
        times: 20,
    };
    full::run(plan, &mut stdout()).await
}
