//! A real store in a file that is gone after the test.

use tempfile::TempDir;

use super::Store;

/// A new store and the directory that holds it; keep the directory for as long as the store is used.
pub(crate) async fn store() -> (Store, TempDir) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(&dir.path().join("gantry.db"))
        .await
        .expect("a new store opens");
    (store, dir)
}
