//! The count: what peers have sent beside what a database holds.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};

use super::exporter::Exporter;
use crate::{database::StoredRead, mat::Mat};

/// Fails unless the reads are those of the mats from 1 to `each`, each once and as it was sent. Reads of other mats do not count.
pub fn all_once(mats: &[Mat], each: u64, stored: &[StoredRead]) -> Result<()> {
    let counts = counted(mats, stored)?;
    for (mat, count) in mats.iter().zip(counts) {
        let location = mat.location();
        ensure!(
            count == each,
            "{location} has sent {each} reads and {count} are stored"
        );
    }
    Ok(())
}

/// Fails when a read is there twice, has a hole before it or is not as it was sent; answers how many there are of each mat.
pub fn counted(mats: &[Mat], stored: &[StoredRead]) -> Result<Vec<u64>> {
    let mut streams: BTreeMap<&str, Vec<&StoredRead>> = BTreeMap::new();
    for read in stored {
        streams.entry(&read.connection).or_default().push(read);
    }
    let counted = mats.iter().map(|mat| {
        let mut reads = streams
            .remove(mat.connection().as_str())
            .unwrap_or_default();
        reads.sort();
        for (read, sequence) in reads.iter().zip(1..) {
            let (stored, location) = (read.sequence, &read.location);
            ensure!(
                stored == sequence as i64,
                "{location} has {stored} in the place of {sequence}"
            );
            let mut line = Vec::new();
            mat.write_line(sequence, &mut line)?;
            ensure!(
                line.trim_ascii_end() == read.raw,
                "read {sequence} of {location} is another"
            );
        }
        Ok(reads.len() as u64)
    });
    counted.collect()
}

/// Fails unless the passings of an exporter are there from 1 to `each`, each once and as it was sent.
pub fn all_exported(exporter: &Exporter, each: u64, stored: &[StoredRead]) -> Result<()> {
    let count = exported(exporter, each, stored)?;
    ensure!(
        count == each,
        "{} has sent {each} passings and {count} are stored",
        exporter.location()
    );
    Ok(())
}

/// Fails when a passing of an exporter is there twice or is not one of the first `each`, as it was sent; answers how many there
/// are. They may come in any order.
pub fn exported(exporter: &Exporter, each: u64, stored: &[StoredRead]) -> Result<u64> {
    let location = exporter.location();
    let mut numbers = BTreeSet::new();
    for read in stored.iter().filter(|read| read.location == location) {
        let tag = &read.tag;
        let number = Exporter::number(tag, each);
        let number = number.with_context(|| format!("{location} never had {tag}"))?;
        ensure!(
            exporter.line(number).as_bytes() == read.raw,
            "passing {number} of {location} is another"
        );
        ensure!(
            numbers.insert(number),
            "passing {number} of {location} is there twice"
        );
    }
    Ok(numbers.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(mat: &Mat, sequence: u64) -> StoredRead {
        let mut raw = Vec::new();
        mat.write_line(sequence, &mut raw).expect("a line");
        StoredRead {
            connection: mat.connection(),
            location: mat.location(),
            sequence: sequence as i64,
            tag: Mat::passing(sequence).tag,
            raw: raw.trim_ascii_end().to_vec(),
        }
    }

    #[test]
    fn what_is_lost_doubled_or_changed_is_found() {
        let mats = [Mat::new("Crash", 1), Mat::new("Crash", 2)];
        let all = |each| {
            let mats = &mats;
            let of = move |mat| (1..=each).map(move |sequence| stored(mat, sequence));
            mats.iter().flat_map(of).collect::<Vec<_>>()
        };
        all_once(&mats, 3, &all(3)).expect("all is there");
        all_once(&mats, 4, &all(3)).expect_err("the last is missing");
        let mut lost = all(3);
        lost.remove(1);
        all_once(&mats, 3, &lost).expect_err("one is missing");
        let mut doubled = all(3);
        doubled.push(stored(&mats[1], 2));
        all_once(&mats, 3, &doubled).expect_err("one is there twice");
        let mut changed = all(3);
        changed[2].raw.push(b'x');
        all_once(&mats, 3, &changed).expect_err("one is another");
    }

    #[test]
    fn passings_may_come_in_any_order_and_are_counted_all_the_same() {
        let exporter = Exporter::new("Crash");
        let stored = |number: u64| StoredRead {
            connection: "MYLAPS".to_owned(),
            location: exporter.location().to_owned(),
            // A fingerprint.
            sequence: i64::MAX - number as i64,
            tag: format!("{number:06}"),
            raw: exporter.line(number).into(),
        };
        let of = |numbers: &[u64]| numbers.iter().copied().map(stored).collect::<Vec<_>>();
        all_exported(&exporter, 3, &of(&[3, 1, 2])).expect("all is there");
        all_exported(&exporter, 3, &of(&[3, 1])).expect_err("one is missing");
        all_exported(&exporter, 3, &of(&[3, 1, 2, 2])).expect_err("one is there twice");
        all_exported(&exporter, 3, &of(&[1, 2, 3, 4])).expect_err("one was never sent");
        let mut changed = of(&[1, 2, 3]);
        changed[1].raw.push(b'x');
        all_exported(&exporter, 3, &changed).expect_err("one is another");
    }
}
