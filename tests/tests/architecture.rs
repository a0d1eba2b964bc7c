//! The rules of `ARCHITECTURE.md` that a compiler does not check: which way the doors open, and what a file may look like.

use std::{collections::BTreeSet, path::Path, process::Command};

use gantry_core::text::fonts;
use gantry_tests::repository;

/// The rooms, and the crates that must not be found anywhere below them.
const DOORS: &[(&str, &[&str])] = &[
    (
        "gantry-core",
        &[
            "gantry-kiosk",
            "gantry-server",
            "gantry-tests",
            "gantry-tui",
            "axum",
            "crossterm",
            "glyphon",
            "hyper",
            "mio",
            "ratatui",
            "reqwest",
            "sqlx",
            "tokio",
            "wgpu",
            "winit",
        ],
    ),
    (
        "gantry-server",
        &[
            "gantry-kiosk",
            "gantry-tests",
            "gantry-tui",
            "crossterm",
            "glyphon",
            "ratatui",
            "wgpu",
            "winit",
        ],
    ),
    (
        "gantry-tui",
        &[
            "gantry-kiosk",
            "gantry-server",
            "gantry-tests",
            "axum",
            "sqlx",
            "wgpu",
            "winit",
        ],
    ),
    (
        "gantry-kiosk",
        &[
            "gantry-server",
            "gantry-tests",
            "gantry-tui",
            "axum",
            "ratatui",
            "sqlx",
        ],
    ),
];

#[test]
fn doors_open_one_way() {
    let everything = tree(&["--workspace"]);
    for (room, closed) in DOORS {
        let below = tree(&["--package", room]);
        assert!(below.len() > 1, "{room} depends on nothing");
        for name in *closed {
            assert!(
                everything.contains(*name),
                "{name} is in no tree at all: the rule about it guards nothing"
            );
            assert!(
                !below.contains(*name),
                "{room} must not depend on {name}, directly or through another crate"
            );
        }
    }
}

