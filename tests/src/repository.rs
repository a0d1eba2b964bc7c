//! The repository itself as something to test: its root and its tracked files.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

/// The repository's root folder.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The files of the change being made, tracked or about to be, relative to [`root`] and sorted; at least one.
pub fn files() -> Result<Vec<PathBuf>> {
    // The clone may belong to another user than the one who tests it.
    let git = Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "-z"])
        .args(["--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .context("run git ls-files")?;
    ensure!(
        git.status.success(),
        "git ls-files: {}",
        String::from_utf8_lossy(&git.stderr)
    );
    let names = String::from_utf8(git.stdout).context("a file name that is not UTF-8")?;
    let mut files: Vec<PathBuf> = names
        .split_terminator('\0')
        .map(PathBuf::from)
        .filter(|file| root().join(file).is_file())
        .collect();
    files.sort();
    ensure!(
        !files.is_empty(),
        "git lists no files in {}",
        root().display()
    );
    Ok(files)
}

/// The files whose name ends in one of `extensions`, with their text.
pub fn texts(extensions: &[&str]) -> Result<Vec<(PathBuf, String)>> {
    let is_wanted = |file: &PathBuf| {
        file.extension()
            .is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted))
    };
    let texts: Vec<_> = files()?
        .into_iter()
        .filter(is_wanted)
        .map(|file| {
            let text = std::fs::read_to_string(root().join(&file))
                .with_context(|| format!("read {}", file.display()))?;
            Ok((file, text))
        })
        .collect::<Result<_>>()?;
    ensure!(!texts.is_empty(), "no file ends in {extensions:?}");
    Ok(texts)
}
