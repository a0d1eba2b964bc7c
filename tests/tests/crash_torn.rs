//! The power goes while reads are stored: some of what `crash torn` tries.

use std::io::stderr;

use anyhow::Result;
use gantry_tests::crash::torn::{Plan, run};

#[tokio::test]
async fn what_could_be_seen_is_on_the_disk_after_every_write() -> Result<()> {
    run(Plan::SHORT, &mut stderr()).await.map(drop)
}
