//! The browser's JavaScript twins of `core` agree with it, case by case.

use std::path::Path;

use anyhow::Result;
use gantry_tests::{browser::Browser, fixtures, stage::Stage, tolerance, vectors};
use serde::Deserialize;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/sample.json");

#[derive(Deserialize)]
struct Report {
    checked: usize,
    differences: Vec<String>,
}

#[test]
fn the_vectors_are_current() -> Result<()> {
    let document = vectors::document();
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::write(FILE, &document)?;
    }
    let committed = std::fs::read_to_string(Path::new(FILE))?;
    assert!(
        committed == document,
        "{FILE} is not what core makes; UPDATE_VECTORS=1 writes it anew"
    );
    Ok(())
}

#[tokio::test]
async fn the_twins_agree_with_core() -> Result<()> {
    let stage = Stage::open(fixtures::leaderboard(), vectors::AT).await?;
    let mut browser = Browser::start(640, 360).await?;
    browser.open(&stage.url()).await?;
    let expression = format!(
        "Promise.all([import('/tests/web/twin.js'), fetch('/tests/vectors/sample.json').then((answer) => answer.json())])
            .then(([twin, vectors]) => twin.check(vectors, {}))",
        tolerance::TWIN_UNITS
    );
    let report: Report = browser.evaluate(&expression).await?;
    assert!(report.checked > 200, "only {} cases", report.checked);
    assert_eq!(report.differences, Vec::<String>::new());
    browser.quit().await
}
