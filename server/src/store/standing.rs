//! How a database stands to this program, found out without changing it.

use anyhow::Context;
use sqlx::{ConnectOptions, migrate::Migrator, sqlite::SqliteConnectOptions};

use super::{
    Database,
    db::{POSTGRES_MIGRATIONS, SQLITE_MIGRATIONS},
    sql::Common,
};

/// How a database stands to this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is there yet; opening makes it.
    New,
    /// An older program made it; opening brings it up to date.
    Older,
    /// Opening changes nothing.
    UpToDate,
    /// A newer program made it; this one cannot open it.
    Newer,
}

/// The migrations that a database has seen.
const APPLIED: Common = Common::new("select version from _sqlx_migrations order by version");

impl Standing {
    /// Looks, and changes nothing. The error says why the database cannot be reached.
    pub async fn of(database: &Database) -> anyhow::Result<Self> {
        let cannot = || format!("cannot open the database {database}");
        match database {
            Database::Sqlite(file) => {
                if !file.exists() {
                    return Ok(Self::New);
                }
                let options = SqliteConnectOptions::new().filename(file).read_only(true);
                let mut connection = options.connect().await.with_context(cannot)?;
                let applied = APPLIED.query_as().fetch_all(&mut connection);
                Self::told(applied.await, &SQLITE_MIGRATIONS).with_context(cannot)
            }
            Database::Postgres(options) => {
                let mut connection = options.connect().await.with_context(cannot)?;
                let applied = APPLIED.query_as().fetch_all(&mut connection);
                Self::told(applied.await, &POSTGRES_MIGRATIONS).with_context(cannot)
            }
        }
    }

    fn told(applied: sqlx::Result<Vec<(i64,)>>, known: &Migrator) -> sqlx::Result<Self> {
        match applied {
            Ok(applied) if applied.is_empty() => Ok(Self::New),
            Ok(applied)
                if !applied
                    .iter()
                    .all(|&(version,)| known.version_exists(version)) =>
            {
                Ok(Self::Newer)
            }
            Ok(applied) if applied.len() < known.iter().count() => Ok(Self::Older),
            Ok(_) => Ok(Self::UpToDate),
            // No migration has ever been here.
            Err(sqlx::Error::Database(error)) if is_missing_table(&*error) => Ok(Self::New),
            Err(error) => Err(error),
        }
    }
}

fn is_missing_table(error: &dyn sqlx::error::DatabaseError) -> bool {
    error.message().starts_with("no such table") || error.code().as_deref() == Some("42P01")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, testing};

    #[tokio::test]
    async fn looking_makes_nothing() {
        let place = testing::place().await;
        for _ in 0..2 {
            let standing = Standing::of(&place.database).await.expect("answers");
            assert_eq!(standing, Standing::New);
        }
        let store = Store::open(&place.database).await.expect("opens");
        store.close().await;
        let standing = Standing::of(&place.database).await.expect("answers");
        assert_eq!(standing, Standing::UpToDate);
    }

    #[test]
    fn what_was_applied_tells_older_from_newer() {
        let known: Vec<(i64,)> = SQLITE_MIGRATIONS
            .iter()
            .map(|known| (known.version,))
            .collect();
        let told = |applied: Vec<(i64,)>| Standing::told(Ok(applied), &SQLITE_MIGRATIONS).ok();
        assert_eq!(told(vec![]), Some(Standing::New));
        assert_eq!(told(known[1..].to_vec()), Some(Standing::Older));
        assert_eq!(told(known.clone()), Some(Standing::UpToDate));
        assert_eq!(
            told([&known[..], &[(9_999,)]].concat()),
            Some(Standing::Newer)
        );
    }
}
