//! `gantry-server copy`

use anyhow::bail;

use super::{claim::claim, say};
use crate::{config::cli::Copy, store};

/// Moves everything from a file into PostgreSQL. Neither may be served meanwhile: what came in behind the copy's back would be
/// missing.
pub(super) async fn copy(copy: &Copy) -> anyhow::Result<()> {
    let (store::Database::Sqlite(from), store::Database::Postgres(to)) = (&copy.from, &copy.to)
    else {
        bail!(
            "cannot copy from {} to {}: expected --from sqlite:FILE --to postgres://USER:PASSWORD@HOST/DATABASE",
            copy.from,
            copy.to
        );
    };
    if !from.exists() {
        bail!("there is no database {}", from.display());
    }
    let _source = claim(&copy.from).await?;
    let _target = claim(&copy.to).await?;
    let mut told = Ok(());
    let rows = store::copy(from, to, |table, rows| {
        if told.is_ok() {
            told = say(&format!("{table}: {rows} rows"));
        }
    })
    .await?;
    told?;
    say(&format!(
        "copied {rows} rows; serve them with --database-url and the target's URL"
    ))
}
