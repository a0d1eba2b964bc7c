//! What a server left in its spool, looked at while none has it.

use std::{path::Path, time::Duration};

use sqlx::{ConnectOptions, Connection, FromRow, sqlite::SqliteConnection};

use super::{Spool, file::options};
use crate::store::{Result, sql::Common};

/// SQLite's number for a file that somebody else has.
const BUSY: &str = "5";

const LEFT: Common = Common::new(
    "select database, (select coalesce(sum(reads), 0) from spooled_groups) as reads from spool_owner",
);

/// Reads that wait for a server.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Left {
    /// The database that they are meant for.
    pub database: String,
    /// How many there are.
    pub reads: i64,
}

impl Spool {
    /// What waits in the spool in this file. `None` when nothing does, or a server has it.
    pub async fn left(file: &Path) -> Result<Option<Left>> {
        if !file.exists() {
            return Ok(None);
        }
        let options = options(file).create_if_missing(false);
        let found = match options.busy_timeout(Duration::ZERO).connect().await {
            Ok(connection) => look(connection).await,
            Err(error) => Err(error),
        };
        match found {
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(BUSY) => Ok(None),
            found => Ok(found?.filter(|left| left.reads > 0)),
        }
    }
}

async fn look(mut connection: SqliteConnection) -> Result<Option<Left>> {
    let left = LEFT.query_as().fetch_optional(&mut connection).await?;
    connection.close().await?;
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        Database, Group,
        testing::{self, NOW, arrival, race},
    };

    #[tokio::test]
    async fn what_waits_is_told_once_no_server_has_it() {
        let (store, place) = testing::store().await;
        let origin = race(&store).await;
        let file = place.directory().join("spool.db");
        assert_eq!(Spool::left(&file).await.expect("looks"), None);
        assert!(!file.exists(), "nothing is made");
        let open = async || {
            let database = Database::Sqlite("here.db".into());
            Spool::open(&file, &database).await.expect("opens")
        };
        open().await.close().await;
        assert_eq!(Spool::left(&file).await.expect("looks"), None);
        let spool = open().await;
        let group = Group {
            reads: vec![arrival(origin, 1, "7"), arrival(origin, 2, "8")],
            lines: vec![],
        };
        spool.append(&group, NOW).await.expect("writes");
        assert_eq!(Spool::left(&file).await.expect("looks"), None);
        spool.close().await;
        for _looking_takes_nothing in 0..2 {
            let left = Spool::left(&file).await.expect("looks");
            let left = left.expect("something waits");
            assert_eq!((&*left.database, left.reads), ("here.db", 2));
        }
    }
}
