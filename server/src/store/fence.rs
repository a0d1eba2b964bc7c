//! The second fence between partners: PostgreSQL's row-level security.
//!
//! The tables belong to the role that the database URL names and migrations run as. Queries run as one of two others, neither of
//! which owns a table or may pass the row policies by: `gantry_partner` sees the rows of the partner that the connection was
//! fenced for and no others, whatever a query says; `gantry_server` sees all rows and is for the work that is nobody's in
//! particular: storing reads, signing in, opening a display by its id. A connection is fenced anew each time it is taken from the
//! pool, so what it was used for before does not matter.

use sqlx::{PgPool, Postgres, Row, pool::PoolConnection};

use super::{PartnerId, Result, failure::is_away};

/// Whose rows a connection may touch.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scope {
    /// One partner's.
    Partner(PartnerId),
    /// Everybody's, for the server's own work.
    Server,
}

/// The scope of the server's own work.
pub(super) struct Server;

impl From<PartnerId> for Scope {
    fn from(partner: PartnerId) -> Self {
        Self::Partner(partner)
    }
}

impl From<Server> for Scope {
    fn from(Server: Server) -> Self {
        Self::Server
    }
}

/// A setting that is local to the session and takes part in no transaction: both hold until the next fence.
const FENCE: &str = "select set_config('role', $1, false), set_config('gantry.partner', $2, false)";

/// Connections in the pool that a restart of the database may have cut without their knowing.
const STALE: u32 = super::db::CONNECTIONS;

/// A connection that is fenced for this scope.
///
/// One that turns out to be cut is replaced: the fence is the first thing said on a connection, so nothing was done on it yet.
pub(super) async fn fenced(pool: &PgPool, scope: Scope) -> Result<PoolConnection<Postgres>> {
    let mut attempts = 0;
    loop {
        let mut connection = pool.acquire().await?;
        match raise(&mut connection, scope).await {
            Ok(()) => return Ok(connection),
            Err(error) if is_away(&error) && attempts < STALE => {
                tracing::debug!(%error, "a connection to the database was cut, taking another");
            }
            Err(error) => {
                // Nobody knows what it is fenced for.
                connection.close_on_drop();
                return Err(error);
            }
        }
        connection.close_on_drop();
        attempts += 1;
    }
}

async fn raise(connection: &mut PoolConnection<Postgres>, scope: Scope) -> Result<()> {
    let (role, partner) = match scope {
        Scope::Partner(partner) => ("gantry_partner", partner.to_string()),
        Scope::Server => ("gantry_server", String::new()),
    };
    let set = sqlx::query(FENCE)
        .bind(role)
        .bind(partner)
        .fetch_one(&mut **connection)
        .await?;
    debug_assert_eq!(set.try_get::<&str, _>(0).ok(), Some(role));
    Ok(())
}
