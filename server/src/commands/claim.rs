//! One server per database.
//!
//! A server gives positions out by counting, so two that write to one database would take each other's.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

/// A database that nobody else serves for as long as this lives. The system lets go of it when the process ends, however that
/// comes about.
#[derive(Debug)]
pub(super) struct Claim(#[expect(dead_code, reason = "it is held, not read")] File);

/// Claims the database in `file`, whose directory is there. Commands that only add people may still use it.
pub(super) fn claim(file: &Path) -> anyhow::Result<Claim> {
    let lock = lock_file(file);
    let named = || format!("cannot lock {}", lock.display());
    let held = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&lock)
        .with_context(named)?;
    match held.try_lock() {
        Ok(()) => Ok(Claim(held)),
        Err(TryLockError::WouldBlock) => {
            bail!("another gantry-server uses {}", file.display())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(named),
    }
}

/// Beside the database, under its name: the database's own file is locked by SQLite in its own way.
fn lock_file(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_claimed_once_at_a_time() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("gantry.db");
        let held = claim(&file).expect("is free");
        let refused = claim(&file).expect_err("is taken").to_string();
        let named = format!("another gantry-server uses {}", file.display());
        assert_eq!(refused, named);
        drop(held);
        claim(&file).expect("is free again");
    }
}
