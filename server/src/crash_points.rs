//! Places between the socket and the disk at which a server that is built for it (the feature `crash-points`) can be told to die,
//! as if by `kill -9`. In every other server they are nothing.
//!
//! `CRASH_AT=committed:3` in its environment has the server die when it comes past `committed` for the third time.

/// Where a read is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// Its bytes left the socket.
    Received,
    /// It was understood.
    Decoded,
    /// It waits for the writer.
    Queued,
    /// The writer has it in its group.
    Taken,
    /// It is in the spool, on the server's own disk.
    Spooled,
    /// It is in a transaction that is not committed.
    Inserted,
    /// It is in the database and nobody was told.
    Committed,
    /// Whoever listens was told.
    Published,
    /// It is in the database and still in the spool.
    Shipped,
    /// It changed hands, and its session has not yet.
    Moving,
}

/// Comes past a point.
#[cfg(not(feature = "crash-points"))]
pub(crate) const fn point(_: Point) {}

#[cfg(feature = "crash-points")]
pub(crate) use told::point;

#[cfg(feature = "crash-points")]
mod told {
    use std::{
        env,
        sync::{
            LazyLock,
            atomic::{AtomicU64, Ordering::Relaxed},
        },
    };

    use rustix::process::{Signal, getpid, kill_process};

    use super::Point;

    /// Where to die, and how often to come past it first.
    struct Plan {
        point: String,
        left: AtomicU64,
    }

    static PLAN: LazyLock<Option<Plan>> = LazyLock::new(|| {
        let told = env::var("CRASH_AT").ok()?;
        let (point, times) = told.split_once(':')?;
        Some(Plan {
            point: point.to_owned(),
            left: AtomicU64::new(times.parse().ok()?),
        })
    });

    /// Comes past a point; dies there when it is the time.
    pub(crate) fn point(point: Point) {
        if let Some(plan) = &*PLAN
            && format!("{point:?}").eq_ignore_ascii_case(&plan.point)
            && plan.left.fetch_sub(1, Relaxed) == 1
        {
            // What cannot be caught cannot tidy up either.
            let _ = kill_process(getpid(), Signal::KILL);
        }
    }
}
