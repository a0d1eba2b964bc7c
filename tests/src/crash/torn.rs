//! The file of a server that stores reads, as it is on the disk after each of its writes when the power goes then.
//!
//! Not the server is tried here but what it asks of the disk: at every moment all reads that somebody could see were asked to be
//! on it. Whoever looks notes when how many were visible; the trace of the server's writes tells what was on the disk by then.

use std::{io::Write, path::Path, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use gantry_core::time::Moment;
use gantry_server::clock;
use tokio::io::AsyncWriteExt as _;

use super::{
    count,
    disk::{Disk, LEFT},
    trace::{self, Done, may_watch},
};
use crate::{
    database::Database,
    mat::Mat,
    progress::tell,
    venue::{PARTNER, Venue},
    wait,
    walls::chance::Chance,
};

/// After every how manieth image it is said how far it is.
const PROGRESS: usize = 500;

/// How much is tried.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Reads, each in a transaction of its own.
    pub reads: u64,
    /// Between one and the next; the log is brought into the database each second.
    pub pause: Duration,
    /// Every how manieth write is tried.
    pub step: usize,
}

impl Plan {
    /// All writes of a long run.
    pub const FULL: Plan = Plan {
        reads: 400,
        pause: Duration::from_millis(15),
        step: 1,
    };

    /// Some of the writes of a short one.
    pub const SHORT: Plan = Plan {
        reads: 40,
        pause: Duration::from_millis(60),
        step: 5,
    };
}

/// How many reads could be seen from when on.
struct Seen {
    at: Moment,
    reads: u64,
}

/// Stores reads under watch and tries what is left after each write; false where no process may be watched.
pub async fn run(plan: Plan, out: &mut impl Write) -> Result<bool> {
    if !may_watch().await? {
        writeln!(out, "skipped: no process may be watched here (ptrace)")?;
        return Ok(false);
    }
    let mut venue = Venue::empty(crate::database::Kind::Sqlite).await?;
    venue.add_partner(PARTNER).await?;
    let Database::Sqlite(database) = venue.database.clone() else {
        bail!("the database is no file");
    };
    let trace = venue.path().join("trace");
    let before = Disk::of(&database);
    venue.run_under(trace::watcher(&database, &trace));
    let mat = Mat::new("Torn", 0);
    tell(out, format!("{} reads are stored one by one", plan.reads))?;
    let seen = store(&venue, &mat, plan).await?;
    let done = wait::until("the end of the trace", async || {
        let text = std::fs::read_to_string(&trace)?;
        // The log's removal is the last thing that a server does.
        let last = text.lines().last().unwrap_or_default();
        Ok((text.ends_with('\n') && last.contains("unlink(")).then_some(text))
    })
    .await?;
    let done = trace::parse(&done).context("understand the trace")?;
    let images = try_all(before, &done, &mat, &seen, plan, venue.path(), out).await?;
    writeln!(
        out,
        "{} reads, {} deeds, {images} images: each sound, with every read that could be seen, once",
        plan.reads,
        done.len()
    )?;
    Ok(true)
}

/// Has a server store reads one by one, and answers when how many could be seen.
async fn store(venue: &Venue, mat: &Mat, plan: Plan) -> Result<Vec<Seen>> {
    let server = venue.serve().await?;
    let (mut socket, _) = mat.connect(server.addresses.timing).await?;
    let mut seen = Vec::new();
    for sequence in 1..=plan.reads {
        let mut line = Vec::new();
        mat.write_line(sequence, &mut line)?;
        socket.write_all(&line).await?;
        wait::until("the read", async || {
            let reads = venue.database.reads().await?.len() as u64;
            Ok((reads >= sequence).then_some(()))
        })
        .await?;
        // A millisecond is the unit of time here; what was seen in it was seen before the next.
        let at = clock::now() + 1;
        seen.push(Seen {
            at,
            reads: sequence,
        });
        tokio::time::sleep(plan.pause).await;
    }
    server.stop().await?;
    Ok(seen)
}

/// Lets the power go after each deed, in every way; answers how many images that were.
async fn try_all(
    mut disk: Disk,
    done: &[Done],
    mat: &Mat,
    seen: &[Seen],
    plan: Plan,
    folder: &Path,
    out: &mut impl Write,
) -> Result<usize> {
    let mut chance = Chance::new(1);
    let mut images = 0;
    for (number, deed) in done.iter().enumerate() {
        disk.apply(number, deed);
        if number % plan.step > 0 && number + 1 < done.len() {
            continue;
        }
        let visible = seen.iter().take_while(|seen| seen.at <= deed.at).last();
        let visible = visible.map_or(0, |seen| seen.reads);
        for left in LEFT {
            // A place of its own: who has looked into an image may still be closing it.
            let place = folder.join(format!("image-{images}"));
            std::fs::create_dir(&place)?;
            let path = place.join("gantry.db");
            disk.write(left, &mut chance, &path)?;
            let image = Database::Sqlite(path);
            let check = async {
                image.ensure_sound().await?;
                let there = count::counted(std::slice::from_ref(mat), &image.reads().await?)?[0];
                ensure!(
                    there >= visible,
                    "{visible} reads were seen and {there} are left"
                );
                anyhow::Ok(())
            };
            check.await.with_context(|| {
                format!(
                    "after deed {number} of {}, {left:?} of the rest left",
                    done.len()
                )
            })?;
            images += 1;
            std::fs::remove_dir_all(&place)?;
            if images % PROGRESS == 0 {
                let words = format!("{images} images, {number} of {} deeds", done.len());
                tell(out, words)?;
            }
        }
    }
    ensure!(images > 0, "nothing was written");
    Ok(images)
}
