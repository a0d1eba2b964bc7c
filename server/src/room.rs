//! How much room there is where the server keeps its data, looked at before there is none.

use std::{io, path::Path, path::PathBuf, sync::Arc, time::Duration};

use rustix::fs::statvfs;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{
    alarms::{Alarms, Subject},
    config::Config,
    store::Database,
};

/// How often it is looked.
const PULSE: Duration = Duration::from_secs(10);

const GIB: u64 = 1 << 30;

/// Less than this is little on any disk: a race day with all its lines takes some hundred megabytes.
const LITTLE_BYTES: u64 = GIB;

/// On a large disk a twentieth is little, so that there is time to do something about it, but not more than this.
const ENOUGH_BYTES: u64 = 4 * GIB;

/// The room on a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes that can still be written.
    pub free: u64,
    /// Bytes that the disk has.
    pub total: u64,
}

/// Raises and clears the alarm about a disk that will be full, until `shutdown`.
pub async fn watch(alarms: Arc<Alarms>, folder: PathBuf, shutdown: CancellationToken) {
    let mut pulse = interval(PULSE);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while shutdown.run_until_cancelled(pulse.tick()).await.is_some() {
        match Room::of(&folder) {
            Ok(room) if room.is_little() => {
                alarms.raise(Subject::Room, room.words(&folder));
            }
            // What cannot be asked is told by whoever writes there.
            Ok(_) | Err(_) => alarms.clear(Subject::Room),
        }
    }
}

/// The folder that everything is written to.
pub fn folder(config: &Config) -> PathBuf {
    let file = match config.database() {
        Database::Sqlite(file) => file.parent().map(Path::to_owned),
        Database::Postgres(_) => None,
    };
    file.unwrap_or_else(|| config.data_dir())
}

impl Room {
    /// The room on the disk that a folder is on, or that it would be on if it were there.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let there = folder.ancestors().find(|folder| folder.exists());
        let there = there.unwrap_or(Path::new("."));
        let disk = statvfs(there)?;
        Ok(Self {
            free: disk.f_bavail.saturating_mul(disk.f_frsize),
            total: disk.f_blocks.saturating_mul(disk.f_frsize),
        })
    }

    /// Whether somebody should make room now.
    pub const fn is_little(self) -> bool {
        let twentieth = self.total / 20;
        let share = if twentieth < ENOUGH_BYTES {
            twentieth
        } else {
            ENOUGH_BYTES
        };
        self.free < LITTLE_BYTES || self.free < share
    }

    /// How much there is, for people.
    pub fn words(self, folder: &Path) -> String {
        let gib = |bytes: u64| bytes as f64 / GIB as f64;
        format!(
            "{:.1} of {:.1} GiB are free on the disk of {}",
            gib(self.free),
            gib(self.total),
            folder.display()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_nearly_full_in_time() {
        for (free, total, is_little) in [
            (GIB - 1, 8 * GIB, true),
            (GIB, 8 * GIB, false),
            (4 * GIB - 1, 100 * GIB, true),
            (4 * GIB, 100 * GIB, false),
            (4 * GIB, 4_000 * GIB, false),
        ] {
            assert_eq!(
                Room { free, total }.is_little(),
                is_little,
                "{free}/{total}"
            );
        }
    }

    #[test]
    fn a_folder_that_is_not_there_yet_has_the_room_of_its_parent() {
        let folder = tempfile::tempdir().expect("a folder");
        let room = Room::of(&folder.path().join("not/yet")).expect("a disk");
        assert_eq!(room.total, Room::of(folder.path()).expect("a disk").total);
        assert!(room.free <= room.total && room.total > 0);
        let words = room.words(folder.path());
        assert!(words.contains(" GiB are free on the disk of /"), "{words}");
    }
}
