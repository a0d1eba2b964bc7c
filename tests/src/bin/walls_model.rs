//! `walls-model`: the model test of the walls between partners, for as long as one likes.

use std::io::{Write as _, stdout};

use anyhow::Result;
use clap::Parser;
use gantry_tests::{
    database::Kind,
    walls::model::{Plan, run},
};

/// Has two partners do random things on one server and looks whether either hears of the other.
#[derive(Debug, Parser)]
struct Args {
    /// How many things they do, for each seed.
    #[arg(long, default_value_t = 10_000)]
    operations: usize,

    /// The same seed does the same things.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// What the server keeps everything in; PostgreSQL is the server that `GANTRY_TEST_POSTGRES` names.
    #[arg(long, value_enum, default_value = "sqlite")]
    database: Kind,

    /// Use gantry-server-one-fence, which leaves out the application's own check.
    #[arg(long)]
    one_fence: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let plan = Plan {
        program: if args.one_fence {
            "gantry-server-one-fence"
        } else {
            "gantry-server"
        },
        kind: args.database,
        operations: args.operations,
        seed: args.seed,
    };
    run(plan).await?;
    writeln!(stdout(), "{plan:?}: neither heard of the other")?;
    Ok(())
}