/// The names of the crates that are built into the programs of `packages`, for this machine.
fn tree(packages: &[&str]) -> BTreeSet<String> {
    let cargo = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges", "normal"])
        .args(["--prefix", "none", "--format", "{p}"])
        .args(packages)
        .current_dir(repository::root())
        .output()
        .expect("cargo tree");
    let error = String::from_utf8_lossy(&cargo.stderr);
    assert!(cargo.status.success(), "cargo tree {packages:?}: {error}");
    String::from_utf8_lossy(&cargo.stdout)
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// Lines before the tests that need no explanation.
const LONG_FILE_LINES: usize = 400;

#[test]
fn a_long_file_says_why() {
    let unexplained: Vec<String> = repository::texts(&["rs", "js", "wgsl"])
        .expect("the source files")
        .into_iter()
        .filter(|(file, _)| !is_test(file))
        .filter_map(|(file, text)| {
            let lines = text
                .lines()
                .take_while(|line| *line != "#[cfg(test)]")
                .count();
            let is_explained = text
                .lines()
                .take_while(|line| line.starts_with("//"))
                .any(|line| line.contains("This file is long because"));
            (lines > LONG_FILE_LINES && !is_explained)
                .then(|| format!("{lines} {}", file.display()))
        })
        .collect();
    assert!(
        unexplained.is_empty(),
        "over {LONG_FILE_LINES} lines before the tests; split, or say in the module's documentation \"This file is long because …\":\n{}",
        unexplained.join("\n")
    );
}

#[test]
fn every_module_opens_with_what_it_is_for() {
    let silent: Vec<String> = repository::texts(&["rs"])
        .expect("the source files")
        .into_iter()
        .filter(|(file, text)| !is_test(file) && !text.starts_with("//! "))
        .map(|(file, _)| file.display().to_string())
        .collect();
    assert!(silent.is_empty(), "no //! at the top: {silent:?}");
}

/// A file that holds tests and nothing else.
fn is_test(file: &Path) -> bool {
    let room = file.strip_prefix("tests/src").unwrap_or(file);
    file.ends_with("tests.rs") || room.iter().any(|folder| folder == "tests")
}

#[test]
fn nothing_is_switched_off_or_left_open() {
    // Put together here, so that this file does not find itself.
    let forbidden = [
        ("#[", "ignore"),
        ("#[", "allow("),
        ("#![", "allow("),
        ("TO", "DO"),
        ("FIX", "ME"),
    ]
    .map(|(a, b)| format!("{a}{b}"));
    let found = lines_with(&["rs", "js", "wgsl", "sql"], |line| {
        forbidden.iter().any(|word| line.contains(word.as_str()))
    });
    assert!(
        found.is_empty(),
        "a test that does not run, a lint without #[expect(…, reason)], or work left open:\n{found}"
    );
}

#[test]
fn no_machine_path_is_written_down() {
    let homes = ["work", "farm", "root", "Users"].map(|home| format!("/{home}/"));
    let starts_a_path = |line: &str, at: usize| {
        !line[..at].ends_with(|c: char| c.is_alphanumeric() || "_./-".contains(c))
    };
    let found = lines_with(
        &[
            "rs", "js", "wgsl", "sql", "toml", "md", "json", "html", "css", "yml", "snap",
        ],
        |line| {
            homes.iter().any(|home| {
                line.match_indices(home.as_str())
                    .any(|(at, _)| starts_a_path(line, at))
            })
        },
    );
    assert!(found.is_empty(), "paths of one machine:\n{found}");
}

/// `file:line: text` of each line that `is_found`.
fn lines_with(extensions: &[&str], is_found: impl Fn(&str) -> bool) -> String {
    repository::texts(extensions)
        .expect("the tracked files")
        .iter()
        .flat_map(|(file, text)| {
            text.lines()
                .enumerate()
                .filter(|(_, line)| is_found(line))
                .map(move |(n, line)| format!("{}:{}: {line}\n", file.display(), n + 1))
        })
        .collect()
}

#[test]
fn both_databases_migrate_by_the_same_names() {
    let names = |database: &str| -> Option<BTreeSet<String>> {
        let folder = repository::root().join("migrations").join(database);
        let entries = folder.read_dir().ok()?;
        Some(
            entries
                .map(|entry| {
                    let entry = entry.expect("a migration");
                    entry.file_name().to_string_lossy().into_owned()
                })
                .collect(),
        )
    };
    let sqlite = names("sqlite").expect("migrations/sqlite");
    assert!(!sqlite.is_empty(), "migrations/sqlite is empty");
    assert_eq!(sqlite, names("postgres").expect("migrations/postgres"));
}

/// Every query goes through `store::sql`, which lets none touch a partner's rows without the partner.
#[test]
fn queries_are_made_in_one_place() {
    let may_make = [
        "server/src/commands/claim.rs",
        "server/src/store/copy.rs",
        "server/src/store/db.rs",
        "server/src/store/fence.rs",
        "server/src/store/sql.rs",
        "server/src/store/testing.rs",
    ];
    let mut seen = 0;
    for (path, text) in repository::texts(&["rs"]).expect("the sources") {
        let path = path.to_string_lossy().into_owned();
        if !path.starts_with("server/src/") {
            continue;
        }
        let tests = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
        let makes = ["sqlx::query", "QueryBuilder", "sqlx::raw_sql"]
            .iter()
            .any(|made| text[..tests].contains(made));
        if makes {
            seen += 1;
            assert!(
                may_make.contains(&path.as_str()),
                "{path} makes queries of its own"
            );
        }
    }
    assert!(seen > 0, "no query was found at all");
}

#[test]
fn every_shipped_font_lies_beside_its_licence() {
    let folder = repository::root().join("assets/fonts");
    let files: BTreeSet<String> = folder
        .read_dir()
        .expect("assets/fonts")
        .map(|entry| {
            let entry = entry.expect("a font");
            entry.file_name().to_string_lossy().into_owned()
        })
        .collect();
    let (licences, faces): (BTreeSet<&str>, BTreeSet<&str>) = files
        .iter()
        .map(String::as_str)
        .partition(|name| name.split('.').next_back() == Some("txt"));
    let shipped: BTreeSet<&str> = fonts::SHIPPED.iter().map(|font| font.file).collect();
    assert_eq!(faces, shipped, "the fonts in the folder and in the program");
    for face in faces {
        let is_licence = |licence: &&str| {
            let family = licence.split('-').next().unwrap_or_default();
            face.starts_with(family)
        };
        assert!(
            licences.iter().any(is_licence),
            "{face} has no licence FAMILY-LICENCE.txt beside it"
        );
    }
}
