//! What a process has done to the files of its database, as `strace` saw it.

use std::{collections::HashMap, path::Path};

use anyhow::{Context as _, Result, ensure};
use gantry_core::time::Moment;
use tokio::process::Command;

use crate::wait::PATIENCE;

/// One of the two files in which everything is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The database itself.
    Database,
    /// Its write-ahead log.
    Log,
}

/// A change of a file, or the promise of one.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Bytes were written there.
    Write(u64, Vec<u8>),
    /// It was cut off there.
    Truncate(u64),
    /// It was removed.
    Remove,
    /// So many of all deeds before were asked to be on the disk, as far as they are of this file; and now they are.
    Sync(usize),
}

/// A deed that is done.
#[derive(Clone, Debug)]
pub struct Done {
    /// When it began.
    pub at: Moment,
    /// To which file.
    pub part: Part,
    /// What was done.
    pub deed: Deed,
}

/// Whether a process may be watched. That the program for it is missing is a mistake.
pub async fn may_watch() -> Result<bool> {
    let tried = Command::new("strace")
        .args(["-D", "-q", "-q", "-o", "/dev/null", "true"])
        .output();
    let tried = tokio::time::timeout(PATIENCE, tried)
        .await?
        .context("start strace: install the package strace")?;
    Ok(tried.status.success() && !String::from_utf8_lossy(&tried.stderr).contains("ptrace"))
}

/// The calls that change a file.
const CALLS: &str = "pwrite64,fsync,fdatasync,ftruncate,unlink";

/// The program and its arguments under which another one is watched; it stays the direct child and keeps its process id.
pub fn watcher(database: &Path, trace: &Path) -> Vec<String> {
    let database = database.display().to_string();
    let trace = trace.display().to_string();
    let log = format!("{database}-wal");
    [
        "strace",
        "-D",
        "-f",
        "-q",
        "-q",
        "-ttt",
        "-y",
        "-xx",
        "-s",
        "65536",
        "-e",
        &format!("trace={CALLS}"),
        "-e",
        "signal=none",
        "-P",
        &database,
        "-P",
        &log,
        "-o",
        &trace,
    ]
    .map(str::to_owned)
    .to_vec()
}

/// All deeds of a trace, in the order in which they were done.
pub fn parse(trace: &str) -> Result<Vec<Done>> {
    let mut done = Vec::new();
    // Calls during which others were noted: their beginning, and how much was done by then.
    let mut begun: HashMap<&str, (String, usize)> = HashMap::new();
    for line in trace.lines() {
        let (thread, rest) = line.trim_start().split_once(' ').context("a thread's id")?;
        let (at, call) = rest.trim_start().split_once(' ').context("a time")?;
        if call.starts_with("+++") || call.starts_with("---") {
            continue;
        }
        if let Some(beginning) = call.strip_suffix("<unfinished ...>") {
            begun.insert(thread, (format!("{at} {beginning}"), done.len()));
            continue;
        }
        let (whole, before) = match call.split_once("resumed>") {
            Some((_, end)) => {
                let (beginning, before) = begun.remove(thread).context("a call that began")?;
                (format!("{beginning}{end}"), before)
            }
            None => (format!("{at} {call}"), done.len()),
        };
        done.extend(deed(&whole, before).with_context(|| short(line))?);
    }
    Ok(done)
}

/// A call on one line: `TIME name(arguments) = result`.
fn deed(line: &str, before: usize) -> Result<Option<Done>> {
    let (at, call) = line.split_once(' ').context("a time")?;
    let (call, result) = call.rsplit_once(" = ").context("a result")?;
    let (name, arguments) = call.split_once('(').context("a call")?;
    let path = between(
        arguments,
        if name == "unlink" {
            ('"', '"')
        } else {
            ('<', '>')
        },
    );
    let path = text(path.context("a path")?)?;
    let result = result.split_whitespace().next().unwrap_or_default();
    if result.starts_with('-') {
        return Ok(None);
    }
    let numbers = || {
        let after = arguments.rsplit("\", ").next().unwrap_or_default();
        let after = after.rsplit(">, ").next().unwrap_or_default();
        let fields = after.trim_end_matches([' ', ')']).split(", ");
        fields.map(str::parse).collect::<Result<Vec<u64>, _>>()
    };
    let deed = match name {
        "pwrite64" => {
            let bytes = bytes(between(arguments, ('"', '"')).context("what was written")?)?;
            let numbers = numbers()?;
            ensure!(
                numbers.first() == Some(&(bytes.len() as u64)),
                "the bytes are cut off"
            );
            ensure!(
                result.parse::<usize>()? == bytes.len(),
                "a part was written"
            );
            Deed::Write(*numbers.get(1).context("a place")?, bytes)
        }
        "ftruncate" => Deed::Truncate(*numbers()?.first().context("a length")?),
        "unlink" => Deed::Remove,
        "fsync" | "fdatasync" => Deed::Sync(before),
        other => anyhow::bail!("{other} was not asked for"),
    };
    let part = match Path::new(&path).extension().and_then(|end| end.to_str()) {
        Some("db") => Part::Database,
        Some("db-wal") => Part::Log,
        _ => return Ok(None),
    };
    let seconds: f64 = at.parse().context("a time in seconds")?;
    let at = Moment((seconds * 1000.0) as i64);
    Ok(Some(Done { at, part, deed }))
}

fn between(text: &str, (open, close): (char, char)) -> Option<&str> {
    let (_, rest) = text.split_once(open)?;
    rest.split_once(close).map(|(inside, _)| inside)
}

/// Bytes that are told as `\x41\x42`.
fn bytes(told: &str) -> Result<Vec<u8>> {
    let pairs = told.split("\\x").skip(1);
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).with_context(|| format!("byte {pair:?}")))
        .collect()
}

fn text(told: &str) -> Result<String> {
    String::from_utf8(bytes(told)?).context("a path that is no text")
}

fn short(line: &str) -> String {
    line.chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn a_trace_is_understood_across_threads() {
        let hex = |text: &str| {
            let mut told = String::new();
            for byte in text.bytes() {
                let _ = write!(told, "\\x{byte:02x}");
            }
            told
        };
        let (db, log) = (hex("/tmp/gantry.db"), hex("/tmp/gantry.db-wal"));
        let trace = format!(
            "7 1.500000 pwrite64(4<{log}>, \"\\x41\\x42\", 2, 32) = 2\n\
             8 1.600000 fdatasync(4<{log}> <unfinished ...>\n\
             7 1.700000 pwrite64(4<{log}>, \"\\x43\", 1, 34) = 1\n\
             8 1.800000 <... fdatasync resumed>) = 0\n\
             7 1.900000 ftruncate(3<{db}>, 8192) = 0\n\
             7 2.000000 unlink(\"{log}\") = 0\n\
             7 2.100000 +++ exited with 0 +++\n"
        );
        let done = parse(&trace).expect("is understood");
        let told: Vec<String> = done
            .iter()
            .map(|done| format!("{:?} {:?} {:?}", done.at.0, done.part, done.deed))
            .collect();
        assert_eq!(
            told,
            [
                "1500 Log Write(32, [65, 66])",
                "1700 Log Write(34, [67])",
                "1600 Log Sync(1)",
                "1900 Database Truncate(8192)",
                "2000 Log Remove",
            ]
        );
    }
}
