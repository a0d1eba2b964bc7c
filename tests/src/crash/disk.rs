//! A disk that loses its power: what of a database's files is on it, and what may be.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

use super::trace::{Deed, Done};
use crate::walls::chance::Chance;

/// What the power left of the deeds that were not yet promised to be on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// All of them: the process died and the machine did not.
    All,
    /// All but the second half of the last one.
    LastTorn,
    /// None.
    Nothing,
    /// Any of them, in any order, the last of those torn.
    Some,
}

/// All that there is.
pub const LEFT: [Left; 4] = [Left::All, Left::LastTorn, Left::Nothing, Left::Some];

/// The two files.
#[derive(Clone, Debug)]
pub struct Disk {
    files: [File; 2],
}

/// A file, `None` where it is not there.
#[derive(Clone, Debug, Default)]
struct File {
    kept: Option<Vec<u8>>,
    /// What may or may not be on the disk, with its place among all deeds.
    pending: Vec<(usize, Deed)>,
}

impl Disk {
    /// The files as they lie in a folder.
    pub fn of(database: &Path) -> Self {
        let file = |path: &Path| File {
            kept: fs::read(path).ok(),
            pending: Vec::new(),
        };
        Self {
            files: [file(database), file(&log(database))],
        }
    }

    /// Does what was done as the `number`th deed of all.
    pub fn apply(&mut self, number: usize, done: &Done) {
        let file = &mut self.files[done.part as usize];
        match done.deed {
            Deed::Sync(before) => {
                let (promised, pending) = file.pending.drain(..).partition(|(at, _)| *at < before);
                file.pending = pending;
                for (_, deed) in promised {
                    change(&mut file.kept, &deed);
                }
            }
            ref deed => file.pending.push((number, deed.clone())),
        }
    }

    /// Writes down what is left when the power goes now.
    pub fn write(&self, left: Left, chance: &mut Chance, database: &Path) -> Result<()> {
        let newest = self.files.iter().filter_map(|file| file.pending.last());
        let newest = newest.map(|(at, _)| *at).max();
        let paths = [database.to_owned(), log(database)];
        for (file, path) in self.files.iter().zip(paths) {
            let mut bytes = file.kept.clone();
            for (_, deed) in file.survivors(left, newest, chance) {
                change(&mut bytes, &deed);
            }
            match bytes {
                Some(bytes) => fs::write(&path, bytes),
                None if path.exists() => fs::remove_file(&path),
                None => Ok(()),
            }
            .with_context(|| format!("write {}", path.display()))?;
        }
        Ok(())
    }
}

impl File {
    fn survivors(
        &self,
        left: Left,
        newest: Option<usize>,
        chance: &mut Chance,
    ) -> Vec<(usize, Deed)> {
        let mut all = self.pending.clone();
        match left {
            Left::All => all,
            Left::Nothing => Vec::new(),
            Left::LastTorn => {
                if all.last().map(|(at, _)| *at) == newest
                    && let Some((_, deed)) = all.last_mut()
                {
                    tear(deed);
                }
                all
            }
            Left::Some => {
                let mut some = Vec::new();
                for deed in all {
                    if chance.below(2) == 0 {
                        some.insert(chance.below(some.len() + 1), deed);
                    }
                }
                if let Some((_, deed)) = some.last_mut() {
                    tear(deed);
                }
                some
            }
        }
    }
}

fn tear(deed: &mut Deed) {
    if let Deed::Write(_, bytes) = deed {
        bytes.truncate(bytes.len() / 2);
    }
}

fn change(file: &mut Option<Vec<u8>>, deed: &Deed) {
    match deed {
        Deed::Write(at, bytes) => {
            let file = file.get_or_insert_default();
            let at = *at as usize;
            file.resize(file.len().max(at + bytes.len()), 0);
            file[at..at + bytes.len()].copy_from_slice(bytes);
        }
        Deed::Truncate(length) => file.get_or_insert_default().resize(*length as usize, 0),
        Deed::Remove => *file = None,
        Deed::Sync(_) => {}
    }
}

fn log(database: &Path) -> std::path::PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

#[cfg(test)]
mod tests {
    use gantry_core::time::Moment;

    use super::*;
    use crate::crash::trace::Part;

    fn done(part: Part, deed: Deed) -> Done {
        let at = Moment(0);
        Done { at, part, deed }
    }

    #[test]
    fn only_what_was_promised_is_sure_to_be_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.db");
        let mut disk = Disk::of(&path);
        disk.apply(0, &done(Part::Database, Deed::Write(0, b"ab".to_vec())));
        disk.apply(1, &done(Part::Database, Deed::Sync(1)));
        disk.apply(2, &done(Part::Database, Deed::Write(2, b"cdef".to_vec())));
        disk.apply(3, &done(Part::Log, Deed::Write(0, b"gh".to_vec())));
        let left = |left| {
            let mut chance = Chance::new(1);
            disk.write(left, &mut chance, &path).expect("is written");
            let read = |path: &Path| fs::read_to_string(path).ok();
            (read(&path), read(&log(&path)))
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(left(Left::All), (text("abcdef"), text("gh")));
        assert_eq!(left(Left::LastTorn), (text("abcdef"), text("g")));
        assert_eq!(left(Left::Nothing), (text("ab"), None));
    }
}
